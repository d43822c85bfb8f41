/*
 * options.c - the options of an event source, described as data.
 */
#include "postgres.h"

#include "commands/async.h"
#include "mb/pg_wchar.h"

#include "event_source/options.h"
#include "event_source/pattern.h"
#include "value/json.h"

/* As many as AWS allows on demand; it begins with five. */
#define FILTERS_MAX 10

#define SECRET_MIN 16
#define SECRET_MAX 1024

/* The place that failed batches go to, where one is named. */
#define FAILURES_DESTINATION "ddb.event_source_failures"

typedef struct OptionDescription
{
	const char *name;
	size_t		offset;			/* in EventSourceOptions */
	int			initial;
	int			minimum;
	int			maximum;
} OptionDescription;

static const OptionDescription numbers[] = {
	{"BatchSize", offsetof(EventSourceOptions, batch_size), 100, 1, 10000},
	{"MaximumBatchingWindowInSeconds", offsetof(EventSourceOptions, batching_window), 0, 0, 300},
	{"ParallelizationFactor", offsetof(EventSourceOptions, lanes), 1, 1, 10},
	{"MaximumRecordAgeInSeconds", offsetof(EventSourceOptions, maximum_age), -1, -1, 604800},
	{"MaximumRetryAttempts", offsetof(EventSourceOptions, maximum_retries), -1, -1, 10000},
	{"TimeoutInSeconds", offsetof(EventSourceOptions, timeout), 30, 1, 900},
};

static void __attribute__((noreturn))
bad_option(const char *name, const char *reason)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid option \"%s\" of an event source: %s", name, reason)));
}

/* ---- One of each kind ---- */

static void
read_number(const OptionDescription *option, json_object *value, EventSourceOptions *options)
{
	int64		number = json_object_get_int64(value);

	if (!json_object_is_type(value, json_type_int) || number < option->minimum || number > option->maximum)
		bad_option(option->name, psprintf("it must be a whole number from %d to %d",
										  option->minimum, option->maximum));
	*(int *) ((char *) options + option->offset) = (int) number;
}

static bool
read_boolean(const char *name, json_object *value)
{
	if (!json_object_is_type(value, json_type_boolean))
		bad_option(name, "it must be true or false");
	return json_object_get_boolean(value);
}

/* A string of so many bytes, without U+0000, palloc'd. */
static char *
read_string(const char *name, json_object *value, int minimum, int maximum)
{
	int			length = json_object_is_type(value, json_type_string) ? json_object_get_string_len(value) : -1;

	if (length < minimum || length > maximum || strlen(json_object_get_string(value)) != (size_t) length)
		bad_option(name, psprintf("it must be a string of %d to %d bytes", minimum, maximum));
	return pstrdup(json_object_get_string(value));
}

/* The value of an object's only member of that name; raises where there is anything else. */
static json_object *
only_member(const char *option, json_object *object, const char *name)
{
	json_object *value;

	if (!json_object_is_type(object, json_type_object) || json_object_object_length(object) != 1 ||
		!json_object_object_get_ex(object, name, &value))
		bad_option(option, psprintf("it must be an object with the member \"%s\" alone", name));
	return value;
}

/* ---- Those that have a form of their own ---- */

static void
read_start(json_object *value, EventSourceOptions *options)
{
	char	   *position = read_string("StartingPosition", value, 1, 32);

	options->has_start = true;
	options->latest = strcmp(position, "LATEST") == 0;
	if (!options->latest && strcmp(position, "TRIM_HORIZON") != 0)
		bad_option("StartingPosition", "it must be TRIM_HORIZON or LATEST");
}

static void
read_enabled(json_object *value, EventSourceOptions *options)
{
	options->has_enabled = true;
	options->enabled = read_boolean("Enabled", value);
}

static void
read_bisect(json_object *value, EventSourceOptions *options)
{
	options->bisect = read_boolean("BisectBatchOnFunctionError", value);
}

