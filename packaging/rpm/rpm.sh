#!/bin/sh
# rpm.sh TARBALL FOLDER [OPTION...]: build the RPM packages of a dist tarball,
# source and binary, into FOLDER; options go to rpmbuild, as in
# `--without check`.  Prints the packages.  RPM_HIGHER=FOLDER: there go binary
# packages of release 2 from the same build, for tests of an upgrade.
set -eu

usage="usage: rpm.sh TARBALL FOLDER [OPTION...]"
tarball=$(realpath "${1:?$usage}")
mkdir -p "${2:?$usage}"
out=$(realpath "$2")
shift 2

die()
{
	echo "rpm: $*" >&2
	exit 1
}

command -v rpmbuild >/dev/null 2>&1 || die "rpmbuild is missing"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir "$work/SOURCES" "$work/top"
tar -C "$work/top" -xf "$tarball"
packaging=$(echo "$work"/top/certgate-*/packaging)
cp "$tarball" "$packaging/rpm/certgate.preset" "$work/SOURCES"
sed 's|@COMMAND_USER@|_certgate|' "$packaging/sysusers.d/certgate.conf.in" \
    >"$work/SOURCES/certgate.sysusers"

# What this host's rpm does not know of systemd.
if [ "$(rpm -E '%{?_unitdir}')" = "" ]; then
	set -- --load "$packaging/rpm/macros.host" \
	    --define "_certgate_sysusers $packaging/rpm/sysusers.sh" "$@"
fi
# Where packages are not rpm's, it does not know what is installed: configure
# finds out.
rpm -q rpm >/dev/null 2>&1 || set -- --nodeps "$@"

# build OPTION...
build()
{
	rpmbuild --define "_topdir $work" "$@" \
	    "$packaging/rpm/certgate.spec" >>"$out/build.log" 2>&1 || {
		tail -n 40 "$out/build.log" >&2
		die "rpmbuild failed; all of it is in $out/build.log"
	}
}

: >"$out/build.log"
build -ba --noclean "$@"
for package in "$work"/RPMS/*/*.rpm "$work"/SRPMS/*.rpm; do
	cp "$package" "$out"
	echo "$out/${package##*/}"
done
if [ -n "${RPM_HIGHER-}" ]; then
	mkdir -p "$RPM_HIGHER"
	rm -rf "$work/RPMS"
	set -- --short-circuit --define 'certgate_release 2' "$@"
	build -bi "$@"
	build -bb "$@"
	cp "$work"/RPMS/*/*.rpm "$RPM_HIGHER"
fi
