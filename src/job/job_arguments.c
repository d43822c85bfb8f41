/*
 * job_arguments.c - what a job is to be done with.
 */
#include "postgres.h"

#include "job/job.h"
#include "value/json.h"

const char *
job_argument(const Job *job, const char *name)
{
	return json_text_member(json_parse(job->arguments, strlen(job->arguments)), name);
}
