#!/bin/bash
# run: the benchmarks.
#
# Called by make, which says in the environment where things are: srcdir,
# builddir, sbindir, pkglibexecdir. BENCH_STARTS: how often each program is
# started (1000); BENCH_SIZES: the numbers of mappings; BENCH_REVOKED,
# BENCH_LISTED and BENCH_LOGINS: see revoked.sh; BENCH_ROUNDS and BENCH_USERS:
# see logins.sh; BENCH_PARTS: which to run. Works in the sandbox of the
# end-to-end tests: the machine stays as it was.
#
# Prints one line per figure, "bench NAME KEY=VALUE ...", and one that sums
# up; keeps them in bench.out, and writes the report, benchmarks.md and
# benchmarks.svg in the folder BENCH_DOC (report.sh). A figure that misses its
# target says so; it has failed only where it could not be measured.
set -eu

: "${sbindir:?}" "${pkglibexecdir:?}"
srcdir=$(cd "${srcdir:-.}" && pwd -P)
builddir=$(cd "${builddir:-.}" && pwd -P)
programs=$builddir/tests/bench

if [ "${BENCH_INSIDE-}" != 1 ]; then
	status=0
	set -o pipefail
	load=$(cut -d ' ' -f 1-3 /proc/loadavg)
	"$srcdir/tests/e2e/sandbox.sh" -r "$srcdir" -r "$builddir" env \
	    srcdir="$srcdir" builddir="$builddir" sbindir="$sbindir" \
	    pkglibexecdir="$pkglibexecdir" BENCH_INSIDE=1 \
	    BENCH_STARTS="${BENCH_STARTS:-1000}" \
	    BENCH_SIZES="${BENCH_SIZES:-10 1000 100000 1000000 5000000}" \
	    BENCH_REVOKED="${BENCH_REVOKED:-1000000}" \
	    BENCH_LISTED="${BENCH_LISTED:-1000 100000}" \
	    BENCH_LOGINS="${BENCH_LOGINS:-15}" \
	    BENCH_ROUNDS="${BENCH_ROUNDS:-1000}" \
	    BENCH_USERS="${BENCH_USERS:-10 1000 10000}" \
	    BENCH_PARTS="${BENCH_PARTS:-starts confine apply revoked logins pam}" \
	    pamdir="${pamdir-}" \
	    "$srcdir/tests/bench/run.sh" | tee "$builddir/bench.out" ||
	    status=$?
	if [ "$status" -eq 77 ]; then
		echo "bench: 0 figures, 0 failed, all skipped"
		exit 0
	fi
	BENCH_LOAD=$load "$srcdir/tests/bench/report.sh" \
	    "$builddir/bench.out" "$builddir" "${BENCH_DOC:-doc}" || status=1
	exit "$status"
fi

# Process 1 of a namespace gets no signal that it does not catch.
trap 'exit 130' INT
trap 'exit 143' TERM
set +e
# shellcheck source=tests/e2e/machine.sh
. "$srcdir/tests/e2e/machine.sh"

work=/run/bench
n_figures=0
n_failed=0
n_missed=0

# What the contract allows.
limit_quiet=1.40
limit_logged=1.80
limit_flat=1.10
limit_apply=2.00
limit_memory=5.00

# Certificates, and users, that starts take in turn.
n_people=16
# Repetitions of what takes seconds; the best counts.
n_rounds=7

figure()
{
	n_figures=$((n_figures + 1))
	echo "bench $*"
}

# not_measured NAME WHAT...: with the last words of what failed.
not_measured()
{
	n_failed=$((n_failed + 1))
	echo "bench $1 failed=\"${*:2}\""
	sed -e 's/^/# /' "$work/err" | tail -n 5
}

ratio()
{
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'
}

# judge VALUE LIMIT: sets target, the words that say whether it is met.
judge()
{
	target="limit=$2 target=met"
	if awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > b) }'; then
		target="limit=$2 target=missed"
		n_missed=$((n_missed + 1))
	fi
}

# judge_large N VALUE LIMIT: a target that is set for 1,000,000 mappings; the
# fixed costs of starting sshd weigh on fewer.
judge_large()
{
	if [ "$1" -ge 1000000 ]; then
		judge "$2" "$3"
	else
		target=target=none
	fi
}

# The smallest of the numbers in the lines of a file: what a program takes
# where nothing else disturbs it.
best()
{
	sort -g "$1" | head -n 1
}

sum()
{
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", a + b }'
}

policy_head()
{
	printf 'version: 1\nauthorities:\n  corp:\n    keys: ["%s"]\n' \
	    "$(cut -d ' ' -f 1,2 "$KEYS/cf.pub")"
	printf '    principals: email-prefix\n'
}

# make_policy N: N users, each with a name of its own.
make_policy()
{
	policy_head
	awk -v n="$1" 'BEGIN {
		print "users:"
		for (i = 0; i < n; i++)
			printf "  user%07d: name%07d@example.com\n", i, i
	}'
}

