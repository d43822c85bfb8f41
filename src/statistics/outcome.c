/*
 * outcome.c - how requests end, as a number: what statistics are kept by.
 *
 * First success, then the exceptions of operations in the order of DdbException, then
 * what else there is.  So the numbers are few, whatever clients send.
 */
#include "postgres.h"

#include "statistics/outcome.h"

#define EXCEPTIONS (INTERNAL_SERVER_ERROR + 1)

static const struct
{
	const char *exception;
	int			status;
}			others[] =
{
	{"PostgreSQLError", 500},	/* from SQL: one that is none of DynamoDB's */
	{"ExpiredTokenException", 400},
	{"IncompleteSignatureException", 400},
	{"InvalidSignatureException", 400},
	{"MissingAuthenticationTokenException", 400},
	{"ServiceUnavailableException", 503},
	{"UnrecognizedClientException", 400},
	{"", 400},
	{"", 403},
	{"", 404},
	{"", 413},
	{"", 503}
};

const int	outcome_count = 1 + EXCEPTIONS + lengthof(others);

/* The two exceptions of one name are one outcome. */
int
outcome_of_exception(DdbException exception)
{
	if (exception == TRANSACTION_CANCELED_BY_CONFLICT_EXCEPTION)
		exception = TRANSACTION_CANCELED_EXCEPTION;
	return 1 + (int) exception;
}

int
outcome_of_sqlstate(int sqlstate)
{
	DdbException exception;

	if (ddb_exception_of_sqlstate(sqlstate, &exception))
		return outcome_of_exception(exception);
	return ddb_sqlstate_is_conflict(sqlstate) ? outcome_of_exception(TRANSACTION_CONFLICT_EXCEPTION) :
		1 + EXCEPTIONS;
}

static int
of_name(const char *name)
{
	for (int i = 0; i < EXCEPTIONS; i++)
	{
		if (strcmp(ddb_exception_name((DdbException) i), name) == 0)
			return outcome_of_exception((DdbException) i);
	}
	for (int i = 0; i < (int) lengthof(others); i++)
	{
		if (strcmp(others[i].exception, name) == 0)
			return 1 + EXCEPTIONS + i;
	}
	return outcome_of_exception(INTERNAL_SERVER_ERROR);
}

static int
of_status(int status)
{
	for (int i = 0; i < (int) lengthof(others); i++)
	{
		if (others[i].exception[0] == '\0' && others[i].status == status)
			return 1 + EXCEPTIONS + i;
	}
	return OUTCOME_SUCCESS;
}

int
outcome_of_answer(const char *exception, int status)
{
	if (status == 200)
		return OUTCOME_SUCCESS;
	return exception != NULL ? of_name(exception) : of_status(status);
}

const char *
outcome_exception(int outcome)
{
	if (outcome == OUTCOME_SUCCESS)
		return "";
	if (outcome <= EXCEPTIONS)
		return ddb_exception_name((DdbException) (outcome - 1));
	return others[outcome - 1 - EXCEPTIONS].exception;
}

int
outcome_status(int outcome)
{
	if (outcome == OUTCOME_SUCCESS)
		return 200;
	if (outcome <= EXCEPTIONS)
		return outcome - 1 == INTERNAL_SERVER_ERROR ? 500 : 400;
	return others[outcome - 1 - EXCEPTIONS].status;
}
