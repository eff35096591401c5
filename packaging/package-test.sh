#!/bin/bash
# package-test.sh TARBALL: the life of the Debian packages.
# package-test.sh DEB...: that of those which are there.
#
# They are built twice, and must be the same byte for byte; lintian must have
# nothing to say. Then, in a clean Debian made by debootstrap with the mirror
# of this machine: install, write a policy, apply, log in, upgrade and
# downgrade while logins run, remove, purge; at the end every file is as it
# was. All of it is in a folder of its own and in namespaces, and goes with
# them. Needs root.
#
# PACKAGE_TEST_CACHE=FOLDER keeps the clean Debian there for the next time.
set -u

suite=bookworm
: "${1:?usage: package-test.sh TARBALL | DEB...}"
here=$(realpath "$(dirname "$0")")
n_passed=0
n_failed=0

skip()
{
	echo "package-test: not possible here: $*"
	echo "package-test: 0 passed, 0 failed, 1 skipped"
	exit 77
}

# ok WHAT COMMAND...: the command succeeds.
ok()
{
	local what=$1

	shift
	if "$@" >"$work/out" 2>&1; then
		n_passed=$((n_passed + 1))
		echo "  passed  $what"
	else
		n_failed=$((n_failed + 1))
		echo "  FAILED  $what"
		tail -n 30 "$work/out" | sed 's/^/          /'
	fi
}

# shellcheck disable=SC2317 # ok calls it
is_silent()
{
	local said

	said=$("$@" 2>&1)
	[ -z "$said" ] || { echo "$said"; return 1; }
}