# make_group_policy USERS MEMBERS: users who all have the same group.
make_group_policy()
{
	policy_head
	awk -v users="$1" -v members="$2" 'BEGIN {
		print "groups:\n  team:"
		for (i = 0; i < members; i++)
			printf "    - name%07d@example.com\n", i
		print "users:"
		for (i = 0; i < users; i++)
			printf "  user%07d: {allow: [{group: team}]}\n", i
	}'
}

# compile POLICY INDEX: sets load_s, write_s and peak_kb.
compile()
{
	rm -rf "$work/out"
	mkdir "$work/out"
	read -r load_s write_s peak_kb _ < <("$programs/compile" "$1" \
	    "$work/out" 2>"$work/err")
	[ -n "${peak_kb-}" ] && mv "$work/out/policy.cdb" "$2"
}

bytes_of()
{
	stat -c %s "$1"
}

# The files that starts takes its arguments from: N people of the policy.
make_people()
{
	local n=$1 i number

	cp "$KEYS/person.pub" "$work/p.pub"
	for ((i = 0; i < n_people; i++)); do
		number=$(printf %07d $((n * i / n_people)))
		"$SSH_KEYGEN" -q -s "$KEYS/cf" -I "name$number@example.com" \
		    -n "name$number" -V -1m:+1d "$work/p.pub" \
		    2>"$work/err" || return
		echo "user$number" >&3
		echo "name$number" >&4
		cut -d ' ' -f 2 "$work/p-cert.pub" >&5
		echo "echo $(cut -d ' ' -f 1,2 "$work/p-cert.pub") |" \
		    "ssh-keygen -L -f - | grep -A1 Principals" >&6
		rm "$work/p-cert.pub"
	done 3>"$work/$n.users" 4>"$work/$n.names" 5>"$work/$n.certs" \
	    6>"$work/$n.pipelines"
}

# The index of each size, and what it takes to make it.
bench_indexes()
{
	local n per

	for n in $sizes; do
		make_policy "$n" >"$work/policy.yaml"
		if ! compile "$work/policy.yaml" "$work/$n.cdb" ||
		    ! make_people "$n"; then
			not_measured index "mappings=$n could not be made"
			return
		fi
		per=$(ratio "$(bytes_of "$work/$n.cdb")" "$n")
		figure index "mappings=$n" \
		    "policy_bytes=$(bytes_of "$work/policy.yaml")" \
		    "index_bytes=$(bytes_of "$work/$n.cdb")" \
		    "per_mapping=$per" "load_s=$load_s" "write_s=$write_s" \
		    "peak_kb=$peak_kb"
	done
	rm -f "$work/policy.yaml"
}

# A group stands in the index once, however many users have it.
bench_groups()
{
	local users first=

	for users in 1 100; do
		make_group_policy "$users" 10000 >"$work/policy.yaml"
		if ! compile "$work/policy.yaml" "$work/group.cdb"; then
			not_measured groups "users=$users could not be made"
			return
		fi
		[ -n "$first" ] || first=$(bytes_of "$work/group.cdb")
		figure groups "users=$users" members=10000 \
		    "policy_bytes=$(bytes_of "$work/policy.yaml")" \
		    "index_bytes=$(bytes_of "$work/group.cdb")" \
		    "ratio=$(ratio "$(bytes_of "$work/group.cdb")" "$first")"
	done
	rm -f "$work/policy.yaml" "$work/group.cdb"
}

# run_starts: each program $BENCH_STARTS times, paired; times in $work/times.
run_starts()
{
	local n arguments=() shown

	for n in $sizes; do
		arguments+=(+ "helper-$n" "@$work/$n.names"
		    "$work/authorized-principals" -i "$work/$n.cdb" --
		    "@$work/$n.users" 1001 "@$work/$n.certs")
		shown=$n
	done
	"$programs/starts" -r "$BENCH_STARTS" empty '' "$work/empty" \
	    + echo "@$work/$shown.names" /bin/echo "@$work/$shown.names" \
	    + pipeline - /bin/bash -c "@$work/$shown.pipelines" \
	    "${arguments[@]}" >"$work/times" 2>"$work/err"
}

# bench_starts LISTENER LIMIT: the helper against an empty program.
bench_starts()
{
	local listener=$1 limit=$2 name median p99 floor='' of times=()

	if ! run_starts; then
		not_measured start "listener=$listener"
		return
	fi
	while read -r name median p99; do
		[ -n "$floor" ] || floor=$median
		of=$(ratio "$median" "$floor")
		case $name in
		helper-*)
			judge "$of" "$limit"
			times+=("$median")
			figure helper "mappings=${name#*-}" \
			    "listener=$listener" "starts=$BENCH_STARTS" \
			    "median_us=$median" "p99_us=$p99" "ratio=$of" \
			    "$target"
			;;
		*)
			figure "$name" "listener=$listener" \
			    "starts=$BENCH_STARTS" "median_us=$median" \
			    "p99_us=$p99" "ratio=$of"
			;;
		esac
	done <"$work/times"
	of=$(ratio "$(printf '%s\n' "${times[@]}" | sort -g | tail -n 1)" \
	    "$(printf '%s\n' "${times[@]}" | sort -g | head -n 1)")
	judge "$of" $limit_flat
	figure flat "listener=$listener" "slowest_to_fastest=$of" \
	    "$target"
}

