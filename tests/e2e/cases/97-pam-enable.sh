# shellcheck shell=bash
# certgate pam enable and disable, with the real pam-auth-update, sshd and
# sudo.

pam_begin || return
tool=/usr/sbin/pam-auth-update
if [ ! -x "$tool" ]; then
	ok "there is no pam-auth-update here: nothing to test"
	pam_end
	return
fi

# The stacks as pam-auth-update makes them on a machine like new, whatever
# this one has.
cat >/etc/pam.d/sshd <<'EOF'
@include common-auth
account required pam_nologin.so
@include common-account
session required pam_loginuid.so
@include common-session
session optional pam_motd.so noupdate
@include common-password
EOF
for name in sudo sudo-i; do
	session=common-session
	[ $name = sudo-i ] || session=common-session-noninteractive
	printf '@include common-auth\n@include common-account\n@include %s\n' \
	    $session >/etc/pam.d/$name
done
DEBIAN_FRONTEND=noninteractive $tool --package --force >/run/force.out 2>&1 ||
    not_ok "pam-auth-update" "$(cat /run/force.out)"
rm -f /etc/pam.d/*.pam-old
cp -a /etc/pam.d /run/pam.d.new

# Names, kinds, modes, owners and bytes of all that is PAM's.
pam_listing()
{
	find /etc/pam.d /var/lib/pam /usr/share/pam-configs /var/lib/certgate \
	    -printf '%p %y %m %U %G %l\n' 2>/dev/null | sort
	find /etc/pam.d /var/lib/pam /usr/share/pam-configs /var/lib/certgate \
	    -type f -exec sha256sum {} + 2>/dev/null | sort -k 2
}
# What a command says stays for the checks that follow.
pam()
{
	certgate pam "$@" >/run/pam.out 2>&1 || {
		cat /run/pam.out
		return 1
	}
}
pam_says()
{
	check "$1" grep -Eq -- "$2" /run/pam.out
}
rm -rf /var/lib/certgate
mkdir -m 0755 /var/lib/certgate
pam_listing >/run/pam.fresh
as_before()
{
	pam_listing >/run/pam.now
	diff /run/pam.fresh /run/pam.now
}
# enable_refused NAME PATTERN [OPTION...]
enable_refused()
{
	local name=$1 pattern=$2 status=0

	shift 2
	pam_listing >/run/pam.before
	certgate pam enable "$@" >/run/enable.out 2>&1 || status=$?
	check "$name: exit status 1" test $status -eq 1
	check "$name: it says why" grep -Eq -- "$pattern" /run/enable.out
	show enable </run/enable.out
	pam_listing >/run/pam.after
	check "$name: nothing changed" diff /run/pam.before /run/pam.after
}

write_policy <<EOF
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
users:
  vmuser: [jdoe@example.com, alice@example.com]
  "*": same-name
EOF
enable_refused "before the first apply" \
    '^certgate: /etc/ssh/certgate/current/ca\.pub is missing: the module would refuse everybody who comes with a certificate; certgate apply comes first$'
apply
mv "$MODULE" /run/module.so
enable_refused "no module" \
    '^certgate: the module cannot be used: .*/pam_certgate\.so: No such file or directory$'
echo 'no library' >"$MODULE"
enable_refused "a module that does not load" \
    '^certgate: the module cannot be loaded: .*/pam_certgate\.so: file too short$'
head -c 1000 /run/module.so >"$MODULE"
enable_refused "a module that is cut off" \
    '^certgate: the module cannot be loaded: who loads it crashes$'
mv /run/module.so "$MODULE"
check "a command that comes to nothing names the option" \
    test "$("$CERTGATE" pam enable --bogus 2>&1 | grep -c -- --no-sudo)" -eq 1

# sshd without PAM: worth a word.
check "pam enable" pam enable
pam_says "it warns of UsePAM no" \
    '^certgate: warning: sshd does not use PAM: until sshd_config says UsePAM yes, sessions are not looked at$'
check "pam disable" pam disable
check "all is as it was, to the byte" as_before
check "disabled already" pam disable
pam_says "it says so" '^pam  *disabled already, by pam-auth-update$'

sshd_uses_pam 'AllowAgentForwarding yes'
check "pam enable" pam enable
cp /run/pam.out /run/enable.out
check "where sessions are looked at" grep -Eq \
    '^session +sshd, by common-session:[0-9]+$' /run/enable.out
check "who takes certificates" grep -Eq \
    '^auth +sudo, by common-auth:[0-9]+$' /run/enable.out
