# The release before this one, built from the repository. To be sourced behind lib.sh.

# Its tag; as long as there is none, the first commit whose extension says which edition its script has.
# UPGRADE_FROM names another.
previous_commit() {
	local commit=${UPGRADE_FROM:-$(git -C "$top" describe --tags --abbrev=0 --match 'v[0-9]*' HEAD^ 2>/dev/null || true)}
	[ -n "$commit" ] || commit=$(git -C "$top" log --format=%H --reverse -S 'CREATE FUNCTION script_edition()' -- ddb--1.0.sql 2>/dev/null | head -n 1)
	[ -z "$commit" ] || git -C "$top" rev-parse --verify --quiet "$commit^{commit}"
}

# create_previous_installation COMMIT DIR: builds it, once for this checkout, installs it below DIR, and sets bindir.
create_previous_installation() {
	local source
	source=$(private_directory .test)/previous-$1
	if [ ! -f "$source/ddb.so" ]; then
		rm -rf "$(dirname "$source")"/previous-*
		mkdir "$source"
		git -C "$top" archive "$1" | tar -x -C "$source"
		make --no-print-directory -C "$source" -s -j "$(nproc)" with_llvm=no COPT=-O0 all
	fi
	create_installation "$2" "$source"
}
