#!/bin/bash
# Files that others write are read, and ours by others: boto3's serializer, amazon.ion,
# ion-js, csv, gzip, zstandard.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/install.sh"

install_python
install_javascript
python=("$client_cache/python/bin/python" "$client_source/python/item_files.py")
cp "$client_source/javascript/item_files.js" "$client_cache/javascript"
javascript=(node "$client_cache/javascript/item_files.js")
files=$DDB_WORK/files
mkdir "$files"
"${python[@]}" write "$files"
"${javascript[@]}" write "$files"

createdb item_files
export PGDATABASE=item_files
sql -v folder="$files" <<'SQL'
CREATE EXTENSION ddb;
-- read FILE, as any client's bytes would come
CREATE FUNCTION file(name text) RETURNS bytea LANGUAGE sql AS $$ SELECT pg_read_binary_file(current_setting('test.folder') || '/' || name) $$;
ALTER DATABASE item_files SET test.folder = :'folder';
SQL
sql <<'SQL'
CREATE TABLE items AS SELECT record, item, problem FROM ddb.read_items(file('boto3.json'));
SQL
is "boto3's items" "$(sql -c "SELECT count(*), count(item), count(problem) FROM items")" "5|5|0"
like "with all that they have" "$(sql -c "SELECT item FROM items WHERE record = 4")" '^\{"binaries":\{"BS":\["","AA==","//4="\]\},"id":\{"N":"4"\},"number set":\{"NS":\["-2.5","1","10000000000"\]\},"strings":\{"SS":\["","a","é"\]\}\}$'

# same FILE FORMAT COMPRESSION: it has the same items.
same() {
	is "$1" "$(sql -c "SELECT count(*), bool_and(read.item = items.item) FROM ddb.read_items(file('$1'), '$2', '$3') read JOIN items USING (record)")" "5|t"
}
same boto3-compact.json DYNAMODB_JSON NONE
same boto3.json.gz DYNAMODB_JSON GZIP
same members.json.gz DYNAMODB_JSON GZIP
same boto3.json.zst DYNAMODB_JSON ZSTD
same amazon.ion ION NONE
same amazon-pretty.ion ION NONE
same amazon-list.ion ION NONE
same amazon-commas.ion ION NONE
same amazon.ion.zst ION ZSTD
for name in ion-js.ion ion-js-pretty.ion; do
	is "$name" "$(sql -c "SELECT item FROM ddb.read_items(file('$name'), 'ION')")" \
		'{"a name":{"L":[{"BOOL":true},{"NULL":true},{"N":"12"},{"N":"2.5"},{"N":"-12345678901234567890.123456789012345678"}]},"bytes":{"B":"AP8B"},"id":{"N":"6"},"nested":{"M":{"it'"'"'s":{"M":{}}}},"text":{"S":"hé 😀 \"quoted\" \\ \n\t\u0000"}}'
done
like "binary Ion is refused" "$(sql -c "SELECT * FROM ddb.read_items(file('binary.ion'), 'ION')" 2>&1 || true)" "The file is in Ion's binary form"

rows='{"a":{"S":"plain"},"a \"name\"":{"S":"1.50"},"id":{"N":"1"}}
{"a":{"S":"a \"quote\", a comma;|: \t"},"a \"name\"":{"S":"line\r\nbreak"},"id":{"N":"2"}}
{"id":{"N":"3"}}'
for file in comma.csv all-quoted.csv semicolon.csv tab.csv pipe.csv.gz; do
	declare -A delimiters=([comma]=, [all-quoted]=, [semicolon]=';' [tab]=$'\t' [pipe]='|')
	compression=NONE
	[ "${file##*.}" != gz ] || compression=GZIP
	is "$file" "$(sql -c "SELECT item FROM ddb.read_items(file('$file'), 'CSV', '$compression', '${delimiters[${file%%.*}]}', key_types => '{\"id\": \"N\"}')")" "$rows"
done

# ours FILE FORMAT COMPRESSION: written by ddb.
ours() {
	sql -c "SELECT encode(ddb.write_items(item, '$2', '$3' ORDER BY record), 'base64') FROM items" | base64 -d >"$files/$1"
}
ours ours.json DYNAMODB_JSON NONE
ours ours.json.gz DYNAMODB_JSON GZIP
ours ours.json.zst DYNAMODB_JSON ZSTD
ours ours.ion ION NONE
ours ours.ion.gz ION GZIP
ours ours.ion.zst ION ZSTD
is "boto3, amazon.ion, gzip and zstandard read ours" "$("${python[@]}" read "$files")" "$(printf 'ours.%s same\n' json json.gz json.zst ion ion.gz ion.zst)"
is "ion-js reads ours" "$("${javascript[@]}" read "$files")" same
