/*
 * error.c - DynamoDB's exceptions as PostgreSQL errors.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"

#include "error.h"

/*
 * SQLSTATEs begin with ND: the standard leaves classes from I to Z to
 * implementations, and PostgreSQL has none of its own there.
 */
static const struct
{
	const char *name;
	int			sqlstate;
}			exceptions[] =
{
	[CONDITIONAL_CHECK_FAILED_EXCEPTION] = {"ConditionalCheckFailedException", MAKE_SQLSTATE('N', 'D', '0', '0', '1')},
	[VALIDATION_EXCEPTION] = {"ValidationException", MAKE_SQLSTATE('N', 'D', '0', '0', '2')},
	[SERIALIZATION_EXCEPTION] = {"SerializationException", MAKE_SQLSTATE('N', 'D', '0', '0', '3')},
	[RESOURCE_NOT_FOUND_EXCEPTION] = {"ResourceNotFoundException", MAKE_SQLSTATE('N', 'D', '0', '0', '4')},
	[RESOURCE_IN_USE_EXCEPTION] = {"ResourceInUseException", MAKE_SQLSTATE('N', 'D', '0', '0', '5')},
	[ACCESS_DENIED_EXCEPTION] = {"AccessDeniedException", MAKE_SQLSTATE('N', 'D', '0', '0', '6')},
	[LIMIT_EXCEEDED_EXCEPTION] = {"LimitExceededException", MAKE_SQLSTATE('N', 'D', '0', '0', '7')},
	[UNKNOWN_OPERATION_EXCEPTION] = {"UnknownOperationException", MAKE_SQLSTATE('N', 'D', '0', '0', '8')},
	[ITEM_COLLECTION_SIZE_LIMIT_EXCEEDED_EXCEPTION] = {"ItemCollectionSizeLimitExceededException", MAKE_SQLSTATE('N', 'D', '0', '0', '9')},
	[TRANSACTION_CONFLICT_EXCEPTION] = {"TransactionConflictException", MAKE_SQLSTATE('N', 'D', '0', '1', '0')},
	[TRANSACTION_CANCELED_EXCEPTION] = {"TransactionCanceledException", MAKE_SQLSTATE('N', 'D', '0', '1', '1')},
	[TRANSACTION_CANCELED_BY_CONFLICT_EXCEPTION] = {"TransactionCanceledException", MAKE_SQLSTATE('N', 'D', '0', '1', '4')},
	[TRANSACTION_IN_PROGRESS_EXCEPTION] = {"TransactionInProgressException", MAKE_SQLSTATE('N', 'D', '0', '1', '5')},
	[IDEMPOTENT_PARAMETER_MISMATCH_EXCEPTION] = {"IdempotentParameterMismatchException", MAKE_SQLSTATE('N', 'D', '0', '1', '2')},
	[DUPLICATE_ITEM_EXCEPTION] = {"DuplicateItemException", MAKE_SQLSTATE('N', 'D', '0', '1', '6')},
	[EXPIRED_ITERATOR_EXCEPTION] = {"ExpiredIteratorException", MAKE_SQLSTATE('N', 'D', '0', '1', '7')},
	[TRIMMED_DATA_ACCESS_EXCEPTION] = {"TrimmedDataAccessException", MAKE_SQLSTATE('N', 'D', '0', '1', '8')},
	[TABLE_NOT_FOUND_EXCEPTION] = {"TableNotFoundException", MAKE_SQLSTATE('N', 'D', '0', '2', '1')},
	[TABLE_ALREADY_EXISTS_EXCEPTION] = {"TableAlreadyExistsException", MAKE_SQLSTATE('N', 'D', '0', '2', '2')},
	[CONTINUOUS_BACKUPS_UNAVAILABLE_EXCEPTION] = {"ContinuousBackupsUnavailableException", MAKE_SQLSTATE('N', 'D', '0', '2', '3')},
	[POINT_IN_TIME_RECOVERY_UNAVAILABLE_EXCEPTION] = {"PointInTimeRecoveryUnavailableException", MAKE_SQLSTATE('N', 'D', '0', '2', '4')},
	[INVALID_RESTORE_TIME_EXCEPTION] = {"InvalidRestoreTimeException", MAKE_SQLSTATE('N', 'D', '0', '2', '5')},
	[BACKUP_NOT_FOUND_EXCEPTION] = {"BackupNotFoundException", MAKE_SQLSTATE('N', 'D', '0', '2', '6')},
	[BACKUP_IN_USE_EXCEPTION] = {"BackupInUseException", MAKE_SQLSTATE('N', 'D', '0', '2', '7')},
	[EXPORT_NOT_FOUND_EXCEPTION] = {"ExportNotFoundException", MAKE_SQLSTATE('N', 'D', '0', '2', '8')},
	[EXPORT_CONFLICT_EXCEPTION] = {"ExportConflictException", MAKE_SQLSTATE('N', 'D', '0', '2', '9')},
	[INVALID_EXPORT_TIME_EXCEPTION] = {"InvalidExportTimeException", MAKE_SQLSTATE('N', 'D', '0', '3', '0')},
	[IMPORT_NOT_FOUND_EXCEPTION] = {"ImportNotFoundException", MAKE_SQLSTATE('N', 'D', '0', '3', '1')},
	[IMPORT_CONFLICT_EXCEPTION] = {"ImportConflictException", MAKE_SQLSTATE('N', 'D', '0', '3', '2')},
	[INTERNAL_SERVER_ERROR] = {"InternalServerError", MAKE_SQLSTATE('N', 'D', '0', '1', '3')},
};