# once NAME [-w LINK] PROGRAM...: one run; what it took, in files of numbers.
once()
{
	local name=$1 seconds cpu children kb all

	shift
	"$programs/once" "$@" >"$work/result" 2>"$work/err" || return
	read -r seconds cpu children kb all <"$work/result"
	echo "$seconds" >>"$work/$name.s"
	echo "$cpu" >>"$work/$name.cpu"
	echo "$children" >>"$work/$name.children"
	echo "$kb" >>"$work/$name.kb"
	echo "$all" >>"$work/$name.all"
}

# one_round N: libyaml's events, tinycdb's writing, and apply, from a small
# policy to the large one.
one_round()
{
	cp "$work/small.yaml" /etc/certgate/policy.yaml
	"$sbindir/certgate" apply --no-reload >"$work/err" 2>&1 || return
	cp "$work/large.yaml" /etc/certgate/policy.yaml
	# 50: a rule of one identity, as in the index.
	once yaml "$programs/yaml" "$work/large.yaml" &&
	    once cdb "$programs/cdb" "$work/bare.cdb" "$1" 50 &&
	    once apply -w /etc/ssh/certgate/current "$sbindir/certgate" \
	        apply --no-reload
}

# bench_apply N: apply up to the swap, against what it cannot do without.
bench_apply()
{
	local n=$1 i name floor floor_cpu of kb bytes

	make_policy 10 >"$work/small.yaml"
	make_policy "$n" >"$work/large.yaml"
	bytes=$(bytes_of "$work/large.yaml")
	for ((i = 0; i < n_rounds; i++)); do
		if ! one_round "$n"; then
			not_measured apply "mappings=$n"
			return
		fi
	done
	for name in yaml cdb; do
		figure "bare-$name" "mappings=$n" "runs=$n_rounds" \
		    "best_s=$(best "$work/$name.s")" \
		    "cpu_s=$(best "$work/$name.cpu")"
	done
	floor=$(sum "$(best "$work/yaml.s")" "$(best "$work/cdb.s")")
	floor_cpu=$(sum "$(best "$work/yaml.cpu")" "$(best "$work/cdb.cpu")")
	of=$(ratio "$(best "$work/apply.s")" "$floor")
	judge_large "$n" "$of" $limit_apply
	figure apply "mappings=$n" "runs=$n_rounds" \
	    "to_swap_s=$(best "$work/apply.s")" "floor_s=$floor" \
	    "ratio=$of" "$target" "whole_s=$(best "$work/apply.all")"
	# The same without what others did on this machine meanwhile.
	figure apply-cpu "mappings=$n" "runs=$n_rounds" \
	    "to_swap_s=$(best "$work/apply.cpu")" \
	    "sshd_s=$(best "$work/apply.children")" "floor_s=$floor_cpu" \
	    "ratio=$(ratio "$(best "$work/apply.cpu")" "$floor_cpu")"
	kb=$(best "$work/apply.kb")
	of=$(ratio "$((kb * 1024))" "$bytes")
	judge_large "$n" "$of" $limit_memory
	figure apply-memory "mappings=$n" "peak_kb=$kb" \
	    "policy_bytes=$bytes" "ratio=$of" "$target"
	rm -f "$work/small.yaml" "$work/large.yaml" "$work/bare.cdb"
}

machine_accounts
machine_install
machine_keys
machine_ssh
mkdir "$work" /etc/certgate
: >"$work/err"
# Side by side on one file system.
cp "$programs/empty" "$pkglibexecdir/authorized-principals" "$work"

sizes=
n_apply=10
for n in $BENCH_SIZES; do
	sizes="$sizes $n"
	[ "$n" -gt 1000000 ] || n_apply=$n
done

# shellcheck source=tests/bench/confine.sh
. "$srcdir/tests/bench/confine.sh"
# shellcheck source=tests/bench/revoked.sh
. "$srcdir/tests/bench/revoked.sh"
# shellcheck source=tests/bench/logins.sh
. "$srcdir/tests/bench/logins.sh"
# shellcheck source=tests/bench/pam.sh
. "$srcdir/tests/bench/pam.sh"

bench_all_starts()
{
	bench_indexes
	bench_groups
	[ $n_failed -eq 0 ] || return
	bench_starts no $limit_quiet
	"$builddir/tests/e2e/logsink" "$LOG_SOCKET" "$HELPER_LOG" &
	wait_for 5 test -S "$LOG_SOCKET"
	bench_starts yes $limit_logged
	kill $!
	# Where nobody listens there is nothing to find.
	rm -f "$LOG_SOCKET" "$work"/*.cdb
}

for part in $BENCH_PARTS; do
	case $part in
	starts) bench_all_starts ;;
	confine) bench_confine ;;
	apply) bench_apply "$n_apply" ;;
	revoked) bench_revoked ;;
	logins) bench_logins ;;
	pam) bench_pam ;;
	*) not_measured "$part" "no such part" ;;
	esac
done

echo "bench: $n_figures figures, $n_failed failed, $n_missed targets missed"
[ $n_failed -eq 0 ]
