/*
 * asan_init.c - starts AddressSanitizer before any library does.
 *
 * Preloaded, it otherwise starts at the first malloc. In PostgreSQL that is in
 * libgpg-error's call of bindtextdomain, which holds a lock of gettext's that
 * the start then waits for.
 */
void		__asan_init(void);

__attribute__((constructor)) static void
start(void)
{
	__asan_init();
}
