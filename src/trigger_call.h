/*
 * trigger_call.h - what PostgreSQL hands to a function that it calls as a trigger.
 */
#ifndef DDB_TRIGGER_CALL_H
#define DDB_TRIGGER_CALL_H

#include "commands/event_trigger.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "nodes/parsenodes.h"

/*
 * Raise ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED, or the one of event triggers, where the
 * function is called as anything else; name is its name in SQL.
 */
extern TriggerData *trigger_data(FunctionCallInfo fcinfo, const char *name);
extern EventTriggerData *event_trigger_data(FunctionCallInfo fcinfo, const char *name);

/*
 * Columns of a row by name, of a relation that may have none of the name: then it is
 * as if it were null, which is 0 for an OID and NULL for a text, else palloc'd.
 */
extern Datum trigger_column(const TriggerData *trigger, HeapTuple row, const char *name, bool *isnull);
extern Oid	trigger_oid_column(const TriggerData *trigger, HeapTuple row, const char *name);
extern char *trigger_text_column(const TriggerData *trigger, HeapTuple row, const char *name);

/* Whether the command of an event trigger on drops takes along what depends on what it drops. */
extern DropBehavior trigger_drop_behavior(const EventTriggerData *trigger);

#endif							/* DDB_TRIGGER_CALL_H */
