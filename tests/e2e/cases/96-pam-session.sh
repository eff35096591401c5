# shellcheck shell=bash
# pam_certgate.so decides again when the session opens.

pam_begin || return

policy()
{
	write_policy <<END
version: 1
authorities:
  cloudflare:
    keys: ["$(ca_key cf)"]
    principals: email-prefix
users:
  johndoe: jdoe@example.com
$1
  kiosk: any
  "*": same-name
END
}

# What the next generation will be, for later.
policy '  vmuser: jdoe@example.com'
apply
cp -a /etc/ssh/certgate/current/. /etc/ssh/after
policy '  vmuser: [jdoe@example.com, alice@example.com]'
apply
pam_sshd 'session required MODULE'
sshd_uses_pam 'AllowTcpForwarding yes' 'MaxSessions 10' \
    'Subsystem sftp internal-sftp'

cert jdoe --id jdoe@example.com --principals jdoe --serial 7
cert alice --id alice@example.com --principals alice --serial 8
cert mallory --id mallory@example.com --principals mallory

# Each mapping of the main job.
pam_ok jdoe jdoe '"*": same-name'
pam_ok johndoe jdoe 'johndoe:'
pam_ok vmuser jdoe 'vmuser:'
pam_ok vmuser alice 'vmuser:'
pam_said "the log names who alice is" \
    'open .* serial=8 authority="cloudflare" principal="alice" .* identity="alice@example.com" key_id="alice@example.com" key=SHA256:[A-Za-z0-9+/]{43} ca=SHA256:[A-Za-z0-9+/]{43}$'
pam_ok kiosk mallory 'kiosk: any'
stays_out johndoe alice
stays_out vmuser mallory
stays_out root jdoe

# A master connection from before the change.
ssh_plain -o BatchMode=yes -i "$KEYS/person" \
    -o CertificateFile="$CERTS/alice-cert.pub" -M -S /run/old-master -f -N \
    vmuser@127.0.0.1 </dev/null >/run/ssh.out 2>&1
wait_for 5 "$SSH" -F /dev/null -S /run/old-master -O check x
# The generation is switched while somebody logs in: sshd's answer is still
# the old one, PAM's is the new one.
pam_sshd 'session required MODULE current=/etc/ssh/after'
pam_ok vmuser jdoe 'vmuser:'
pam_no vmuser alice no-matching-principal 'vmuser:'
check "sshd logs that PAM refused" \
    sshd_said 0 'PAM: pam_open_session\(\): Permission denied'

# Nothing runs without a session: no shell, no subsystem, no terminal.
refused_session()
{
	local name=$1

	shift
	pam_mark
	ssh_as vmuser alice "$@" && not_ok "$name" "it succeeded"
	pam_said "$name" 'deny group=session service="sshd" user="vmuser" reason=no-matching-principal'
}
echo 'echo shell-ran' >/run/input
for name in 'a shell' 'a shell with a terminal'; do
	options=(-T)
	[ "$name" = 'a shell' ] || options=(-tt)
	pam_mark
	ssh_plain -o BatchMode=yes \
	    -i "$KEYS/person" -o CertificateFile="$CERTS/alice-cert.pub" \
	    "${options[@]}" vmuser@127.0.0.1 </run/input >/run/ssh.out 2>&1
	status=$?
	check "$name: sshd ends it with 254" test $status -eq 254
	check "$name: nothing ran" \
	    test "$(grep -c '^shell-ran' /run/ssh.out)" -eq 0
	pam_said "$name: refused by the decision" \
	    'deny group=session .* reason=no-matching-principal'
done
refused_session 'sftp' -s sftp
check 'sftp: no answer' test ! -s /run/ssh.out

# -N with forwardings: the connection stands, and carries nothing.
forward()
{
	ssh_plain -o BatchMode=yes -i "$KEYS/person" \
	    -o CertificateFile="$CERTS/$1-cert.pub" -M -S "/run/master-$1" \
	    -f -N -L 127.0.0.1:"$2":127.0.0.1:22 -D 127.0.0.1:"$3" \
	    vmuser@127.0.0.1 </dev/null >/run/ssh.out 2>&1
}
# What sshd's banner says through the forwarding.
banner()
{
	timeout 5 bash -c "exec 9<>/dev/tcp/127.0.0.1/$1 && head -c 4 <&9"
}
forward jdoe 2201 2202
check "a forwarding carries for who is allowed" \
    test "$(banner 2201)" = SSH-