check "sudo -i too" grep -Eq '^auth +sudo-i, by common-auth:[0-9]+$' \
    /run/enable.out
check "and nobody else" test \
    "$(grep -cE '^(auth|session|account|password) ' /run/enable.out)" -eq 3
check "no warning" test "$(grep -c warning /run/enable.out)" -eq 0
pam_listing >/run/pam.enabled
check "enabled already" pam enable
pam_says "it says so" '^pam  *enabled already, by pam-auth-update$'
check_says '"is_new": *false' "in JSON too" certgate pam enable --format json
enable_refused "without sudo, though it is with" \
    'it is enabled already, with sudo; certgate pam disable comes first$' \
    --no-sudo
pam_listing >/run/pam.now
check "nothing changed by all that" diff /run/pam.enabled /run/pam.now

# What it does. pam_loginuid needs a kernel that lets it, as on a machine.
sed -i '/pam_loginuid/d' /etc/pam.d/sshd
echo '127.0.0.1 certgate-test' >>/etc/hosts
cat >/etc/sudoers <<EOF
Defaults timestamp_timeout=0, !lecture, passwd_tries=1
root ALL=(ALL) ALL
vmuser ALL=(ALL) ALL
EOF
chmod 0440 /etc/sudoers
set_password vmuser secret-vmuser
set_password alice secret-alice
cert jdoe --id jdoe@example.com --principals jdoe --serial 7
cert alice --id alice@example.com --principals alice
pam_ok vmuser jdoe 'vmuser:'
mkdir -p /etc/ssh/keys
cp "$KEYS/other.pub" /etc/ssh/keys/alice
cp "$KEYS/other.pub" /etc/ssh/keys/root
sed -i '1i AuthorizedKeysFile /etc/ssh/keys/%u\nPermitRootLogin yes' \
    /etc/ssh/sshd_config
sshd_restart
pam_mark
check "a key comes in as before" ssh_key alice other true
check "root's key, too" ssh_key root other true
pam_was_silent "keys are none of its business"
# The index of the next generation is known to the module alone.
cp "$POLICY" /run/policy.before
eval "$(ssh-agent -s -a /run/agent.sock)" >/run/agent.out
rm -rf /run/add
mkdir -m 0700 /run/add
cp "$KEYS/person" /run/add/key
cp "$CERTS/jdoe-cert.pub" /run/add/key-cert.pub
SSH_AUTH_SOCK=/run/agent.sock ssh-add -q /run/add/key 2>/run/add.err
by_agent()
{
	"$SSH" -o IdentityAgent=/run/agent.sock -A "${ssh_options[@]}" \
	    -o BatchMode=yes -i "$KEYS/person" \
	    -o CertificateFile="$CERTS/jdoe-cert.pub" vmuser@127.0.0.1 "$@" \
	    </dev/null >/run/ssh.out 2>&1
}
pam_mark
by_agent 'sudo -S -p "" id -u' </dev/null
check "sudo by certificate" test "$(cat /run/ssh.out)" = 0
pam_said "it is logged" 'allow group=auth service="sudo" user="vmuser" .* serial=7 '
with_password()
{
	ssh_as vmuser jdoe 'echo secret-vmuser | sudo -S -p "" id -u 2>/dev/null'
	test "$(cat /run/ssh.out)" = 0
}
check "sudo without an agent: the password" with_password
wrong_password()
{
	ssh_as vmuser jdoe 'echo wrong | sudo -S -p "" id -u 2>/dev/null'
	test "$(grep -cx 0 /run/ssh.out)" -eq 0
}
check "a wrong one is wrong" wrong_password

# su and the console jump over the module, and do without it.
by_su()
{
	test "$(su alice -c 'id -un' </dev/null)" = alice
}
pam_mark
check "su" by_su
by_agent 'su alice -c "id -un" </dev/null'
check "su by vmuser takes no certificate" \
    test "$(grep -cx alice /run/ssh.out)" -eq 0
pam_lines
check "su does not ask the module" \
    test "$(grep -c 'service="su"' /run/pam.lines)" -eq 0
mv "$MODULE" /run/module.so
check "su goes on where the module is gone" by_su
status=0
ssh_as vmuser jdoe true || status=$?
check "sshd's sessions do not" test $status -eq 254
check "sudo by password does" test "$(echo secret-vmuser |
    setpriv --reuid vmuser --regid vmuser --clear-groups \
    sudo -S -p '' id -u 2>/run/sudo.err)" = 0
