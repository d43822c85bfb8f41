/*
 * outcome.h - how requests end, as a number: what statistics are kept by.
 */
#ifndef DDB_OUTCOME_H
#define DDB_OUTCOME_H

#include "error.h"

#define OUTCOME_SUCCESS 0

/* Outcomes are numbers below this. */
extern const int outcome_count;

extern int	outcome_of_exception(DdbException exception);

/* Of an error that was raised, by its SQLSTATE as in ErrorData.sqlerrcode. */
extern int	outcome_of_sqlstate(int sqlstate);

/* Of an answer over HTTP: the exception's name in it, or NULL, and its status. */
extern int	outcome_of_answer(const char *exception, int status);

/* The exception's name, or "", and the status of an answer over HTTP. */
extern const char *outcome_exception(int outcome);
extern int	outcome_status(int outcome);

#endif							/* DDB_OUTCOME_H */
