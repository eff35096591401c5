# shellcheck shell=bash disable=SC2154
# confine: what its confinement adds to a start of the login helper, as the
# kernel has it and by seccomp alone, against the same helper without any; and
# what the shortest of all seccomp filters adds, which confines nothing.
# Sourced by run.sh.

: "${work:?}" "${programs:?}" "${pkglibexecdir:?}"

# In microseconds for each start.
limit_confine=20

# confine_words NAME: a helper of that name with the people of 1,000 users.
confine_words()
{
	words=("$1" "@$work/1000.names" "$work/helper-$1" -i "$work/1000.cdb"
	    -- "@$work/1000.users" 1001 "@$work/1000.certs")
}

bench_confine()
{
	local name median open='' more arguments=() words

	make_policy 1000 >"$work/policy.yaml"
	if ! compile "$work/policy.yaml" "$work/1000.cdb" ||
	    ! make_people 1000; then
		not_measured confine "no index could be made"
		return
	fi
	cp "$programs"/helper-{floor,open,seccomp} "$work"
	cp "$pkglibexecdir/authorized-principals" "$work/helper-kernel"
	for name in open kernel seccomp floor; do
		confine_words $name
		arguments+=("${words[@]}" +)
	done
	if ! "$programs/starts" -r "$BENCH_STARTS" "${arguments[@]}" \
	    >"$work/times" 2>"$work/err"; then
		not_measured confine "a helper failed"
		return
	fi
	while read -r name median _; do
		if [ "$name" = open ]; then
			open=$median
			continue
		fi
		more=$(awk -v a="$median" -v b="$open" \
		    'BEGIN { printf "%.1f", a - b }')
		target=target=none
		[ "$name" = floor ] || judge "$more" $limit_confine
		figure confine "by=$name" "starts=$BENCH_STARTS" \
		    "open_us=$open" "median_us=$median" "more_us=$more" \
		    "$target"
	done <"$work/times"
	rm -f "$work/policy.yaml" "$work/1000.cdb" "$work"/helper-*
}