mv /run/module.so "$MODULE"
kill "$SSH_AGENT_PID"
SSH_AGENT_PID=

# An administrator's option stays with other packages' changes, and goes with
# the line.
cp -a /run/pam.d.new/sshd /etc/pam.d/sshd
sed -i 's|^\(session.*pam_certgate\.so\).*|\1 require=cert groups=vmuser|' \
    /etc/pam.d/common-session
DEBIAN_FRONTEND=noninteractive $tool --package
check "pam-auth-update keeps an option" grep -q \
    'pam_certgate\.so groups=vmuser require=cert *$' /etc/pam.d/common-session
check "pam disable" pam disable
pam_says "it says what others changed" \
    '^certgate: warning: changed by others since certgate pam enable, so only the lines were taken out: /etc/pam\.d/common-session$'
check "all is as it was, to the byte" as_before

# Changed in more than options, pam-auth-update leaves it alone.
sed -i '/^# and here are more per-package/a session optional pam_umask.so' \
    /etc/pam.d/common-session
enable_refused "a common-session changed by hand" \
    '^certgate: pam-auth-update --enable: pam-auth-update: Local modifications to /etc/pam\.d/common-\*, not updating\.; see pam-auth-update\(8\)$'
cp -a /run/pam.d.new/common-session /etc/pam.d/common-session
check "pam enable" pam enable --no-sudo
check "sessions alone" test \
    "$(grep -cE '^(auth|session|account|password) ' /run/pam.out)" -eq 1
sed -i '/^# and here are more per-package/a session optional pam_umask.so' \
    /etc/pam.d/common-session
pam_listing >/run/pam.before
check_status 1 "disable where it was changed by hand" pam disable
pam_says "it says so" \
    '^certgate: pam-auth-update --remove: pam-auth-update: Local modifications'
pam_listing >/run/pam.after
check "and leaves it" diff /run/pam.before /run/pam.after
sed -i '/pam_umask/d' /etc/pam.d/common-session
check "pam disable" pam disable
check "all is as it was, to the byte" as_before

# White space that pam-auth-update would not keep.
sed -i 's/^session.*pam_unix\.so.*/session	required	pam_unix.so   /' \
    /etc/pam.d/common-session
chmod 0600 /etc/pam.d/common-session
pam_listing >/run/pam.before
check "pam enable" pam enable
check "pam disable" pam disable
pam_listing >/run/pam.after
check "as the administrator wrote it" diff /run/pam.before /run/pam.after
cp -a /run/pam.d.new/common-session /etc/pam.d/common-session

# Stacks that come to something else than is meant.
cp /etc/pam.d/sshd /run/sshd.pam
sed -i '/common-session/d' /etc/pam.d/sshd
enable_refused "sshd does not include the common file" \
    '^certgate: session of service "sshd" does not come to pam_certgate\.so: it does not include the common files, or ends before them$'
cp /run/sshd.pam /etc/pam.d/sshd
sed -i '1i session sufficient pam_permit.so' /etc/pam.d/sshd
enable_refused "sshd's sessions end before it" \
    '^certgate: session of service "sshd" does not come to pam_certgate\.so'
sed -i '1s/.*/session sufficient pam_umask.so/' /etc/pam.d/sshd
enable_refused "sshd's sessions may end before it" \
    '^certgate: session of service "sshd" can end well without pam_certgate\.so \(common-session:[0-9]+\): a line before it ends the stack or jumps over it$'
sed -i '1s/.*/session required pam_env.so user_readenv=1/' /etc/pam.d/sshd
enable_refused "users say how they got in" \
    '^certgate: session of service "sshd": pam_env\.so with user_readenv=1 \(sshd:1\) runs before pam_certgate\.so, so that users could write in ~/\.pam_environment how they got in \(SSH_AUTH_INFO_0\) and from where \(SSH_CONNECTION\); take user_readenv=1 out, or put that line behind the common files$'
cp /run/sshd.pam /etc/pam.d/sshd
echo 'session required' >>/etc/pam.d/sshd
enable_refused "a file that libpam would not read" \
    '^certgate: the service "sshd" cannot be judged: sshd:8: control or module is missing after "required"$'
cp /run/sshd.pam /etc/pam.d/sshd
pam_stack sudo 'auth required pam_unix.so' 'account required pam_unix.so'
enable_refused "sudo has a stack of its own" \
    '^certgate: auth of service "sudo" does not come to pam_certgate\.so'
