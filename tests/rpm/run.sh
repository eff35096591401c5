#!/bin/bash
# run.sh FOLDER FOLDER2: the life of the RPM packages in FOLDER; those in
# FOLDER2 are the same of a higher release.
#
# rpmlint has nothing to say that certgate.rpmlintrc does not explain. Then, in
# a sandbox, an empty root with no more than the programs that scripts, sshd
# and certgate need: install, verify, apply, upgrade, downgrade, erase. At the
# end every file is as it was. Needs root; nothing on the machine changes.
set -u

usage="usage: run.sh FOLDER FOLDER2"
packages=$(realpath "${1:?$usage}")
higher=$(realpath "${2:?$usage}")
here=$(realpath "$(dirname "$0")")
srcdir=$(realpath "$here/../..")
n_failed=0

skip()
{
	echo "rpm-test: not possible here: $*"
	echo "rpm-test: 0 passed, 0 failed, 1 skipped"
	exit 77
}

[ "$(id -u)" -eq 0 ] || skip "needs root"
for program in rpm sshd ssh-keygen strip; do
	command -v $program >/dev/null || skip "$program is missing"
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if command -v rpmlint >/dev/null; then
	rpmlint -r "$srcdir/packaging/rpm/certgate.rpmlintrc" \
	    "$packages"/*.rpm >"$scratch/rpmlint" 2>&1
	if grep -q '0 errors, 0 warnings' "$scratch/rpmlint"; then
		echo "  passed  rpmlint has nothing to say"
		n_lint=1
	else
		echo "  FAILED  rpmlint has nothing to say"
		sed 's/^/          /' "$scratch/rpmlint"
		n_lint=0 n_failed=1
	fi
else
	echo "  skipped rpmlint is missing; ./bootstrap check installs it"
	n_lint=0
fi

# Status 0 and 1 come with a last line of counts.
cd /
"$srcdir/tests/e2e/sandbox.sh" -r "$packages" -r "$higher" -r "$srcdir" \
    /bin/bash "$here/inside.sh" "$packages" "$higher" >"$scratch/out" 2>&1
status=$?
grep -v '^counts ' "$scratch/out"
[ $status -ne 77 ] || skip "no sandbox"
read -r _ n_in n_bad < <(grep '^counts ' "$scratch/out")
[ -n "${n_bad-}" ] || { n_in=0 n_bad=1; }
n_failed=$((n_failed + n_bad))
echo "rpm-test: $((n_lint + n_in)) passed, $n_failed failed"
[ $n_failed -eq 0 ]
