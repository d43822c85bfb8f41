/*
 * tls.c - the endpoint's certificate: its own, or the server's.
 *
 * GnuTLS asks for it at each handshake, so that a reload can change it.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

#include "storage/fd.h"
#include "utils/guc.h"

#include "ddb.h"
#include "digest.h"
#include "http/endpoint.h"
#include "http/tls.h"

#define MAX_FILE_SIZE (1024 * 1024)
#define MAX_CHAIN 16

/* GnuTLS would take TLS 1.0 and 1.1 too, which neither PostgreSQL nor AWS does. */
#define PRIORITIES "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1"

typedef struct Certificate
{
	gnutls_pcert_st chain[MAX_CHAIN];
	unsigned int length;
	gnutls_privkey_t key;
	uint8		digest[2][PG_SHA256_DIGEST_LENGTH]; /* of the files */
} Certificate;

static Certificate *current = NULL;
static bool moved = false;		/* bytes have come or gone */

/* By name, as the variable's header wants those of Kerberos, which a server's headers do not bring. */
static const char *
server_setting(const char *name)
{
	return GetConfigOption(name, false, false);
}

/* A whole file, to be freed by the caller; NULL if it cannot be read, which is reported. */
static char *
read_file(const char *name, int level)
{
	int			file = OpenTransientFile(name, O_RDONLY);
	struct stat status;
	char	   *text = NULL;
	ssize_t		length = -1;

	if (file >= 0 && fstat(file, &status) == 0)
	{
		if (status.st_size > MAX_FILE_SIZE)
			errno = EFBIG;
		else
		{
			text = palloc(status.st_size + 1);
			length = read(file, text, status.st_size);
		}
	}
	if (length < 0)
		ereport(level,
				(errcode_for_file_access(),
				 errmsg("could not read file \"%s\": %m", name)));
	if (file >= 0)
		CloseTransientFile(file);
	if (length < 0)
		return NULL;
	text[length] = '\0';
	return text;
}

/* As PostgreSQL's own key: the server's alone, or root's, for a group to read that the server is of. */
static bool
is_private(const struct stat *status)
{
	mode_t		refused = status->st_uid == 0 ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO;

	return (status->st_uid == 0 || status->st_uid == geteuid()) && (status->st_mode & refused) == 0;
}

/* As read_file(), of a file that others cannot read. */
static char *
read_private_file(const char *name, int level)
{
	struct stat status;

	if (stat(name, &status) != 0 || is_private(&status))
		return read_file(name, level);
	ereport(level,
			(errcode(ERRCODE_CONFIG_FILE_ERROR),
			 errmsg("private key file \"%s\" is open to others", name),
			 errdetail("It must be the server's own with permissions u=rw (0600) or less, or root's with u=rw,g=r (0640) or less.")));
	return NULL;
}

/* Whether certificate and key can be read and belong together; GnuTLS's code. */
static int
try_pair(const gnutls_datum_t *certificate, const gnutls_datum_t *key)
{
	gnutls_certificate_credentials_t credentials;
	int			result = gnutls_certificate_allocate_credentials(&credentials);

	if (result < 0)
		return result;
	result = gnutls_certificate_set_x509_key_mem(credentials, certificate, key, GNUTLS_X509_FMT_PEM);
	gnutls_certificate_free_credentials(credentials);
	return result;
}

/* Fills in a Certificate; GnuTLS's code. */
static int
import_pair(const gnutls_datum_t *certificate, const gnutls_datum_t *key, Certificate *result)
{
	int			code = gnutls_privkey_init(&result->key);

	if (code < 0)
		return code;
	code = gnutls_privkey_import_x509_raw(result->key, key, GNUTLS_X509_FMT_PEM, NULL, 0);
	result->length = MAX_CHAIN;
	if (code >= 0)
		code = gnutls_pcert_list_import_x509_raw(result->chain, &result->length, certificate, GNUTLS_X509_FMT_PEM, 0);
	if (code < 0)
		gnutls_privkey_deinit(result->key);
	return code;
}

/*
 * Makes the pair the current one, if it is another one than before.  The one
 * before is never released, for a handshake may be using it.
 */
