#!/bin/sh
# run.sh SECONDS TARGET...: fuzz each target for SECONDS, new inputs going to
# a scratch folder; a crashing input is kept in the folder it is run from.
seconds=$1
shift
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
n=0 n_failed=0
for target; do
	name=${target##*/fuzz_}
	mkdir "$scratch/$name"
	n=$((n + 1))
	echo "fuzz: $name"
	"$target" -max_total_time="$seconds" -timeout=10 -print_final_stats=1 \
		-artifact_prefix="fuzz-$name-" "$scratch/$name" \
		"${srcdir:-.}/tests/fuzz/corpus/$name" >"$scratch/log" 2>&1 ||
		{
			n_failed=$((n_failed + 1))
			cat "$scratch/log"
			continue
		}
	sed -n 's/^stat::number_of_executed_units: */  executions: /p' \
		"$scratch/log"
done
echo "fuzz: $n targets, $seconds s each, $n_failed failed"
test "$n_failed" -eq 0