forward alice 2203 2204
check "the connection itself stands" \
    "$SSH" -F /dev/null -S /run/master-alice -O check x
check "no local forwarding" test "$(banner 2203)" != SSH-
check "sshd refuses the channel" sshd_said 0 \
    'refused local port forward|administratively prohibited|direct-tcpip.*refused|open failed'
status=0
timeout 5 "$SSH" -F /dev/null -S /run/master-alice -O forward \
    -R 127.0.0.1:2205:127.0.0.1:22 x >/run/ssh.out 2>&1 || status=$?
check "no remote forwarding" test $status -ne 0
for n in 1 2; do
	status=0
	timeout 10 "$SSH" -F /dev/null -S /run/master-alice x \
	    'echo mux-ran' </dev/null >/run/ssh.out 2>&1 || status=$?
	check "session $n on the refused connection: status 254" \
	    test $status -eq 254
	check "session $n on the refused connection: nothing ran" \
	    test "$(grep -c mux-ran /run/ssh.out)" -eq 0
done
# sshd asks PAM once for each connection: what stood before stands.
check_says '^mux-ran$' "a connection from before the change goes on" \
    timeout 10 "$SSH" -F /dev/null -S /run/old-master x 'echo mux-ran'
for name in old-master master-jdoe master-alice; do
	"$SSH" -F /dev/null -S "/run/$name" -O exit x >/run/ssh.out 2>&1
done

# debug tells the steps.
pam_sshd 'session required MODULE debug'
pam_mark
ssh_as vmuser jdoe true
pam_said "debug: the method" \
    'debug group=session service="sshd" user="vmuser": sshd completed the method publickey$'
pam_said "debug: the certificate" \
    'debug .*: certificate 1 of SSH_AUTH_INFO_0 \([0-9]+ bytes\): allowed$'

# A line that says something wrong denies, even to who is allowed.
pam_sshd 'session required MODULE on-error=ignore requre=cert'
pam_mark
ssh_as vmuser jdoe true && not_ok "a misspelt option denies"
pam_said "a misspelt option denies" \
    'deny group=session service="sshd" user="vmuser" reason=bad-option: option "requre=cert": not known; see pam_certgate\(8\)$'

# Failures of its own deny, unless the administrator wants it otherwise.
failed()
{
	local name=$1 pattern=$2

	pam_sshd 'session required MODULE current=/etc/ssh/after'
	pam_mark
	ssh_as vmuser jdoe true && not_ok "$name denies"
	pam_said "$name denies" \
	    "deny group=session service=\"sshd\" user=\"vmuser\" reason=failed: $pattern"
	pam_sshd 'session required MODULE on-error=ignore current=/etc/ssh/after'
	pam_mark
	check "$name with on-error=ignore lets in" ssh_as vmuser jdoe true
	pam_said "$name with on-error=ignore is logged" \
	    "ignore group=session service=\"sshd\" user=\"vmuser\" reason=failed: $pattern"
}
chmod 0666 /etc/ssh/after/ca.pub
failed "a ca.pub that anybody may write" \
    '/etc/ssh/after/ca\.pub: mode 0666 lets others than its owner change it'
chmod 0644 /etc/ssh/after/ca.pub
: >/etc/ssh/after/policy.cdb
failed "an empty index" 'the index is empty; run certgate apply$'
rm -r /etc/ssh/after
failed "no generation" '/etc/ssh/after/ca\.pub: No such file or directory$'

# A certificate's refusal is no failure.
pam_sshd 'session required MODULE on-error=ignore current=/etc/ssh/other'
cp -aL /etc/ssh/certgate/current /etc/ssh/other
ca_key rogue >/etc/ssh/other/ca.pub
pam_mark
ssh_as vmuser jdoe true && not_ok "an authority that ca.pub has not"
pam_said "an authority that ca.pub has not" \
    'deny group=session .* reason=unknown-authority .*: the authority'"'"'s key is not in ca\.pub$'
rm -r /etc/ssh/other
pam_end
