/*
 * compat.h - what differs between PostgreSQL 15 and 18, in one place.
 */
#ifndef DDB_COMPAT_H
#define DDB_COMPAT_H

#include "access/genam.h"
#include "access/tableam.h"
#include "executor/executor.h"
#include "nodes/parsenodes.h"
#include "parser/parse_relation.h"
#include "postmaster/bgworker_internals.h"
#include "rewrite/rewriteHandler.h"
#include "utils/acl.h"
#include "utils/relcache.h"

#if PG_VERSION_NUM < 150000
#error "ddb needs PostgreSQL 15 or later"
#endif

/* A varlena's macros have moved, since 16, out of postgres.h. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* tuple_update tells since 16 which indexes need an entry, before whether. */
#if PG_VERSION_NUM >= 160000
typedef TU_UpdateIndexes UpdateIndexes;
#define UPDATE_INDEXES_NONE TU_None
#define UPDATE_INDEXES_ALL TU_All
#else
typedef bool UpdateIndexes;
#define UPDATE_INDEXES_NONE false
#define UPDATE_INDEXES_ALL true
#endif

/* A relation's file has, since 16, other names. */
#if PG_VERSION_NUM >= 160000
typedef RelFileLocator RelationFile;
#define set_new_file_routine_compat(routine) (routine).relation_set_new_filelocator
#define set_new_file_compat(routine, relation, file, persistence, freeze_xid, min_multi) \
	(routine)->relation_set_new_filelocator(relation, file, persistence, freeze_xid, min_multi)
#else
typedef RelFileNode RelationFile;
#define set_new_file_routine_compat(routine) (routine).relation_set_new_filenode
#define set_new_file_compat(routine, relation, file, persistence, freeze_xid, min_multi) \
	(routine)->relation_set_new_filenode(relation, file, persistence, freeze_xid, min_multi)
#endif

/*
 * Two relations of which the second is this transaction's have exchanged their files in
 * pg_class: what the relation cache knows of when the files were made is exchanged too.
 */
#if PG_VERSION_NUM >= 160000
#define rd_file_subid_compat rd_newRelfilelocatorSubid
#define rd_first_file_subid_compat rd_firstRelfilelocatorSubid
#define assume_new_file_compat(relation) RelationAssumeNewRelfilelocator(relation)
#else
#define rd_file_subid_compat rd_newRelfilenodeSubid
#define rd_first_file_subid_compat rd_firstRelfilenodeSubid
#define assume_new_file_compat(relation) RelationAssumeNewRelfilenode(relation)
#endif

/* pg_class counts, since 18, the pages that are frozen. */
#if PG_VERSION_NUM >= 180000
#define exchange_frozen_pages_compat(first, second) \
	do { \
		int32		kept = (first)->relallfrozen; \
		(first)->relallfrozen = (second)->relallfrozen; \
		(second)->relallfrozen = kept; \
	} while (0)
#else
#define exchange_frozen_pages_compat(first, second) ((void) 0)
#endif

/* A transaction has, since 17, a limit in time, which ends the process: sessions are meant. */
#if PG_VERSION_NUM >= 170000
#define disable_transaction_timeout_compat() SetConfigOption("transaction_timeout", "0", PGC_SUSET, PGC_S_OVERRIDE)
#else
#define disable_transaction_timeout_compat() ((void) 0)
#endif

/* Who has a lock on something and asks for another one, without waiting, is given it since 17 before those that wait. */
#define holder_passes_waiters_compat (PG_VERSION_NUM >= 170000)

/* A slot that has lost its WAL says why since 16; what is made or acquired has further sides since 17 and 18. */
#if PG_VERSION_NUM >= 160000
#define slot_is_invalidated_compat(slot) ((slot)->data.invalidated != RS_INVAL_NONE)
#else
#define slot_is_invalidated_compat(slot) (!XLogRecPtrIsInvalid((slot)->data.invalidated_at))
#endif
#if PG_VERSION_NUM >= 170000
/* standbys that synchronise slots have it too */
#define create_slot_compat(name) ReplicationSlotCreate(name, true, RS_EPHEMERAL, false, true, false)
#else
#define create_slot_compat(name) ReplicationSlotCreate(name, true, RS_EPHEMERAL, false)
#endif
#if PG_VERSION_NUM >= 180000
#define acquire_slot_compat(name) ReplicationSlotAcquire(name, false, true)
#else
#define acquire_slot_compat(name) ReplicationSlotAcquire(name, false)
#endif
/* Whether the standbys have got so far that are to have a slot before its consumer goes on. */
#if PG_VERSION_NUM >= 170000
#define standbys_have_caught_up_compat(lsn) StandbySlotsHaveCaughtup(lsn, DEBUG1)
#else
#define standbys_have_caught_up_compat(lsn) true
#endif

