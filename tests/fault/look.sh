# shellcheck shell=bash
# look: what sshd would do now, and what comes next. Sourced.

: "${JUDGE:?}" "${CERTGATE:?}" "${SAME_SSHD:?}" "${POINTS:?}" "${TARGETS:?}"
RECORD=/etc/ssh/certgate/pending

# All that is in the folders that the command may change.
list_targets()
{
	local folder list=()

	for folder in $TARGETS; do
		list+=(-l "$folder")
	done
	"$POINTS" "${list[@]}"
}

# look NAME: into $JUDGE/NAME.settings what sshd says that it will do, into
# .files the contents that this leads to, into .pending whether a change
# waits, into .sources the policy and the fetched keys. Fails where sshd
# refuses its configuration.
look()
{
	local user

	"$SAME_SSHD" -t || return 1
	for user in root johndoe nobody; do
		"$SAME_SSHD" -T -C "user=$user,host=h,addr=127.0.0.1" ||
		    return 1
	done >"$JUDGE/$1.settings"
	: >"$JUDGE/$1.files"
	! grep -q /etc/ssh/certgate/current "$JUDGE/$1.settings" ||
	    (cd /etc/ssh/certgate/current/ && find . -type f \
	    -printf '%p %m %U %G\n' -exec sha256sum {} + | sort) \
	    >"$JUDGE/$1.files" || return 1
	find /etc/certgate /var/lib/certgate -type f ! -name '*.certgate-*' \
	    -printf '%p %m %U %G\n' -exec sha256sum {} + 2>/dev/null | sort \
	    >"$JUDGE/$1.sources"
	if [ -e "$RECORD" ]; then
		grep '^link' "$RECORD"
	fi >"$JUDGE/$1.pending"
}

# The next commands of an administrator: what failed, once more, which may
# say that it is done already; then the policy is to be applied.
go_on()
{
	local status=0

	# shellcheck disable=SC2086 # a command's words, none with a blank
	[ -z "${AGAIN-}" ] || "$CERTGATE" $AGAIN || [ $? -le 1 ] || return 1
	"$CERTGATE" confirm --same-session || status=$?
	[ "$status" -le 1 ] || return 1
	# shellcheck disable=SC2086 # options, none with a blank
	"$CERTGATE" apply --sshd "$SAME_SSHD" --no-rehearse ${GO_ON-} ||
	    return 1
	[ ! -e "$RECORD" ]
}
