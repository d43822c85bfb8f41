/*
 * tls.c - the endpoint's certificate: its own, or the server's.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libpq/libpq.h"
#include "storage/fd.h"
#include "utils/memutils.h"

#include "http/endpoint.h"
#include "http/tls.h"

#define MAX_FILE_SIZE (1024 * 1024)

/* A whole file as a string that lives as long as the worker. */
static char *
read_file(const char *name)
{
	int			file = OpenTransientFile(name, O_RDONLY);
	struct stat status;
	char	   *text;
	ssize_t		length;

	if (file < 0 || fstat(file, &status) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not open file \"%s\": %m", name)));
	if (status.st_size > MAX_FILE_SIZE)
		ereport(ERROR,
				(errcode(ERRCODE_CONFIG_FILE_ERROR),
				 errmsg("file \"%s\" is too large", name)));
	text = MemoryContextAlloc(TopMemoryContext, status.st_size + 1);
	length = read(file, text, status.st_size);
	if (length < 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read file \"%s\": %m", name)));
	text[length] = '\0';
	CloseTransientFile(file);
	return text;
}

void
tls_options(struct MHD_OptionItem *options)
{
	const char *certificate = endpoint_tls_cert[0] != '\0' ? endpoint_tls_cert : ssl_cert_file;
	const char *key = endpoint_tls_key[0] != '\0' ? endpoint_tls_key : ssl_key_file;

	options[0] = (struct MHD_OptionItem) {MHD_OPTION_HTTPS_MEM_CERT, 0, read_file(certificate)};
	options[1] = (struct MHD_OptionItem) {MHD_OPTION_HTTPS_MEM_KEY, 0, read_file(key)};
	options[2] = (struct MHD_OptionItem) {MHD_OPTION_END, 0, NULL};
}
