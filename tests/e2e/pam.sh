# shellcheck shell=bash
# pam: the words for cases about pam_certgate.so. Sourced after lib.sh.
#
#   pam_begin, pam_end        first and last in a case
#   pam_stack SERVICE LINE...  /etc/pam.d/SERVICE; MODULE stands for ours
#   sshd_uses_pam [LINE...]    UsePAM yes, and these lines first, in sshd_config
#   ssh_as USER CERT ARG...    ssh with that certificate; output in /run/ssh.out
#   pam_mark, pam_lines        what the module logged since the mark
#   pam_ok / pam_no            a login that PAM opens / refuses

: "${builddir:?}" "${pamdir=}"
MODULE=$pamdir/pam_certgate.so
pam_from=0
# Seconds that ssh_as gives a command.
patience=20

# pam_begin, pam_end: what a case changes beside /etc/ssh is put back. The
# first fails where there is no module.
pam_begin()
{
	if [ -z "$pamdir" ] || [ ! -e "$MODULE" ]; then
		ok "configured without PAM: nothing to test"
		return 1
	fi
	rm -rf /run/etc
	mkdir /run/etc
	cp -a /etc/passwd /etc/group /etc/shadow /etc/gshadow /etc/pam.d \
	    /etc/hosts /etc/sudoers /run/etc
}

pam_end()
{
	patience=20
	rm -rf /etc/pam.d
	cp -a /run/etc/. /etc
}

pam_stack()
{
	local service=$1 line

	shift
	for line in "$@"; do
		printf '%s\n' "${line//MODULE/$MODULE}"
	done >"/etc/pam.d/$service"
}

# For sshd: its own lines of session and account are given, the rest is here.
pam_sshd()
{
	pam_stack sshd 'auth required pam_unix.so' "$@" \
	    'account required pam_unix.so' 'session required pam_permit.so'
}

sshd_restart()
{
	sshd_stop
	: >"$SSHD_LOG"
	sshd_start
}

sshd_uses_pam()
{
	{
		echo 'UsePAM yes'
		[ $# -eq 0 ] || printf '%s\n' "$@"
		cat /etc/ssh/sshd_config
	} >/run/sshd_config
	cat /run/sshd_config >/etc/ssh/sshd_config
	sshd_restart
}

ssh_options=(-F /dev/null -p 22 -o IdentitiesOnly=yes -o IdentityAgent=none
    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null
    -o GlobalKnownHostsFile=/dev/null -o LogLevel=ERROR)

# ssh with no configuration and no agent of its own.
ssh_plain()
{
	"$SSH" "${ssh_options[@]}" "$@"
}

# ssh_as USER CERT [ARGUMENT...]: exit status is ssh's.
ssh_as()
{
	local user=$1 cert=$2

	shift 2
	timeout "$patience" "$SSH" "${ssh_options[@]}" -o BatchMode=yes \
	    -i "$(readlink "$CERTS/$cert.key")" \
	    -o CertificateFile="$CERTS/$cert-cert.pub" \
	    -o PreferredAuthentications=publickey "$user@127.0.0.1" "$@" \
	    </dev/null >/run/ssh.out 2>&1
}

# ssh_key USER KEY ARG...: the same with a plain key.
ssh_key()
{
	local user=$1 key=$2

	shift 2
	timeout "$patience" "$SSH" "${ssh_options[@]}" -o BatchMode=yes \
	    -i "$KEYS/$key" -o PreferredAuthentications=publickey \
	    "$user@127.0.0.1" "$@" </dev/null >/run/ssh.out 2>&1
}

# ssh_password USER PASSWORD ARG...
ssh_password()
{
	local user=$1 password=$2

	shift 2
	printf '#!/bin/sh\necho "%s"\n' "$password" >/run/askpass
	chmod 0700 /run/askpass
	SSH_ASKPASS=/run/askpass SSH_ASKPASS_REQUIRE=force timeout 20 \
	    "$SSH" "${ssh_options[@]}" -o PubkeyAuthentication=no \
	    -o PreferredAuthentications=password,keyboard-interactive \
	    -o NumberOfPasswordPrompts=1 \
	    "$user@127.0.0.1" "$@" </dev/null >/run/ssh.out 2>&1
}

set_password()
{
	echo "$1:$2" | chpasswd -c SHA512 -s 1000
}

pam_mark()
{
	pam_from=$(lines_in "$HELPER_LOG")
}

# What the module logged since pam_mark, to /run/pam.lines.
pam_lines()
{
	log_settles
	tail -n +$((pam_from + 1)) "$HELPER_LOG" |
	    grep '^<[0-9]*>pam_certgate\[' >/run/pam.lines || true
}

# pam_said NAME PATTERN: since the mark the module logged a line that
# matches, in its facility.
pam_said()
{
	pam_lines
	if grep -Eq -- "^<8[0-7]>pam_certgate\\[[0-9]+\\]: $2" /run/pam.lines
	then
		ok "$1"
	else
		not_ok "$1" "the log has no: $2"
		show log </run/pam.lines
	fi
}

# Whether there is such a line by now; sshd closes when the client is gone.
pam_logged()
{
	pam_lines
	grep -Eq -- "$1" /run/pam.lines
}

pam_was_silent()
{
	pam_lines
	if [ ! -s /run/pam.lines ]; then
		ok "$1"
	else
		not_ok "$1" "the module logged something"
		show log </run/pam.lines
	fi
}

# pam_ok USER CERT RULE: the session opens, by the line that holds RULE.
pam_ok()
{
	local user=$1 cert=$2 line status=0

	line=$(line_of "$3")
	pam_mark
	ssh_as "$user" "$cert" id -un || status=$?
	if [ $status -ne 0 ] || [ "$(cat /run/ssh.out)" != "$user" ]; then
		not_ok "$cert has a session as $user" "exit status $status"
		show client </run/ssh.out
		pam_lines
		show log </run/pam.lines
		return
	fi
	pam_said "$cert has a session as $user" \
	    "open group=session service=\"sshd\" user=\"$user\" reason=allowed .* rule=\"[^\"]*policy\\.yaml:$line\""
}

# pam_no USER CERT REASON [RULE]: sshd lets in, PAM does not: ssh ends with
# 254 and the command did not run.
pam_no()
{
	local user=$1 cert=$2 reason=$3 line='[0-9]+' status=0

	[ -z "${4-}" ] || line=$(line_of "$4")
	rm -f /run/ran
	pam_mark
	ssh_as "$user" "$cert" 'echo ran; touch /tmp/ran' || status=$?
	if [ $status -ne 254 ] || [ -e /tmp/ran ] ||
	    grep -q ran /run/ssh.out; then
		not_ok "$cert has no session as $user: $reason" \
		    "exit status $status, not 254, or the command ran"
		show client </run/ssh.out
	fi
	rm -f /tmp/ran
	pam_said "$cert has no session as $user: $reason" \
	    "deny group=session service=\"sshd\" user=\"$user\" reason=$reason .* rule=\"(-|[^\"]*policy\\.yaml:$line)\""
}
