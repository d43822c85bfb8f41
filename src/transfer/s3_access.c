/*
 * s3_access.c - the S3-compatible store: where it is, and credentials for it.
 *
 * Nothing here, and in no error, tells a credential.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/defrem.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/syscache.h"

#include "ddb.h"
#include "transfer/s3.h"
#include "trim.h"
#include "web_address.h"

/* Larger than any file of credentials. */
#define FILE_SIZE_MAX (64 * 1024)

#define VALUE_MAX 4096

static char *s3_endpoint = NULL;
static char *s3_credentials_file = NULL;
char	   *s3_ca_file = NULL;
int			s3_timeout = 60;
int			s3_attempts = 8;

/* ---- Settings ---- */

static bool
check_endpoint(char **value, void **extra, GucSource source)
{
	WebAddress	address;
	bool		good = web_address_read(*value, strlen(*value), &address) && !address.has_query;

	web_address_free(&address);
	if (good || (*value)[0] == '\0')
		return true;
	GUC_check_errdetail("It is an address, http:// or https:// with a host, and a port and a path or not.");
	return false;
}

static bool
check_file(char **value, void **extra, GucSource source)
{
	if ((*value)[0] == '\0' || is_absolute_path(*value))
		return true;
	GUC_check_errdetail("It is the absolute path of a file.");
	return false;
}

void
s3_define_settings(void)
{
	DefineCustomStringVariable("ddb.s3_endpoint",
							   "The address of the S3-compatible store of buckets.",
							   "Empty for none.",
							   &s3_endpoint, "", PGC_SIGHUP, 0, check_endpoint, NULL, NULL);
	DefineCustomStringVariable("ddb.s3_credentials_file",
							   "The file of credentials for buckets in a store.",
							   "Only the server's user may read it.",
							   &s3_credentials_file, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY, check_file, NULL, NULL);
	DefineCustomStringVariable("ddb.s3_ca_file",
							   "The file of the certificates by which the store is verified.",
							   "Empty for the system's own.",
							   &s3_ca_file, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY, check_file, NULL, NULL);
	DefineCustomIntVariable("ddb.s3_timeout", "How long a request to the store may get nowhere.", NULL,
							&s3_timeout, 60, 1, 3600, PGC_SIGHUP, GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomIntVariable("ddb.s3_attempts", "How often a request to the store is tried.", NULL,
							&s3_attempts, 8, 1, 100, PGC_SIGHUP, 0, NULL, NULL, NULL);
}

/* ---- Credentials ---- */

bool
s3_is_header_text(const char *text)
{
	size_t		length = strlen(text);

	for (size_t i = 0; i < length; i++)
	{
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	}
	return length > 0 && length <= VALUE_MAX;
}

/* What may also stand before a slash in a signature's scope. */
static bool
is_access_key_id(const char *value)
{
	return s3_is_header_text(value) && strpbrk(value, "/,;:=\"") == NULL;
}

void
s3_check_region(const char *region)
{
	if (region[0] == '\0' || strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(region))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("a region is made of lower-case letters, digits and hyphens")));
}

/* Where a credential of that name is kept; NULL where it is none. */
static char **
credential(S3Access *access, const char *name)
{
	return strcmp(name, "access_key_id") == 0 ? &access->access_key_id :
		strcmp(name, "secret_access_key") == 0 ? &access->secret_access_key :
		strcmp(name, "session_token") == 0 ? &access->session_token : NULL;
}

static bool
are_credentials(const S3Access *access)
{
	return access->access_key_id != NULL && is_access_key_id(access->access_key_id) &&
		access->secret_access_key != NULL && s3_is_header_text(access->secret_access_key) &&
		(access->session_token == NULL || s3_is_header_text(access->session_token));
}

/* Takes them out of a user mapping's options. */
static void
take_options(S3Access *access, List *options)
{
	ListCell   *cell;

	foreach(cell, options)
	{
		DefElem    *option = lfirst(cell);
		char	  **place = credential(access, option->defname);

		if (place == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
					 errmsg("credentials of a bucket have no option \"%s\"", option->defname),
					 errhint("They are access_key_id, secret_access_key and perhaps session_token.")));
		*place = defGetString(option);
	}
}

void
s3_check_credentials(List *options)
{
	S3Access	access = {0};

	take_options(&access, options);
	if (!are_credentials(&access))
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
				 errmsg("credentials of a bucket are an access_key_id and a secret_access_key"),
				 errdetail("One of them is missing, or has a character that cannot be in one.")));
}

/* ---- The file ---- */

static void
bad_file(const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("the file of credentials for buckets cannot be used"),
			 errdetail_internal("%s", why),
			 errhint("The administrator names it in ddb.s3_credentials_file.")));
}

