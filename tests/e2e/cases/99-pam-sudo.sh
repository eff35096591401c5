# shellcheck shell=bash
# sudo and su by a certificate in a real ssh-agent.

pam_begin || return
write_policy <<EOF
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
users:
  vmuser: [jdoe@example.com, alice@example.com]
  deploy:
    allow:
      - {identity: jdoe@example.com, options: 'restrict,command="/bin/true"'}
      - {identity: alice@example.com, from: [127.0.0.0/8]}
      - bwayne@example.com
  "*": same-name
EOF
apply
sshd_uses_pam 'AllowAgentForwarding yes'
pam_sshd
echo '127.0.0.1 certgate-test' >>/etc/hosts

# The installed sudoers and what it includes stay out of it.
cat >/etc/sudoers <<EOF
Defaults timestamp_timeout=0, !lecture, passwd_tries=1
Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
root ALL=(ALL) ALL
vmuser ALL=(ALL) ALL
jdoe ALL=(ALL) ALL
EOF
chmod 0440 /etc/sudoers
for name in vmuser jdoe alice; do
	set_password $name "secret-$name"
done
set_password root secret-root
sudo_stack()
{
	pam_stack sudo "auth sufficient MODULE $1" 'auth required pam_unix.so' \
	    'account required pam_permit.so' 'session required pam_permit.so'
}
sudo_stack ''

cert jdoe --id jdoe@example.com --principals jdoe --serial 7
cert alice --id alice@example.com --principals alice --serial 8
cert mallory --id mallory@example.com --principals mallory
cert bwayne --id bwayne@example.com --principals bwayne
cert expired --id jdoe@example.com --principals jdoe --valid -2h:-1h
cert untrusted --ca rogue --id jdoe@example.com --principals jdoe
cert forced --id jdoe@example.com --principals jdoe -O force-command=/bin/true

AGENT=/run/agent.sock
# agent CERT...: a new ssh-agent with these certificates and nothing else.
agent()
{
	local name

	agent_gone
	eval "$(ssh-agent -s -a $AGENT)" >/run/agent.out
	for name in "$@"; do
		rm -rf /run/add
		mkdir -m 0700 /run/add
		cp "$(readlink "$CERTS/$name.key")" /run/add/key
		cp "$CERTS/$name-cert.pub" /run/add/key-cert.pub
		SSH_AUTH_SOCK=$AGENT ssh-add -q /run/add/key \
		    2>/run/add.err || not_ok "ssh-add $name" "$(cat /run/add.err)"
		# Only the certificate: the plain key comes with it.
		SSH_AUTH_SOCK=$AGENT ssh-add -q -d \
		    "$(readlink "$CERTS/$name.key").pub" 2>/run/add.err || true
	done
}
agent_gone()
{
	[ -z "${SSH_AGENT_PID-}" ] || kill "$SSH_AGENT_PID" 2>/run/kill.err
	wait_for 5 test ! -S $AGENT
	rm -f $AGENT
	SSH_AGENT_PID=
}
agent jdoe
check_says 'ED25519-CERT' "the agent has a certificate" \
    env SSH_AUTH_SOCK=$AGENT ssh-add -l

# by_ssh USER CERT COMMAND: in a session with the agent forwarded.
by_ssh()
{
	local user=$1 cert=$2

	shift 2
	timeout 60 "$SSH" -F /dev/null -A -o IdentityAgent="$AGENT" \
	    -o IdentitiesOnly=yes -i "$KEYS/person" \
	    -o CertificateFile="$CERTS/$cert-cert.pub" -o BatchMode=yes \
	    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
	    -o LogLevel=ERROR "$user@127.0.0.1" "$@" >/run/ssh.out 2>&1
}
# sudo_is NAME root|denied: sudo in that session, without a password.
sudo_as()
{
	by_ssh vmuser jdoe 'sudo -S -p "" id -u </dev/null'
}
sudo_yes()
{
	pam_mark
	sudo_as
	check "$1" test "$(cat /run/ssh.out)" = 0
}
sudo_no()
{
	pam_mark
	sudo_as
	check "$1" test "$(grep -cx 0 /run/ssh.out)" -eq 0
	pam_said "$1: why" "$2"
}

sudo_yes "sudo by certificate in a forwarded agent"
pam_said "the log says who" \
    'allow group=auth service="sudo" user="vmuser" reason=allowed serial=7 .* principal="jdoe" .* identity="jdoe@example.com"'
sudo_yes "a second call asks again"
pam_said "and is logged again" 'allow group=auth .* serial=7 '

agent mallory
sudo_no "wrong principal" \
    'deny group=auth service="sudo" user="vmuser" reason=no-matching-principal .* key_id="mallory@example.com"'
