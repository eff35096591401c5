#!/bin/bash
# inside: process 1 of the sandbox: makes it a server as the end-to-end tests
# do, then boots systemd on it, again and again, and looks what certgate does.

# Functions are called by their names, as words of others.
# shellcheck disable=SC2317
: "${srcdir:?}" "${builddir:?}" "${sbindir:?}" "${pkglibexecdir:?}"
: "${init:?}" "${unit:?}"
here=$srcdir/tests/systemd
# shellcheck disable=SC2034 # lib.sh runs it
CERTGATE=$sbindir/certgate
trap 'exit 130' INT
trap 'exit 143' TERM
# shellcheck source=tests/e2e/machine.sh
. "$srcdir/tests/e2e/machine.sh"
# shellcheck source=tests/e2e/lib.sh
. "$srcdir/tests/e2e/lib.sh"
# shellcheck disable=SC2034 # for machine.sh
SSHD=/usr/sbin/sshd
# shellcheck disable=SC2034 # lib.sh prints it
case_name=systemd
console=/run/console
n_boots=0
machine=

# boot: power on. The disk is as it was, memory is not.
boot()
{
	n_boots=$((n_boots + 1))
	mkdir "/sys/fs/cgroup/boot$n_boots"
	: >"$console"
	(
		echo "$BASHPID" >"/sys/fs/cgroup/boot$n_boots/cgroup.procs"
		exec unshare --mount --pid --cgroup --fork \
		    --kill-child=KILL -- "$here/boot.sh" "$init" "$console"
	) </dev/null >/run/boot.log 2>&1 &
	machine=$!
	wait_for 10 pid_of_init && wait_for 60 is_up && return
	not_ok "systemd boots"
	show boot </run/boot.log
	show console <"$console"
	finish
}

# The process that is systemd, as seen from here.
pid_of_init()
{
	pid=$(cat "/proc/$machine/task/$machine/children" 2>/dev/null)
	pid=${pid%% *}
	[ -n "$pid" ] && [ "$(readlink "/proc/$pid/exe")" = "$init" ]
}

is_up()
{
	case $(on systemctl is-system-running 2>/dev/null) in
	running | degraded) true ;;
	*) false ;;
	esac
}

# on COMMAND...: on that machine.
on()
{
	pid_of_init
	nsenter -t "$pid" -m -p -C -- env -i \
	    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	    HOME=/root "$@"
}

# The same, and what it says stays for the checks that follow.
kept()
{
	on "$@" >/run/kept.out 2>&1 || {
		cat /run/kept.out
		return 1
	}
}

# Everything ends at once, as by a power cut.
power_cut()
{
	pid_of_init
	kill -KILL "$pid"
	wait "$machine" 2>/dev/null
	sync
}

finish()
{
	pid_of_init && kill -KILL "$pid" 2>/dev/null
	# shellcheck disable=SC2154 # lib.sh counts
	echo "systemd-test: $n_passed passed, $n_failed failed"
	[ "$n_failed" -eq 0 ]
	exit
}

policy()
{
	write_policy <<EOF
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
users:
  johndoe: $1@example.com
EOF
}

current()
{
	basename "$(readlink /etc/ssh/certgate/current)"
}

# is N: generation N is current, sshd runs, and nothing waits.
is()
{
	[ "$(current)" = "$1" ] && [ ! -e /etc/ssh/certgate/pending ] &&
	    on systemctl is-active --quiet "$unit.service"
}

pid_of_sshd()
{
	on systemctl show -p MainPID --value "$unit.service"
}

# No unit of a timer stays behind.
has_no_timer()
{
	[ -z "$(on systemctl list-units --all --no-legend \
	    'certgate-expire*')" ]
}

machine_accounts
machine_install
machine_keys
machine_ssh
mkdir -m 0755 /etc/certgate
: >"$SSHD_LOG"
rm -rf /etc/systemd/system/*.wants /etc/systemd/system/ssh*
mount -t sysfs -o ro sysfs /sys && mount -t cgroup2 cgroup2 /sys/fs/cgroup ||
    exit 77
cert jdoe --id jdoe@example.com --principals jdoe --valid always:forever
cert alice --id alice@example.com --principals alice --valid always:forever

mkdir -p /etc/systemd/system/multi-user.target.wants
for folder in /usr/lib /lib; do
	[ ! -f "$folder/systemd/system/$unit.service" ] || break
done
ln -s "$folder/systemd/system/$unit.service" \
    /etc/systemd/system/multi-user.target.wants/
# Each service of ours counts its runs, and says how far it is locked up.
looks=/var/certgate-looks
mkdir -p "$looks" /etc/systemd/system/certgate-.service.d
cat >/etc/systemd/system/certgate-.service.d/look.conf <<EOF
[Service]
ReadWritePaths=$looks
ExecStartPre=/bin/sh $looks/look %n
EOF
# What boot.sh put there is lost where /proc/sys is made read-only; who applies
# tells by it whether the time to confirm is over.
mkdir -p /etc/systemd/system/certgate-apply.service.d
cat >/etc/systemd/system/certgate-apply.service.d/boot.conf <<'EOF'
[Service]
BindReadOnlyPaths=/run/boot-id:/proc/sys/kernel/random/boot_id
EOF
cat >"$looks/look" <<'EOF'
cd "${0%/*}" || exit 1
echo run >>"$1.runs"
{
	cat /proc/self/status
	for folder in /usr /home /var; do
		touch "$folder/look" 2>/dev/null || echo "$folder is read-only"
	done
} >"$1"
EOF
for name in ${SYSTEMD_CASES:-cases units sessions}; do
	# shellcheck source=/dev/null
	. "$here/$name.sh"
done
finish
