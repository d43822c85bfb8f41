# Clean Debian systems in folders, for the scripts that source this; they run as root.
#
# Sets top, and cache: the one folder that keeps what is downloaded. A system lasts as
# long as the script, and every process in it ends with the command that started it.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cache=${DDB_CHROOT_CACHE:-/var/cache/ddb-chroots}
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

if [ "$(id -u)" -ne 0 ]; then
	echo "A clean system is made by debootstrap and chroot, which need root." >&2
	exit 1
fi
command -v debootstrap >/dev/null && command -v ip >/dev/null || "$top/scripts/install-packages" debootstrap iproute2

# apt takes what it has downloaded for its own.
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9

systems=$(mktemp -d /var/tmp/ddb.chroots.XXXXXX)
trap 'rm -rf --one-file-system "$systems"' EXIT

# new_system SUITE: makes one and sets system, its folder.
new_system() {
	local suite=$1
	if [ ! -d "$cache/$suite" ]; then
		echo "Downloading a minimal Debian $suite, about 220 MB, into $cache"
		rm -rf "$cache/$suite.new"
		debootstrap --variant=minbase "$suite" "$cache/$suite.new" "$mirror" >"$cache/$suite.log" 2>&1
		mv "$cache/$suite.new" "$cache/$suite"
	fi
	mkdir -p "$cache/packages-$suite"
	system=$(mktemp -d "$systems/$suite.XXXXXX")
	chmod 755 "$system"
	cp -a "$cache/$suite/." "$system"
	cp /etc/resolv.conf "$system/etc"
	# What one system has downloaded, the next one need not.
	echo 'Binary::apt-get::APT::Keep-Downloaded-Packages "true";' >"$system/etc/apt/apt.conf.d/keep"
	printf '#!/bin/sh\nexit 101\n' >"$system/usr/sbin/policy-rc.d"
	chmod +x "$system/usr/sbin/policy-rc.d"
	in_system apt-get update -qq
}

# in_system COMMAND...: runs in the system that is set, as its root, with an environment of its own. Where
# network is "none" it has a network of its own with a loopback interface, and so all ports to itself. Where
# writable is set, the system is read-only but for these folders.
in_system() {
	local own_network=()
	[ "${network:-}" != none ] || own_network=(--net)
	unshare --mount --pid --fork --kill-child --mount-proc "${own_network[@]}" bash -euc '
		system=$1 packages=$2 writable=$3
		shift 3
		[ -z "$(ip -brief link show lo | grep DOWN)" ] || ip link set lo up
		mount -t proc proc "$system/proc"
		if [ -z "$writable" ]; then
			mkdir -p "$system/var/cache/apt/archives"
			mount --bind "$packages" "$system/var/cache/apt/archives"
		else
			mount --rbind "$system" "$system"
			for folder in $writable; do mount --bind "$system$folder" "$system$folder"; done
			mount -o remount,bind,ro "$system"
		fi
		exec chroot "$system" /usr/bin/env -i LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive HOME=/root \
			PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
	' in_system "$system" "$cache/packages-$(basename "${system%.*}")" "${writable:-}" "$@"
}

# script_in_system: the same with a script of bash from standard input, in which install() installs packages and
# tells what apt says only where it fails.
script_in_system() {
	{
		cat <<-'END'
			install() {
				apt-get install -y -qq --no-install-recommends "$@" >/root/install.log 2>&1 || { tail /root/install.log; return 1; }
			}
		END
		cat
	} >"$system/root/script"
	in_system bash -euo pipefail /root/script "$@"
}

# put_source FOLDER: copies what is under version control to the system's folder.
put_source() {
	mkdir -p "$system$1"
	git -C "$top" ls-files -z --cached --others --exclude-standard |
		tar -C "$top" --null --ignore-failed-read -T - -c | tar -C "$system$1" --no-same-owner -x
}
