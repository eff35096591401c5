#!/bin/sh
# run.sh TARBALL: make distcheck as packagers get it: from the tarball alone,
# without root and with no network.  Root becomes nobody for it; everybody
# else stays who they are.
set -eu

usage="usage: run.sh TARBALL"
tarball=${1:?$usage}
log=dist-test.log

die()
{
	[ ! -s "$log" ] || tail -n 40 "$log" >&2
	echo "dist-test: $*" >&2
	exit 1
}

# What nobody can reach: a build folder is often below somebody's home.
work=$(mktemp -d /tmp/certgate-dist.XXXXXX)
# distcheck takes the right to write from the sources that it unpacked.
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cp "$tarball" "$work/certgate.tar.gz"
: >"$log"

set -- unshare --net
if [ "$(id -u)" -eq 0 ]; then
	chown nobody "$work"
	set -- "$@" setpriv --reuid nobody --regid "$(id -g nobody)" \
	    --clear-groups --no-new-privs
else
	set -- "$@" --map-current-user
fi
"$@" true 2>"$log" || die "no namespace without a network can be made here"

# Not what make exported: it would be obeyed.
set -- "$@" env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/nonexistent \
    LC_ALL=C CCACHE_DIR="$work/ccache"
[ -z "${CC-}" ] || set -- "$@" CC="$CC"
# shellcheck disable=SC2016 # for the inner shell
"$@" sh -euc '
	cd "$1"
	tar -xf certgate.tar.gz
	mkdir build
	cd build
	../certgate-*/configure
	make -j"$2" distcheck' sh "$work" "$(getconf _NPROCESSORS_ONLN)" \
    >"$log" 2>&1 || die "make distcheck failed; all of it is in $log"

awk '
/^# (PASS|FAIL|ERROR|XPASS): / { n[$2] += $3 }
/^# SKIP: / { skipped += $3 }
/^certgate-.* archives ready/ { is_whole = 1 }
END {
	bad = n["FAIL:"] + n["ERROR:"] + n["XPASS:"]
	if (!is_whole || n["PASS:"] == 0)
		bad++
	printf "dist-test: %d passed, %d failed, %d skipped\n",
	    n["PASS:"], bad, skipped
	exit bad > 0
}' "$log"
