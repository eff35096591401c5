#!/bin/sh
# sandbox: run a command on a copy of this machine that is thrown away.
#
#   sandbox.sh [-r FOLDER]... COMMAND [ARGUMENT...]
#
# The command is process 1 of namespaces of its own (mounts, processes,
# network with loopback only, IPC, host name), and root of an overlay: it
# sees this machine's files, writes to memory, and when it ends everything it
# changed or started is gone. FOLDERs are visible inside under their names,
# wherever they are. The environment is cleaned.
#
# Exit status: the command's; 77 where this machine does not allow it.
set -eu

skip()
{
	echo "sandbox: not possible here: $*" >&2
	exit 77
}

# Mount points of real file systems besides "/", each with its type.
other_mounts()
{
	awk '{
		for (i = 7; i < NF && $i != "-"; i++)
			;
		type = $(i + 1)
		if ($5 != "/" && $5 !~ /\\/ && $5 !~ /[,:]/ &&
		    $5 !~ "^/(proc|sys|dev|run|tmp)(/|$)" &&
		    type !~ /^(proc|sysfs|tmpfs|devtmpfs|devpts|autofs)$/ &&
		    type !~ /^(cgroup2?|mqueue|hugetlbfs|debugfs|tracefs)$/)
			print $5
	}' /proc/self/mountinfo
}

# Lay an overlay over $1 at $root$1, writing to memory.
overlay()
{
	n=$((n + 1))
	mkdir -p "$base/upper$n" "$base/work$n"
	mount -t overlay overlay "$root$1" \
	    -o "lowerdir=$1,upperdir=$base/upper$n,workdir=$base/work$n"
}

# An overlay holds one file system: add the others of this machine.
add_mounts()
{
	other_mounts >"$base/mounts"
	while read -r at; do
		if [ -d "$at" ] && [ -d "$root$at" ]; then
			overlay "$at" 2>/dev/null ||
			    mount --rbind "$at" "$root$at"
		elif [ -f "$at" ] && [ -f "$root$at" ]; then
			cat "$at" >"$root$at"
		fi
	done <"$base/mounts"
}

make_dev()
{
	mount -t tmpfs -o mode=0755,nosuid tmpfs "$root/dev"
	for node in null zero full random urandom tty; do
		: >"$root/dev/$node"
		mount --bind "/dev/$node" "$root/dev/$node"
	done
	mkdir -m 0755 "$root/dev/pts"
	mkdir -m 1777 "$root/dev/shm"
	mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts \
	    "$root/dev/pts"
	ln -s pts/ptmx "$root/dev/ptmx"
	ln -s /proc/self/fd "$root/dev/fd"
	for stream in 0:stdin 1:stdout 2:stderr; do
		ln -s "/proc/self/fd/${stream%:*}" "$root/dev/${stream#*:}"
	done
}

# First part, in the new namespaces, still on the machine's files.
build()
{
	for base in /mnt /media /srv; do
		[ -d "$base" ] || continue
		case "$folders:$PWD:" in
		*:"$base"[:/]*) ;;
		*) break ;;
		esac
	done
	# Seen in this mount namespace only.
	mount -t tmpfs -o mode=0755,size=75% tmpfs "$base" ||
	    skip "tmpfs refused"
	root=$base/root
	n=0
	mkdir "$root"
	overlay / || skip "overlay file system refused"
	add_mounts
	make_dev
	mount -t proc proc "$root/proc"
	mount -t tmpfs -o mode=0755 tmpfs "$root/run"
	mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
	# What is still not visible was below /tmp or in other memory.
	for folder in $(echo "$folders" | tr : ' '); do
		[ "$(find "$root$folder" -maxdepth 0 ! -empty 2>/dev/null)" ] &&
		    continue
		mkdir -p "$root$folder"
		overlay "$folder" || mount --bind "$folder" "$root$folder"
	done
	ip link set lo up
	echo certgate-test >/proc/sys/kernel/hostname
	mkdir "$root/.machine"
	cd "$root"
	pivot_root . .machine
	# shellcheck disable=SC2016 # for the inner shell
	exec chroot . /bin/sh -c '
		umount -l /.machine && rmdir /.machine && cd "$1" || exit 77
		shift
		exec "$@"' sh "$@"
}

if [ "${1-}" = --build ]; then
	folders=$2
	shift 2
	build "$@"
fi

folders=
while getopts r: option; do
	case $option in
	r) folders=$folders:$(cd "$OPTARG" && pwd -P) ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

[ "$(id -u)" -eq 0 ] || skip "needs root"
for tool in unshare mount pivot_root ip chroot; do
	command -v $tool >/dev/null || skip "$tool is missing"
done
# Private first: nothing that is mounted in there shows on the machine.
set -- unshare --mount --propagation private --pid --fork --kill-child \
    --net --ipc --uts -- /bin/sh "$0" --build "$folders" "$(pwd -P)" "$@"
why=$(unshare --mount --propagation private --pid --fork --net --ipc --uts \
    true 2>&1) || skip "$why"
keep=
for name in TERM NO_COLOR LANG SSHD SSH SSH_KEYGEN E2E_VERBOSE \
    ASAN_OPTIONS UBSAN_OPTIONS; do
	eval "value=\${$name-}"
	# Such values are paths and words: no blanks that would split them.
	[ -z "$value" ] || keep="$keep $name=$value"
done
# shellcheck disable=SC2086 # split on purpose
exec env -i PATH="$PATH" HOME=/root $keep "$@"
