/*
 * health.c - what the endpoint can do now, for load balancers and for the log.
 *
 * A check asks for the very things that an operation would need first, so that
 * it says 200 exactly where operations are served.  The paths are those that
 * users of Patroni know.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/extension.h"
#include "utils/acl.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "ddb.h"
#include "http/endpoint.h"
#include "http/request.h"
#include "script.h"

/* ---- Whether operations are served ---- */

/* One of the extension's relations, as long as it is known to be there. */
static Oid	known_relation = InvalidOid;

static void
forget_relation(Datum argument, Oid relation)
{
	if (relation == known_relation || !OidIsValid(relation))
		known_relation = InvalidOid;
}

/*
 * The schema outlives the extension, its relations do not.  A relation that
 * somebody else has made under that name is none of them.
 */
static bool
extension_exists(void)
{
	static bool watched = false;
	Oid			schema;
	Oid			relation;
	Oid			extension;

	if (OidIsValid(known_relation))
		return true;
	if (!watched)
	{
		CacheRegisterRelcacheCallback(forget_relation, (Datum) 0);
		watched = true;
	}
	schema = get_namespace_oid("ddb", true);
	relation = OidIsValid(schema) ? get_relname_relid("access_keys", schema) : InvalidOid;
	extension = OidIsValid(relation) ? getExtensionOfObject(RelationRelationId, relation) : InvalidOid;
	if (OidIsValid(extension) && extension == get_extension_oid("ddb", true))
		known_relation = relation;
	return OidIsValid(known_relation);
}

const char *
http_obstacle(void)
{
	const char *difference;

	if (!extension_exists())
		return psprintf("The extension ddb does not exist in the database of ddb.http_database, \"%s\"",
						endpoint_database);
	difference = script_obstacle();
	if (difference != NULL)
		return psprintf("The %s", difference);
	if (endpoint_auth == AUTH_TRUST && !OidIsValid(get_role_oid(endpoint_trust_role, true)))
		return psprintf("The role of ddb.http_trust_role, \"%s\", does not exist", endpoint_trust_role);
	return NULL;
}

/* ---- Health checks ---- */

/* What keeps writes from being served where reads are, or NULL. */
static const char *
obstacle_to_writes(void)
{
	if (RecoveryInProgress())
		return "The server is a standby";
	return DefaultXactReadOnly ? "The server's transactions are read-only" : NULL;
}

static const char *
obstacle_to_being_a_replica(void)
{
	return RecoveryInProgress() ? NULL : "The server is no standby";
}

static const struct
{
	const char *path;
	bool		serves;			/* only where operations are served */
	const char *(*obstacle) (void); /* what else is in the way, or NULL */
}			checks[] =
{
	{"/", true, NULL},
	{"/health", false, NULL},
	{"/ready", true, NULL},
	{"/primary", true, obstacle_to_writes},
	{"/replica", true, obstacle_to_being_a_replica},
};

/* The check's index, or -1. */
static int
requested_check(const HttpRequest *request)
{
	const char *path = http_path_and_query(request);
	size_t		length = strcspn(path, "?");

	if (length == 0)
		return 0;
	for (int i = 0; i < (int) lengthof(checks); i++)
	{
		if (strlen(checks[i].path) == length && strncmp(path, checks[i].path, length) == 0)
			return i;
	}
	return -1;
}

bool
http_is_health_check(const HttpRequest *request)
{
	return requested_check(request) >= 0;
}

/* The obstacle to what the check asks about, or NULL. */
static const char *
obstacle_of_check(int check)
{
	MemoryContext context = CurrentMemoryContext;
	const char *obstacle;

	/* that there is an answer is all that it asks */
	if (!checks[check].serves)
		return NULL;
	StartTransactionCommand();
	MemoryContextSwitchTo(context);
	obstacle = http_obstacle();
	CommitTransactionCommand();
	MemoryContextSwitchTo(context);
	if (obstacle == NULL && checks[check].obstacle != NULL)
		obstacle = checks[check].obstacle();
	return obstacle;
}

void
http_answer_health_check(const HttpRequest *request, HttpResponse *response)
{
	const char *obstacle = obstacle_of_check(requested_check(request));

	if (obstacle == NULL)
	{
		/* AWS's own answer to it */
		appendStringInfo(&response->body, "healthy: dynamodb.%s.amazonaws.com ", ddb_region);
		return;
	}
	response->status = 503;
	appendStringInfo(&response->body, "unhealthy: %s\n", obstacle);
}