/*
 * The frames of error_words_begin() are error context callbacks, although they
 * add no context: so PostgreSQL itself forgets them when an error is thrown.
 */
static void
error_words_callback(void *argument)
{
	(void) argument;
}

void
error_words_begin(ErrorWords *words)
{
	words->callback.callback = error_words_callback;
	words->callback.arg = words;
	words->callback.previous = error_context_stack;
	error_context_stack = &words->callback;
}

void
error_words_end(ErrorWords *words)
{
	Assert(error_context_stack == &words->callback);
	error_context_stack = words->callback.previous;
}

/* The innermost frame that has words for the text; NULL if none has. */
static const ErrorWords *
find_error_words(DdbException exception, const char *text)
{
	if (exception != VALIDATION_EXCEPTION)
		return NULL;
	for (ErrorContextCallback *frame = error_context_stack; frame != NULL; frame = frame->previous)
	{
		const ErrorWords *words = frame->arg;

		if (frame->callback == error_words_callback && words->before != NULL &&
			(words->apply == NULL || words->apply(text)))
			return words;
	}
	return NULL;
}

ValidationLayer
validation_layer(void)
{
	for (ErrorContextCallback *frame = error_context_stack; frame != NULL; frame = frame->previous)
	{
		const ErrorWords *words = frame->arg;

		if (frame->callback == error_words_callback && words->layer != LAYER_UNSAID)
			return words->layer;
	}
	return LAYER_CURRENT;
}

static void raise_exception(DdbException exception, const char *json,
							const char *format, va_list arguments)
			__attribute__((noreturn)) pg_attribute_printf(3, 0);

static void
raise_exception(DdbException exception, const char *json, const char *format, va_list arguments)
{
	StringInfoData text;
	const ErrorWords *words;

	initStringInfo(&text);
	for (;;)
	{
		va_list		copy;
		int			needed;

		va_copy(copy, arguments);
		needed = appendStringInfoVA(&text, format, copy);
		va_end(copy);
		if (needed == 0)
			break;
		enlargeStringInfo(&text, needed);
	}

	words = find_error_words(exception, text.data);
	ereport(ERROR,
			(errcode(exceptions[exception].sqlstate),
			 errmsg_internal("%s: %s%s%s", exceptions[exception].name,
							 words != NULL ? words->before : "", text.data,
							 words != NULL && words->after != NULL ? words->after : ""),
			 json != NULL ? errdetail_internal("%s", json) : 0,
			 err_generic_string(PG_DIAG_DATATYPE_NAME, exceptions[exception].name)));
}

void
ddb_error(DdbException exception, const char *format,...)
{
	va_list		arguments;

	va_start(arguments, format);
	raise_exception(exception, NULL, format, arguments);
}

void
ddb_error_with_json(DdbException exception, const char *json, const char *format,...)
{
	va_list		arguments;

	va_start(arguments, format);
	raise_exception(exception, json, format, arguments);
}

const char *
ddb_exception_name(DdbException exception)
{
	return exceptions[exception].name;
}

const char *
ddb_exception_text(const char *message, DdbException exception)
{
	const char *name = exceptions[exception].name;
	size_t		length = strlen(name);

	if (strncmp(message, name, length) == 0 && strncmp(message + length, ": ", 2) == 0)
		return message + length + 2;
	return message;
}

bool
ddb_exception_of_sqlstate(int sqlstate, DdbException *exception)
{
	for (int i = 0; i < (int) lengthof(exceptions); i++)
	{
		if (exceptions[i].sqlstate == sqlstate)
		{
			*exception = (DdbException) i;
			return true;
		}
	}
	return false;
}

bool
error_caught(void (*work) (void *argument), void *argument, MemoryContext context, char **text)
{
	MemoryContext caller = CurrentMemoryContext;
	uint32		holdoff = InterruptHoldoffCount;
	volatile bool caught = false;

	PG_TRY();
	{
		work(argument);
	}
	PG_CATCH();
	{
		DdbException exception;

		if (!ddb_exception_of_sqlstate(geterrcode(), &exception))
			PG_RE_THROW();
		/* an error lets interrupts in again, which the caller may hold */
		InterruptHoldoffCount = holdoff;
		MemoryContextSwitchTo(context);
		if (text != NULL)
			*text = pstrdup(ddb_exception_text(CopyErrorData()->message, exception));
		FlushErrorState();
		caught = true;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	return caught;
}

bool
ddb_sqlstate_is_conflict(int sqlstate)
{
	return sqlstate == ERRCODE_LOCK_NOT_AVAILABLE || sqlstate == ERRCODE_T_R_DEADLOCK_DETECTED ||
		sqlstate == exceptions[TRANSACTION_CONFLICT_EXCEPTION].sqlstate ||
		sqlstate == exceptions[TRANSACTION_CANCELED_BY_CONFLICT_EXCEPTION].sqlstate;
}
