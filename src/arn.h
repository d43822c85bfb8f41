/*
 * arn.h - Amazon Resource Names (ARNs) of tables and what belongs to them.
 *
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
 * lists their forms.  Region and account are the settings ddb.region and
 * ddb.account_id.
 */
#ifndef DDB_ARN_H
#define DDB_ARN_H

/* Bounds of the length of a table's name. */
#define TABLE_NAME_MIN 3
#define TABLE_NAME_MAX 255

/* The table's ARN, palloc'd. */
extern char *table_arn(const char *name);

/* The ARN of an index of the table, palloc'd. */
extern char *index_arn(const char *table_name, const char *index_name);

/*
 * The name in an ARN of a table (arn:aws:dynamodb:<region>:<account>:table/<name>),
 * or the text itself where it is no ARN.  The result points into the text.
 * Raises ResourceNotFoundException for an ARN that is not a table's, or of
 * another region or account.
 */
extern const char *table_name_of_arn(const char *name_or_arn);

#endif							/* DDB_ARN_H */
