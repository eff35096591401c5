# shellcheck shell=bash
# What was changed by hand: status tells it, apply shows it and mends it; the
# generations; and certgate after certgate remove.

policy()
{
	write_policy <<EOF
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
users:
  johndoe: jdoe@example.com
  kiosk: $1
EOF
}

current=/etc/ssh/certgate/current
dropin=/etc/ssh/sshd_config.d/00-certgate.conf

# status_is STATUS NAME: what it prints, times as TIME, is standard input.
status_is()
{
	local status=0 problems=()

	cat >/run/expected
	certgate status >/run/status.out 2>&1 || status=$?
	[ $status -eq "$1" ] || problems+=("exit status $status, not $1")
	sed -E 's/made [0-9-]{10}T[0-9:]{8}Z/made TIME/' /run/status.out |
	    cmp -s - /run/expected || problems+=("it says otherwise")
	if [ ${#problems[@]} -eq 0 ]; then
		ok "$2"
	else
		not_ok "$2" "${problems[@]}"
		show status </run/status.out
	fi
}

# mends NAME: apply shows what stands in standard input before all else, and
# what it leaves is in step.
mends()
{
	cat >/run/expected
	check "apply after $1" certgate apply
	head -n "$(wc -l </run/expected)" /run/check.out |
	    cmp -s - /run/expected || {
		not_ok "apply shows $1" "it says otherwise"
		show apply </run/check.out
		return
	}
	ok "apply shows $1"
	check_status 0 "$1 is mended" certgate status
	check_says '^generation .*(is|stays) current' "and is not shown again" \
	    certgate apply
	check_status 1 "no more drift" grep -q '^drift' /run/check.out
}

status_is 0 "before the first apply" <<'EOF'
generation  none; nothing has been applied
EOF

cert jdoe --id jdoe@example.com --principals jdoe
cert alice --id alice@example.com --principals alice
policy any
apply
policy alice@example.com
apply
status_is 0 "in step" <<'EOF'
generation  2 is current
generations 2, made TIME, current
            1, made TIME, certgate rollback goes back to it
authority   cloudflare
users       2 in the index
state       in step
EOF
check "what did not change is one file in both" \
    [ $current/ca.pub -ef /etc/ssh/certgate/generations/1/ca.pub ]
check "what changed is not" \
    [ ! $current/policy.cdb -ef /etc/ssh/certgate/generations/1/policy.cdb ]

# A list, edited in place; status and apply say the same of it.
echo mallory >>$current/principals/kiosk
status_is 3 "a list with one more line" <<EOF
generation  2 is current
generations 2, made TIME, current
            1, made TIME, certgate rollback goes back to it
authority   cloudflare
users       2 in the index
drift       $current/principals/kiosk was changed
state       drifted; certgate apply makes it right
EOF
check_says '"where": "/etc/ssh/certgate/current/principals/kiosk"' \
    "it is in the JSON" certgate status --format json
mends "a list with one more line" <<EOF
drift       $current/principals/kiosk was changed
    -mallory
EOF
login_no kiosk jdoe no-matching-principal 'kiosk:'

# Added, removed, with another mode, another owner; text and JSON.
echo x >$current/principals/root
rm $current/principals/johndoe
chmod 0666 $current/ca.pub
chown bob $current/principals/kiosk
status=0
certgate apply --format json >/run/apply.json 2>&1 || status=$?
check "apply mends four at once" [ $status -eq 0 ]
check "and has their lines in the JSON" node -e '
	const d = JSON.parse(require("fs").readFileSync("/run/apply.json")).drift;
	const want = [
		["ca.pub", "has another mode", ""],
		["principals/johndoe", "is missing", "+jdoe"],
		["principals/kiosk", "belongs to somebody else", ""],
		["principals/root", "was added", "-x"]];
	const got = d.map(x => [x.where.replace("/etc/ssh/certgate/current/", ""),
	    x.what, x.lines.join("|")]);
	if (JSON.stringify(got) !== JSON.stringify(want)) {
		console.log(JSON.stringify(got));
		process.exit(1);
	}'
check_status 0 "all is in step again" certgate status
rm $current/manifest
status=0
certgate apply >/run/apply.out 2>&1 || status=$?
check "a manifest that is missing is made" test $status -eq 0 -a \
    -f $current/manifest
check_says '^drift +/etc/ssh/certgate/current/manifest is missing$' \
    "and told" cat /run/apply.out
check_says 'generation [0-9]+ is not as certgate made it: .*manifest: No such' \
    "rollback does not go back to what nothing vouches for" certgate rollback

# Our directives.
sed -i '/^AuthorizedPrincipalsFile/d' $dropin
mends "a directive that was taken out" <<EOF
drift       $dropin does not hold certgate's directives as apply writes them
    +AuthorizedPrincipalsFile $current/principals/%u
EOF
rm $dropin
check_status 3 "the drop-in is missed" certgate status
check_says "^drift +$dropin with certgate's directives is missing" \
    "and named" certgate status
reloads=$(count_reloads)
check "apply puts it in again" certgate apply
check "and sshd is there again" wait_for 5 has_reloaded "$reloads"
login_ok kiosk alice 'kiosk:'
login_ok johndoe jdoe 'johndoe:'

# ca.pub is one file in several generations: that edit reaches them all.
policy bwayne@example.com
check "another policy" certgate apply
ca_key rogue >>$current/ca.pub
n=$(readlink $current)
check_says 'generation [0-9]+ is not as certgate made it: ca.pub was changed' \
    "rollback does not go back to what was edited" certgate rollback
check "nothing was changed" [ "$(readlink $current)" = "$n" ]
check "apply leaves it behind" certgate apply
check_status 1 "the rogue key is gone" \
    grep -q "$(ca_key rogue | cut -d' ' -f2)" $current/ca.pub

# What cannot be told hides nothing else.
ca_key rogue >>$current/ca.pub
echo 'PermitTunnel yes' >>$dropin
check_status 1 "a line of somebody's among ours is an error" certgate status
check_says "^certgate: $dropin:6: this line stands among certgate's" \
    "it is named" certgate status
check_says "^drift +$current/ca.pub was changed\$" \
    "and the rogue key in ca.pub is, too" certgate status
sed -i '/^PermitTunnel/d' $dropin
check "apply mends it" certgate apply
rm $current/policy.cdb
check_status 3 "an index that is gone is drift" certgate status
check_says "^drift +$current/policy.cdb is missing\$" "and named" \
    certgate status
check "apply makes it anew" certgate apply

# Who may not read the index is not told of drift.
check_status 1 "status as a user" setpriv --reuid bob --clear-groups \
    "$CERTGATE" status
cp /run/check.out /run/status.out
check "it says why" grep -qx \
    "certgate: $current/policy.cdb: Permission denied" /run/status.out
check_status 1 "and of no drift" grep -q drift /run/status.out

# The link itself: sshd still looks for what it led to.
rm $current
check_status 3 "without current nothing is in step" certgate status
check_says '^generation +none is current, so that nobody gets in by' \
    "it says what that means" certgate status
check_says "^drift +$current is missing\$" "and what is missing" \
    certgate status
check_says '"is_in_use": true' "sshd goes by certgate all the same" \
    certgate status --format json
mends "the link that was gone" <<EOF
drift       $current is missing
EOF

# After remove nothing is missing.
last=$(basename "$(readlink $current)")
check "remove" certgate remove
check_status 0 "status after remove" certgate status
check_says "^generation +$last was current\$" "it names the last one" \
    certgate status
check_says '^state +not in use: certgate remove took its directives out;' \
    "it says that certgate is not in use" certgate status
check_status 1 "and of no drift" grep -q '^drift' /run/check.out
check_says '"is_in_use": false' "in JSON, too" certgate status --format json
cert late --id bwayne@example.com --principals bwayne
certgate explain kiosk "$CERTS/late-cert.pub" >/run/explain.out 2>&1
check "explain says so" grep -qx "certgate: warning: sshd's configuration has no directives of certgate's, so that sshd does not go by this; certgate status says more" /run/explain.out
check "beside what the policy says" grep -q '^allow: kiosk as bwayne' \
    /run/explain.out
check "apply after remove" certgate apply
certgate explain kiosk "$CERTS/late-cert.pub" >/run/explain.out 2>&1
check_status 1 "explain has no more to say" grep warning /run/explain.out
check_status 1 "which is no drift either" grep -q '^drift' /run/check.out
check_says '^state +in step' "in use again" certgate status
rm $dropin
check_status 3 "a drop-in missing now is drift again" certgate status

# The last ten stay.
i=0
while [ $((i += 1)) -le 12 ]; do
	policy "p$i@example.com"
	check "apply $i of 12" certgate apply --no-reload
done
check_says '^10$' "ten generations are left" \
    sh -c 'ls /etc/ssh/certgate/generations | wc -l'
check_says '^10$' "and listed" sh -c \
    "$CERTGATE status | grep -c ', made '"
