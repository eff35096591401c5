#!/bin/sh
# run.sh SECONDS JOBS TARGET...: fuzz each target for SECONDS, JOBS of them at
# a time; new inputs go to a scratch folder, a crashing one is kept in the
# folder this is run from, as fuzz-TARGET-crash-...
#
# Prints a table: executions, edges of the code that were reached, inputs that
# reached something new, findings (crashes, leaks, time-outs).
set -eu

# One target; its line of the table goes to $scratch/NAME.row.
fuzz()
{
	name=${target##*/fuzz_}
	log=$scratch/$name.log
	mkdir "$scratch/$name"
	status=0
	"$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 \
	    -print_final_stats=1 -artifact_prefix="$found/fuzz-$name-" \
	    "$scratch/$name" "${srcdir:-.}/tests/fuzz/corpus/$name" \
	    >"$log" 2>&1 || status=$?
	n_runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	n_new=$(sed -n 's/^stat::new_units_added: *//p' "$log")
	n_edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
	n_found=0
	if [ "$status" -ne 0 ]; then
		n_found=1
		cat "$log" >&2
	fi
	printf '%-14s %12s %8s %8s %8s\n' "$name" "${n_runs:--}" \
	    "${n_edges:--}" "${n_new:--}" "$n_found" >"$scratch/$name.row"
}

if [ "$1" = -one ]; then
	scratch=$2 seconds=$3 target=$4 found=$PWD
	fuzz
	exit
fi
seconds=$1
jobs=$2
shift 2
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
printf '%s\n' "$@" |
    xargs -P "$jobs" -I '{}' "$0" -one "$scratch" "$seconds" '{}'
printf '%-14s %12s %8s %8s %8s\n' target executions edges new findings
sort "$scratch"/*.row
cat "$scratch"/*.row | awk -v n=$# -v seconds="$seconds" '
	{ runs += $2; found += $5 }
	END {
		printf "fuzz: %d of %d targets, %d s each, %.0f executions, ",
		    NR, n, seconds, runs
		printf "%d failed\n", found
		exit found > 0 || NR != n
	}'