cp -a /run/pam.d.new/sudo /etc/pam.d/sudo
echo 'session required pam_certgate.so' >>/etc/pam.d/sshd
enable_refused "lines by hand" \
    '^certgate: sshd:8 names the module already, and certgate did not write that; take the line out first, or leave it at that$'
doctor()
{
	certgate doctor >/run/doctor.out 2>&1
	grep -c '\[pam-environment\]' /run/doctor.out || :
}
check "doctor has nothing against them" test "$(doctor)" -eq 0
sed -i '1i session optional pam_env.so user_readenv=1' /etc/pam.d/sshd
check "unless users write before them how they got in" test "$(doctor)" -eq 1
check "and says where" grep -q '^/etc/pam\.d/sshd:1: warning: ' /run/doctor.out
sed -i 1d /etc/pam.d/sshd
check "pam disable leaves them" pam disable
pam_says "and says so" \
    '^certgate: warning: pam_certgate\.so is named by lines that certgate did not write; they stay$'
cp -a /run/pam.d.new/sshd /etc/pam.d/sshd
printf 'Name: mine\nDefault: no\nPriority: 0\n' >/usr/share/pam-configs/certgate
enable_refused "a profile of that name" \
    '^certgate: /usr/share/pam-configs/certgate: there is a profile of this name already, and it is not certgate'"'"'s$'
rm /usr/share/pam-configs/certgate

# A profile that pam-auth-update has not seen comes in with ours.
cat >/usr/share/pam-configs/zz-unseen <<'EOF'
Name: of a package that was unpacked by hand
Default: yes
Priority: 0
Session-Type: Additional
Session:
	required	pam_umask.so
EOF
enable_refused "another profile comes in with ours" 'pam_umask'
rm /usr/share/pam-configs/zz-unseen
check "all is as it was, to the byte" as_before

# Killed between the tool's work and our own, at whatever point.
mv $tool /run/tool
killed()
{
	# shellcheck disable=SC2016 # for the stand-in
	printf '#!/bin/sh\n%s\n' "$1" >$tool
	chmod 0755 $tool
	"$CERTGATE" pam "$2" >/run/killed.out 2>&1
	[ $? -eq 137 ] || not_ok "the command is killed" "$(cat /run/killed.out)"
}
# The tool is env's child no more: it took its place, under certgate.
# shellcheck disable=SC2016
kill_before='kill -9 $PPID' kill_after='/run/tool "$@"; kill -9 $PPID'
for when in before after; do
	name=kill_$when
	killed "${!name}" enable
	cp -a /run/tool $tool
	check "killed $when the tool: disable" pam disable
	pam_says "killed $when the tool: that was undone" \
	    '^certgate: warning: an interrupted certgate pam was undone$'
	check "killed $when the tool: all is as it was" as_before
	killed "${!name}" enable
	cp -a /run/tool $tool
	check "killed $when the tool: enable" pam enable
	pam_says "killed $when the tool: it is enabled" '^pam  *enabled, by pam-auth-update$'
	killed "${!name}" disable
	cp -a /run/tool $tool
	check "disable killed $when the tool: disable" pam disable
	check "disable killed $when the tool: all is as it was" as_before
done

# Another one at work.
lock=/var/lib/.certgate-pam-lock
(umask 077; : >$lock)
exec 9<>$lock
flock 9
enable_refused "two at once" "^certgate: another certgate is at work and holds $lock; try again when it has ended\$"
exec 9<&-
rm $lock

# What others can open locks nothing: it would be theirs to stop us.
exec 9</etc/pam.d
flock 9
check "with a lock of somebody else's on PAM's folder" pam enable
check "and out again" pam disable
exec 9<&-
check "all is as it was after it" as_before
check "no lock stays" test ! -e $lock

# An image, by its own tools.
mkdir -p /run/image
if mount --rbind / /run/image 2>/run/mount.err; then
	check "pam enable in a root" pam enable --root /run/image
	check "it is in there" grep -q pam_certgate /etc/pam.d/common-auth
	check "pam disable in a root" pam disable --root /run/image
	check "all is as it was there" as_before
	umount -R -l /run/image
fi

# Nobody looks after it.
rm $tool
enable_refused "neither tool" \
    '^certgate: neither pam-auth-update nor authselect looks after PAM here$'
check "the line for sshd" grep -Eq \
    '^    session required (.*/)?pam_certgate\.so$' /run/enable.out
check "the line for sudo" grep -Eq \
    '^    auth sufficient (.*/)?pam_certgate\.so$' /run/enable.out
mv /run/tool $tool
check "all is as it was at the end" as_before
pam_end