/* A message to logical decoding can be flushed at once since 17. */
#if PG_VERSION_NUM >= 170000
#define log_message_compat(prefix, message, size) LogLogicalMessage(prefix, message, size, true, false)
#else
#define log_message_compat(prefix, message, size) LogLogicalMessage(prefix, message, size, true)
#endif

/* A column may be NOT NULL, since 18, without a look at the rows that were there before. */
#if PG_VERSION_NUM >= 180000
#define column_never_null_compat(descriptor, number) \
	(TupleDescCompactAttr(descriptor, (number) - 1)->attnullability == ATTNULLABLE_VALID)
#else
#define column_never_null_compat(descriptor, number) \
	(TupleDescAttr(descriptor, (number) - 1)->attnotnull)
#endif

/* Ownership and privileges are asked for, since 16, by catalog. */
#if PG_VERSION_NUM < 160000
#define object_ownercheck(class_id, object_id, role) \
	((class_id) == RelationRelationId ? pg_class_ownercheck(object_id, role) : false)
#define object_aclcheck(class_id, object_id, role, mode) \
	pg_namespace_aclcheck(object_id, role, mode)
#define owns_database_compat(database, role) pg_database_ownercheck(database, role)
#define may_execute_compat(function, role) (pg_proc_aclcheck(function, role, ACL_EXECUTE) == ACLCHECK_OK)
#define may_use_server_compat(server, role) (pg_foreign_server_aclcheck(server, role, ACL_USAGE) == ACLCHECK_OK)
#define may_use_wrapper_compat(wrapper, role) \
	(pg_foreign_data_wrapper_aclcheck(wrapper, role, ACL_USAGE) == ACLCHECK_OK)
#else
#define may_execute_compat(function, role) \
	(object_aclcheck(ProcedureRelationId, function, role, ACL_EXECUTE) == ACLCHECK_OK)
#define may_use_server_compat(server, role) \
	(object_aclcheck(ForeignServerRelationId, server, role, ACL_USAGE) == ACLCHECK_OK)
#define may_use_wrapper_compat(wrapper, role) \
	(object_aclcheck(ForeignDataWrapperRelationId, wrapper, role, ACL_USAGE) == ACLCHECK_OK)
#define owns_database_compat(database, role) object_ownercheck(DatabaseRelationId, database, role)
#endif

/* To become a role is, since 16, a right of its own. */
#if PG_VERSION_NUM >= 160000
#define check_may_become_role_compat(member, role) check_can_set_role(member, role)
#else
#define check_may_become_role_compat(member, role) check_is_member_of_role(member, role)
#endif

/* What is waited for lives, since 17, as long as a resource owner. */
#if PG_VERSION_NUM >= 170000
#define create_wait_event_set_compat(count) CreateWaitEventSet(NULL, count)
#else
#define create_wait_event_set_compat(count) CreateWaitEventSet(TopMemoryContext, count)
#endif

/* Registered background workers are in another kind of list since 18. */
#if PG_VERSION_NUM >= 180000
typedef dlist_iter background_worker_iter_compat;
#define background_workers_foreach_compat(iter) dlist_foreach(iter, &BackgroundWorkerList)
#define background_worker_compat(iter) dlist_container(RegisteredBgWorker, rw_lnode, (iter).cur)
#else
typedef slist_iter background_worker_iter_compat;
#define background_workers_foreach_compat(iter) slist_foreach(iter, &BackgroundWorkerList)
#define background_worker_compat(iter) slist_container(RegisteredBgWorker, rw_lnode, (iter).cur)
#endif

/* index_beginscan takes, since 18, a place for counts. */
#if PG_VERSION_NUM >= 180000
#define index_beginscan_compat(heap, index, snapshot, keys, order_bys) \
	index_beginscan(heap, index, snapshot, NULL, keys, order_bys)
#else
#define index_beginscan_compat(heap, index, snapshot, keys, order_bys) \
	index_beginscan(heap, index, snapshot, keys, order_bys)
#endif

/* A primary key is not asked for by all, since 18, where it is deferrable. */
#if PG_VERSION_NUM >= 180000
#define primary_key_index_compat(relation) RelationGetPrimaryKeyIndex(relation, false)
#else
#define primary_key_index_compat(relation) RelationGetPrimaryKeyIndex(relation)
#endif

