/*
 * extension_trigger.c - what is to be done when the extension's SQL script has run.
 */
#include "postgres.h"

#include "access/xact.h"
#include "nodes/parsenodes.h"

#include "script.h"
#include "trigger_call.h"
#include "worker/launcher.h"

static bool
is_update_of_ddb(const Node *statement)
{
	return IsA(statement, AlterExtensionStmt) &&
		strcmp(((const AlterExtensionStmt *) statement)->extname, "ddb") == 0;
}

PG_FUNCTION_INFO_V1(ddb_extension_changed);

/*
 * Event trigger behind ALTER EXTENSION: a script that this library is too old for does
 * not come in.  With an update that has brought the one that it goes with, the workers
 * begin that could do nothing before.
 */
Datum
ddb_extension_changed(PG_FUNCTION_ARGS)
{
	const EventTriggerData *trigger = event_trigger_data(fcinfo, "extension_changed");

	script_refuse_newer();
	if (is_update_of_ddb(trigger->parsetree) && launcher_has_places())
	{
		for (int kind = 0; kind < WORKER_KINDS; kind++)
			launcher_request_at_commit(kind, GetCurrentTransactionStartTimestamp());
	}
	PG_RETURN_NULL();
}
