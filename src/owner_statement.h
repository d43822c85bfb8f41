/*
 * owner_statement.h - the extension's own relations and types, and statements of
 * its own, run as their owner.
 */
#ifndef DDB_OWNER_STATEMENT_H
#define DDB_OWNER_STATEMENT_H

#include "utils/snapshot.h"

/*
 * The relation or index of that name in the extension's schema; raises an
 * internal error where there is none, and script_check()'s where this library
 * would not understand it.
 */
extern Oid	extension_relation(const char *name);

/* The type of that name in the extension's schema; raises the same. */
extern Oid	extension_type(const char *name);

/*
 * The owner of a relation that exists.  AccessShareLock on it, held until the
 * transaction's end, keeps that true.
 */
extern Oid	relation_owner(Oid relation);

/*
 * Runs one SQL statement in the caller's SPI connection as the owner of the
 * relation, with a search path that the current role cannot bend; returns how
 * many rows it processed.  Arguments are SPI_execute_with_args()'s.  Names of
 * relations in it must be qualified.  Raises what the statement raises.
 *
 * The statement sees what is committed when it begins, at every isolation level,
 * as PostgreSQL's own catalogs are read and written.  What another transaction
 * has changed and not committed yet is waited for; then READ COMMITTED goes on
 * with the newest version, and above it the statement raises
 * ERRCODE_T_R_SERIALIZATION_FAILURE.
 */
extern uint64 owner_statement_run(Oid relation, const char *statement, int count, Oid *types,
								  Datum *values, const char *nulls);

/* The same, of what is committed at that snapshot, such as the one by which another catalog is being read. */
extern uint64 owner_statement_run_at(Snapshot snapshot, Oid relation, const char *statement, int count, Oid *types,
									 Datum *values, const char *nulls);

/*
 * The same for a statement that writes the one record it names: raises
 * ERRCODE_T_R_SERIALIZATION_FAILURE where that is not there any more.
 */
extern void owner_statement_write(Oid relation, const char *statement, int count, Oid *types,
								  Datum *values, const char *nulls);

#endif							/* DDB_OWNER_STATEMENT_H */
