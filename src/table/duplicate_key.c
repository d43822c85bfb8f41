/*
 * duplicate_key.c - the error of a key that is taken names the key.
 *
 * PostgreSQL prints what the unique index holds:
 *
 *	Key (ddb.hash(year), title)=(528608ad-9762-b820-c8e4-c8a3f2705153, Rush) already exists.
 *
 * which becomes
 *
 *	Key (year, title)=(2013, Rush) already exists.
 *
 * What has this hash is known, for the executor has computed it a moment ago.
 * So no catalog is looked at while an error is on its way, and nothing is told
 * that PostgreSQL has not decided to tell: without the right to see the row
 * there is no detail at all.
 *
 * An error's detail may be changed by the callbacks that add its context, and
 * such a callback stands around all that inserts by SQL.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"
#include "utils/memutils.h"
#include "utils/uuid.h"

#include "compat.h"
#include "table/duplicate_key.h"
#include "value/last_key.h"

/* ---- The detail ---- */

/* Behind the column's name, which can be in double quotes. */
static const char *
end_of_name(const char *at)
{
	bool		quoted = false;

	for (; *at != '\0' && (quoted || *at != ')'); at++)
	{
		if (*at == '"')
			quoted = !quoted;
	}
	return at;
}

/* The detail with the key in the place of its hash; NULL where that is not there. */
static char *
detail_of_key(const char *detail, const char *hash, const char *key)
{
	static const char call[] = "hash(";
	static const char schema[] = "ddb.";
	const char *value = strstr(detail, hash);
	const char *name = strstr(detail, call);
	const char *begin = name;
	const char *end;
	StringInfoData result;

	if (value == NULL || name == NULL || name > value)
		return NULL;
	name += strlen(call);
	end = end_of_name(name);
	if (end > value || *end != ')')
		return NULL;
	if (begin - detail >= (int) strlen(schema) &&
		strncmp(begin - strlen(schema), schema, strlen(schema)) == 0)
		begin -= strlen(schema);

	initStringInfo(&result);
	appendBinaryStringInfo(&result, detail, begin - detail);
	appendBinaryStringInfo(&result, name, end - name);
	appendBinaryStringInfo(&result, end + 1, value - end - 1);
	appendStringInfoString(&result, key);
	appendStringInfoString(&result, value + strlen(hash));
	return result.data;
}

static void
name_key(void *argument)
{
	MemoryContext errors = CurrentMemoryContext;
	MemoryContext working;
	ErrorData  *error;
	char	   *hash;
	char	   *key;
	char	   *detail = NULL;

	if (geterrcode() != ERRCODE_UNIQUE_VIOLATION)
		return;
	working = AllocSetContextCreate(errors, "ddb duplicate key", ALLOCSET_SMALL_SIZES);
	MemoryContextSwitchTo(working);
	error = CopyErrorData();
	if (error->detail != NULL && last_key_print(&hash, &key))
		detail = detail_of_key(error->detail, hash, key);
	MemoryContextSwitchTo(errors);
	if (detail != NULL)
		errdetail_internal("%s", detail);
	MemoryContextDelete(working);
}

/* ---- Around statements ---- */

static ExecutorRun_hook_type previous_run = NULL;
static ProcessUtility_hook_type previous_utility = NULL;

static void
begin_naming(ErrorContextCallback *callback)
{
	callback->callback = name_key;
	callback->arg = NULL;
	callback->previous = error_context_stack;
	error_context_stack = callback;
}

static void
run_query(EXECUTOR_RUN_PARAMETERS)
{
	ErrorContextCallback callback;

	begin_naming(&callback);
	if (previous_run != NULL)
		previous_run(EXECUTOR_RUN_ARGUMENTS);
	else
		standard_ExecutorRun(EXECUTOR_RUN_ARGUMENTS);
	error_context_stack = callback.previous;
}

/* COPY inserts without the executor's run. */
static void
run_utility(PlannedStmt *statement, const char *text, bool read_only, ProcessUtilityContext context,
			ParamListInfo parameters, QueryEnvironment *environment, DestReceiver *receiver,
			QueryCompletion *completion)
{
	ErrorContextCallback callback;

	begin_naming(&callback);
	if (previous_utility != NULL)
		previous_utility(statement, text, read_only, context, parameters, environment, receiver,
						 completion);
	else
		standard_ProcessUtility(statement, text, read_only, context, parameters, environment,
								receiver, completion);
	error_context_stack = callback.previous;
}

void
duplicate_key_install_hooks(void)
{
	previous_run = ExecutorRun_hook;
	ExecutorRun_hook = run_query;
	previous_utility = ProcessUtility_hook;
	ProcessUtility_hook = run_utility;
}
