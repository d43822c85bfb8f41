/*
 * owner_statement.h - statements of the extension's own, run as its owner.
 */
#ifndef DDB_OWNER_STATEMENT_H
#define DDB_OWNER_STATEMENT_H

/*
 * Runs one SQL statement in the caller's SPI connection as the owner of the
 * relation, with a search path that the current role cannot bend; returns how
 * many rows it processed.  Arguments are SPI_execute_with_args()'s.  Names of
 * relations in it must be qualified.  Raises what the statement raises.
 */
extern uint64 owner_statement_run(Oid relation, const char *statement, int count, Oid *types,
								  Datum *values, const char *nulls);

#endif							/* DDB_OWNER_STATEMENT_H */
