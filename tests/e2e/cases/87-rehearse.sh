# shellcheck shell=bash disable=SC2034
# Real logins before the first apply: what they find, and that nothing of
# them remains.

: "${pkglibexecdir:?}"
helper=$pkglibexecdir/authorized-principals
cp -p "$helper" /run/helper.saved

# fresh NAME: a machine like new, with a list's user and the helper's;
# sshd_config's first lines from standard input.
fresh()
{
	case_name=87-rehearse/$1
	machine_reset
	write_policy <<EOF
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
users:
  johndoe: {allow: [jdoe@example.com]}
  kiosk: any
EOF
	{ cat && cat /run/pristine/sshd_config; } >/etc/ssh/sshd_config
	sshd_start
}

# Processes of a rehearsal, and its files.
remains()
{
	grep -lza -- '/etc/ssh/certgate/generations/.rehearsal' \
	    /proc/[0-9]*/cmdline 2>/dev/null
	find /etc /run /tmp -name '*rehearsal*' 2>/dev/null
}

nothing_remains()
{
	check "nothing of it remains" test -z "$(remains)"
}

said()
{
	grep -Eq -- "$1" /run/apply.out
}

fresh first </dev/null
apply
check "a list's user is let in" said '^rehearsal +list: johndoe is let in'
check "a user of the helper's too" said '^ +helper: kiosk is let in'
check "ca.pub has the policy's key alone" test \
    "$(wc -l </etc/ssh/certgate/current/ca.pub)" -eq 1
check "it is that key" grep -qF "$(cut -d' ' -f2 "$KEYS/cf.pub")" \
    /etc/ssh/certgate/current/ca.pub
check "the real sshd saw none of it" \
    test "$(grep -c '^Connection from' "$SSHD_LOG")" -eq 0
nothing_remains
apply
check "only the first apply rehearses" test \
    "$(grep -c '^rehearsal' /run/apply.out)" -eq 0
check_says '^rehearsal +list: johndoe is let in' "another one when asked to" \
    certgate apply --rehearse
check_says '"state": *"passed"' "in JSON too" \
    certgate apply --rehearse --format json
cert jdoe --id jdoe@example.com --principals jdoe
login_ok johndoe jdoe 'johndoe:'

fresh left-out </dev/null
check "apply --no-rehearse" certgate apply --no-rehearse
check "it does not rehearse" test \
    "$(grep -c '^rehearsal' /run/check.out)" -eq 0

fresh forced </dev/null
sed -i 's|^  johndoe:.*|  johndoe: {allow: [{identity: jdoe@example.com, options: "command=\\"touch /run/forced\\""}]}|' \
    "$POLICY"
apply
check "with a forced command" said 'list: johndoe is let in'
check "which has not run" test ! -e /run/forced

fresh require </dev/null
write_policy <<EOF
version: 1
authorities:
  vault:
    keys: ["$(ca_key vault)"]
    require:
      max_validity: 2m
      key_id: ["ci-??"]
      critical_options: [source-address, force-command]
      key_types: [ecdsa-sha2-nistp256]
users:
  kiosk: jdoe@example.com
EOF
apply
check "what an authority requires" said 'helper: kiosk is let in'
check "no list, no rehearsal of lists" said 'list: it serves nobody'

fresh identity </dev/null
write_policy <<EOF
version: 1
authorities:
  vault:
    keys: ["$(ca_key corp)"]
    principals: email-prefix
    domains: [example.com]
    require: {key_id: identity}
deny: [mallory@example.com]
users:
  "*": same-name
EOF
apply
check "somebody whom only * covers" said 'helper: [a-z]+ is let in'
nothing_remains

fresh nobody </dev/null
write_policy <<EOF
version: 1
authorities: {vault: {keys: ["$(ca_key vault)"]}}
users: {absent: jdoe@example.com}
EOF
check_status 1 "--rehearse is refused with nobody to log in" \
    certgate apply --rehearse
check_says 'list cannot be tried: no user' "it says why" \
    certgate apply --rehearse
