#!/bin/bash
# Before anything is downloaded, "make test" says what, how much and where to.
. "$(dirname "$0")/../lib.sh"
export DDB_CLIENT_CACHE=$DDB_WORK/cache
. "$top/test/client/install.sh"

told=$(announce_clients $(find "$top"/test/{client,operating} -maxdepth 1 -type f -perm -u+x))
# what a client costs, as it is told
for name in "${!client_megabytes[@]}"; do
	case $name in
		dynalite | go-toolchain) continue ;; # the benchmark's, and where no Go is new enough
	esac
	like "$name is told of" "$told" "^    $name, about ${client_megabytes[$name]} MB, from its registry into $DDB_WORK/cache\$"
done
ok "no size is unknown" test -z "$(grep -F 'about ? MB' <<<"$told")"
like "the sum too" "$told" "^Together that is about [1-9][0-9]+ MB in $DDB_WORK/cache"
echo 'go 99.0.0' >"$DDB_WORK/go.mod"
is "where no Go is new enough, it is told of, too" "$(announcing=yes && install_go_toolchain "$DDB_WORK/go.mod")" "client go-toolchain"
is "nothing has been downloaded by that" "$(find "$DDB_WORK/cache" -type f ! -path '*/go-settings/*' 2>/dev/null || true)" ""

mkdir -p "$DDB_WORK/cache"
keep python "$client_source/python/requirements.txt"
is "what is there already is not told of" "$(announce_clients "$top/test/client/model.sh" | grep -v '^    the package\|^The\|^Together' || true)" ""
