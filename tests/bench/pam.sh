# shellcheck shell=bash disable=SC2154
# pam: what pam_certgate.so costs: a login with it and without, and sudo by
# certificate beside sudo by NOPASSWD. All paired, one of each in turn; the
# pair of two equal ones says what the machine's own noise is. Sourced by
# run.sh.
#
# BENCH_LOGINS: pairs of each kind, of which the medians count.

: "${work:?}" "${KEYS:?}" "${pamdir=}" "${SSH:?}" "${SSHD:?}"
: "${SSH_KEYGEN:?}" "${sbindir:?}"
pam_module=$pamdir/pam_certgate.so

# took FILE COMMAND...: milliseconds, as one more line of the file.
took()
{
	local file=$1 began ended

	shift
	began=$(date +%s%N)
	"$@" </dev/null >"$work/said" 2>"$work/err" || return
	ended=$(date +%s%N)
	awk -v ns=$((ended - began)) 'BEGIN { printf "%.2f\n", ns / 1e6 }' \
	    >>"$file"
}

median()
{
	sort -g "$1" | sed -n "$((($(wc -l <"$1") + 1) / 2))p"
}

# pam_figure NAME PLAIN MODULE: the medians of $work/plain, plain2, module.
pam_figure()
{
	figure "$1" "pairs=$BENCH_LOGINS" "$2_ms=$(median "$work/plain")" \
	    "$3_ms=$(median "$work/module")" \
	    "ratio=$(ratio "$(median "$work/module")" "$(median "$work/plain")")" \
	    "floor=$(ratio "$(median "$work/plain2")" "$(median "$work/plain")")"
}

pam_sshd_stack()
{
	printf '%s\n' 'auth required pam_unix.so' \
	    'account required pam_permit.so' "$@" \
	    'session required pam_permit.so' >/etc/pam.d/sshd
}

pam_login()
{
	"$SSH" -F /dev/null -i "$KEYS/person" \
	    -o CertificateFile="$work/p-cert.pub" -o IdentitiesOnly=yes \
	    -o IdentityAgent=none -o BatchMode=yes -o LogLevel=ERROR \
	    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
	    -o GlobalKnownHostsFile=/dev/null johndoe@127.0.0.1 true
}

pam_logins()
{
	local i

	rm -f "$work/plain" "$work/plain2" "$work/module"
	for ((i = 0; i < BENCH_LOGINS; i++)); do
		pam_sshd_stack
		took "$work/plain" pam_login || return
		took "$work/plain2" pam_login || return
		pam_sshd_stack "session required $pam_module"
		took "$work/module" pam_login || return
	done
	pam_figure pam-login without with
}

# pam_sudo USER: root's true, by that user.
pam_sudo()
{
	setpriv --reuid "$1" --regid "$1" --clear-groups env \
	    SSH_AUTH_SOCK="$work/$1/agent" sudo -S -p '' true
}

pam_sudos()
{
	local i

	rm -f "$work/plain" "$work/plain2" "$work/module"
	for ((i = 0; i < BENCH_LOGINS; i++)); do
		took "$work/plain" pam_sudo kiosk &&
		    took "$work/plain2" pam_sudo kiosk &&
		    took "$work/module" pam_sudo johndoe || return
	done
	pam_figure pam-sudo nopasswd certificate
}

# sudo for two: kiosk needs nothing, johndoe the certificate in his agent.
pam_prepare_sudo()
{
	printf '%s\n' 'Defaults timestamp_timeout=0, !lecture' \
	    'kiosk ALL=(ALL) NOPASSWD: ALL' 'johndoe ALL=(ALL) ALL' \
	    >/etc/sudoers
	chmod 0440 /etc/sudoers
	rm -rf /etc/sudoers.d
	printf '%s\n' "auth sufficient $pam_module" 'auth required pam_deny.so' \
	    'account required pam_permit.so' 'session required pam_permit.so' \
	    >/etc/pam.d/sudo
	grep -q certgate-test /etc/hosts ||
	    echo '127.0.0.1 certgate-test' >>/etc/hosts
	chmod 0711 "$work"
	mkdir -m 0700 "$work/johndoe" "$work/kiosk"
	cp "$KEYS/person" "$work/johndoe/key"
	cp "$work/p-cert.pub" "$work/johndoe/key-cert.pub"
	chown -R johndoe: "$work/johndoe"
	eval "$(setpriv --reuid johndoe --regid johndoe --clear-groups \
	    ssh-agent -s -a "$work/johndoe/agent")" >"$work/said"
	setpriv --reuid johndoe --regid johndoe --clear-groups env \
	    SSH_AUTH_SOCK="$work/johndoe/agent" ssh-add -q "$work/johndoe/key"
}

bench_pam()
{
	if [ ! -e "$pam_module" ]; then
		echo "bench: configured without PAM: nothing to measure of it"
		return
	fi
	{
		policy_head
		printf 'users:\n  johndoe: name@example.com\n'
	} >/etc/certgate/policy.yaml
	chmod 0644 /etc/certgate/policy.yaml
	cp "$KEYS/person.pub" "$work/p.pub"
	{
		"$SSH_KEYGEN" -q -s "$KEYS/cf" -I name@example.com -n name \
		    -V -1m:+1d "$work/p.pub" &&
		    sed -i '1i UsePAM yes' /etc/ssh/sshd_config &&
		    "$sbindir/certgate" apply --no-rehearse --no-reload \
			--sshd "$SSHD"
	} >"$work/said" 2>"$work/err" || {
		not_measured pam-login apply
		return
	}
	sshd_stop
	: >"$SSHD_LOG"
	if ! sshd_start >"$work/err" 2>&1 || ! pam_logins; then
		not_measured pam-login "a login failed"
	fi
	sshd_stop
	if ! pam_prepare_sudo 2>"$work/err" || ! pam_sudos; then
		not_measured pam-sudo "sudo failed"
	fi
	[ -z "${SSH_AGENT_PID-}" ] || kill "$SSH_AGENT_PID"
}
