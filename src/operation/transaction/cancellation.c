/*
 * cancellation.c - why a transaction is cancelled.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 * lists the codes.
 */
#include "postgres.h"

#include "operation/transaction/cancellation.h"
#include "request/parameters.h"
#include "value/json.h"

const CancellationReason reason_conflict = {"TransactionConflict", "Transaction is ongoing for the item", NULL};

const char *
cancellation_code(DdbException exception)
{
	switch (exception)
	{
		case CONDITIONAL_CHECK_FAILED_EXCEPTION:
			return "ConditionalCheckFailed";
		case VALIDATION_EXCEPTION:
			return "ValidationError";
		case DUPLICATE_ITEM_EXCEPTION:
			return "DuplicateItem";
		case ITEM_COLLECTION_SIZE_LIMIT_EXCEEDED_EXCEPTION:
			return "ItemCollectionSizeLimitExceeded";
		default:
			return NULL;
	}
}

/* False where the error is none of an action's. */
static bool
reason_of_error(const ErrorData *error, CancellationReason *reason)
{
	DdbException exception;
	const char *code = NULL;

	if (ddb_exception_of_sqlstate(error->sqlerrcode, &exception))
		code = cancellation_code(exception);
	if (code == NULL)
		return false;
	reason->code = code;
	reason->message = ddb_exception_text(error->message, exception);
	reason->item = error->detail != NULL && json_text_is_item(error->detail) ? error->detail : NULL;
	return true;
}

bool
cancellation_judge(void (*judge) (void *argument), void *argument, CancellationReason *reason)
{
	MemoryContext caller = CurrentMemoryContext;
	volatile bool passed = true;

	memset(reason, 0, sizeof(*reason));
	PG_TRY();
	{
		judge(argument);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		if (!reason_of_error(error, reason))
			PG_RE_THROW();
		FlushErrorState();
		passed = false;
	}
	PG_END_TRY();
	return passed;
}

static void
append_reason(StringInfo out, const CancellationReason *reason)
{
	appendStringInfoChar(out, '{');
	append_member(out, "Code");
	json_append_string(out, reason->code != NULL ? reason->code : "None",
					   strlen(reason->code != NULL ? reason->code : "None"));
	if (reason->item != NULL)
	{
		append_member(out, "Item");
		appendStringInfoString(out, reason->item);
	}
	if (reason->message != NULL)
	{
		append_member(out, "Message");
		json_append_string(out, reason->message, strlen(reason->message));
	}
	appendStringInfoChar(out, '}');
}

void
cancellation_raise(const CancellationReason *reasons, int count)
{
	StringInfoData codes;
	StringInfoData json;
	bool		conflict = false;

	initStringInfo(&codes);
	initStringInfo(&json);
	appendStringInfoChar(&json, '[');
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
		{
			appendStringInfoString(&codes, ", ");
			appendStringInfoChar(&json, ',');
		}
		appendStringInfoString(&codes, reasons[i].code != NULL ? reasons[i].code : "None");
		append_reason(&json, &reasons[i]);
		conflict |= reasons[i].code == reason_conflict.code;
	}
	appendStringInfoChar(&json, ']');
	ddb_error_with_json(conflict ? TRANSACTION_CANCELED_BY_CONFLICT_EXCEPTION : TRANSACTION_CANCELED_EXCEPTION,
						json.data,
						"Transaction cancelled, please refer cancellation reasons for specific reasons [%s]",
						codes.data);
}