static void
read_response_types(json_object *value, EventSourceOptions *options)
{
	size_t		length = json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 2;

	if (length > 1 ||
		(length == 1 && strcmp(read_string("FunctionResponseTypes", json_object_array_get_idx(value, 0), 1, 64),
							   "ReportBatchItemFailures") != 0))
		bad_option("FunctionResponseTypes", "it must be [] or [\"ReportBatchItemFailures\"]");
	options->report_failures = length == 1;
}

/* {"Filters": [{"Pattern": "..."}]} */
static void
read_filters(json_object *value, EventSourceOptions *options)
{
	static const char option[] = "FilterCriteria";
	json_object *filters = only_member(option, value, "Filters");

	if (!json_object_is_type(filters, json_type_array) || json_object_array_length(filters) > FILTERS_MAX)
		bad_option(option, psprintf("\"Filters\" must be an array of at most %d", FILTERS_MAX));
	for (size_t i = 0; i < json_object_array_length(filters); i++)
	{
		char	   *pattern = read_string(option, only_member(option, json_object_array_get_idx(filters, i), "Pattern"),
										  0, EVENT_PATTERN_MAX);

		options->patterns = lappend(options->patterns, event_pattern_parse(pattern, strlen(pattern)));
	}
}

/* {}, or {"OnFailure": {"Destination": "ddb.event_source_failures"}} */
static void
read_destination(json_object *value, EventSourceOptions *options)
{
	static const char option[] = "DestinationConfig";
	char	   *destination;

	if (json_object_is_type(value, json_type_object) && json_object_object_length(value) == 0)
		return;
	destination = read_string(option, only_member(option, only_member(option, value, "OnFailure"), "Destination"),
							  0, 350);
	if (strcmp(destination, FAILURES_DESTINATION) != 0)
		bad_option(option, "batches that are given up go to \"" FAILURES_DESTINATION "\"");
}

static void
read_url(json_object *value, EventSourceOptions *options)
{
	options->url = read_string("Url", value, 1, 2048);
}

static void
read_channel(json_object *value, EventSourceOptions *options)
{
	options->channel = read_string("Channel", value, 1, NAMEDATALEN - 1);
}

static void
read_secret(json_object *value, EventSourceOptions *options)
{
	options->has_secret = true;
	options->secret = read_string("SigningSecret", value, SECRET_MIN, SECRET_MAX);
}

static const struct
{
	const char *name;
	void		(*read) (json_object *value, EventSourceOptions *options);
}			others[] = {
	{"StartingPosition", read_start},
	{"Enabled", read_enabled},
	{"BisectBatchOnFunctionError", read_bisect},
	{"FunctionResponseTypes", read_response_types},
	{"FilterCriteria", read_filters},
	{"DestinationConfig", read_destination},
	{"Url", read_url},
	{"Channel", read_channel},
	{"SigningSecret", read_secret},
};

/* ---- All of them ---- */

static void
read_option(const char *name, json_object *value, EventSourceOptions *options)
{
	for (size_t i = 0; i < lengthof(numbers); i++)
	{
		if (strcmp(numbers[i].name, name) == 0)
		{
			read_number(&numbers[i], value, options);
			return;
		}
	}
	for (size_t i = 0; i < lengthof(others); i++)
	{
		if (strcmp(others[i].name, name) == 0)
		{
			others[i].read(value, options);
			return;
		}
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown option \"%s\" of an event source", name)));
}

void
event_source_options_read(const char *json, EventSourceOptions *options)
{
	json_object *object = json_parse(json, strlen(json));

	memset(options, 0, sizeof(*options));
	options->enabled = true;
	for (size_t i = 0; i < lengthof(numbers); i++)
		*(int *) ((char *) options + numbers[i].offset) = numbers[i].initial;
	if (!json_object_is_type(object, json_type_object))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the options of an event source must be a JSON object")));
	{
		json_object_object_foreach(object, name, value)
		{
			read_option(name, value, options);
		}
	}
}

bool
event_source_options_want(const EventSourceOptions *options, const char *event, size_t length)
{
	json_object *json;
	ListCell   *cell;

	if (options->patterns == NIL)
		return true;
	json = json_parse(event, length);
	foreach(cell, options->patterns)
	{
		if (event_pattern_matches(lfirst(cell), json))
			return true;
	}
	return false;
}
