# What is asked of bulk operations in SQL; sourced, behind lib.sh.

# create_bulk_functions: description(arn), status(arn), counts(arn).
create_bulk_functions() {
	sql <<'SQL'
CREATE FUNCTION description(arn text) RETURNS jsonb LANGUAGE sql AS $$
	SELECT ddb.describe_bulk_operation(json_build_object('BulkOperationArn', arn))::jsonb->'BulkOperationDescription'
$$;
CREATE FUNCTION status(arn text) RETURNS text LANGUAGE sql AS $$ SELECT description(arn)->>'BulkOperationStatus' $$;
CREATE FUNCTION counts(arn text) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', d->>'BulkOperationStatus', d->>'ProcessedItemCount', d->>'FailedItemCount', d->>'FailureCode') FROM description(arn) d
$$;
SQL
}
