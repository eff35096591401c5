# shellcheck shell=bash
# Commands that only ask: what they say of a policy that is not applied, what
# they refuse to guess, and that plan leaves nothing behind.

write_policy <<EOF
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
users:
  johndoe: jdoe@example.com
  kiosk: any
EOF
cert jdoe --id jdoe@example.com --principals jdoe

check_says '^served by +a list$' "explain --policy knows of a list" \
    certgate explain --policy "$POLICY" johndoe "$CERTS/jdoe-cert.pub"
check_says '^served by +the helper$' "... and of the helper" \
    certgate explain --policy "$POLICY" kiosk "$CERTS/jdoe-cert.pub"
check_says '^certgate: --from is no address' \
    "a network is no client's address" certgate explain --policy "$POLICY" \
    --from 192.0.2.0/24 johndoe "$CERTS/jdoe-cert.pub"
check_says '^certgate: --at: there is no such day or time' \
    "the 30th of February is no day" certgate explain --policy "$POLICY" \
    --at 2026-02-30T00:00:00Z johndoe "$CERTS/jdoe-cert.pub"

# What the command line cannot mean is wrong usage, and nothing else.
for words in "explain --from 192.0.2.0/24 johndoe $CERTS/jdoe-cert.pub" \
    "explain --at tomorrow johndoe $CERTS/jdoe-cert.pub" \
    "explain --uid me johndoe $CERTS/jdoe-cert.pub" 'rollback last' \
    'revoke --authority cloudflare --serial 0x1'; do
	# shellcheck disable=SC2086 # one word each
	check_status 2 "wrong usage: $words" certgate $words
done

# Nobody reads on; more than a pipe holds is written.
{
	cat "$POLICY"
	for i in $(seq 900); do
		echo "  user-with-a-long-name-so-that-it-adds-up-$i: any"
	done
} >/run/long.yaml
: >/run/plan.status
{ certgate plan --verbose /run/long.yaml; echo $? >/run/plan.status; } \
    2>/run/plan.err | true
check "plan whose reader is gone fails" grep -qx 1 /run/plan.status
check_says 'standard output: Broken pipe' "... and says why" cat /run/plan.err
check "... and leaves no folder" test -z "$(ls -d /tmp/certgate-* 2>/dev/null)"

"$CERTGATE" plan --sshd "$SSHD" --verbose /run/long.yaml \
    >/run/plan.out 2>&1 &
plan=$!
has_plan_folder()
{
	compgen -G '/tmp/certgate-plan-*' >/run/folders
}
check "a plan has a folder while it works" wait_for 5 has_plan_folder
kill -TERM $plan
status=0
wait $plan || status=$?
check "it is ended by the signal" test $status -eq 143
check "a plan that is ended leaves no folder" \
    test -z "$(ls -d /tmp/certgate-* 2>/dev/null)"

# What holds for all users is told line by line.
apply
sed -i -e 's/principals: email-prefix}/principals: email-prefix, domains: [example.com],\n    require: {max_validity: 1h, key_id: "*@example.com"}}/' "$POLICY"
cat >>"$POLICY" <<'EOF'
  "*": {allow: same-name, min_uid: 2000}
deny: [mallory@example.com]
EOF
certgate plan >/run/plan.out 2>&1
for line in '\+ authority cloudflare: domain example\.com' \
    '\+ authority cloudflare: max_validity 3600 s' \
    '\+ authority cloudflare: key_id \*@example\.com' \
    '\+ deny mallory@example\.com' '\+ min_uid 2000'; do
	check_says "^  $line\$" "plan says: $line" cat /run/plan.out
done
check_says '^plan +[0-9]+ files?, 5 settings for all users and [12] users? would' \
    "plan counts them" cat /run/plan.out
check_says '"setting": "deny mallory@example.com"' "plan says so in JSON" \
    certgate plan --format json
apply
sed -i -e 's/max_validity: 1h/max_validity: 999h/; /^deny/d;
    s/min_uid: 2000/min_uid: 3000/' "$POLICY"
certgate plan >/run/plan.out 2>&1
check_says '^  - deny mallory@example\.com$' "who is denied no more is told" \
    cat /run/plan.out
check_says '^  - min_uid 2000$' "what was is told" cat /run/plan.out
check_says '^  \+ authority cloudflare: max_validity 3596400 s$' \
    "what is looser is told" cat /run/plan.out

# What sshd forbids by itself is told beside the policy's answer.
kept_out="certgate: warning: sshd's own settings for this user (AllowUsers, DenyGroups, PermitRootLogin, PubkeyAuthentication, AuthenticationMethods and the like), or the state of the account, do not let a certificate alone in; sshd -T -C shows them"
sed -i '/^  "\*":/d' "$POLICY"
apply
certgate explain johndoe "$CERTS/jdoe-cert.pub" >/run/explain.out 2>&1
check_status 1 "explain has nothing to warn of" grep warning /run/explain.out
login_ok johndoe jdoe 'johndoe:'
cp /etc/ssh/sshd_config /run/sshd_config.ask
for setting in 'DenyUsers nobody john*' 'AllowUsers kiosk@127.0.0.1' \
    'PubkeyAuthentication no' \
    $'AuthenticationMethods publickey,password\nPasswordAuthentication yes'; do
	{ echo "$setting"; cat /run/sshd_config.ask; } >/etc/ssh/sshd_config
	sshd_stop
	sshd_start
	check "sshd refuses by ${setting%%$'\n'*}" is_refused johndoe jdoe
	certgate explain johndoe "$CERTS/jdoe-cert.pub" \
	    >/run/explain.out 2>/run/explain.err
	check "... what the policy allows" \
	    grep -q '^allow: johndoe as jdoe by ' /run/explain.out
	check "... and explain warns of that" \
	    grep -qxF "$kept_out" /run/explain.err
done
check "... in JSON, too" sh -c "$CERTGATE explain --format json \
    johndoe '$CERTS/jdoe-cert.pub' | grep -q '\"sshd.s own settings for this user'"
{ echo 'DenyUsers *@192.0.2.0/24'; cat /run/sshd_config.ask; } \
    >/etc/ssh/sshd_config
certgate explain --from 127.0.0.1 johndoe "$CERTS/jdoe-cert.pub" \
    >/run/explain.out 2>&1
check_status 1 "nothing to warn of from elsewhere" grep warning /run/explain.out
cp /run/sshd_config.ask /etc/ssh/sshd_config
cp /etc/passwd /run/passwd.ask
sed -i 's,^\(johndoe:.*:\)[^:]*$,\1/usr/sbin/nologin,' /etc/passwd
certgate explain johndoe "$CERTS/jdoe-cert.pub" >/run/explain.out 2>&1
check_status 1 "nor for who has no shell: sftp may need none" \
    grep warning /run/explain.out
check "though that one has none" grep -q '^johndoe:.*:/usr/sbin/nologin$' \
    /etc/passwd
cp /run/passwd.ask /etc/passwd
