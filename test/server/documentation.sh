#!/bin/bash
# The SQL examples of the documentation, in order, in a fresh database.
#
# A line "--> text" below a statement is the last of what it gives, or its error
# ("--> ERROR:  message"). A comment "<!-- given: ... -->" before an example is SQL
# that it takes for granted.
. "$(dirname "$0")/../lib.sh"

# Writes the examples of a file to $DDB_WORK, each as LINE.sql; what the n-th of its
# expectations says to LINE.n.expected, and where it finds the result is LINE.n.out.
extract() {
	awk -v work="$DDB_WORK" '
		function finish_part() {
			if (error)
				print "\\unset ON_ERROR_STOP" >script
			printf "\\o %s.%d.out\n%s", base, part, statements >script
			if (error)
				print "\\if :ERROR\n\\qecho \047ERROR: \047 :LAST_ERROR_MESSAGE\n\\else\n\\qecho no error\n\\endif\n\\set ON_ERROR_STOP 1" >script
			statements = ""
			expecting = error = 0
			part++
		}
		/^<!-- given: / { given = 1; sub(/^<!-- given: /, "") }
		given && sub(/ *-->$/, "") { setup = setup $0 "\n"; given = 0; next }
		given { setup = setup $0 "\n"; next }
		/^```sql$/ {
			base = sprintf("%s/%04d", work, NR)
			script = base ".sql"
			statements = setup
			setup = ""
			part = 1
			inside = 1
			next
		}
		inside && /^```$/ {
			finish_part()
			close(script)
			inside = 0
			next
		}
		inside && /^--> / {
			if (!expecting)
				error = /^--> ERROR:/
			expecting = 1
			sub(/^--> /, "")
			expected = base "." part ".expected"
			print >expected
			next
		}
		inside {
			if (expecting) {
				close(expected)
				finish_part()
			}
			statements = statements $0 "\n"
		}' "$1"
}

# run_examples FILE: runs what extract wrote, each example in a session of its own.
run_examples() {
	local script expected result name
	extract "$top/$1"
	for script in "$DDB_WORK"/*.sql; do
		name="$1:$(basename "$script" .sql | sed 's/^0*//')"
		if ! sql -f "$script" >"$DDB_WORK/log" 2>&1; then
			echo "not ok - $name"
			sed 's/^/#   /' "$DDB_WORK/log"
			continue
		fi
		for expected in "${script%.sql}".*.expected; do
			[ -f "$expected" ] || continue
			result=$(tail -n "$(wc -l <"$expected")" "${expected%.expected}.out")
			[ "$result" = "$(cat "$expected")" ] && continue
			is "$name" "$result" "$(cat "$expected")"
			continue 2
		done
		echo "ok - $name"
	done
	rm -f "$DDB_WORK"/*.sql "$DDB_WORK"/*.expected "$DDB_WORK"/*.out
}

# operations FILE: how many the text says are done.
operations() {
	tr '\n' ' ' <"$top/$1" | grep -oE '[0-9]+ (of its 66 operations|are done)' | sed 's/ .*//'
}

# where examples leave files
cd "$DDB_WORK"
createdb documentation
export PGDATABASE=documentation
sql -c 'CREATE EXTENSION ddb'
for file in README.md docs/sql.md docs/http.md docs/streams.md docs/event_sources.md docs/ttl.md docs/recovery.md docs/metrics.md docs/backup.md docs/buckets.md docs/export.md docs/import.md docs/bulk_put.md docs/item_files.md docs/from-dynamodb-local.md; do
	run_examples "$file"
	sql -c 'SET client_min_messages = error' -c "DO 'BEGIN IF to_regrole(''app'') IS NOT NULL THEN DROP OWNED BY app; END IF; END'" \
		-c 'DROP ROLE IF EXISTS app'
done
for file in README.md docs/compatibility.md; do
	is "$file counts the operations" "$(operations "$file")" \
		"$(sql -c "SELECT count(*) FROM pg_proc WHERE pronargs = 1 AND proargtypes[0] = 'ddb.request'::regtype AND prorettype = 'json'::regtype")"
done
python3 "$top/test/server/troubleshooting.py" "$top"
