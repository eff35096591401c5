#!/bin/sh
# apart.sh KIND MAKE: what has to be compiled anew, in a folder of its own: the
# sources as `MAKE distdir` gives them, configured and built for KIND, and its
# tests run. Called by make coverage, make sanitize and make sanitize-memory.
set -eu

usage="usage: apart.sh coverage | sanitize | sanitize-memory MAKE"
kind=${1:?$usage}
make=${2:?$usage}
log=$kind.log
jobs=$(getconf _NPROCESSORS_ONLN)

die()
{
	tail -n 60 "$log" >&2
	echo "$kind: $*; all of it is in $log" >&2
	exit 1
}

case $kind in
coverage)
	set -- --enable-coverage
	goal=coverage ;;
sanitize)
	set -- --enable-sanitizers CFLAGS="-O1 -g"
	goal=check-own ;;
sanitize-memory)
	command -v clang >/dev/null || {
		echo "$kind: clang is missing" >&2
		exit 1
	}
	set -- CC=clang --enable-sanitizers=memory CFLAGS="-O1 -g"
	goal=check-memory ;;
*)
	echo "$usage" >&2
	exit 2 ;;
esac

work=$(mktemp -d "${TMPDIR:-/tmp}/certgate-$kind.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# Tests become other users, who must find what they run.
chmod 755 "$work"
"$make" distdir distdir="$work/sources" >"$log" 2>&1 ||
    die "make distdir failed"
mkdir "$work/build"
(cd "$work/build" && ../sources/configure "$@") >>"$log" 2>&1 ||
    die "configure failed"
# Not what the outer make was told.
unset MAKEFLAGS MFLAGS MAKELEVEL
status=0
"$make" -C "$work/build" -j"$jobs" "$goal" >>"$log" 2>&1 || status=1
# What the goal said last, without make's own words.
sed -n '/^=== results/,$ { /^=== results/d; /^make/d; p; }' "$log"
[ "$status" -eq 0 ] || die "make $goal failed"
