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

/* Whether the text matches [a-zA-Z0-9_.-]+, as the names of tables and indexes do. */
extern bool is_resource_name(const char *text, size_t length);

/* The table's ARN, palloc'd. */
extern char *table_arn(const char *name);

/* The ARN of an index of the table, palloc'd. */
extern char *index_arn(const char *table_name, const char *index_name);

/* The ARN of a table's stream, palloc'd. */
extern char *stream_arn(const char *table_name, const char *label);

/* The ARN of a backup of a table, of an export, an import and a bulk operation, palloc'd. */
extern char *backup_arn(const char *table_name, const char *id);
extern char *export_arn(const char *table_name, const char *id);
extern char *import_arn(const char *table_name, const char *id);
extern char *bulk_operation_arn(const char *table_name, const char *id);

/*
 * The ARN of an encryption key that a request names by its ARN, its identifier
 * or an alias; NULL: the key that AWS has for DynamoDB in every account.
 * Palloc'd.  There is no service of keys to ask which one an alias stands for,
 * so that has an identifier made of its name, always the same.
 */
extern char *encryption_key_arn(const char *key);

/*
 * The name in an ARN of a table (arn:aws:dynamodb:<region>:<account>:table/<name>),
 * or the text itself where it is no ARN.  The result points into the text.
 * Raises AccessDeniedException for an ARN of another account, and
 * ValidationException for any other that is not of a table here.
 */
extern const char *table_name_of_arn(const char *name_or_arn);

/*
 * The same of a ResourceArn, which must be an ARN of a table, in the words of
 * the operations on resources; its length counts, not an end mark.  The ARN of
 * a stream is ResourceNotFoundException.
 */
extern const char *table_name_of_resource_arn(const char *arn, size_t length);

/*
 * The parts of a StreamArn (arn:aws:dynamodb:<region>:<account>:table/<name>/stream/<label>),
 * palloc'd; its length counts, not an end mark.  Raises ValidationException where
 * it is none of here, and AccessDeniedException where it is another account's.
 */
extern void stream_of_arn(const char *arn, size_t length, char **table_name, char **label);

/*
 * The same of a BackupArn (arn:aws:dynamodb:<region>:<account>:table/<name>/backup/<id>), an ExportArn, an
 * ImportArn and a BulkOperationArn.
 */
extern void backup_of_arn(const char *arn, size_t length, char **table_name, char **id);
extern void export_of_arn(const char *arn, size_t length, char **table_name, char **id);
extern void import_of_arn(const char *arn, size_t length, char **table_name, char **id);
extern void bulk_operation_of_arn(const char *arn, size_t length, char **table_name, char **id);

#endif							/* DDB_ARN_H */