apply
check "else that is left out" said 'list: left out: no user'

fresh deny-users <<'EOF'
DenyUsers johndoe
EOF
apply_refused "sshd's DenyUsers against the policy" \
    'rehearsal: sshd refused johndoe .*not allowed because'
nothing_remains

fresh allow-groups <<'EOF'
AllowGroups root bwayne kiosk
EOF
apply_refused "AllowGroups without one of the policy's" \
    'rehearsal: sshd refused johndoe .*not allowed because'

printf 'Match Address 127.0.0.0/8\n PubkeyAuthentication no\n' >/run/match
fresh match </dev/null
cat /run/match >>/etc/ssh/sshd_config
sshd_stop
: >"$SSHD_LOG"
sshd_start
apply_refused "public keys are off where the client is" \
    'johndoe|PubkeyAuthentication|pubkey'
nothing_remains

# with_helper NAME PATTERN: the helper is another program, from standard input.
with_helper()
{
	cat >"$helper.new"
	chmod 0755 "$helper.new"
	mv "$helper.new" "$helper"
	apply_refused "$1" "$2"
	nothing_remains
}

fresh helper-fails </dev/null
with_helper "a helper that fails" \
    'sshd refused kiosk .*\(helper\); it said: .*failed' <<'EOF'
#!/bin/sh
exit 1
EOF
fresh helper-lets-in </dev/null
with_helper "a helper that lets in everybody" \
    'sshd let in [a-z]+ with a certificate that the policy refuses' <<'EOF'
#!/bin/sh
echo certgate-rehearsal
echo certgate-stranger
echo jdoe
EOF

# With the module in sshd's stack: its policy knows nothing of the
# rehearsal's CA, so it refuses a session that nobody wants.
cp -p /run/helper.saved "$helper"
case_name=87-rehearse/pam
if pam_begin; then
	fresh pam <<'EOF'
UsePAM yes
EOF
	pam_sshd 'account required MODULE' 'session required MODULE'
	pam_mark
	apply
	check "a list's user is let in" said \
	    '^rehearsal +list: johndoe is let in'
	check "a user of the helper's too" said '^ +helper: kiosk is let in'
	pam_said "the first: there is no generation yet" \
	    'deny group=session service="sshd" user="johndoe" reason=failed: /etc/ssh/certgate/current/ca\.pub: No such file or directory$'
	pam_mark
	check_says '^rehearsal +list: johndoe is let in' "and with one" \
	    certgate apply --rehearse
	pam_said "its CA is none that the module knows" \
	    'deny group=session service="sshd" user="johndoe" reason=unknown-authority '
	nothing_remains
	cert jdoe --id jdoe@example.com --principals jdoe
	pam_ok johndoe jdoe 'johndoe:'
	# What stands in the account phase of PAM's counts, as in a login.
	pam_sshd 'account requisite pam_deny.so' 'session required MODULE'
	check_status 1 "PAM keeps everybody out" certgate apply --rehearse
	check_says 'rehearsal: sshd refused johndoe .*; it said: Access denied for user johndoe by PAM account configuration' "and it says so" \
	    certgate apply --rehearse
	pam_end
fi

# kill -9 in the middle: the helper waits until it is ended.
fresh killed </dev/null
mkdir -m 1777 /run/waits
printf '#!/bin/sh\necho $$ >/run/waits/pid\nexec sleep 100\n' >"$helper"
"$CERTGATE" apply --sshd "$SSHD" >/run/apply.out 2>&1 &
pid=$!
check "the helper is under way" wait_for 20 test -s /run/waits/pid
kill -9 $pid
wait $pid 2>/dev/null
no_process()
{
	! grep -lza -- '/.rehearsal/' /proc/[0-9]*/cmdline
}
check "no sshd of it is left" wait_for 10 no_process
[ ! -s /run/waits/pid ] || kill "$(cat /run/waits/pid)" 2>/dev/null
cp -p /run/helper.saved "$helper"
apply
check "the next apply rehearses anew" said 'helper: kiosk is let in'
nothing_remains