agent expired
sudo_no "expired" 'deny group=auth .* reason=expired '
agent untrusted
sudo_no "untrusted CA" 'deny group=auth .* reason=unknown-authority '
agent forced
sudo_no "a certificate for one command" \
    'deny group=auth .* reason=forced-command: certificate or rule allow one command only, through sshd$'
agent mallory expired jdoe
sudo_yes "the right one among others"

# Denied for ever, whatever the rule says.
cp "$POLICY" /run/policy.before
echo 'deny: [alice@example.com]' >>"$POLICY"
check "apply with deny" certgate apply --no-reload
agent alice
sudo_no "denied" 'deny group=auth .* reason=denied-identity '
cp /run/policy.before "$POLICY"
check "apply without" certgate apply --no-reload
sudo_yes "no longer denied"

# Revoked by its serial: that certificate alone.
printf 'revoked:\n  - {authority: cloudflare, serial: 7}\n' >>"$POLICY"
check "apply with revoked" certgate apply --no-reload
agent jdoe
sudo_no "revoked" 'deny group=auth .* reason=revoked serial=7 '
agent alice
sudo_yes "another certificate is not"
cp /run/policy.before "$POLICY"
check "apply without" certgate apply --no-reload
agent jdoe
sudo_yes "no longer revoked"

# No certificate, then a password.
agent
sudo_password()
{
	by_ssh vmuser jdoe \
	    'echo secret-vmuser | sudo -S -p "" id -u 2>/dev/null'
	test "$(cat /run/ssh.out)" = 0
}
pam_mark
check "no certificate: the password is asked for" sudo_password
pam_was_silent "nothing is logged about it"
sudo_stack debug
pam_mark
sudo_as
pam_said "debug: no certificate" \
    'debug group=auth service="sudo" user="vmuser": the agent has 0 keys and no certificate$'
sudo_stack ''

# as=: another user's rule.
agent jdoe
sudo_stack as=alice
sudo_no "as=alice: jdoe is not alice" \
    'deny group=auth .* user="vmuser" reason=no-matching-principal'
agent alice
sudo_yes "as=alice: alice is"
sudo_stack as=deploy
agent jdoe
sudo_no "a rule with command=" 'deny group=auth .* reason=forced-command: '
agent alice
sudo_no "a rule with from: the address is not known to sudo" \
    "deny group=auth .* reason=source-address .*: only some addresses are allowed, and the client's is not known here\$"
agent bwayne
sudo_yes "the rule of deploy lets bwayne in"
sudo_stack ''

# The agent is gone, hostile, or another user's.  Locally, without sshd.
local_sudo()
{
	timeout 60 setpriv --reuid vmuser --regid vmuser --clear-groups \
	    env SSH_AUTH_SOCK="$1" sudo -S -p '' id -u \
	    </dev/null >/run/ssh.out 2>&1
	! grep -qx 0 /run/ssh.out
}
agent_gone
pam_mark
check "agent gone: no" local_sudo $AGENT
pam_said "agent gone: why" \
    'skip group=auth service="sudo" user="vmuser" reason=no-agent: /run/agent\.sock: No such file or directory$'
agent jdoe
pam_mark
check "socket of another user: no" local_sudo $AGENT
pam_said "socket of another user: why" \
    'skip group=auth .* reason=no-agent: /run/agent\.sock: (Permission denied|the socket is of uid 0, not of uid [0-9]+)$'
chmod 0777 $AGENT
pam_mark
check "socket of another user, open to all: no" local_sudo $AGENT
pam_said "socket of another user, open to all: why" \
    'skip group=auth .* reason=no-agent: /run/agent\.sock: the socket is of uid 0, not of uid [0-9]+$'
chown vmuser $AGENT
pam_mark
check "another user behind one's own socket: no" local_sudo $AGENT
pam_said "another user behind one's own socket: why" \
    'skip group=auth .* reason=no-agent: /run/agent\.sock: uid 0 listens there, not uid [0-9]+$'
: >/run/plain
pam_mark
check "a plain file: no" local_sudo /run/plain
pam_said "a plain file: why" 'skip .* reason=no-agent: /run/plain: not a socket$'
pam_mark
check "a relative path: no" local_sudo agent.sock
pam_said "a relative path: why" \
    'skip .* reason=no-agent: SSH_AUTH_SOCK is not an absolute path$'

