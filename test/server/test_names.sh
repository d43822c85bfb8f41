#!/bin/bash
# Tests that are asked for by name: a name that no test has is told, and those that the documentation names are there.
. "$(dirname "$0")/../lib.sh"

is "a name that no test has is told" "$(ONLY='no such test' "$top/test/run" names 2>&1 || echo "status $?")" \
	"No test has a name that ONLY='no such test' matches.
status 1"
is "before anything is built" "$(ONLY='no such test' "$top/test/run" all 2>&1 || echo "status $?")" \
	"No test has a name that ONLY='no such test' matches.
status 1"
is "by the sanitizers, too" "$(ONLY='^test/client/' "$top/test/run" sanitize 2>&1 || echo "status $?")" \
	"No test has a name that ONLY='^test/client/' matches.
status 1"
is "all kinds of tests have names" "$(ONLY='^(setup|item_operations|test/server/test_names.sh)$' "$top/test/run" names)" \
	"item_operations
setup
test/server/test_names.sh"

# what stands between quotes, or up to the next space
patterns=$(cd "$top" && grep -ohE "make (test|sanitize) ONLY=('[^']*'|[^ \`]+)" README.md CONTRIBUTING.md docs/*.md | sed "s/.*ONLY=//; s/'//g" | sort -u)
for pattern in $patterns; do
	like "the documentation's ONLY=$pattern picks some" "$(ONLY=$pattern "$top/test/run" names 2>&1)" '^[a-z_/]+[.a-z]*$'
done