static bool
use_pair(const char *certificate_name, const char *certificate, const char *key, int level)
{
	gnutls_datum_t certificate_datum = {(unsigned char *) certificate, strlen(certificate)};
	gnutls_datum_t key_datum = {(unsigned char *) key, strlen(key)};
	Certificate *made = malloc(sizeof(Certificate));
	int			code = made != NULL ? GNUTLS_E_SUCCESS : GNUTLS_E_MEMORY_ERROR;

	if (made != NULL)
	{
		memset(made, 0, sizeof(*made));
		digest_sha256(certificate, certificate_datum.size, made->digest[0]);
		digest_sha256(key, key_datum.size, made->digest[1]);
		if (current != NULL && memcmp(made->digest, current->digest, sizeof(made->digest)) == 0)
		{
			free(made);
			return true;
		}
		code = try_pair(&certificate_datum, &key_datum);
		if (code >= 0)
			code = import_pair(&certificate_datum, &key_datum, made);
	}
	if (code >= 0)
	{
		current = made;
		return true;
	}
	free(made);
	ereport(level,
			(errcode(ERRCODE_CONFIG_FILE_ERROR),
			 errmsg("could not use certificate file \"%s\" and its private key for HTTP: %s",
					certificate_name, gnutls_strerror(code))));
	return false;
}

bool
tls_load(int level)
{
	const char *certificate_name = endpoint_tls_cert[0] != '\0' ? endpoint_tls_cert : server_setting("ssl_cert_file");
	const char *key_name = endpoint_tls_key[0] != '\0' ? endpoint_tls_key : server_setting("ssl_key_file");
	char	   *certificate = read_file(certificate_name, level);
	char	   *key = certificate != NULL ? read_private_file(key_name, level) : NULL;
	bool		usable = false;

	if (key != NULL)
	{
		usable = use_pair(certificate_name, certificate, key, level);
		explicit_bzero(key, strlen(key));
		pfree(key);
	}
	if (certificate != NULL)
		pfree(certificate);
	return usable;
}

static int
give_certificate(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
				 const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
				 gnutls_pcert_st **chain, unsigned int *length, gnutls_privkey_t *key)
{
	*chain = current->chain;
	*length = current->length;
	*key = current->key;
	return 0;
}

void
tls_options(struct MHD_OptionItem *options)
{
	options[0] = (struct MHD_OptionItem) {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *) give_certificate};
	options[1] = (struct MHD_OptionItem) {MHD_OPTION_HTTPS_PRIORITIES, 0, PRIORITIES};
	options[2] = (struct MHD_OptionItem) {MHD_OPTION_END, 0, NULL};
}

/* ---- What moves ---- */

/*
 * A client that speaks HTTP without TLS would get an alert that it cannot read.
 * What it has sent is read first, lest the end of the connection take the answer
 * away with it.
 */
static void
answer_in_plain(int fd)
{
	static const char answer[] = "HTTP/1.1 400 Bad Request\r\nServer: ddb/" DDB_VERSION "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
	char		buffer[4096];

	while (recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT) == sizeof(buffer))
		;
	(void) !send(fd, answer, strlen(answer), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* A TLS record begins with its type, below 32; a request of HTTP with a letter. */
static bool
is_plain(const char *data, ssize_t length)
{
	return length > 0 && data[0] >= 'A' && data[0] <= 'Z';
}

static ssize_t
pull(gnutls_transport_ptr_t pointer, void *data, size_t length)
{
	TlsTransport *transport = pointer;
	ssize_t		result = recv(transport->fd, data, length, 0);

	moved |= result >= 0;
	if (!transport->begun && is_plain(data, result))
	{
		answer_in_plain(transport->fd);
		errno = ECONNRESET;
		return -1;
	}
	transport->begun |= result > 0;
	return result;
}

static ssize_t
push(gnutls_transport_ptr_t pointer, const giovec_t *parts, int count)
{
	const TlsTransport *transport = pointer;
	struct msghdr message = {.msg_iov = (struct iovec *) parts,.msg_iovlen = count};
	ssize_t		result = sendmsg(transport->fd, &message, MSG_NOSIGNAL);

	moved |= result >= 0;
	return result;
}

void
tls_watch(struct MHD_Connection *connection, TlsTransport *transport)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);

	if (info == NULL || info->tls_session == NULL)
		return;
	gnutls_transport_set_ptr(info->tls_session, transport);
	gnutls_transport_set_pull_function(info->tls_session, pull);
	gnutls_transport_set_vec_push_function(info->tls_session, push);
}

bool
tls_has_moved(void)
{
	bool		result = moved;

	moved = false;
	return result;
}
