/*
 * transfer_page.c - how ListExports, ListImports and ListBulkOperations go over their catalogs, page by page.
 *
 * A NextToken is the ARN of the last one listed, which may be forgotten by then, in hexadecimal digits.  The API's
 * model wants words of 16 of them, of imports at least seven: U+0000 fills these up.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "arn.h"
#include "error.h"
#include "operation/table/table_description.h"
#include "operation/transfer/transfer_page.h"

#define WORD_BYTES 8
#define TOKEN_MIN_BYTES (7 * WORD_BYTES)
#define TOKEN_MAX 1024			/* digits; the model bounds that of exports not at all */

const Shape transfer_table_arn_shape = {.kind = SHAPE_STRING, AT_LEAST(1), AT_MOST(1024)};
const Shape transfer_limit_shape = {.kind = SHAPE_INTEGER, AT_LEAST(1), AT_MOST(25)};

/* ---- Tokens ---- */

static char *
token_of_arn(const char *arn)
{
	size_t		length = strlen(arn);
	size_t		size = Max(TYPEALIGN(WORD_BYTES, length), TOKEN_MIN_BYTES);
	StringInfoData token;

	initStringInfo(&token);
	for (size_t i = 0; i < size; i++)
		appendStringInfo(&token, "%02x", i < length ? (unsigned char) arn[i] : 0);
	return token.data;
}

/*
 * The ARN in a token, one of the list's; NULL where the token is none.  A token is read by being made again, so that
 * there is one for each ARN.
 */
static const char *
arn_of_token(const TransferList *list, const RequestString *token)
{
	char	   *arn = palloc0(TOKEN_MAX / 2 + 1);
	const char *table;
	const char *id;

	if (token->length > TOKEN_MAX || !page_token_pattern.matches(token->data, token->length))
		return NULL;
	for (uint32 i = 0; i < token->length / 2; i++)
		(void) sscanf(token->data + 2 * i, "%2hhx", (unsigned char *) &arn[i]);
	if (strchr(arn, '/') == NULL || strcmp(token_of_arn(arn), token->data) != 0)
		return NULL;
	table = strchr(arn, '/') + 1;
	table = pnstrdup(table, strcspn(table, "/"));
	id = strrchr(arn, '/') + 1;
	return is_resource_name(table, strlen(table)) && is_resource_name(id, strlen(id)) &&
		strcmp(list->arn(table, id), arn) == 0 ? arn : NULL;
}

/* Behind which ARN the page begins; NULL where it is the first. */
static const char *
page_start(const TransferList *list, const RequestString *token)
{
	const char *arn = token->data != NULL ? arn_of_token(list, token) : NULL;

	if (token->data != NULL && arn == NULL)
		validation_error("Invalid NextToken");
	return arn;
}

/* ---- Order ---- */

typedef struct Entry
{
	const char *arn;
	const Transfer *transfer;
} Entry;

static int
compare_entries(const ListCell *a, const ListCell *b)
{
	const Entry *one = lfirst(a);
	const Entry *other = lfirst(b);

	return strcmp(other->arn, one->arn);
}

static bool
is_listed(const TransferList *list, const Transfer *transfer, const char *table_name)
{
	return (table_name == NULL || strcmp(transfer->table_name, table_name) == 0) &&
		(list->days == 0 || transfer->started >= GetCurrentTimestamp() - list->days * USECS_PER_DAY);
}

/* As Entry *, all behind that ARN. */
static List *
entries_behind(const TransferList *list, const char *arn, const char *table_name)
{
	const char *id = arn != NULL && !list->by_arn ? strrchr(arn, '/') + 1 : NULL;
	List	   *entries = NIL;
	ListCell   *cell;

	foreach(cell, transfer_records(list->catalog, id))
	{
		const Transfer *transfer = lfirst(cell);
		Entry		entry = {list->arn(transfer->table_name, transfer->id), transfer};

		if (is_listed(list, transfer, table_name) && (!list->by_arn || arn == NULL || strcmp(entry.arn, arn) < 0))
			entries = lappend(entries, memcpy(palloc(sizeof(Entry)), &entry, sizeof(Entry)));
	}
	if (list->by_arn)
		list_sort(entries, compare_entries);
	return entries;
}

/* ---- The page ---- */

void
append_transfer_page(StringInfo response, const TransferList *list, const TransferPage *page)
{
	const char *table_name = page->table_arn.data != NULL ?
		table_name_of_resource_arn(page->table_arn.data, page->table_arn.length) : NULL;
	int			limit = page->limit.given ? (int) page->limit.value : list->limit;
	List	   *entries = entries_behind(list, page_start(list, &page->token), table_name);
	int			count = Min(limit, list_length(entries));

	appendStringInfo(response, "{\"%s\":[", list->member);
	for (int i = 0; i < count; i++)
	{
		const Entry *entry = list_nth(entries, i);

		if (i > 0)
			appendStringInfoChar(response, ',');
		list->append(response, entry->transfer);
	}
	appendStringInfoChar(response, ']');
	if (count < list_length(entries))
		append_string_member(response, "NextToken", token_of_arn(((const Entry *) list_nth(entries, count - 1))->arn));
	appendStringInfoChar(response, '}');
}
