# shellcheck shell=bash
# System calls that fail where nobody would look: found by make fault.

policy()
{
	write_policy <<EOT
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
users:
  johndoe: $1
EOT
}

# failing PATH CALL COMMAND...: its first CALL of PATH, or as $when says, fails
# with EIO.
failing()
{
	strace -o /run/trace -P "$1" -e "trace=$2" \
	    -e "inject=$2:error=EIO:when=${when:-1}" "$CERTGATE" "$3" --sshd "$SSHD" \
	    "${@:4}"
}

# fails_at PATH CALL NAME MESSAGE: apply is refused with that, nothing changes.
fails_at()
{
	etc_listing >/run/etc.before
	check_status 1 "$3" failing "$1" "$2" apply --no-rehearse
	cp /run/check.out /run/said.out
	etc_listing >/run/etc.after
	check "$3: there was such a call" grep -q INJECTED /run/trace
	check "$3: says why" grep -qx "certgate: $4" /run/said.out
	check "$3: nothing changed" cmp /run/etc.before /run/etc.after
}

if ! command -v strace >/dev/null; then
	not_ok "strace is there"
	return
fi
policy jdoe@example.com
apply
policy alice@example.com

# A policy that is not read whole is not an empty one.
# The first pread looks for a byte order mark, and there is none.
for call in lseek:1 pread64:2; do
	when=${call#*:}
	call=${call%:*}
	certgate status >/run/status.before 2>&1
	check_status 1 "the policy cannot be read: $call" \
	    failing "$POLICY" "$call" apply --no-rehearse
	cp /run/check.out /run/said.out
	check "$call: there was such a call" grep -q INJECTED /run/trace
	check "$call: says why" grep -q "^$POLICY: error: cannot be read:\
 Input/output error" /run/said.out
	check "$call: nothing changed" \
	    sh -c "$CERTGATE status 2>&1 | cmp /run/status.before -"
done
unset when

# The manifest would lack the list, and status find drift.
folder=/etc/ssh/certgate/generations/.2.new/principals
fails_at $folder getdents64 "the lists cannot be read" \
    "$folder/: Input/output error"

# What stands in our way there would not be seen.
fails_at /etc/ssh/sshd_config.d getdents64 "drop-ins cannot be read" \
    "/etc/ssh/sshd_config.d: Input/output error"
echo 'PrintMotd yes' >/etc/ssh/sshd_config.d/50-admin.conf
# So written it is looked at, and read without the second slash.
fails_at /etc/ssh/sshd_config.d//50-admin.conf newfstatat \
    "a drop-in cannot be looked at" \
    "/etc/ssh/sshd_config.d//50-admin.conf: Input/output error"

# sshd may run where /proc does not say.
sed -i 's/^TrustedUserCAKeys /&  /' /etc/ssh/sshd_config.d/00-certgate.conf
reloads=$(count_reloads)
pid=$(cat /run/sshd.pid)
when=1+ check "apply, /proc cannot be read" failing "/proc/$pid/exe" readlink apply
cp /run/check.out /run/said.out
check "which says that sshd was not reloaded" grep -qx "certgate: warning: \
all is written and proved, but sshd was not reloaded: process $pid: cannot \
tell whether it is sshd: Input/output error" /run/said.out
check "it was not" test "$(count_reloads)" -eq "$reloads"
check "the next apply makes up for it" certgate apply
check "sshd starts anew" wait_for 5 has_reloaded "$reloads"
