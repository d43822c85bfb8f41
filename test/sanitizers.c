/*
 * sanitizers.c - preloaded into the server that the sanitized ddb runs in.
 */
void		__asan_init(void);
const char *__ubsan_default_options(void);

/*
 * AddressSanitizer would start at the first malloc, which is in libgpg-error's
 * call of bindtextdomain: that holds a lock of gettext's which the start then
 * waits for.
 */
__attribute__((constructor)) static void
start(void)
{
	__asan_init();
}

/*
 * Not in UBSAN_OPTIONS, as PostgreSQL writes over its environment before it
 * loads ddb and with it libubsan.
 */
const char *
__ubsan_default_options(void)
{
	return "print_stacktrace=1:abort_on_error=1";
}
