#!/bin/bash
# Process 1 of the namespaces that package-test.sh makes, in the clean Debian
# as its root: boots systemd there, where that is possible (GROUP is a control
# group of version 2, or "-"), and runs inside.sh on it; else without.
set -u
group=$1
init=/lib/systemd/systemd
pid=

# The process that is systemd, as seen from here.
is_init()
{
	pid=$(cat "/proc/$machine/task/$machine/children" 2>/dev/null)
	pid=${pid%% *}
	[ -n "$pid" ] &&
	    [ "$(readlink "/proc/$pid/exe")" = "$(realpath $init)" ]
}

on()
{
	nsenter -t "$pid" -m -p -C -- "$@"
}

is_up()
{
	is_init || return 1
	case $(on systemctl is-system-running 2>/dev/null) in
	running | degraded) true ;;
	*) false ;;
	esac
}

boot()
{
	[ "$group" != - ] &&
	    mount -t sysfs -o ro sysfs /sys &&
	    mount -t cgroup2 cgroup2 /sys/fs/cgroup &&
	    mkdir /sys/fs/cgroup/boot || return
	# What runs by the clock would change files meanwhile; a machine with
	# such timers has these folders.
	rm -f /etc/systemd/system/timers.target.wants/*.timer
	touch /etc/systemd/system/timers.target.wants/other.timer
	mkdir -p /var/lib/systemd/timers
	: >/run/console
	(
		echo $BASHPID >/sys/fs/cgroup/boot/cgroup.procs
		exec unshare --mount --pid --cgroup --fork --kill-child=KILL \
		    -- /bin/sh /debs/boot.sh $init /run/console
	) </dev/null >/run/boot.log 2>&1 &
	machine=$!
	for ((i = 0; i < 300; i++)); do
		is_up && return
		sleep 0.2
	done
	cat /run/boot.log /run/console
	return 1
}

if boot; then
	echo "package-test: with systemd"
	on bash /debs/inside.sh
	kill -KILL "$pid"
else
	echo "package-test: without systemd, for which control groups are missing"
	bash /debs/inside.sh
fi
