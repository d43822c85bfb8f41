/*
 * list_bulk_operations.c - ListBulkOperations.
 *
 * A token is the last one's identifier, <17 digits>-<8 hexadecimal digits>, as two words of 16 hexadecimal digits.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "error.h"
#include "operation/operations.h"
#include "operation/transfer/bulk_description.h"
#include "operation/transfer/transfers.h"

#define PAGE_DEFAULT 10
#define DAYS 90
#define WORD_DIGITS 16
#define TOKEN_PATTERN "([0-9a-f]{16})+"

typedef struct ListBulkOperationsRequest
{
	RequestInteger limit;
	RequestString token;
} ListBulkOperationsRequest;

static const Shape token_shape = {.kind = SHAPE_STRING, AT_LEAST(1), AT_MOST(1024)};

static const Member members[] = {
	OPTIONAL(ListBulkOperationsRequest, limit, "MaxResults", &transfer_page_shape),
	OPTIONAL(ListBulkOperationsRequest, token, "NextToken", &token_shape),
};

/* ---- Tokens ---- */

static void
append_token(StringInfo out, const char *id)
{
	char	   *end;
	unsigned long long milliseconds = strtoull(id, &end, 10);
	unsigned long long word = strtoull(end + 1, NULL, 16);

	append_string_member(out, "NextToken", psprintf("%016llx%016llx", milliseconds, word));
}

static void
check_pattern(const RequestString *token)
{
	if (token->length % WORD_DIGITS != 0 || strspn(token->data, "0123456789abcdef") != token->length)
		validation_error(VALIDATION_ENVELOPE "Value '%s' at 'nextToken' failed to satisfy constraint: "
						 "Member must satisfy regular expression pattern: " TOKEN_PATTERN, token->data);
}

/* The identifier in a token; NULL where there is none. */
static const char *
id_of_token(const RequestString *token)
{
	char		word[WORD_DIGITS + 1];

	if (token->data == NULL)
		return NULL;
	check_pattern(token);
	if (token->length != 2 * WORD_DIGITS)
		validation_error("Invalid NextToken");
	strlcpy(word, token->data, sizeof(word));
	return psprintf("%017llu-%08llx", strtoull(word, NULL, 16), strtoull(token->data + WORD_DIGITS, NULL, 16));
}

/* ---- The page ---- */

static void
execute(const void *argument, StringInfo response)
{
	const ListBulkOperationsRequest *request = argument;
	TimestampTz oldest = GetCurrentTimestamp() - DAYS * USECS_PER_DAY;
	int			limit = request->limit.given ? (int) request->limit.value : PAGE_DEFAULT;
	const BulkOperation *last = NULL;
	int			count = 0;
	ListCell   *cell;

	appendStringInfoString(response, "{\"BulkOperationsSummaryList\":[");
	foreach(cell, transfer_records(&bulk_catalog, id_of_token(&request->token)))
	{
		const BulkOperation *record = lfirst(cell);

		if (record->transfer.started < oldest)
			continue;
		if (count++ == limit)
			break;
		if (count > 1)
			appendStringInfoChar(response, ',');
		append_bulk_summary(response, record);
		last = record;
	}
	appendStringInfoChar(response, ']');
	if (count > limit)
		append_token(response, last->transfer.id);
	appendStringInfoChar(response, '}');
}

const OperationDescription list_bulk_operations_operation = {
	.request = STRUCTURE_SHAPE(ListBulkOperationsRequest, "ListBulkOperationsInput", members),
	.execute = execute
};
