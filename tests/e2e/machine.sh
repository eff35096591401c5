# shellcheck shell=bash
# machine: turn the sandbox into a server with certgate installed, people's
# accounts and an sshd of its own. Sourced by process 1 of the sandbox.

: "${srcdir:?}" "${builddir:?}" "${pkglibexecdir:?}"

# What the caller's environment chooses, absolute paths.
SSHD=${SSHD:-$(command -v sshd || true)}
SSH=${SSH:-$(command -v ssh || true)}
SSH_KEYGEN=${SSH_KEYGEN:-$(command -v ssh-keygen || true)}

SSHD_LOG=/run/sshd.log
HELPER_LOG=/run/helper.log
LOG_SOCKET=/dev/log
KEYS=/run/keys

machine_die()
{
	echo "machine: $*" >&2
	exit 1
}

# Accounts of its own instead of this machine's people: the same names and
# numbers everywhere. System accounts stay.
machine_accounts()
{
	local name uid

	sed -i -E '/^[^:]*:[^:]*:([0-9]{4,}):/{/^nobody:/!d}' /etc/passwd
	sed -i -E '/^[^:]*:[^:]*:([0-9]{4,}):/{/^(nobody|nogroup):/!d}' \
	    /etc/group
	rm -f /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow-
	sed -i 's/^\(passwd\|group\|shadow\):.*/\1: files/' \
	    /etc/nsswitch.conf 2>/dev/null || true
	grep -q ^sshd: /etc/passwd ||
	    echo 'sshd:x:399:65534::/run/sshd:/usr/sbin/nologin' >>/etc/passwd
	uid=5000
	for name in jdoe johndoe bwayne alice bob mallory vmuser kiosk \
	    deploy backup-old; do
		uid=$((uid + 1))
		# The last one is what min_uid is there for.
		[ "$name" = backup-old ] && uid=450
		sed -i "/^$name:/d" /etc/passwd /etc/group /etc/shadow
		echo "$name:x:$uid:$uid::/home/$name:/bin/sh" >>/etc/passwd
		echo "$name:x:$uid:" >>/etc/group
		# "*": no password fits, yet the account is not locked.
		echo "$name:*:19000:0:99999:7:::" >>/etc/shadow
		mkdir -p "/home/$name"
		chown "$uid:$uid" "/home/$name"
		chmod 0755 "/home/$name"
	done
	sed -i 's/^root:[^:]*:/root:*:/' /etc/shadow
}

# The installation, as an administrator does it.
machine_install()
{
	local folder

	make -C "$builddir" install MAKEFLAGS= >/run/install.log 2>&1 || {
		cat /run/install.log
		machine_die "make install failed"
	}
	id _certgate >/dev/null 2>&1 || useradd --system --no-create-home \
	    --home-dir /nonexistent --shell /usr/sbin/nologin _certgate ||
	    machine_die "useradd failed"
	# Some systems let a group write below /usr/local; sshd then refuses
	# to run anything there.
	folder=$pkglibexecdir
	while [ -n "$folder" ]; do
		chmod go-w "$folder"
		folder=${folder%/*}
	done
	chmod 0755 /
}

# Keys: one for every person, and the authorities' own.
machine_keys()
{
	local name

	mkdir -p "$KEYS"
	for name in person other; do
		"$SSH_KEYGEN" -q -t ed25519 -N '' -C "$name" -f "$KEYS/$name"
	done
	"$SSH_KEYGEN" -q -t ecdsa -b 256 -N '' \
	    -C open-ssh-ca@cloudflareaccess.org -f "$KEYS/cf"
	for name in vault vault2 mail rogue; do
		"$SSH_KEYGEN" -q -t ed25519 -N '' -C "$name" -f "$KEYS/$name"
	done
	"$SSH_KEYGEN" -q -t rsa -b 2048 -N '' -C corp -f "$KEYS/corp"
}

# An /etc/ssh of its own: a Debian-like sshd_config, one host key. Kept in
# /run/pristine for machine_reset.
machine_ssh()
{
	rm -rf /etc/ssh /etc/certgate
	mkdir -m 0755 /etc/ssh /etc/ssh/sshd_config.d
	"$SSH_KEYGEN" -q -t ed25519 -N '' -C '' -f /etc/ssh/ssh_host_ed25519_key
	mkdir -p /run/sshd /var/empty
	chmod 0755 /run/sshd /var/empty
	cat >/etc/ssh/sshd_config <<'EOF'
# The sshd of the sandbox.
Include /etc/ssh/sshd_config.d/*.conf

LogLevel VERBOSE
HostKey /etc/ssh/ssh_host_ed25519_key
PidFile /run/sshd.pid
AuthorizedKeysFile none
PasswordAuthentication no
KbdInteractiveAuthentication no
UseDNS no
X11Forwarding yes
PrintMotd no
EOF
	# 9.8 and newer shut out an address after denied logins; ours all
	# come from one.
	echo 'PerSourcePenalties no' >/run/try
	if "$SSHD" -T -f /run/try -h /etc/ssh/ssh_host_ed25519_key \
	    >/dev/null 2>&1; then
		cat /run/try >>/etc/ssh/sshd_config
	fi
	cp -a /etc/ssh /run/pristine
}

# Back to the state before the first apply, with no sshd running.
machine_reset()
{
	sshd_stop
	rm -rf /etc/ssh /etc/certgate
	cp -a /run/pristine /etc/ssh
	mkdir -m 0755 /etc/certgate
	: >"$SSHD_LOG"
}

machine_start()
{
	local program

	for program in "$SSHD" "$SSH" "$SSH_KEYGEN"; do
		[ -x "$program" ] ||
		    machine_die "sshd, ssh or ssh-keygen is missing"
	done
	machine_accounts
	machine_install
	machine_keys
	machine_ssh
	: >"$HELPER_LOG"
	"$builddir/tests/e2e/logsink" "$LOG_SOCKET" "$HELPER_LOG" &
	# shellcheck disable=SC2034 # which of the processes it is
	logsink=$!
	wait_for 5 test -S "$LOG_SOCKET" || machine_die "logsink did not start"
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for()
{
	local left=$(($1 * 50))

	shift
	until "$@" >/dev/null 2>&1; do
		[ $((left -= 1)) -gt 0 ] || return 1
		sleep 0.02
	done
}

sshd_listens()
{
	[ "$(grep -c '^Server listening on 0\.0\.0\.0' "$SSHD_LOG")" -ge "$1" ]
}

# Start sshd by hand, as on a machine without systemd.
sshd_start()
{
	"$SSHD" -f /etc/ssh/sshd_config -E "$SSHD_LOG" &&
	    wait_for 5 sshd_listens 1 && wait_for 5 test -s /run/sshd.pid &&
	    return
	echo "# sshd did not start:"
	sed 's/^/#   /' "$SSHD_LOG"
	return 1
}

# The sshd that runs; its pid file does not tell while it starts anew.
sshd_pids()
{
	local exe

	for exe in /proc/[0-9]*/exe; do
		[ ! "$exe" -ef "$SSHD" ] || echo "${exe//[!0-9]/}"
	done
}

has_no_sshd()
{
	[ -z "$(sshd_pids)" ]
}

sshd_stop()
{
	# shellcheck disable=SC2046 # one word each
	has_no_sshd || kill $(sshd_pids) 2>/dev/null
	# shellcheck disable=SC2046
	wait_for 5 has_no_sshd || kill -9 $(sshd_pids)
	rm -f /run/sshd.pid
}
