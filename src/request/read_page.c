/*
 * read_page.c - reads a page of items for Query and Scan.
 *
 * A page ends with Limit items, or with the item that brings what was read,
 * before any filter, to 1 MB.  It then has a LastEvaluatedKey even if there
 * happens to be nothing behind it, as in DynamoDB, but not if nothing can be.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "error.h"
#include "request/read_page.h"
#include "statistics/usage.h"
#include "value/json.h"

#define PAGE_MAX_SIZE (1024 * 1024)

/* Query tells of wrong Select in the envelope, though it is bare about all else. */
static const char *
select_envelope(void)
{
	return validation_layer() == LAYER_CURRENT ? VALIDATION_ENVELOPE : "";
}

void
check_select(const ReadParameters *parameters)
{
	int			select = parameters->select.value;
	const char *specific = parameters->projection_expression.data != NULL ? "ProjectionExpression" :
		parameters->attributes_to_get.json != NULL ? "AttributesToGet" : NULL;

	if (select == SELECT_SPECIFIC_ATTRIBUTES && specific == NULL)
		validation_error("%sMust specify the AttributesToGet or ProjectionExpression when choosing to get "
						 "SPECIFIC_ATTRIBUTES", select_envelope());
	if (select != 0 && select != SELECT_SPECIFIC_ATTRIBUTES && specific != NULL)
		validation_error("%sCannot specify the %s when choosing to get %s", select_envelope(), specific,
						 select == SELECT_COUNT ? "only the Count" : parameters->select.text);
	if (select == SELECT_ALL_PROJECTED_ATTRIBUTES && parameters->index_name.data == NULL)
		validation_error("%sALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
						 select_envelope());
}

/*
 * Whether the page ends with this item.  Fetched items count by the units that
 * each of them takes, and so does the index then.
 */
static bool
page_is_full(const ReadPage *page, const PageState *state)
{
	const RequestInteger *limit = &page->parameters->limit;
	uint64		size = state->size;

	if (state->fetched_units > 0)
		size = (read_units(size) + state->fetched_units) * READ_UNIT_BYTES;
	return (limit->given && state->scanned >= limit->value) || size >= PAGE_MAX_SIZE;
}

/* The item of an index's entry, from the table. */
static Value
fetch(TableScan *scan, const ReadSource *source, const Value *entry)
{
	PrimaryKey	key = key_of_item(&source->table->schema, entry);
	Value		item;

	if (!table_scan_fetch(scan, source->table, &key, &item))
		ereport(ERROR,
				(errcode(ERRCODE_INDEX_CORRUPTED),
				 errmsg("secondary index \"%s\" of table \"%s\" has an entry without item",
						source->index->name, source->table->name)));
	return item;
}

static void
append_item(const ReadPage *page, const Value *item, int64 count, StringInfo response)
{
	Value		shown = page->show != NULL ? page->show(page->show_argument, item) :
		page->projection != NULL ? projection_apply(page->projection, item) : *item;

	if (count > 1)
		appendStringInfoChar(response, ',');
	item_to_json(response, &shown);
}

void
read_page_items(const ReadPage *page, const ReadSource *source, const TableRange *range,
				PageState *state, StringInfo response)
{
	bool		count_only = page->parameters->select.value == SELECT_COUNT;
	MemoryContext item_context = AllocSetContextCreate(CurrentMemoryContext, "ddb item",
													   ALLOCSET_DEFAULT_SIZES);
	TableScan  *scan = table_scan_begin(source->relation, range);
	Value		entry;

	while (table_scan_next(scan, &entry))
	{
		MemoryContext context = MemoryContextSwitchTo(item_context);
		Value		item = entry;

		CHECK_FOR_INTERRUPTS();
		state->scanned++;
		state->size += item_size(&entry);
		if (source->fetches)
		{
			item = fetch(scan, source, &entry);
			state->fetched_units += read_units(item_size(&item));
		}
		if (page->filter == NULL || condition_holds(page->filter, &item))
		{
			state->count++;
			if (!count_only)
				append_item(page, &item, state->count, response);
		}
		MemoryContextSwitchTo(context);
		MemoryContextReset(item_context);

		if (page->at_most_one)
			break;
		if (page_is_full(page, state))
		{
			append_last_key(&state->last_key, source->relation, &entry);
			break;
		}
	}
	table_scan_end(scan);
	MemoryContextDelete(item_context);
}

/* The units of the index, or where there is none of the table, and of the table besides an index. */
static double
units_of_source(const ReadParameters *parameters, const PageState *state)
{
	return read_capacity(state->size, parameters->consistent_read == BOOLEAN_TRUE);
}

static double
units_of_fetches(const ReadParameters *parameters, const PageState *state)
{
	return parameters->consistent_read == BOOLEAN_TRUE ? state->fetched_units : state->fetched_units / 2.0;
}

void
note_read_usage(const ReadParameters *parameters, const ReadSource *source, const PageState *state)
{
	usage_read(RelationGetRelid(source->table->relation), state->count,
			   units_of_source(parameters, state) + units_of_fetches(parameters, state));
}

void
append_read_capacity(StringInfo response, const ReadParameters *parameters, const ReadSource *source,
					 const PageState *state)
{
	double		units = units_of_source(parameters, state);
	IndexCapacity index;

	append_member(response, "ConsumedCapacity");
	if (source->index == NULL)
	{
		append_consumed_capacity(response, &parameters->return_consumed_capacity, CAPACITY_OF_EITHER,
								 parameters->table_name.data, units, NULL, 0);
		return;
	}
	index.name = source->index->name;
	index.local = source->index->kind == INDEX_LOCAL;
	index.units = units;
	append_consumed_capacity(response, &parameters->return_consumed_capacity, CAPACITY_OF_EITHER,
							 parameters->table_name.data,
							 units_of_fetches(parameters, state), &index, 1);
}

void
read_page(const ReadPage *page, const ReadSource *source, const TableRange *range,
		  StringInfo response)
{
	const ReadParameters *parameters = page->parameters;
	PageState	state = {0};

	initStringInfo(&state.last_key);
	appendStringInfoChar(response, '{');
	if (parameters->select.value != SELECT_COUNT)
	{
		append_member(response, "Items");
		appendStringInfoChar(response, '[');
	}
	read_page_items(page, source, range, &state, response);
	note_read_usage(parameters, source, &state);
	if (parameters->select.value != SELECT_COUNT)
		appendStringInfoChar(response, ']');

	append_member(response, "Count");
	appendStringInfo(response, INT64_FORMAT, state.count);
	append_member(response, "ScannedCount");
	appendStringInfo(response, INT64_FORMAT, state.scanned);
	if (state.last_key.len > 0)
	{
		append_member(response, "LastEvaluatedKey");
		appendBinaryStringInfo(response, state.last_key.data, state.last_key.len);
	}
	if (wants_capacity(&parameters->return_consumed_capacity))
		append_read_capacity(response, parameters, source, &state);
	appendStringInfoChar(response, '}');
}