/* A B-tree's descent takes other arguments since 16 and 17; a read needs no table. */
#if PG_VERSION_NUM >= 170000
#define bt_search_compat(index, key, buffer, snapshot) _bt_search(index, NULL, key, buffer, BT_READ)
#elif PG_VERSION_NUM >= 160000
#define bt_search_compat(index, key, buffer, snapshot) _bt_search(index, NULL, key, buffer, BT_READ, snapshot)
#else
#define bt_search_compat(index, key, buffer, snapshot) _bt_search(index, key, buffer, BT_READ, snapshot)
#endif

/* The executor's doors have got more arguments from version to version. */
#if PG_VERSION_NUM >= 160000
#define EvalPlanQualInit_compat(epq, estate) EvalPlanQualInit(epq, estate, NULL, NIL, -1, NIL)
#define insert_index_tuples_compat(result, slot, estate, speculative, conflict, arbiters, summarizing) \
	ExecInsertIndexTuples(result, slot, estate, false, speculative, conflict, arbiters, summarizing)
#else
#define EvalPlanQualInit_compat(epq, estate) EvalPlanQualInit(epq, estate, NULL, NIL, -1)
#define insert_index_tuples_compat(result, slot, estate, speculative, conflict, arbiters, summarizing) \
	ExecInsertIndexTuples(result, slot, estate, false, speculative, conflict, arbiters)
#endif

/* A qualified name is read, since 16, with errors that need not be raised. */
#if PG_VERSION_NUM >= 160000
#define qualified_name_list_compat(text) stringToQualifiedNameList(text, NULL)
#else
#define qualified_name_list_compat(text) stringToQualifiedNameList(text)
#endif

/* The executor is not told, since 18, whether it runs but once. */
#if PG_VERSION_NUM >= 180000
#define EXECUTOR_RUN_PARAMETERS QueryDesc *query, ScanDirection direction, uint64 count
#define EXECUTOR_RUN_ARGUMENTS query, direction, count
#else
#define EXECUTOR_RUN_PARAMETERS QueryDesc *query, ScanDirection direction, uint64 count, bool once
#define EXECUTOR_RUN_ARGUMENTS query, direction, count, once
#endif

/* Truncating says, since 16, as whom. */
#if PG_VERSION_NUM >= 160000
#define execute_truncate_compat(relations, oids) \
	ExecuteTruncateGuts(relations, oids, NIL, DROP_RESTRICT, false, false)
#else
#define execute_truncate_compat(relations, oids) \
	ExecuteTruncateGuts(relations, oids, NIL, DROP_RESTRICT, false)
#endif

/* A decoded change has its tuples, since 17, without a buffer around them. */
#if PG_VERSION_NUM >= 170000
#define change_tuple_compat(tuple) (tuple)
#else
#define change_tuple_compat(buffer) ((buffer) == NULL ? NULL : &(buffer)->tuple)
#endif

/* Adds the relation to a query, used with these privileges. */
static inline RangeTblEntry *
add_relation_compat(Query *query, Relation relation, AclMode privileges)
{
	RangeTblEntry *entry = makeNode(RangeTblEntry);

	entry->rtekind = RTE_RELATION;
	entry->relid = RelationGetRelid(relation);
	entry->relkind = relation->rd_rel->relkind;
	entry->rellockmode = AccessShareLock;
	query->rtable = lappend(query->rtable, entry);
#if PG_VERSION_NUM >= 160000
	addRTEPermissionInfo(&query->rteperminfos, entry)->requiredPerms = privileges;
#else
	entry->requiredPerms = privileges;
#endif
	return entry;
}

/* Generated columns may be virtual since 18. */
#if PG_VERSION_NUM >= 180000
#define expand_virtual_columns_compat(node, relation, varno) \
	expand_generated_columns_in_expr(node, relation, varno)
#else
#define expand_virtual_columns_compat(node, relation, varno) (node)
#endif

/* A range table with the relation alone, which constraints' errors ask for. */
static inline void
init_range_table_compat(EState *estate, Relation relation)
{
	RangeTblEntry *entry = makeNode(RangeTblEntry);

	entry->rtekind = RTE_RELATION;
	entry->relid = RelationGetRelid(relation);
	entry->relkind = relation->rd_rel->relkind;
	entry->rellockmode = RowExclusiveLock;
#if PG_VERSION_NUM >= 160000
	{
		List	   *permissions = NIL;

		addRTEPermissionInfo(&permissions, entry);
#if PG_VERSION_NUM >= 180000
		ExecInitRangeTable(estate, list_make1(entry), permissions, bms_make_singleton(1));
#else
		ExecInitRangeTable(estate, list_make1(entry), permissions);
#endif
	}
#else
	ExecInitRangeTable(estate, list_make1(entry));
#endif
}

#endif							/* DDB_COMPAT_H */
