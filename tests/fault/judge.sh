#!/bin/bash
# judge: is what stands in /etc/ssh after a fault as it must be?
#
#   judge.sh done|failed|killed      how the command ended
#
# The folder $JUDGE has, for the command without a fault: old.settings,
# new.settings, the same for .files, .pending and .sources (see look.sh), and
# ends/, one listing for each way in which all may end after the next
# apply. Exit status: 0 good; 3 good, but in between: the directives are
# the old ones, the lists the new ones, and the next command goes on; else
# standard output says what is wrong.

: "${JUDGE:?}" "${CERTGATE:?}" "${POINTS:?}"
# shellcheck source=tests/fault/look.sh
. "$(dirname "$0")/look.sh"

wrong()
{
	echo "$*"
	exit 1
}

# which NAME: old, new or both; nothing where it is neither.
which()
{
	local is=

	cmp -s "$JUDGE/old.$1" "$JUDGE/now.$1" && is=old
	cmp -s "$JUDGE/new.$1" "$JUDGE/now.$1" && is=${is:+both}${is:-new}
	echo "${is/bothold/both}"
}

fits()
{
	[ "$1" = both ] || [ "$1" = "$2" ]
}

# What an earlier command had begun is untouched, or half undone: the first
# is as before, the second goes on with the next command.
is_begun()
{
	[ -e "$JUDGE/before.list" ] && [ -e /etc/ssh/certgate/journal ] ||
	    return 1
	list_targets | cmp -s - "$JUDGE/before.list" && return
	fits "$settings" old && status=3
}

# Taking back is done, but for the record, by which the next command goes on.
has_rest()
{
	[ "${JUDGE_REST-}" = "$end" ] && [ -e "$RECORD" ] &&
	    fits "$settings" new && fits "$files" new && status=3
}

# The file says it already, and the command not that nothing was changed.
is_written()
{
	[ "${JUDGE_WRITTEN-}" ] && fits "$sources" new &&
	    ! grep -q 'nothing was changed\|stay in force' /run/fault/said &&
	    status=3
}

end=$1
look now 2>"$JUDGE/now.errors" ||
    wrong "sshd refuses: $(head -n 3 "$JUDGE/now.errors")"
settings=$(which settings)
files=$(which files)
pending=$(which pending)
sources=$(which sources)
[ -n "$settings" ] || wrong "the effective settings are neither old nor new:" \
    "$(diff "$JUDGE/old.settings" "$JUDGE/now.settings" | head -n 5)"
[ -n "$files" ] || wrong "what sshd reads is neither old nor new:" \
    "$(diff "$JUDGE/new.files" "$JUDGE/now.files" | head -n 5)"
[ -n "$pending" ] || wrong "what waits for confirmation is neither old nor new"
[ -n "$sources" ] || wrong "the policy or the fetched keys are neither old" \
    "nor new: $(diff "$JUDGE/new.sources" "$JUDGE/now.sources" | head -n 5)"
status=0
case $end in
done)
	[ -z "${JUDGE_REFUSED-}" ] ||
	    wrong "exit status 0, but there is a reason to refuse"
	{ fits "$settings" new && fits "$files" new && fits "$pending" new &&
	    fits "$sources" new; } ||
	    has_rest ||
	    wrong "exit status 0, but settings $settings, files $files," \
		"record $pending, policy $sources" ;;
failed)
	{ fits "$settings" old && fits "$files" old && fits "$pending" old &&
	    { fits "$sources" old || is_written; }; } ||
	    is_begun || has_rest ||
	    wrong "it says that it failed, but settings $settings," \
		"files $files, record $pending, policy $sources" ;;
killed)
	if { fits "$settings" old && fits "$files" old; } ||
	    { fits "$settings" new && fits "$files" new &&
	    fits "$sources" new; }; then
		:
	elif fits "$settings" new && fits "$files" new &&
	    [ -e /etc/ssh/certgate/journal ]; then
		status=3
	elif [ "$settings" = old ] && [ -e /etc/ssh/certgate/journal ]; then
		status=3
	elif [ "${JUDGE_REST-}" ] && [ -e /etc/ssh/certgate/journal ]; then
		status=3
	else
		wrong "settings $settings, but files $files"
	fi ;;
esac
go_on >"$JUDGE/now.said" 2>&1 ||
    wrong "the next apply fails: $(tail -n 5 "$JUDGE/now.said")"
list_targets >"$JUDGE/now.end"
for name in "$JUDGE"/ends/*; do
	cmp -s "$name" "$JUDGE/now.end" && exit "$status"
done
for name in "$JUDGE"/ends/*; do
	wrong "after the next apply: $(diff "$name" "$JUDGE/now.end" |
	    cut -c1-300 | tail -n 12)"
done
