/*
 * trigger_call.c - what PostgreSQL hands to a function that it calls as a trigger.
 */
#include "postgres.h"

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
