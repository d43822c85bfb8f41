/*
 * trigger_call.c - what PostgreSQL hands to a function that it calls as a trigger.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "trigger_call.h"

TriggerData *
trigger_data(FunctionCallInfo fcinfo, const char *name)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("%s() must be called as a trigger", name)));
	return (TriggerData *) fcinfo->context;
}

EventTriggerData *
event_trigger_data(FunctionCallInfo fcinfo, const char *name)
{
	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("%s() must be called as an event trigger", name)));
	return (EventTriggerData *) fcinfo->context;
}

Datum
trigger_column(const TriggerData *trigger, HeapTuple row, const char *name, bool *isnull)
{
	TupleDesc	descriptor = RelationGetDescr(trigger->tg_relation);
	int			number = SPI_fnumber(descriptor, name);

	*isnull = true;
	return number > 0 ? heap_getattr(row, number, descriptor, isnull) : (Datum) 0;
}

Oid
trigger_oid_column(const TriggerData *trigger, HeapTuple row, const char *name)
{
	bool		isnull;
	Datum		datum = trigger_column(trigger, row, name, &isnull);

	return isnull ? InvalidOid : DatumGetObjectId(datum);
}

char *
trigger_text_column(const TriggerData *trigger, HeapTuple row, const char *name)
{
	bool		isnull;
	Datum		datum = trigger_column(trigger, row, name, &isnull);

	return isnull ? NULL : TextDatumGetCString(datum);
}

DropBehavior
trigger_drop_behavior(const EventTriggerData *trigger)
{
	const Node *command = trigger->parsetree;

	if (command != NULL && IsA(command, DropStmt))
		return ((const DropStmt *) command)->behavior;
	if (command != NULL && IsA(command, DropOwnedStmt))
		return ((const DropOwnedStmt *) command)->behavior;
	return DROP_RESTRICT;
}
