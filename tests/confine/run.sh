#!/bin/bash
# run: what a login helper that was taken over can do (tests/confine/hole.c):
# without confinement everything, with it nothing; and that the helper serves
# logins on kernels without Landlock, and without seccomp too.
#
# Run by make check. 77: skipped. Needs no root; as root it becomes nobody,
# since root may always start processes.
set -eu

srcdir=$(cd "${srcdir:-.}" && pwd -P)
work=$(mktemp -d "${TMPDIR:-/tmp}/certgate-confine.XXXXXX")
trap 'rm -rf "$work"' EXIT
: "${srcdir:?}"

for program in ssh-keygen strace setpriv; do
	command -v $program >/dev/null || {
		echo "skipped: no $program"
		exit 77
	}
done

if grep -q __asan_init helpers/authorized-principals; then
	echo "skipped: the sanitizers' own calls are forbidden, too"
	exit 77
fi

become=()
if [ "$(id -u)" -eq 0 ]; then
	become=(setpriv --reuid 65534 --regid 65534 --clear-groups --)
fi
n_failed=0

cp tests/confine/holed tests/confine/open-hole \
    helpers/authorized-principals "$work"
ssh-keygen -q -t ed25519 -N '' -f "$work/ca"
ssh-keygen -q -t ed25519 -N '' -f "$work/key"
ssh-keygen -q -s "$work/ca" -I jdoe -n jdoe -V -1m:+1d "$work/key.pub"
certificate=$(cut -d ' ' -f 2 "$work/key-cert.pub")
cat >"$work/policy.yaml" <<-END
	version: 1
	authorities: {ca: {keys: ["$(cut -d ' ' -f 1,2 "$work/ca.pub")"]}}
	users: {jdoe: jdoe}
END
mkdir "$work/out"
tests/bench/compile "$work/policy.yaml" "$work/out" >/dev/null
mv "$work/out/policy.cdb" "$work"
chmod 644 "$work/policy.cdb"
chmod 755 "$work"

# prey: a folder in which the helper's user may do what it likes.
prey()
{
	rm -rf "$work/prey"
	mkdir "$work/prey"
	echo prey >"$work/prey/prey"
	chmod 777 "$work/prey"
	echo "$work/prey"
}

# expect WHAT WANTED GOT
expect()
{
	if [ "$2" = "$3" ]; then
		echo "ok: $1"
	else
		n_failed=$((n_failed + 1))
		echo "FAILED: $1"
		diff <(echo "$2") <(echo "$3") | sed 's/^/    /' || :
	fi
}

# deeds ERROR...: what is printed where each fails so.
deeds()
{
	printf '%s: %s\n' index works "read a file" "$1" "write a file" "$1" \
	    "Internet socket" "$1" "local socket" "$1" pipe "$1" \
	    "memory file" "$1" "copy of a descriptor" "$1" folder "$2" \
	    "symbolic link" "$2" rename "$2" remove "$2" signal "$3" \
	    process "$4" execute "$5"
}

# run_holed [PREFIX...] PROGRAM: the shell between is the parent that it could
# signal.
run_holed()
{
	"${become[@]}" /bin/sh -c '"$@"; true' sh "$@" \
	    -i "$work/policy.cdb" -- "$(prey)" 1000 "$certificate" \
	    2>"$work/err"
}

# without CALLS PROGRAM...: on a kernel that has not got them.
without()
{
	local calls=$1 inject=() call

	shift
	for call in $calls; do
		inject+=(-e "inject=$call:error=ENOSYS")
	done
	"${become[@]}" strace -o /dev/null "${inject[@]}" "$@"
}

expect "without confinement all of it is done" \
    "$(deeds works works works works works)" "$(run_holed "$work/open-hole")"
expect "and the prey is gone" "" "$(find "$work/prey" -mindepth 1 -name "prey*")"

if strace -o "$work/trace" "$work/authorized-principals" \
    -i "$work/policy.cdb" -- jdoe 1000 "$certificate" >/dev/null 2>&1 &&
    grep -q '^landlock_restrict_self(.*= 0$' "$work/trace"; then
	signal=EPERM
	abi=$(sed -n 's/^landlock_create_ruleset(NULL.* = //p' "$work/trace")
	[ "$abi" -ge 6 ] || signal=works
	expect "with Landlock none of it" \
	    "$(deeds EMFILE EACCES $signal EAGAIN EACCES)" \
	    "$(run_holed "$work/holed")"
	expect "and the prey lives" prey "$(ls "$work/prey")"
else
	echo "not looked at: this kernel has no Landlock"
fi

if grep -q '^Seccomp:' /proc/self/status; then
	prey >/dev/null
	# Two processes between: strace's child is the helper itself.
	got=$(without landlock_create_ruleset "$work/holed" \
	    -i "$work/policy.cdb" -- "$work/prey" 1000 "$certificate" \
	    2>"$work/err")
	expect "with seccomp none of it" \
	    "$(deeds EPERM EPERM EPERM EPERM EPERM)" "$got"
	expect "and the prey lives" prey "$(ls "$work/prey")"
	expect "a login is served without Landlock" jdoe \
	    "$(without landlock_create_ruleset "$work/authorized-principals" \
	        -i "$work/policy.cdb" -- jdoe 1000 "$certificate" \
	        2>"$work/err")"
fi
expect "a login is served without either" jdoe \
    "$(without "landlock_create_ruleset prctl" \
        "$work/authorized-principals" -i "$work/policy.cdb" -- \
        jdoe 1000 "$certificate" 2>"$work/err")"
expect "and without the limits" jdoe \
    "$(without "landlock_create_ruleset prctl prlimit64" \
        "$work/authorized-principals" -i "$work/policy.cdb" -- \
        jdoe 1000 "$certificate" 2>"$work/err")"
expect "what is installed has no hole" 0 \
    "$(grep -c 'Internet socket' "$work/authorized-principals")"
[ $n_failed -eq 0 ]