# build TARBALL: the packages to $debs. Once more elsewhere, later, with another
# umask, locale and time zone: the same.
build()
{
	local tarball=$1 elsewhere=$work/another/folder/with/a/longer/name file

	echo "package-test: building twice"
	ok "the packages are built" "$here/deb.sh" "$tarball" "$work/one"
	mkdir -p "$elsewhere" "$work/two"
	ok "... and again" env TMPDIR="$elsewhere" TZ=Pacific/Auckland \
	    LC_ALL=C.UTF-8 LANG=de_DE.UTF-8 USER=somebody sh -c \
	    'umask 0077 && exec "$@"' sh "$here/deb.sh" "$tarball" "$work/two"
	for file in "$work"/one/*.deb "$work"/one/*.debian.tar.* \
	    "$work"/one/*.dsc; do
		ok "${file##*/} is the same" cmp "$file" "$work/two/${file##*/}"
	done
	ok "lintian has nothing to say" is_silent lintian --allow-root \
	    --pedantic -I -E "$work"/one/*.changes
	debs=("$work"/one/certgate_*.deb "$work"/one/libpam-certgate_*.deb)
}

end()
{
	echo "package-test: $n_passed passed, $n_failed failed"
	[ "$n_failed" -eq 0 ]
	exit
}

# The mirror of this machine's own apt.
mirror()
{
	# shellcheck disable=SC2016 # apt's own names
	apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' |
	    awk -v s="$suite" '$2 == s && $3 == "main" { print $1; exit }'
}

# What the packages depend on comes first, so that they alone are tried.
needed=openssh-server,openssh-client,libyaml-0-2,libjansson4,libssl3,libpam0g
needed=$needed,libcurl4,libseccomp2,libaudit1,libcdb1,systemd,sudo
make_root()
{
	local site kept

	kept=${PACKAGE_TEST_CACHE:+$PACKAGE_TEST_CACHE/$suite-$(echo "$needed" |
	    sha256sum | cut -c1-12).tar}
	root=$work/root
	mkdir "$root" || return
	if [ -n "$kept" ] && [ -f "$kept" ]; then
		echo "package-test: $kept"
		tar -C "$root" --numeric-owner --xattrs -xpf "$kept"
		return
	fi
	site=$(mirror)
	echo "package-test: debootstrap $suite from ${site:=http://deb.debian.org/debian}"
	debootstrap --variant=minbase --include="$needed" "$suite" "$root" \
	    "$site" >"$work/debootstrap.log" 2>&1 || {
		tail "$work/debootstrap.log"
		return 1
	}
	[ -z "$kept" ] || {
		mkdir -p "$PACKAGE_TEST_CACHE" &&
		    tar -C "$root" --numeric-owner --xattrs -cpf "$kept.new" . &&
		    mv "$kept.new" "$kept"
	}
}

# later DEB FOLDER: the same package of a higher version, with another
# template of the policy, so that every upgrade has a reason to ask.
later()
{
	local files=$work/later

	rm -rf "$files"
	dpkg-deb -R "$1" "$files" &&
	    sed -i '/^Version:/s/$/+later/; s/\(certgate (= [^)]*\))/\1+later)/' \
		"$files/DEBIAN/control" || return
	if [ -f "$files/usr/share/certgate/policy.yaml" ]; then
		echo "# later" >>"$files/usr/share/certgate/policy.yaml"
		(cd "$files" && find usr lib -type f -exec md5sum {} + \
		    >DEBIAN/md5sums) || return
	fi
	dpkg-deb --root-owner-group -b "$files" "$2" >/dev/null
}

# A control group for systemd, where version 2 is mounted.
make_group()
{
	local at

	at=$(awk '$8 == "cgroup2" || $9 == "cgroup2" || $10 == "cgroup2" {
		print $5
		exit
	}' /proc/self/mountinfo)
	[ -n "$at" ] && mkdir "$at/certgate-package-test.$$" 2>/dev/null &&
	    echo "$at/certgate-package-test.$$"
}

# The last processes in it may still be on their way out.
# shellcheck disable=SC2317 # the trap calls it
remove_group()
{
	local i

	[ "$group" != - ] || return 0
	for ((i = 0; i < 100; i++)); do
		find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null
		[ -d "$group" ] || return 0
		sleep 0.1
	done
	echo "package-test: $group cannot be removed"
}

[ "$(id -u)" -eq 0 ] || skip "needs root"
for tool in dpkg-buildpackage dh lintian debootstrap unshare; do
	command -v $tool >/dev/null || skip "$tool is missing:" \
	    "apt-get install dpkg-dev debhelper lintian debootstrap util-linux"
done
why=$(unshare --mount --propagation private --pid --fork --net --ipc --uts \
    true 2>&1) || skip "$why"
work=$(mktemp -d "${TMPDIR:-/tmp}/package-test.XXXXXX") || exit 1
group=-
trap 'remove_group; rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
export DEB_BUILD_OPTIONS=${DEB_BUILD_OPTIONS:-nocheck}
unset DEB_VERSION

case $1 in
*.deb) debs=("$@") ;;
*) build "$(realpath "$1")" ;;
esac
make_root || { n_failed=$((n_failed + 1)); end; }
mkdir "$root/debs" "$root/debs/old" "$root/debs/new"
for deb in "${debs[@]}"; do
	cp "$deb" "$root/debs/old/" && later "$deb" "$root/debs/new" || exit 1
done
cp "$here/package-test-inside.sh" "$root/debs/inside.sh"
cp "$here/package-test-boot.sh" "$root/debs/start.sh"
cp "$here/../tests/systemd/boot.sh" "$root/debs/boot.sh"

# Mounts, processes and network of its own; the first process takes all
# others with it.
group=$(make_group) || group=-
# shellcheck disable=SC2016
(
	[ "$group" = - ] || echo $BASHPID >"$group/cgroup.procs"
	exec unshare --mount --pid --net --ipc --uts --cgroup --fork \
	    --kill-child --propagation private -- sh -eu -c '
	cd "$1"
	mount --bind . .
	cd "$1"
	ip link set lo up
	mount -t proc proc proc
	mount -t tmpfs -o mode=0755 tmpfs run
	mount -t tmpfs -o mode=1777 tmpfs tmp
	mount -t tmpfs -o mode=0755,nosuid tmpfs dev
	for node in null zero full random urandom tty; do
		: >dev/$node
		mount --bind /dev/$node dev/$node
	done
	mkdir -m 0755 dev/pts
	mkdir -m 1777 dev/shm
	mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts dev/pts
	ln -s pts/ptmx dev/ptmx
	ln -s /proc/self/fd dev/fd
	mkdir .machine
	pivot_root . .machine
	exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C \
	    DEBIAN_FRONTEND=noninteractive chroot . /bin/sh -euc '\''
		umount -l /.machine
		rmdir /.machine
		cd /
		exec bash /debs/start.sh "$1"'\'' sh "$2"' sh "$root" "$group"
) </dev/null || true
# Its last line counts for ours.
read -r passed failed <"$root/debs/counts" || { passed=0; failed=1; }
n_passed=$((n_passed + passed))
n_failed=$((n_failed + failed))
end
