# shellcheck shell=bash disable=SC2034
# pam_certgate.so beside a real pam_systemd.so and systemd-logind: a session
# ends with its certificate. Sourced by inside.sh.

: "${pamdir:?}" "${unit:?}" "${pkglibexecdir:?}"
case_name=sessions
module=$pamdir/pam_certgate.so
[ -z "$machine" ] || power_cut
boot
cat >/etc/pam.d/sshd <<EOF
auth required pam_unix.so
account required pam_permit.so
session required $module end-at-expiry
session required pam_systemd.so
EOF
sed -i '1i UsePAM yes' /etc/ssh/sshd_config
policy jdoe
check "apply" kept "$CERTGATE" apply
check "sshd with PAM" on systemctl restart "$unit.service"
check "logind runs" wait_for 30 on systemctl is-active systemd-logind

# brief SECONDS COMMAND: a session by a certificate for so long; in $client.
brief()
{
	end=$(($(date +%s) + $1))
	TZ=UTC cert brief --id jdoe@example.com --principals jdoe \
	    --valid "-1m:$(date -u -d "@$end" +%Y%m%d%H%M%S)"
	timeout 200 "$SSH" -F /dev/null -i "$KEYS/person" -o BatchMode=yes \
	    -o CertificateFile="$CERTS/brief-cert.pub" -o IdentitiesOnly=yes \
	    -o IdentityAgent=none -o StrictHostKeyChecking=no \
	    -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
	    johndoe@127.0.0.1 "$2" </dev/null >/run/brief.out 2>&1 &
	client=$!
}

session_id()
{
	session=$(on loginctl list-sessions --no-legend |
	    awk '$3 == "johndoe" { print $1 }' | tail -n 1)
	[ -n "$session" ]
}

scope_is_gone()
{
	! on systemctl is-active --quiet "session-$session.scope"
}

has_no_process()
{
	[ -z "$(find /proc -maxdepth 1 -name '[0-9]*' -user johndoe)" ]
}

# What left the tree of sshd is in the session's scope all the same.
brief 60 'setsid nohup sleep 400 >/dev/null 2>&1 & sleep 300'
check "logind knows the session" wait_for 30 session_id
limit=$(on systemctl show "session-$session.scope" -p RuntimeMaxUSec --value)
left=$((end - $(date +%s)))
check "its scope ends in a minute at most: $limit, $left s left" \
    grep -Eqx '(1min( [0-9]+(\.[0-9]+)?m?s)?|[0-9]{1,2}s)' <<<"$limit"
check "the limit is not over before the certificate" \
    test "$(sed 's/^1min *\([0-9]*\)s*$/6\1/; s/s$//; s/^6$/60/' \
	<<<"$limit")" -ge "$left"
wait "$client"
check "the client was cut off" test $? -eq 255
check "not before the end" test "$(date +%s)" -ge "$end"
check "the scope is gone within a minute" \
    wait_for $((end + 60 - $(date +%s))) scope_is_gone
check "and all of its processes" \
    wait_for $((end + 60 - $(date +%s))) has_no_process

# The limit alone, with nothing of ours at work.
brief 25 'sleep 300'
check "another session" wait_for 20 session_id
for exe in /proc/[0-9]*/exe; do
	[ ! "$exe" -ef "$pkglibexecdir/session-end" ] ||
	    kill -KILL "${exe//[!0-9]/}"
done
check "logind's limit ends it, too" \
    wait_for $((end + 60 - $(date +%s))) scope_is_gone
check "with all of its processes" \
    wait_for $((end + 60 - $(date +%s))) has_no_process
wait "$client"
sed -i '/^UsePAM yes$/d' /etc/ssh/sshd_config