/* Why others could read it, as PostgreSQL judges the key of a certificate; or NULL. */
static const char *
judge_file(const struct stat *status)
{
	if (!S_ISREG(status->st_mode))
		return "It is no plain file.";
	if (status->st_uid != geteuid() && status->st_uid != 0)
		return "It belongs neither to the server's user nor to root.";
	if (status->st_mode & (status->st_uid == 0 && geteuid() != 0 ? S_IRWXO | S_IWGRP | S_IXGRP : S_IRWXO | S_IRWXG))
		return "Others than the server's user may read or write it: its mode is to be 0600, or 0640 if it is root's.";
	return status->st_size >= FILE_SIZE_MAX ? "It is too long." : NULL;
}

/* Its text, palloc'd. */
static char *
read_file(void)
{
	char	   *text = palloc(FILE_SIZE_MAX + 1);
	int			file = open(s3_credentials_file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;
	const char *why = NULL;
	ssize_t		length = 0;

	if (file < 0)
		bad_file("It cannot be opened.");
	if (fstat(file, &status) < 0)
		why = "It cannot be looked at.";
	else
		why = judge_file(&status);
	if (why == NULL)
		length = read(file, text, FILE_SIZE_MAX);
	(void) close(file);
	if (why == NULL && length < 0)
		why = "It cannot be read.";
	if (why != NULL)
		bad_file(why);
	text[length] = '\0';
	return text;
}

/* Takes a line "aws_access_key_id = …" and its like. */
static void
take_line(S3Access *access, char *line)
{
	char	   *value = strchr(line, '=');
	char	   *name;
	char	  **place;

	if (value == NULL)
		return;
	*value++ = '\0';
	name = trim(line);
	place = strncmp(name, "aws_", 4) == 0 ? credential(access, name + 4) : NULL;
	if (place != NULL)
		*place = trim(value);
}

/* Takes what is in the section of that name, as AWS's clients have such files; whether there is one. */
static bool
take_section(S3Access *access, const char *text, const char *section)
{
	char	   *copy = pstrdup(text);
	char	   *rest = copy;
	char	   *line;
	bool		inside = false;
	bool		found = false;

	while ((line = strsep(&rest, "\n")) != NULL)
	{
		line = trim(line);
		if (line[0] == '[')
		{
			char	   *end = strchr(line, ']');

			if (end != NULL)
				*end = '\0';
			inside = end != NULL && strcmp(trim(line + 1), section) == 0;
			found = found || inside;
		}
		else if (inside && line[0] != '#' && line[0] != ';')
			take_line(access, line);
	}
	return found;
}

/* ---- Opening ---- */

/* The current role's own credentials, or everybody's; false where there are none. */
static bool
take_mapping(S3Access *access, Oid server)
{
	Oid			roles[] = {GetUserId(), InvalidOid};

	for (size_t i = 0; i < lengthof(roles); i++)
	{
		if (SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(roles[i]), ObjectIdGetDatum(server)))
		{
			take_options(access, GetUserMapping(roles[i], server)->options);
			return true;
		}
	}
	return false;
}

static void
take_file(S3Access *access, const char *bucket)
{
	char	   *text;

	if (s3_credentials_file[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("there are no credentials for the bucket \"%s\"", bucket),
				 errhint("CREATE USER MAPPING gives a role some, and ddb.s3_credentials_file names a file of them.")));
	text = read_file();
	if (!take_section(access, text, bucket))
		(void) take_section(access, text, "default");
	if (!are_credentials(access))
		bad_file("It has no aws_access_key_id and aws_secret_access_key for this bucket.");
}

/* The address in the one form that libcurl has of it, scheme://host…, without a slash at its end. */
static char *
plain_endpoint(void)
{
	WebAddress	address;
	char	   *result;

	if (!web_address_read(s3_endpoint, strlen(s3_endpoint), &address))
	{
		web_address_free(&address);
		elog(ERROR, "ddb.s3_endpoint is no address");
	}
	result = MemoryContextStrdup(CurrentMemoryContext, address.url);
	web_address_free(&address);
	for (size_t length = strlen(result); result[length - 1] == '/'; length--)
		result[length - 1] = '\0';
	return result;
}

S3Access *
s3_access(const ForeignServer *server, const char *region)
{
	S3Access   *access = palloc0(sizeof(S3Access));

	if (s3_endpoint[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the bucket \"%s\" has no store on this server", server->servername),
				 errhint("The administrator names the address of the store in ddb.s3_endpoint.")));
	access->endpoint = plain_endpoint();
	access->region = pstrdup(region != NULL ? region : ddb_region);
	if (!take_mapping(access, server->serverid))
		take_file(access, server->servername);
	return access;
}
