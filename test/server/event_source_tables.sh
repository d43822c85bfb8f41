# Tables with streams, event sources on them, and what their functions note; sourced, in a database without the extension.

# create_table NAME: with a stream that is on.
create_table() {
	sql -o /dev/null -c "SELECT ddb.create_table('{\"TableName\": \"$1\", \"BillingMode\": \"PAY_PER_REQUEST\",
		\"AttributeDefinitions\": [{\"AttributeName\": \"id\", \"AttributeType\": \"S\"}], \"KeySchema\": [{\"AttributeName\": \"id\", \"KeyType\": \"HASH\"}],
		\"StreamSpecification\": {\"StreamEnabled\": true, \"StreamViewType\": \"NEW_AND_OLD_IMAGES\"}}')" \
		-c "GRANT SELECT ON dynamodb.\"$1:stream\" TO alice, bob"
	wait_until "SELECT count(*) = 1 FROM ddb.streams WHERE table_name = '$1' AND status = 'ENABLED'"
}

# put TABLE FROM TO [MEMBERS]: items with these numbers, a transaction each.
put() {
	local i
	for ((i = $2; i <= $3; i++)); do
		echo "SELECT ddb.put_item('{\"TableName\": \"$1\", \"Item\": {\"id\": {\"S\": \"$i\"}, \"n\": {\"N\": \"$i\"}${4:-}}}');"
	done | sql -o /dev/null
}

# source_as ROLE TABLE FUNCTION OPTIONS: makes an event source and prints its identifier.
source_as() {
	sql -c "SET ROLE $1" -c "SELECT ddb.create_event_source('$2', $3, '$4')"
}
delete_source() {
	sql -o /dev/null -c "SELECT ddb.delete_event_source('$1')"
}

# seen WHO: how many records that one's function has seen, how many of them different, of how many items.
seen() {
	sql -c "SELECT count(*), count(DISTINCT sequence), count(DISTINCT id) FROM seen WHERE who = '$1'"
}

sql -o /dev/null <<'SQL'
CREATE EXTENSION ddb;
CREATE ROLE alice;
CREATE ROLE bob;
CREATE TABLE seen (number bigserial, who text, id text, sequence text, pid integer DEFAULT pg_backend_pid());
GRANT ALL ON seen, seen_number_seq TO alice, bob;
CREATE SEQUENCE calls;
GRANT ALL ON calls TO alice, bob;
CREATE TABLE notes (who text, what text, result text);
GRANT ALL ON notes TO alice, bob;

-- note_records(who, event): what the functions below do with a batch.
CREATE FUNCTION note_records(who text, event jsonb) RETURNS void LANGUAGE sql AS $$
	INSERT INTO seen (who, id, sequence) SELECT who, r #>> '{dynamodb,Keys,id,S}', r #>> '{dynamodb,SequenceNumber}'
	FROM jsonb_array_elements(event -> 'Records') WITH ORDINALITY AS e (r, n) ORDER BY n
$$;
-- Nothing but the end of its process ends it.
CREATE FUNCTION stubborn(event jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
	BEGIN
		LOOP
			BEGIN
				PERFORM pg_sleep(1000);
			EXCEPTION WHEN query_canceled THEN
				NULL;
			END;
		END LOOP;
	EXCEPTION WHEN OTHERS THEN
		RETURN NULL;
	END;
END $$;
SQL
