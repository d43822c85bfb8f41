# A clock that is ahead, for the servers that are started from now on; sourced.

gcc -shared -fPIC -O1 -o "$DDB_WORK/clock.so" "$top/test/clock.c" -ldl
truncate --size=8 "$DDB_WORK/clock"
chmod 644 "$DDB_WORK/clock" "$DDB_WORK/clock.so"
# behind what the servers load already, such as a sanitizer
if [[ ${DDB_SERVER_ENVIRONMENT:-} =~ LD_PRELOAD=[^[:space:]]+ ]]; then
	DDB_SERVER_ENVIRONMENT=${DDB_SERVER_ENVIRONMENT/"${BASH_REMATCH[0]}"/"${BASH_REMATCH[0]}:$DDB_WORK/clock.so"}
else
	DDB_SERVER_ENVIRONMENT="${DDB_SERVER_ENVIRONMENT:-} LD_PRELOAD=$DDB_WORK/clock.so"
fi
export DDB_SERVER_ENVIRONMENT="$DDB_SERVER_ENVIRONMENT DDB_CLOCK=$DDB_WORK/clock"

# clock_ahead SECONDS: of the true time, from now on; behind it if negative.
clock_ahead() {
	python3 -c 'import struct, sys; open(sys.argv[1], "r+b").write(struct.pack("=q", int(sys.argv[2])))' "$DDB_WORK/clock" "$1"
}
