# shellcheck shell=bash
# end-at-expiry: no session outlives its certificate.

: "${pkglibexecdir:?}"
pam_begin || return
write_policy <<EOF
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
users:
  vmuser: [jdoe@example.com, alice@example.com]
EOF
apply
sshd_uses_pam
pam_sshd 'session required MODULE end-at-expiry debug'
cert jdoe --id jdoe@example.com --principals jdoe
# Over the first warning, for which the watcher looks at its session.
cert long --id jdoe@example.com --principals jdoe --valid -1m:+20m
cert forever --id jdoe@example.com --principals jdoe --valid always:forever

processes_of()
{
	local exe

	for exe in /proc/[0-9]*/exe; do
		[ ! "$exe" -ef "$1" ] || echo "${exe//[!0-9]/}"
	done
}
enders()
{
	processes_of "$pkglibexecdir/session-end"
}
no_enders()
{
	[ -z "$(enders)" ]
}
one_ender()
{
	[ "$(enders | wc -l)" -eq 1 ]
}

# While the session lives its watcher does, and is nobody's child or zombie.
look_inside()
{
	ssh_as vmuser long 'sleep 30' &
	wait_for 15 one_ender
	watcher=$(enders)
	client=$(processes_of "$(command -v "$SSH")")
}
look_inside
check "a session has its watcher" test -n "$watcher"
check "the watcher has no secrets and no environment" \
    test ! -s "/proc/$watcher/environ"
check "the watcher holds only what it was given" test \
    "$(find "/proc/$watcher/fd" -mindepth 1 -printf '%f ' |
	xargs -n 1 | sort -n | tr '\n' ' ')" = '0 1 2 3 '
check "the watcher leaves sshd's folder alone" \
    test "$(readlink "/proc/$watcher/cwd")" = /
sshd_children()
{
	local stat

	for stat in /proc/[0-9]*/stat; do
		grep -q '^[0-9]* (sshd) Z' "$stat" 2>/run/null && echo "$stat"
	done
}
check "sshd has no zombie of ours" test -z "$(sshd_children)"
kill "$client"
check "the watcher ends with the session" wait_for 15 no_enders

pam_mark
check "a certificate for ever" ssh_as vmuser forever true
check "it has no watcher" no_enders

# short NAME SECONDS: a certificate for so long.
short()
{
	TZ=UTC cert "$1" --id jdoe@example.com --principals jdoe \
	    --valid "-1m:$(date -u -d "+$2 seconds" +%Y%m%d%H%M%S)"
}
is_gone()
{
	[ -z "$(find /proc -maxdepth 1 -name '[0-9]*' -user vmuser)" ]
}
# ends NAME ARGUMENT...: a session by a short certificate ends by itself, and
# all of it.
# Long enough to log in on a busy machine.
life=12
# shellcheck disable=SC2034 # for ssh_as
patience=60
ends()
{
	local name=$1 status=0

	shift
	short brief "$life"
	ssh_as vmuser brief "$@" || status=$?
	cp /run/ssh.out /run/brief.out
	# 124 would be that ssh was still there after 60 seconds.
	check "$name: the client is cut off" test $status -eq 255
	check "$name: none of its processes is left" wait_for 15 is_gone
	check "$name: nor the watcher" wait_for 15 no_enders
}
ends "a command" 'sleep 50 & sleep 50'
ends "a command that will not" "trap '' TERM HUP; while :; do sleep 1; done"
ends "a session of its own" 'setsid sleep 50 & sleep 50'
life=30
ends "a terminal" -tt "echo ready; exec sh -i"
check "the user was told" grep -Eq \
    'certgate: this session ends in [0-9]+ seconds, with its certificate\.' \
    /run/brief.out
check "the log says so" grep -Eq \
    '^<85>session-end\[[0-9]+\]: end pid=[0-9]+ uid=[0-9]+ processes=[0-9]+: the certificate has expired$' \
    "$HELPER_LOG"

# Another session of the same user, by a certificate that lives, goes on.
ssh_as vmuser jdoe 'sleep 20; echo lived' &
client=$!
wait_for 5 one_ender
short brief 12
status=0
timeout 60 "$SSH" -F /dev/null -i "$KEYS/person" -o BatchMode=yes \
    -o IdentitiesOnly=yes -o IdentityAgent=none -o LogLevel=ERROR \
    -o CertificateFile="$CERTS/brief-cert.pub" \
    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
    vmuser@127.0.0.1 'sleep 50' </dev/null >/run/brief.out 2>&1 || status=$?
check "one of two sessions is cut off" test $status -eq 255
wait $client
check "the other one goes on" test "$(cat /run/ssh.out)" = lived

# GRACE lets it live that much longer.
pam_sshd 'session required MODULE end-at-expiry=1h'
short brief 12
check "a grace of an hour" ssh_as vmuser brief 'sleep 14; echo lived'
check "it was not cut off" grep -qx lived /run/ssh.out
wait_for 15 no_enders

# Without the helper there is no session.
mv "$pkglibexecdir/session-end" /run/session-end
pam_mark
ssh_as vmuser jdoe true && not_ok "no helper, no session"
pam_said "no helper, no session" \
    'deny group=session .* reason=failed: .*/session-end: No such file or directory$'
mv /run/session-end "$pkglibexecdir/session-end"
pam_end
