/*
 * call.c - giving a batch to its target.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "commands/async.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"

#include "event_source/event_source.h"
#include "event_source/response.h"
#include "event_source/url.h"
#include "job/job_role.h"
#include "role_session.h"

/* The role that the source runs as; raises an error where that is gone. */
static Oid
role_of_lane(const EventLane *lane)
{
	if (!role_is_there(lane->role))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("the role of the event source is not there any more")));
	return lane->role;
}

void
event_call_check(const EventLane *lane)
{
	event_source_check_stream(lane->table, lane->label, role_of_lane(lane));
}

/* How many records an answer has done; it counts only where the source says so. */
static int
records_done(const EventLane *lane, const EventBatch *batch, const char *answer, size_t length)
{
	if (!lane->options.report_failures)
		return batch->count;
	return response_records_done(answer, length, batch->sequences, batch->count);
}

/* ---- A function ---- */

static Datum
event_datum(const EventBatch *batch, Oid type)
{
	size_t		length;
	char	   *json = event_batch_json(batch, 0, &length);

	return type == JSONBOID ? DirectFunctionCall1(jsonb_in, CStringGetDatum(json)) :
		DirectFunctionCall1(json_in, CStringGetDatum(json));
}

/* The result's text; NULL where it is null, or there is none. */
static char *
call(Oid function, const EventBatch *batch)
{
	LOCAL_FCINFO(fcinfo, 1);
	FmgrInfo	info;
	Oid			result_type = get_func_rettype(function);
	Oid		   *argument_types;
	int			count;
	Datum		result;

	(void) get_func_signature(function, &argument_types, &count);
	fmgr_info(function, &info);
	InitFunctionCallInfoData(*fcinfo, &info, 1, DEFAULT_COLLATION_OID, NULL, NULL);
	fcinfo->args[0].value = event_datum(batch, argument_types[0]);
	fcinfo->args[0].isnull = false;
	result = FunctionCallInvoke(fcinfo);
	if (fcinfo->isnull || result_type == VOIDOID)
		return NULL;
	if (result_type == JSONBOID)
		return DatumGetCString(DirectFunctionCall1(jsonb_out, result));
	return TextDatumGetCString(result);
}

/*
 * Safe as the source's role: it has made the source, so that all it is asked for and
 * all that runs is its own doing.  Its rights are asked for at each call, as the role
 * itself; the function's code is left behind with the role.
 */
int
event_call_function(const EventLane *lane, const EventBatch *batch)
{
	RoleSession before;
	char	   *answer;

	role_session_begin(role_of_lane(lane), &before);
	/* what a session of the role has */
	(void) set_config_option("search_path", "\"$user\", public", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	answer = call(event_source_function(lane->function, lane->function_owner), batch);
	role_session_end(&before);
	return records_done(lane, batch, answer, answer == NULL ? 0 : strlen(answer));
}

/* ---- A channel ---- */

int
event_call_channel(const EventLane *lane, const EventBatch *batch)
{
	RoleSession before;
	StringInfoData payload;
	char		first[SEQUENCE_NUMBER_TEXT_LENGTH];
	char		last[SEQUENCE_NUMBER_TEXT_LENGTH];

	role_session_begin(role_of_lane(lane), &before);
	sequence_number_write(batch->sequences[0], first);
	sequence_number_write(batch->sequences[batch->count - 1], last);
	initStringInfo(&payload);
	/* a table's name, a shard's and numbers have nothing that JSON would want to be escaped */
	appendStringInfo(&payload, "{\"table\":\"%s\",\"shardId\":\"%s\",\"records\":%d,"
					 "\"firstSequenceNumber\":\"%s\",\"lastSequenceNumber\":\"%s\"}",
					 lane->table, lane->key.shard_id, batch->count, first, last);
	Async_Notify(lane->options.channel, payload.data);
	role_session_end(&before);
	return batch->count;
}

/* ---- An address ---- */

int
event_call_url(const EventLane *lane, const EventBatch *batch, const char *url, int milliseconds)
{
	StringInfoData answer;
	size_t		length;
	char	   *json = event_batch_json(batch, 0, &length);

	initStringInfo(&answer);
	event_url_post(url, json, length, lane->secret, milliseconds, &answer);
	return records_done(lane, batch, answer.data, answer.len);
}
