# A clock that is ahead, for the servers that are started from now on; sourced.

gcc -shared -fPIC -O1 -o "$DDB_WORK/clock.so" "$top/test/clock.c" -ldl
truncate --size=8 "$DDB_WORK/clock"
chmod 644 "$DDB_WORK/clock" "$DDB_WORK/clock.so"
export DDB_SERVER_ENVIRONMENT="LD_PRELOAD=$DDB_WORK/clock.so DDB_CLOCK=$DDB_WORK/clock"

# clock_ahead SECONDS: of the true time, from now on; behind it if negative.
clock_ahead() {
	python3 -c 'import struct, sys; open(sys.argv[1], "r+b").write(struct.pack("=q", int(sys.argv[2])))' "$DDB_WORK/clock" "$1"
}
