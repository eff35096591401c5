# shellcheck shell=bash
# The last way in for root and administrators: a change that would take it is
# refused, one that leaves another is not.

POLICY_HEAD="version: 1
authorities:
  cloudflare: {keys: [\"$(ca_key cf)\"], principals: email-prefix}
users:
  johndoe: jdoe@example.com"

# fresh NAME [RULE...]: a machine like new, on which certificates are mapped
# by hand; the policy has RULEs beside johndoe's.
fresh()
{
	case_name=84-ways-in/$1
	shift
	machine_reset
	cp /run/passwd /run/group /run/shadow /etc/
	rm -rf /root/.ssh
	{
		echo "$POLICY_HEAD"
		[ $# -eq 0 ] || printf '  %s\n' "$@"
	} | write_policy
	ca_key cf >/etc/ssh/hand-ca.pub
	mkdir /etc/ssh/hand
	echo alice >/etc/ssh/hand/root
	{
		echo 'TrustedUserCAKeys /etc/ssh/hand-ca.pub'
		echo 'AuthorizedPrincipalsFile /etc/ssh/hand/%u'
	} >>/etc/ssh/sshd_config
	cert alice --id alice@example.com --principals alice
	sshd_start
}

# settings LINE...: sshd's first value counts.
settings()
{
	printf '%s\n' "$@" | cat - /etc/ssh/sshd_config >/run/sshd_config
	cat /run/sshd_config >/etc/ssh/sshd_config
}

# refused NAME WHO OPTION...: no change, and the message names WHO.
refused()
{
	local name=$1 who=$2 status=0 problems=()

	shift 2
	etc_listing >/run/etc.before
	certgate apply --replace-conflicts "$@" >/run/apply.out 2>&1 ||
	    status=$?
	etc_listing >/run/etc.after
	cmp -s /run/etc.before /run/etc.after ||
	    problems+=("files below /etc changed")
	[ $status -eq 1 ] || problems+=("exit status $status, not 1")
	grep -q "the last way in would go for $who;" /run/apply.out ||
	    problems+=("no match of: $who")
	if [ ${#problems[@]} -eq 0 ]; then
		ok "$name"
	else
		not_ok "$name" "${problems[@]}"
		show apply </run/apply.out
	fi
}

# does NAME OPTION...: apply goes on. A rehearsal would stumble over what
# keeps the policy's users out here; it has a case of its own.
does()
{
	changes "$1" apply --replace-conflicts --no-rehearse "${@:2}"
}

# changes NAME COMMAND...: certgate does it, and sshd has seen it.
changes()
{
	local before

	before=$(count_reloads)
	check_status 0 "$1" certgate "${@:2}"
	! grep -q 'SIGHUP' /run/check.out || wait_for 5 has_reloaded "$before"
}

cp /etc/passwd /etc/group /etc/shadow /run/
# shellcheck disable=SC2016 # as it stands in shadow(5)
hash='$6$abcdefgh$0123456789abcdefghijklmnopqrstuvwxyz'
put_password()
{
	sed -i "s:^$1\\:[^\\:]*:$1\\:$hash:" /etc/shadow
}

fresh certificate
gets_in root alice
refused "root has only a certificate" 'root (certificate)'
check_says '^  root +certificate -> none: the last way in$' "plan shows it" \
    certgate plan --replace-conflicts
check_status 1 "and ends as a refusal" certgate plan --replace-conflicts
check_says '"lost": true' "also in JSON" \
    certgate plan --replace-conflicts --format json
refused "--allow-lockout of somebody else" 'root (certificate)' \
    --allow-lockout alice
gets_in root alice
does "--allow-lockout root" --allow-lockout root
stays_out root alice
does "who has no way in is left alone"

fresh rule 'root: alice@example.com'
does "the policy has a rule for root"
gets_in root alice
write_policy <<<"$POLICY_HEAD"
refused "its removal" 'root (certificate)'
printf '%s\n' "$POLICY_HEAD" '  root:' '    allow:' \
    '      - {identity: alice@example.com, until: 2020-01-31}' | write_policy
refused "a rule that has ended" 'root (certificate)'
printf '%s\n' "$POLICY_HEAD" '  root: alice@example.com' \
    'deny: [alice@example.com]' | write_policy
refused "an identity that is denied" 'root (certificate)'
printf '%s\n' "$POLICY_HEAD" '  root: {allow: [{group: none}]}' \
    'groups: {none: []}' | write_policy
refused "an empty group" 'root (certificate)'
printf '%s\n' "$POLICY_HEAD" '  root: {allow: [{group: some}]}' \
    'groups: {some: [alice@example.com]}' | write_policy
does "a group"
gets_in root alice
write_policy <<<"$POLICY_HEAD"
changes "remove brings back what was there by hand" remove
gets_in root alice

fresh removal 'root: alice@example.com'
grep -v hand /etc/ssh/sshd_config >/run/sshd_config
cat /run/sshd_config >/etc/ssh/sshd_config
does "root may come by certificate"
check_status 1 "certgate remove would take that" certgate remove
check_says 'last way in would go for root' "and says so" certgate remove
gets_in root alice
changes "certgate remove --allow-lockout" remove --allow-lockout root
stays_out root alice

fresh rollback
grep -v hand /etc/ssh/sshd_config >/run/sshd_config
cat /run/sshd_config >/etc/ssh/sshd_config
does "a policy without root"
printf '%s\n' "$POLICY_HEAD" '  root: alice@example.com' | write_policy
does "and one with"
gets_in root alice
check_says 'last way in would go for root' "rollback says so" \
    certgate rollback
gets_in root alice
changes "rollback --allow-lockout" rollback --allow-lockout root
stays_out root alice

fresh key
settings 'AuthorizedKeysFile .ssh/authorized_keys'
mkdir /root/.ssh
echo '# none yet' >/root/.ssh/authorized_keys
refused "a file of keys without any" 'root (certificate)'
cp "$KEYS/other.pub" /root/.ssh/authorized_keys
does "a key is another way"

fresh key-off
settings 'AuthorizedKeysFile .ssh/authorized_keys'
mkdir /root/.ssh
cp "$KEYS/other.pub" /root/.ssh/authorized_keys
settings 'PermitRootLogin no'
does "who may not log in at all is left alone"

fresh password
put_password root
settings 'PasswordAuthentication yes' 'PermitRootLogin prohibit-password'
refused "a password that root may not use" 'root (certificate)'
settings 'PermitRootLogin yes'
does "a password is another way"

fresh admins
sed -i '/^\(sudo\|wheel\|admin\):/d' /etc/group
echo 'wheel:x:3001:bwayne,alice' >>/etc/group
echo 'admin:x:3002:' >>/etc/group
sed -i 's/^bob:x:\([0-9]*\):[0-9]*:/bob:x:\1:3002:/' /etc/passwd
for name in bwayne alice bob mallory; do
	echo alice >/etc/ssh/hand/$name
done
gets_in mallory alice
refused "members of wheel and admin, and root" \
    'alice (certificate), bob (certificate), bwayne (certificate), root (certificate)'
put_password alice
settings 'PasswordAuthentication yes' 'DenyUsers bwayne'
refused "only those who lose something" \
    'bob (certificate), root (certificate)' --allow-lockout bwayne
settings 'AllowGroups admin'
refused "AllowGroups counts" 'bob (certificate)'
usermod -s /usr/sbin/nologin bob
does "so does a shell that lets nobody work"

fresh methods
put_password root
settings 'PasswordAuthentication yes' 'PermitRootLogin yes' \
    'AuthenticationMethods publickey,password'
refused "a password alone is no way where a key is asked, too" \
    'root (password, certificate)' --despite more-methods
cp /run/passwd /run/group /run/shadow /etc/
rm -rf /root/.ssh
