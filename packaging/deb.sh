#!/bin/sh
# deb.sh TARBALL FOLDER: build the Debian packages of a dist tarball, source
# and binary, into FOLDER, which holds nothing else afterwards.
#
# DEB_VERSION names another version than the changelog's, for tests of an
# upgrade; DEB_BUILD_OPTIONS=nocheck leaves the tests out.
set -eu
# What the make that calls us was told is not for this build.
umask 022
unset CC CFLAGS CPPFLAGS LDFLAGS MAKEFLAGS MFLAGS MAKELEVEL DESTDIR

usage="usage: deb.sh TARBALL FOLDER"
tarball=$(realpath "${1:?$usage}")
mkdir -p "${2:?$usage}"
out=$(realpath "$2")

for tool in dpkg-buildpackage dh; do
	command -v $tool >/dev/null 2>&1 && continue
	echo "deb: $tool is missing: apt-get install dpkg-dev debhelper" >&2
	exit 1
done
case " ${DEB_BUILD_OPTIONS:-} " in
*" nocheck "*) export DEB_BUILD_PROFILES=nocheck ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
tar -C "$work" -xf "$tarball"
source=$(echo "$work"/certgate-*)
version=${source##*/certgate-}
cp "$tarball" "$work/certgate_$version.orig.tar.gz"
cp -R "$source/packaging/debian" "$source/debian"
cd "$source"
if [ -n "${DEB_VERSION:-}" ]; then
	sed -i "1s/([^)]*)/($DEB_VERSION)/" debian/changelog
fi
rm -f "$out"/*.deb "$out"/certgate_*
echo "deb: building; the log is $out/build.log"
dpkg-buildpackage --no-sign >"$out/build.log" 2>&1 || {
	tail -n 40 "$out/build.log" >&2
	echo "deb: 0 packages built, 1 failed"
	exit 1
}
cd ..
cp -- *.deb *.dsc *.debian.tar.* *.orig.tar.gz *.changes *.buildinfo "$out"
n=0
for package in "$out"/*.deb; do
	echo "$package"
	n=$((n + 1))
done
echo "deb: $n packages built, 0 failed"
