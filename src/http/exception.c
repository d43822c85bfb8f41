/*
 * exception.c - errors as the bodies that AWS's SDKs know.
 *
 * The body of an error is {"__type": "<namespace>#<name>", "message": "..."}.
 * Which namespace, and whether it says message or Message, has grown with
 * AWS's frameworks and differs by exception.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "utils/json.h"

#include "error.h"
#include "http/request.h"
#include "value/json.h"

#define MODEL "com.amazonaws.dynamodb.v20120810"
#define STREAMS_MODEL "com.amazonaws.dynamodb.streams.v20120810"
#define SERVICE "com.amazon.coral.service"
#define VALIDATE "com.amazon.coral.validate"

typedef struct Body
{
	const char *namespace;
	const char *message;		/* the member with the text */
	const char *detail;			/* the member with the error's detail, or NULL */
	int			status;
} Body;

/* Those of exceptions that are not as most are. */
static const Body bodies[] = {
	[CONDITIONAL_CHECK_FAILED_EXCEPTION] = {MODEL, "message", "Item", 400},
	[VALIDATION_EXCEPTION] = {VALIDATE, "message", NULL, 400},
	[SERIALIZATION_EXCEPTION] = {SERVICE, "Message", NULL, 400},
	[ACCESS_DENIED_EXCEPTION] = {SERVICE, "Message", NULL, 400},
	[UNKNOWN_OPERATION_EXCEPTION] = {SERVICE, "message", NULL, 400},
	[TRANSACTION_CANCELED_EXCEPTION] = {MODEL, "Message", "CancellationReasons", 400},
	[TRANSACTION_CANCELED_BY_CONFLICT_EXCEPTION] = {MODEL, "Message", "CancellationReasons", 400},
	[TRANSACTION_IN_PROGRESS_EXCEPTION] = {MODEL, "Message", NULL, 400},
	[IDEMPOTENT_PARAMETER_MISMATCH_EXCEPTION] = {MODEL, "Message", NULL, 400},
	[EXPIRED_ITERATOR_EXCEPTION] = {STREAMS_MODEL, "message", NULL, 400},
	[TRIMMED_DATA_ACCESS_EXCEPTION] = {STREAMS_MODEL, "message", NULL, 400},
	[INTERNAL_SERVER_ERROR] = {MODEL, "message", NULL, 500},
};

static const Body *
body_of(DdbException exception)
{
	static const Body usual = {MODEL, "message", NULL, 400};

	return bodies[exception].namespace != NULL ? &bodies[exception] : &usual;
}

static void
write_body(HttpResponse *response, int status, const char *namespace, const char *name,
		   const char *detail_member, const char *detail,
		   const char *message_member, const char *message)
{
	StringInfo	body = &response->body;

	response->exception = name;
	resetStringInfo(body);
	appendStringInfo(body, "{\"__type\":\"%s#%s\"", namespace, name);
	if (detail != NULL)
		appendStringInfo(body, ",\"%s\":%s", detail_member, detail);
	if (message != NULL)
	{
		appendStringInfo(body, ",\"%s\":", message_member);
		escape_json(body, message);
	}
	appendStringInfoChar(body, '}');
	response->status = status;
}

void
http_write_exception(const HttpException *exception, HttpResponse *response)
{
	write_body(response, 400, SERVICE, exception->name, NULL, NULL, "message", exception->message);
}

/* Whether an error's detail can stand in the body as it is: anybody's function may have raised it. */
static bool
is_proper_detail(DdbException exception, const char *detail)
{
	const char *member = body_of(exception)->detail;

	if (member == NULL)
		return false;
	return strcmp(member, "Item") == 0 ? json_text_is_item(detail) : json_text_is_list(detail);
}

static void
write_exception(DdbException exception, const char *message, const char *detail,
				HttpResponse *response)
{
	const Body *body = body_of(exception);

	/* of a text that is no JSON, AWS says nothing but that */
	if (exception == SERIALIZATION_EXCEPTION && strncmp(message, "Not valid JSON", 14) == 0)
		message = NULL;
	if (detail != NULL && !is_proper_detail(exception, detail))
		detail = NULL;
	write_body(response, body->status, body->namespace, ddb_exception_name(exception), body->detail, detail,
			   body->message, message);
}

/*
 * PostgreSQL's own errors: what the request can be blamed for, or what another
 * try may mend, is told as such.
 */
static DdbException
exception_of_postgres(const ErrorData *error, const char **message)
{
	*message = error->message;
	switch (error->sqlerrcode)
	{
		case ERRCODE_T_R_SERIALIZATION_FAILURE:
			/* on a standby the replay of WAL was in the way, and SDKs are to try again */
			if (RecoveryInProgress())
				break;
			/* FALLTHROUGH */
		case ERRCODE_T_R_DEADLOCK_DETECTED:
		case ERRCODE_LOCK_NOT_AVAILABLE:
			*message = "Transaction is ongoing for the item";
			return TRANSACTION_CONFLICT_EXCEPTION;
		case ERRCODE_INSUFFICIENT_PRIVILEGE:
			return ACCESS_DENIED_EXCEPTION;
		case ERRCODE_READ_ONLY_SQL_TRANSACTION:
			*message = "This server does not accept writes now";
			return ACCESS_DENIED_EXCEPTION;
		case ERRCODE_RAISE_EXCEPTION:
			return VALIDATION_EXCEPTION;
		default:
			/* a constraint that somebody put on the relation */
			if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION)
				return VALIDATION_EXCEPTION;
			break;
	}
	*message = "Internal server error";
	return INTERNAL_SERVER_ERROR;
}

void
http_write_error(const ErrorData *error, HttpResponse *response)
{
	DdbException exception;
	const char *message;

	if (ddb_exception_of_sqlstate(error->sqlerrcode, &exception))
		message = ddb_exception_text(error->message, exception);
	else
		exception = exception_of_postgres(error, &message);
	write_exception(exception, message, error->detail, response);
}