# An agent of vmuser's own, by hand: right, then hostile.
as_vmuser()
{
	setpriv --reuid vmuser --regid vmuser --clear-groups "$@"
}
mkdir -m 0700 /run/vm
chown vmuser /run/vm
cp "$KEYS/person" /run/vm/key
cp "$CERTS/jdoe-cert.pub" /run/vm/key-cert.pub
chown vmuser /run/vm/*
eval "$(as_vmuser ssh-agent -s -a /run/vm/sock)" >/run/agent.out
as_vmuser env SSH_AUTH_SOCK=/run/vm/sock ssh-add -q /run/vm/key 2>/run/add.err
local_sudo_yes()
{
	! local_sudo "$1"
}
check "a local agent of one's own" local_sudo_yes /run/vm/sock
ln -s sock /run/vm/link
check "by a symbolic link" local_sudo_yes /run/vm/link
kill -STOP "$SSH_AGENT_PID"
pam_mark
check "a silent agent: no" local_sudo /run/vm/sock
pam_said "a silent agent: why" \
    'skip .* reason=no-agent: the agent does not answer in time$'
kill -CONT "$SSH_AGENT_PID"
check "and yes once it answers" local_sudo_yes /run/vm/sock

# Destinations: OpenSSH's agent signs nothing but logins with such a key.
if ssh-add -h 2>&1 | grep -q 'requires an argument'; then
	echo "127.0.0.1 $(cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub)" \
	    >/run/known_hosts
	as_vmuser env SSH_AUTH_SOCK=/run/vm/sock ssh-add -q -D
	as_vmuser env SSH_AUTH_SOCK=/run/vm/sock ssh-add -q -h 127.0.0.1 \
	    -H /run/known_hosts /run/vm/key 2>/run/add.err ||
	    not_ok "ssh-add -h" "$(cat /run/add.err)"
	pam_mark
	check "a key limited to destinations: no" local_sudo /run/vm/sock
	pam_said "a key limited to destinations: why" \
	    'deny group=auth .* reason=no-proof: the agent refuses to sign \(as it does for a key that is limited to destinations, ssh-add -h, or not confirmed\)$'
fi
kill "$SSH_AGENT_PID"
SSH_AGENT_PID=
n=0
for answer in '\xff\xff\xff\xff' '\x00\x00\x00\x00' '\x00\x00\x00\x01\x05' \
    '\x00\x00\x00\x05\x0c\xff\xff\xff\xff' \
    '\x00\x00\x00\x05\x0c\x00\x00\x00\x01' '\x00\x00' \
    '\x00\x00\x00\x09\x0c\x00\x00\x00\x01\xff\xff\xff\xff'; do
	n=$((n + 1))
	as_vmuser node -e '
	    require("net").createServer(s => {
		s.on("error", () => 0);
		s.on("data", () => s.end(Buffer.from(process.argv[1].replace(
		    /\\x/g, ""), "hex")));
	    }).listen(process.argv[2]);' "$answer" "/run/vm/evil$n" &
	evil=$!
	wait_for 10 test -S "/run/vm/evil$n"
	pam_mark
	check "hostile answer $n: no" local_sudo "/run/vm/evil$n"
	pam_said "hostile answer $n: why" 'skip .* reason=no-agent: the agent'
	kill $evil
	wait $evil 2>/run/wait.err
done

# su: the target's rule, the caller's agent.
pam_stack su 'auth sufficient MODULE' 'auth required pam_unix.so' \
    'account required pam_permit.so' 'session required pam_permit.so'
agent jdoe
pam_mark
by_ssh jdoe jdoe 'su vmuser -c "id -un" </dev/null'
check "su to vmuser by jdoe's certificate" \
    test "$(cat /run/ssh.out)" = vmuser
pam_said "su: the log says who" \
    'allow group=auth service="su" user="vmuser" reason=allowed .* principal="jdoe"'
pam_mark
by_ssh jdoe jdoe 'su root -c "id -un" </dev/null'
check "su to root has no rule" test "$(grep -cx root /run/ssh.out)" -eq 0
pam_said "su to root: why" \
    'deny group=auth service="su" user="root" reason=no-rule'

# In sshd's own stack nobody calls: its environment's agent is not asked.
pam_stack sshd 'auth required MODULE debug' 'account required pam_permit.so' \
    'session required pam_permit.so'
sed -i '1i KbdInteractiveAuthentication yes' /etc/ssh/sshd_config
agent jdoe
sshd_stop
: >"$SSHD_LOG"
SSH_AUTH_SOCK=$AGENT "$SSHD" -f /etc/ssh/sshd_config -E "$SSHD_LOG"
wait_for 5 sshd_listens 1
pam_mark
ssh_password jdoe anything true && not_ok "sshd's own agent lets in"
pam_said "sshd's own agent is not asked" \
    'debug group=auth service="sshd" user="jdoe": nobody calls \(PAM_RUSER\), so there is no agent to ask$'
agent_gone
pam_end
