/*
 * error.h - the one way to raise a DynamoDB exception.
 *
 * Every error that a user of DynamoDB's operations can cause is raised here:
 * the exception's name, its SQLSTATE and whether it stands in the API's model
 * come from one table in error.c, which docs/sql.md lists.
 *
 * The primary message is "<ExceptionName>: <text>", where text has AWS's exact
 * words; PG_DATATYPE_NAME of GET STACKED DIAGNOSTICS is the exception's name.
 */
#ifndef DDB_ERROR_H
#define DDB_ERROR_H

typedef enum DdbException
{
	CONDITIONAL_CHECK_FAILED_EXCEPTION,
	VALIDATION_EXCEPTION,
	SERIALIZATION_EXCEPTION,
	RESOURCE_NOT_FOUND_EXCEPTION,
	RESOURCE_IN_USE_EXCEPTION,
	ACCESS_DENIED_EXCEPTION,
	LIMIT_EXCEEDED_EXCEPTION,
	UNKNOWN_OPERATION_EXCEPTION,
	ITEM_COLLECTION_SIZE_LIMIT_EXCEEDED_EXCEPTION,
	TRANSACTION_CONFLICT_EXCEPTION,
	TRANSACTION_CANCELED_EXCEPTION,
	TRANSACTION_CANCELED_BY_CONFLICT_EXCEPTION, /* of the same name; another try may succeed */
	TRANSACTION_IN_PROGRESS_EXCEPTION,
	IDEMPOTENT_PARAMETER_MISMATCH_EXCEPTION,
	DUPLICATE_ITEM_EXCEPTION,
	EXPIRED_ITERATOR_EXCEPTION,
	TRIMMED_DATA_ACCESS_EXCEPTION,
	TABLE_NOT_FOUND_EXCEPTION,
	TABLE_ALREADY_EXISTS_EXCEPTION,
	CONTINUOUS_BACKUPS_UNAVAILABLE_EXCEPTION,
	POINT_IN_TIME_RECOVERY_UNAVAILABLE_EXCEPTION,
	INVALID_RESTORE_TIME_EXCEPTION,
	BACKUP_NOT_FOUND_EXCEPTION,
	BACKUP_IN_USE_EXCEPTION,
	EXPORT_NOT_FOUND_EXCEPTION,
	EXPORT_CONFLICT_EXCEPTION,
	INVALID_EXPORT_TIME_EXCEPTION,
	IMPORT_NOT_FOUND_EXCEPTION,
	IMPORT_CONFLICT_EXCEPTION,
	INTERNAL_SERVER_ERROR
} DdbException;

/*
 * Raises the exception; does not return.  format and what follows are
 * printf's and give the text without the exception's name.
 */
extern void ddb_error(DdbException exception, const char *format,...)
			__attribute__((noreturn)) pg_attribute_printf(2, 3);

/*
 * The same, with JSON that belongs to the exception, or NULL: the item that the
 * caller asked for (ReturnValuesOnConditionCheckFailure), or a transaction's
 * CancellationReasons.  SQL finds it as the error's DETAIL.
 */
extern void ddb_error_with_json(DdbException exception, const char *json,
								const char *format,...)
			__attribute__((noreturn)) pg_attribute_printf(3, 4);

/* ValidationException, by far the most frequent. */
#define validation_error(...) ddb_error(VALIDATION_EXCEPTION, __VA_ARGS__)

/*
 * AWS reads a request's values and parameters in one of two layers, which tell
 * of the same fault in different words; which one an operation has is part of
 * its description.
 */
typedef enum ValidationLayer
{
	LAYER_UNSAID,
	LAYER_OLDER,
	LAYER_CURRENT,
	LAYER_ENVELOPED				/* the current one, within
								 * VALIDATION_ENVELOPE */
} ValidationLayer;

#define VALIDATION_ENVELOPE "1 validation error detected: "

/*
 * Words around the text of every ValidationException that is raised while the
 * frame stands, where AWS says what a bad value was found in:
 *
 *		ErrorWords	words = {.before = "ExpressionAttributeValues contains invalid value: "};
 *
 *		error_words_begin(&words);
 *		...
 *		error_words_end(&words);
 *
 * A frame may also say which layer the code within it is.  An error takes the
 * frame away with it.
 */
typedef struct ErrorWords
{
	const char *before;			/* or NULL: no words */
	const char *after;			/* or NULL */
	bool		(*apply) (const char *text);	/* whether to a text; NULL: always */
	ValidationLayer layer;
	ErrorContextCallback callback;	/* private to error.c */
} ErrorWords;

extern void error_words_begin(ErrorWords *words);
extern void error_words_end(ErrorWords *words);

/*
 * The layer that the innermost frame says, for those who have other words in
 * the older one; LAYER_CURRENT where none says any, as in SQL's own functions.
 */
extern ValidationLayer validation_layer(void);

/* The exception's name, such as "ValidationException". */
extern const char *ddb_exception_name(DdbException exception);

/* The text of an exception's message, without its name; points into it. */
extern const char *ddb_exception_text(const char *message, DdbException exception);

/*
 * The exception that a SQLSTATE (as in ErrorData.sqlerrcode) stands for.
 * Returns false where it is none of ours.
 */
extern bool ddb_exception_of_sqlstate(int sqlstate, DdbException *exception);

/*
 * Does what only allocates memory. True where one of DynamoDB's exceptions ended it,
 * whose text without the exception's name is then in *text, allocated in the
 * context; text may be NULL. Any other error goes on to the caller.
 */
extern bool error_caught(void (*work) (void *argument), void *argument,
						 MemoryContext context, char **text);

/*
 * Whether a SQLSTATE says that another transaction was in the way, which waiting
 * longer or another try may mend.
 */
extern bool ddb_sqlstate_is_conflict(int sqlstate);

#endif							/* DDB_ERROR_H */
