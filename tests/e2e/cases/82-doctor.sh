# shellcheck shell=bash
# Each silent failure that doctor knows, made on the real sshd: what sshd
# then does, that doctor finds it, and that apply stops or cures it.

POLICY_TEXT="version: 1
authorities:
  cloudflare: {keys: [\"$(ca_key cf)\"], principals: email-prefix}
users:
  johndoe: jdoe@example.com
  kiosk: any"

# fresh NAME: a machine like new with a policy; sshd_config's first lines
# from standard input.
fresh()
{
	case_name=82-doctor/$1
	machine_reset
	echo "$POLICY_TEXT" | write_policy
	{ cat && cat /run/pristine/sshd_config; } >/etc/ssh/sshd_config
	cert jdoe --id jdoe@example.com --principals jdoe
	cert alice --id alice@example.com --principals alice
}

# applied NAME: the same, with certgate's lines in use.
applied()
{
	fresh "$1" </dev/null
	sshd_start
	apply
}

# sshd reads lines that were written behind certgate's back.
restart()
{
	sshd_stop
	: >"$SSHD_LOG"
	sshd_start
}

# finds SEVERITY CODE PATTERN: doctor does, with the cure, and its exit
# status agrees.
finds()
{
	local status=0 wanted=0 problems=()

	[ "$1" = failure ] && wanted=1
	certgate doctor >/run/doctor.out 2>&1 || status=$?
	[ $status -ge $wanted ] || problems+=("exit status $status")
	grep -Eq "$1: .*$3.* \\[$2\\]\$" /run/doctor.out ||
	    problems+=("no match of: $1: .*$3.* [$2]")
	grep -A 2 -F "[$2]" /run/doctor.out | grep -q '^    do: ' ||
	    problems+=("it does not say what to do")
	certgate doctor --format json 2>&1 | grep -q "\"code\": *\"$2\"" ||
	    problems+=("it is not in the JSON")
	if [ ${#problems[@]} -eq 0 ]; then
		ok "doctor finds $2"
	else
		not_ok "doctor finds $2" "${problems[@]}"
		show doctor </run/doctor.out
	fi
}

# The login ends, and sshd neither let it in nor refused it.
is_dead()
{
	! try_login "$1" "$2" && ! is_refused "$1" "$2"
}

# The machine as it comes: nothing to find, before and after.
fresh healthy </dev/null
check_status 0 "doctor finds nothing before certgate" certgate doctor
sshd_start
apply
check_status 0 "doctor finds nothing after apply" certgate doctor
check_says '^fine .*\[revoked-keys\]' "--verbose names every check" \
    certgate doctor --verbose
check_says '^doctor +22 checks: 0 failures, 0 warnings' "it counts" \
    certgate doctor

# An image without sshd: the JSON says what was left out, and counts.
mkdir -p /run/image/etc/ssh
cp /etc/passwd /etc/group /etc/shadow /run/image/etc
: >/run/image/etc/ssh/sshd_config
certgate_doctor_json()
{
	"$CERTGATE" doctor --root /run/image --format json
}
check_says '"no sshd could be asked: what only it can tell was left out"' \
    "a warning is in the JSON" certgate_doctor_json
check_says '"warned": [0-9]+' "beside the count of findings" \
    certgate_doctor_json
rm -r /run/image

applied command-user
cp /etc/passwd /run/passwd
sed -i '/^_certgate:/d' /etc/passwd
stays_out kiosk alice
finds failure command-user 'there is no user _certgate'
apply_refused "apply stops" 'there is no user _certgate.*\[command-user\]'
cp /run/passwd /etc/passwd
gets_in kiosk alice

fresh command-user-line <<'EOF2'
TrustedUserCAKeys /etc/ssh/hand-ca.pub
AuthorizedPrincipalsCommand /bin/echo alice
AuthorizedPrincipalsCommandUser nobody-there
EOF2
ca_key cf >/etc/ssh/hand-ca.pub
sshd_start
stays_out kiosk alice
finds failure command-user 'no user nobody-there'

applied helper
helper=${pkglibexecdir:?}/authorized-principals
mv "$helper" "$helper.away"
stays_out kiosk alice
finds failure helper 'not there'
apply_refused "apply stops where it is missing" 'not there \[helper\]'
mv "$helper.away" "$helper"
chown bob "$helper"
stays_out kiosk alice
finds failure helper "not root's"
apply_refused "apply stops where it is not root's" "not root's \\[helper\\]"
chown root "$helper"
chmod 0777 "$pkglibexecdir"
stays_out kiosk alice
finds failure helper 'others than root may write'
apply_refused "apply stops where its folder is open" \
    "$pkglibexecdir: failure: .*may write it \\[helper\\]"
chmod 0755 "$pkglibexecdir"
# Debian's sshd takes a group that nobody is in beside the owner for his own;
# users is none of those.
chgrp "$(id -g alice)" "$helper" "$pkglibexecdir"
chmod 0775 "$helper"
stays_out kiosk alice
finds failure helper 'others than root may write'
apply_refused "apply stops where its group may write it" \
    "$helper: failure: .*may write it \\[helper\\]"
chmod 0755 "$helper"
gets_in kiosk alice
chmod 0775 "$pkglibexecdir"
stays_out kiosk alice
apply_refused "apply stops where a group may write in its folder" \
    "$pkglibexecdir: failure: .*may write it \\[helper\\]"
chmod 0755 "$pkglibexecdir"
chgrp 0 "$helper" "$pkglibexecdir"
chmod 0644 "$helper"
stays_out kiosk alice
finds failure helper 'may not execute'
apply_refused "apply stops where it cannot be run" 'may not execute'
chmod 0755 "$helper"
gets_in kiosk alice

applied revoked-keys
echo 'RevokedKeys /etc/ssh/revoked' >>/etc/ssh/sshd_config
restart
stays_out johndoe jdoe
finds failure revoked-keys 'cannot be read.*No such file'
apply_refused "apply stops where it is missing" \
    'sshd_config:[0-9]+: failure: the RevokedKeys file cannot be read'
echo garbage >/etc/ssh/revoked
stays_out johndoe jdoe
finds failure revoked-keys 'line 1 of the RevokedKeys file'
apply_refused "apply stops where it is garbage" '\[revoked-keys\]'
"$SSH_KEYGEN" -q -k -f /etc/ssh/revoked "$KEYS/other.pub"
gets_in johndoe jdoe
check_status 0 "a KRL is fine" certgate doctor
truncate -s -3 /etc/ssh/revoked
stays_out johndoe jdoe
finds failure revoked-keys 'cut short'
: >/etc/ssh/revoked
gets_in johndoe jdoe
finds warning revoked-keys 'is empty'
cp "$KEYS/other.pub" /etc/ssh/revoked
gets_in johndoe jdoe
check_status 0 "a list of keys is fine" certgate doctor
apply

applied revoked-keys-match
printf 'Match User kiosk\n\tRevokedKeys /etc/ssh/revoked\n' \
    >>/etc/ssh/sshd_config
restart
stays_out kiosk alice
gets_in johndoe jdoe
finds failure revoked-keys 'cannot be read'
apply_refused "apply stops for a Match block, too" '\[revoked-keys\]'

fresh ca-file <<'EOF2'
TrustedUserCAKeys /etc/ssh/hand-ca.pub
EOF2
{
	ca_key vault
	printf '\r\n'
	ca_key cf
} >/etc/ssh/hand-ca.pub
sshd_start
cert own --id x --principals alice
stays_out alice own
finds failure ca-file 'no further than this line, and not the 1 after it'
check_says '^/etc/ssh/hand-ca.pub:2: failure' "it names the line" \
    certgate doctor
sed -i '2s/.*/cert-authority '"$(ca_key mail | sed 's:/:\\/:g')"'/' \
    /etc/ssh/hand-ca.pub
stays_out alice own
finds failure ca-file '"cert-authority" stands before the key type'
sed -i 2d /etc/ssh/hand-ca.pub
gets_in alice own
rm /etc/ssh/hand-ca.pub
finds failure ca-file 'cannot be read'

applied ca-file-ours
# By hand, as an administrator in a hurry does it.
ca_key cf >/run/ca
{ echo "x$(cat /run/ca)" && cat /run/ca; } \
    >"$(readlink -f /etc/ssh/certgate/current)/ca.pub"
stays_out johndoe jdoe
finds failure ca-file 'no further'
apply
check_status 0 "apply cures it" certgate doctor
gets_in johndoe jdoe

applied list-file
list=$(readlink -f /etc/ssh/certgate/current/principals/johndoe)
chmod 0666 "$list"
cert list --id jdoe@example.com --principals jdoe
finds failure list-file 'others than its owner may write the principals'
apply
check_status 0 "apply cures a list" certgate doctor
chmod 0775 /etc/ssh
finds failure list-file 'may write in a folder'
apply_refused "apply stops where a folder is open" \
    '^/etc/ssh: failure: .*\[list-file\]'
chmod 0755 /etc/ssh
check_status 0 "closed again" certgate doctor

fresh list-file-by-hand <<'EOF2'
TrustedUserCAKeys /etc/ssh/hand-ca.pub
AuthorizedPrincipalsFile /etc/ssh/hand/%u
EOF2
ca_key cf >/etc/ssh/hand-ca.pub
mkdir /etc/ssh/hand
echo alice >/etc/ssh/hand/kiosk
sshd_start
gets_in kiosk alice
chmod 0600 /etc/ssh/hand/kiosk
stays_out kiosk alice
finds failure list-file 'may not read'
chmod 0646 /etc/ssh/hand/kiosk
stays_out kiosk alice
finds failure list-file 'others than its owner may write'
chmod 0644 /etc/ssh/hand/kiosk
chown bob /etc/ssh/hand
stays_out kiosk alice
finds failure list-file "neither root's nor the user's"

# Which of both sshd drops depends on its version.
fresh keys-command-first <<'EOF2'
AuthorizedKeysCommand none
TrustedUserCAKeys /etc/ssh/hand-ca.pub
AuthorizedPrincipalsCommand /bin/false
AuthorizedPrincipalsCommandUser nobody
EOF2
ca_key cf >/etc/ssh/hand-ca.pub
sshd_start
if sshd_is_before 9 4; then
	gets_in alice alice
	finds failure keys-command-first 'sshd_config:1 stands before it'
else
	stays_out alice alice
	check_status 0 "this sshd reads both" certgate doctor
fi

applied keys-command-first-ours
printf 'AuthorizedKeysCommand none\n' >/etc/ssh/sshd_config.d/00-aaa.conf
restart
if sshd_is_before 9 4; then
	finds failure keys-command-first '00-aaa.conf:1 stands before it'
fi
apply
check_status 0 "apply puts its own first" certgate doctor
gets_in johndoe jdoe
stays_out alice alice

fresh command-twice <<'EOF2'
TrustedUserCAKeys /etc/ssh/hand-ca.pub
AuthorizedPrincipalsCommand /bin/echo jdoe
AuthorizedPrincipalsCommand /bin/echo alice
AuthorizedPrincipalsCommandUser nobody
EOF2
ca_key cf >/etc/ssh/hand-ca.pub
sshd_start
if sshd_is_before 9 4; then
	gets_in kiosk alice
	stays_out kiosk jdoe
	finds failure command-twice 'sshd_config:2; .* uses the last'
else
	gets_in kiosk jdoe
	stays_out kiosk alice
	finds failure command-twice 'sshd_config:2; .* uses the first'
fi
apply_refused "apply stops" 'sshd_config:[123]\b'

fresh none-in-match </dev/null
printf 'Match User kiosk\n\tRevokedKeys none\n' >>/etc/ssh/sshd_config
sshd_start
finds failure none-in-match 'RevokedKeys none'
apply_refused "apply stops for RevokedKeys" '\[none-in-match\]'

fresh none-in-match-keys <<'EOF2'
TrustedUserCAKeys /etc/ssh/hand-ca.pub
EOF2
ca_key cf >/etc/ssh/hand-ca.pub
printf 'Match User alice\n\tRevokedKeys none\n' >>/etc/ssh/sshd_config
cert bob --id bob@example.com --principals bob
sshd_start
stays_out alice alice
gets_in bob bob
finds failure none-in-match 'RevokedKeys none'

fresh none-in-match-list <<'EOF2'
TrustedUserCAKeys /etc/ssh/hand-ca.pub
EOF2
ca_key cf >/etc/ssh/hand-ca.pub
printf 'Match User kiosk\n\tAuthorizedPrincipalsFile none\n' \
    >>/etc/ssh/sshd_config
echo alice >/home/kiosk/none
sshd_start
gets_in kiosk alice
finds failure none-in-match 'AuthorizedPrincipalsFile none'
rm /home/kiosk/none

fresh none-as-command <<'EOF2'
TrustedUserCAKeys /etc/ssh/hand-ca.pub
AuthorizedPrincipalsCommand none
AuthorizedPrincipalsCommandUser nobody
EOF2
ca_key cf >/etc/ssh/hand-ca.pub
sshd_start
stays_out alice alice
finds failure none-in-match 'is not off'

fresh command-comment <<'EOF2'
TrustedUserCAKeys /etc/ssh/hand-ca.pub
AuthorizedPrincipalsCommand /usr/bin/printf %%s\n # alice
AuthorizedPrincipalsCommandUser nobody
EOF2
ca_key cf >/etc/ssh/hand-ca.pub
sshd_start
gets_in kiosk alice
finds failure command-comment 'a comment at the end'

fresh command-comment-keys <<'EOF2'
AuthorizedKeysCommand /bin/true %u # nobody yet
AuthorizedKeysCommandUser nobody
EOF2
sshd_start
finds failure command-comment 'a comment at the end'
apply_refused "apply stops, too" '\[command-comment\]'

fresh command-token <<'EOF2'
TrustedUserCAKeys /etc/ssh/hand-ca.pub
AuthorizedPrincipalsCommand /bin/echo alice %q
AuthorizedPrincipalsCommandUser nobody
EOF2
ca_key cf >/etc/ssh/hand-ca.pub
sshd_start
check "a login dies of it" dies_of 'unknown key' kiosk alice
finds failure command-token 'token %q of authorizedprincipalscommand'

fresh command-token-version <<'EOF2'
TrustedUserCAKeys /etc/ssh/hand-ca.pub
AuthorizedPrincipalsCommand /bin/echo alice %C
AuthorizedPrincipalsCommandUser nobody
EOF2
ca_key cf >/etc/ssh/hand-ca.pub
sshd_start
if sshd_is_before 9 4; then
	check "a login dies of %C" dies_of 'unknown key' kiosk alice
	finds failure command-token 'token %C'
else
	check_says '^doctor .* 0 failures' "this sshd knows %C" certgate doctor
fi

fresh command-token-file <<'EOF2'
AuthorizedKeysFile /etc/ssh/keys/%n
EOF2
sshd_start
apply_refused "apply stops for a file's token" '%n of .*\[command-token\]'

fresh config-size </dev/null
if sshd_is_before 10 0; then
	echo "# config-size: this sshd hands on any size, nothing to try"
elif sshd_is_before 10 1; then
	printf 'TrustedUserCAKeys /etc/ssh/hand-ca.pub\n' \
	    >>/etc/ssh/sshd_config
	ca_key cf >/etc/ssh/hand-ca.pub
	size=$(wc -c </etc/ssh/sshd_config)
	head -c $((260000 - size)) /dev/zero | tr '\0' '#' \
	    >>/etc/ssh/sshd_config
	echo >>/etc/ssh/sshd_config
	sshd_start
	gets_in alice alice
	finds warning config-size '2600[0-9]* bytes .* can hand on some 260096'
	head -c 2000 /dev/zero | tr '\0' '#' >>/etc/ssh/sshd_config
	restart
	check "sshd -t is content" "$SSHD" -t
	check "no login is served" is_dead alice alice
	finds failure config-size '2620[0-9]* bytes .* can hand on some 260096'
	certgate apply --replace-conflicts >/run/apply.out 2>&1
	check "apply stops" grep -Eq '\[config-size\]$' /run/apply.out
else
	head -c 4200000 /dev/zero | tr '\0' '#' >>/etc/ssh/sshd_config
	echo >>/etc/ssh/sshd_config
	finds failure config-size 'can hand on 4128768'
fi

applied dangling-link
ln -s /nowhere/at/all /etc/ssh/sshd_config.d/70-gone.conf
check_status 1 "sshd does not start" "$SSHD" -t
finds failure dangling-link 'leads nowhere'
apply_refused "apply stops" 'leads nowhere'
rm /etc/ssh/sshd_config.d/70-gone.conf
ln -s /nowhere/at/all /etc/ssh/sshd_config.d/70-gone.conf.off
finds warning dangling-link 'leads nowhere'

applied config-refused
echo 'PermitTTY perhaps' >>/etc/ssh/sshd_config
finds failure config-refused 'PermitTTY|perhaps|yes/no'

applied privsep-folder
rmdir /run/sshd
if "$SSHD" -t >/dev/null 2>&1; then
	echo "# privsep-folder: this sshd makes do without, nothing to try"
else
	finds failure privsep-folder 'is missing'
	apply_refused "apply stops" '/run/sshd|privilege separation'
fi
mkdir -m 0755 /run/sshd

applied ca-elsewhere
printf 'Match User alice\n\tTrustedUserCAKeys /etc/ssh/hand-ca.pub\n' \
    >>/etc/ssh/sshd_config
ca_key rogue >/etc/ssh/hand-ca.pub
finds failure ca-elsewhere 'trustedusercakeys is set here, beside'
apply_refused "apply stops" 'sshd_config:[0-9]+: trustedusercakeys'

# A CA of one's own, where users write the file themselves.
fresh keys-authority </dev/null
sed -i '/^AuthorizedKeysFile/d' /etc/ssh/sshd_config
mkdir /home/johndoe/.ssh
{
	echo '# mine'
	echo "no-pty,Cert-Authority,principals=\"x,y\" $(ca_key rogue)"
} >/home/johndoe/.ssh/authorized_keys
chown -R johndoe /home/johndoe/.ssh
sshd_start
cert rogue --ca rogue --id me --principals x
gets_in johndoe rogue
finds warning keys-authority 'cert-authority line for the account johndoe'
check_says '^/home/johndoe/.ssh/authorized_keys:2: ' "it names the line" \
    certgate doctor
apply_refused "apply stops" \
    'authorized_keys:2: failure: .*johndoe \[keys-authority\]'
check_status 0 "apply goes on if told so" \
    certgate apply --despite keys-authority
finds failure keys-authority 'account johndoe'
mv /home/johndoe/.ssh/authorized_keys /home/johndoe/.ssh/more
ln -s more /home/johndoe/.ssh/authorized_keys
finds warning keys-authority 'is a symbolic link'
rm /home/johndoe/.ssh/authorized_keys
mkfifo /home/johndoe/.ssh/authorized_keys
check_status 0 "a pipe does not hold it up" timeout 20 \
    "$CERTGATE" doctor --sshd "$SSHD"
rm -r /home/johndoe/.ssh
mkdir /root/.ssh
echo "cert-authority $(ca_key rogue)" >/root/.ssh/authorized_keys
finds failure keys-authority 'account root'
rm -r /root/.ssh
check_status 1 "--despite takes known codes" \
    certgate apply --despite no-such-code
check_status 1 "--despite does not take all" certgate apply --despite helper

fresh pubkey-off <<'EOF2'
PubkeyAuthentication no
EOF2
sshd_start
finds failure pubkey-off 'is no for'
apply_refused "apply stops" 'sshd_config:1: failure: .*\[pubkey-off\]'

applied pubkey-off-match
printf 'Match User kiosk\n\tPubkeyAuthentication no\n' >>/etc/ssh/sshd_config
restart
stays_out kiosk alice
gets_in johndoe jdoe
finds failure pubkey-off 'is no for kiosk'
sed -i 's/^Match User kiosk/Match User bob/' /etc/ssh/sshd_config
check_status 0 "for whom the policy does not know it is no matter" \
    certgate doctor

applied more-methods
sed -i 's/^PasswordAuthentication no/PasswordAuthentication yes/' \
    /etc/ssh/sshd_config
echo 'AuthenticationMethods publickey,password' >>/etc/ssh/sshd_config
restart
stays_out johndoe jdoe
finds failure more-methods 'publickey,password asks'
apply_refused "apply stops" '\[more-methods\]'
check_status 0 "apply goes on if told so" \
    certgate apply --despite more-methods
sed -i 's/^AuthenticationMethods.*/& publickey/' /etc/ssh/sshd_config
check_status 0 "a choice is enough" certgate doctor

fresh source-penalties </dev/null
sed -i '/^PerSourcePenalties/d' /etc/ssh/sshd_config
if sshd_is_before 9 8; then
	check_status 0 "this sshd knows no penalties" certgate doctor
else
	sshd_start
	apply
	gets_in johndoe jdoe
	for _ in 1 2 3 4 5; do
		try_login johndoe alice
	done
	check "all who come from there are shut out" is_dead johndoe jdoe
	finds warning source-penalties 'no address is exempt'
	sed -i '1i PerSourcePenaltyExemptList 192.0.2.7' /etc/ssh/sshd_config
	check_says '^doctor .* 0 warnings' "an exempt bastion is fine" \
	    certgate doctor
fi

fresh sshd-version </dev/null
printf '#!/bin/sh\necho "OpenSSH_8.0p1, OpenSSL 1.1" >&2\n' >/run/old-sshd
chmod 0755 /run/old-sshd
check_says 'older than OpenSSH 8\.7.*\[sshd-version\]' "an old sshd is named" \
    "$CERTGATE" doctor --sshd /run/old-sshd
check_status 1 "and is a failure" "$CERTGATE" doctor --sshd /run/old-sshd
