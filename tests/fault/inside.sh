#!/bin/bash
# inside: process 1 of a sandbox: makes it a server, and each scenario runs
# its command at this lane's share of the points. Called by run.sh; writes to
# descriptor 3 one line per scenario: points, failed, states, in between.

: "${srcdir:?}" "${builddir:?}" "${sbindir:?}" "${pkglibexecdir:?}"
here=$srcdir/tests/fault
lane=$1
n_lanes=$2
shift 2
export CERTGATE=$sbindir/certgate POINTS=$builddir/tests/fault/points
export SAME_SSHD=/run/fault/sshd JUDGE TARGETS="/etc/ssh /etc/certgate"
trap 'exit 130' INT
trap 'exit 143' TERM
# shellcheck source=tests/e2e/machine.sh
. "$srcdir/tests/e2e/machine.sh"
JUDGE=/run/fault/none
# shellcheck source=tests/fault/look.sh
. "$here/look.sh"
# shellcheck source=tests/fault/scenarios.sh
. "$here/scenarios.sh"

die()
{
	echo "fault: $*" >&2
	exit 1
}

# same_sshd stands where certgate finds it, with a folder of its own.
install_sshd()
{
	mkdir -p /run/fault
	[ -n "${FAULT_DIRECT-}" ] || mkdir -p /run/fault/answers
	cp "$builddir/tests/fault/same_sshd" "$SAME_SSHD"
	chmod 0755 "$SAME_SSHD"
	ln -sf "$SSHD" /run/fault/real
}

# What sshd says of a configuration depends on none of certgate's files that
# this names: same_sshd relies on it.
check_sshd()
{
	start_anew
	policy_new
	# shellcheck disable=SC2154 # scenarios.sh has it
	"${apply[@]}" >/run/fault/plain.out 2>&1 ||
	    die "apply fails: $(cat /run/fault/plain.out)"
	{ strace -f -o /run/fault/trace -e trace=%file "$SSHD" -t &&
	    strace -f -A -o /run/fault/trace -e trace=%file "$SSHD" -T \
		-C user=johndoe,host=h,addr=127.0.0.1; } >/dev/null ||
	    die "sshd refuses what apply made"
	! grep /etc/ssh/certgate /run/fault/trace ||
	    die "sshd -t or -T looks at certgate's own files"
}

# A sshd that runs all the time.
start_server()
{
	: >"$SSHD_LOG"
	sshd_start || die "$name: sshd does not start"
	options+=(-p "$here/server.sh" -q "$here/server.sh")
	export SSHD_LOG KEYS SSH
}

# A server that certgate never saw.
start_anew()
{
	find /etc/ssh /etc/certgate /var/lib -mindepth 1 -delete
	cp -a /run/pristine/. /etc/ssh
}

# The command from what is before, with no fault.
run_plain()
{
	restore "$before"
	"$@" >/run/fault/plain.out 2>&1
}

restore()
{
	local folder

	[ -z "${server-}" ] || "$here/server.sh" wait || die "$name: no sshd"
	for folder in $TARGETS; do
		find "$folder" -mindepth 1 -delete
		cp -a "$1$folder/." "$folder"
	done
}

# What restore brings back.
save()
{
	local folder

	for folder in $TARGETS; do
		mkdir -p "$1$folder"
		cp -a "$folder/." "$1$folder"
	done
}

no_waiters()
{
	local file

	for file in /proc/[0-9]*/cmdline; do
		tr '\0' ' ' 2>/dev/null <"$file" |
		    grep -q 'confirm --expire' || continue
		file=${file%/cmdline}
		kill -9 "${file#/proc/}" 2>/dev/null
	done
}

# What the state of now leads to.
learn()
{
	look "$1" || die "$name: sshd refuses what is $1"
	go_on >/run/fault/plain.out 2>&1 || {
		cat /run/fault/plain.out
		die "$name: the next apply fails after what is $1"
	}
	list_targets >"$JUDGE/ends/$1"
}

# The calls of three runs, NAME N, in the order of the first; those of which
# the number varies come once more at the end, with some to spare.
calls()
{
	local i

	for i in 1 2 3; do
		run_plain strace -o "$JUDGE/trace$i" "${command[@]}"
		no_waiters
	done
	awk -v from="$from" '
	FNR == 1 { file++ }
	!/^[a-z_0-9]+\(/ || /^restart_syscall\(/ { next }
	{
		sub(/\(.*/, "", $0)
		n[file, $0]++
		names[$0]
		# The loader has done its work when it lets go of its cache.
		if (file == 1 && !($0 == "execve" && n[1, $0] == 1))
			order[++last] = (is_up ? "" : "loader:") $0 " " n[1, $0]
		is_up = is_up || $0 == "munmap"
	}
	END {
		for (i = 1; i <= last; i++)
			print order[i]
		for (name in names) {
			most = n[1, name]
			for (i = 2; i <= 3; i++)
				if (n[i, name] > most)
					most = n[i, name]
			if (most == n[2, name] && most == n[3, name] &&
			    most == n[1, name])
				continue
			for (k = n[1, name] + 1; k <= most + 2; k++)
				print name, k
		}
	}' "$JUDGE"/trace[123]
}

# The same between fork and exec, for names that certgate itself never calls.
child_calls()
{
	run_plain strace -f -b execve -o "$JUDGE/trace.f" "${command[@]}"
	no_waiters
	awk '
	!/^[0-9]+ +[a-z_0-9]+\(/ { next }
	{
		pid = $1
		sub(/^[0-9]+ +/, "", $0)
		sub(/\(.*/, "", $0)
		if (first == "")
			first = pid
		if (pid == first) {
			own[$0] += $0 != "execve"
			next
		}
		n[pid, $0]++
		if (n[pid, $0] > most[$0])
			most[$0] = n[pid, $0]
	}
	END {
		for (name in most)
			for (i = 1; !own[name] && i <= most[name]; i++)
				print "child:" name, i
	}' "$JUDGE/trace.f" | sort
}

count_sshd()
{
	restore "$before"
	echo "none 1" >/run/fault/mode
	: >/run/fault/count
	"${command[@]}" >/dev/null 2>&1
	wc -c </run/fault/count
	rm -f /run/fault/mode /run/fault/count
	no_waiters
}

# All points of a scenario. Some calls cannot fail, brk only in one way.
points()
{
	local fault kind i n

	{ calls; [ -n "$from" ] || child_calls; } >"$JUDGE/calls"
	[ -z "$from" ] || after_mark
	for fault in SIGKILL ENOSPC EIO EACCES EINTR ENOMEM; do
		awk -v fault=$fault '
		fault == "SIGKILL" || $1 !~ /^(child:|loader:)?(exit|exit_group|getp?pid|gete?[ug]id|getppid|umask|arch_prctl|set_tid_address|rt_sigreturn)$/ {
			if ($1 !~ /^(loader:)?brk$/ || fault ~ /SIGKILL|ENOMEM/)
				print fault, $0
		}' "$JUDGE/calls"
	done
	[ -z "$from" ] || return 0
	n=$(count_sshd)
	for kind in kill crash fail mute half gone; do
		for ((i = 1; i <= n; i++)); do
			echo "sshd $kind $i"
		done
	done
}

# Only the calls from the one that matches $from on.
after_mark()
{
	awk -v from="$from" '
	FNR == NR {
		if (/^[a-z_0-9]+\(/ && !/^restart_syscall\(/) {
			call = $0
			sub(/\(.*/, "", call)
			n[call]++
			if (!is_on && index($0, from)) {
				is_on = 1
				for (name in n)
					before[name] = n[name]
				before[call]--
			}
		}
		next
	}
	is_on && $1 !~ /:/ && $2 > before[$1]' "$JUDGE/trace1" "$JUDGE/calls" \
	    >"$JUDGE/calls.after"
	mv "$JUDGE/calls.after" "$JUDGE/calls"
	[ -s "$JUDGE/calls" ] || die "$name: no call matches $from"
}

elsewhere()
{
	find /etc /tmp /dev/shm /run \( -path "$srcdir" -o -path "$builddir" \) \
	    -prune -o ! -path '/etc/ssh/*' ! -path '/etc/certgate/*' \
	    ! -name sshd.pid \
	    ! -path '/run/fault/*' ! -path '/run/*.log' \
	    -printf '%p %y %m %U\n' | sort
}

# Run one scenario; see scenarios.sh for what it sets.
try()
{
	local name=$1 before=/run/fault/$1/before from='' command=()
	local server='' expected=0 status options=() every=${FAULT_EVERY:-1} n
	local folder

	JUDGE=/run/fault/$1
	unset JUDGE_REST JUDGE_REFUSED JUDGE_WRITTEN GO_ON AGAIN
	TARGETS="/etc/ssh /etc/certgate"
	mkdir -p "$JUDGE/ends"
	start_anew
	no_waiters
	"scenario_$name" >/run/fault/plain.out 2>&1 || {
		cat /run/fault/plain.out
		die "$name: cannot be prepared"
	}
	[ -n "${AGAIN-}" ] || policy_new
	[ -z "$server" ] || start_server
	save "$before"
	if [ -e /etc/ssh/certgate/journal ]; then
		list_targets >"$JUDGE/before.list"
		# It takes back what was begun, and finds nothing to do.
		! "$CERTGATE" rollback --sshd "$SAME_SSHD" 999 || return 1
	fi >/run/fault/plain.out 2>&1
	learn old
	status=0
	run_plain "${command[@]}" || status=$?
	[ "$status" -eq "$expected" ] || {
		cat /run/fault/plain.out
		die "$name: exit status $status without a fault"
	}
	no_waiters
	learn new
	points >"$JUDGE/points"
	n=$(wc -l <"$JUDGE/points")
	awk -v every="$every" -v lane="$lane" -v lanes="$n_lanes" \
	    -v offset="${FAULT_OFFSET:-0}" -v calls="${FAULT_CALLS:-.}" '
	$2 ~ calls && (++n + offset) % every == 0 &&
	    ++mine % lanes == lane' "$JUDGE/points" \
	    >"$JUDGE/mine"
	elsewhere >"$JUDGE/elsewhere"
	[ -z "${FAULT_STRACE-}" ] || options+=(-S)
	for folder in $TARGETS; do
		options+=(-t "$folder")
	done
	"$POINTS" -b "$before" -s /run/fault -v "$here/judge.sh" \
	    -x "$JUDGE/states" "${options[@]}" -- \
	    "${command[@]}" <"$JUDGE/mine" >"$JUDGE/said"
	sshd_stop
	grep -v '^points ' "$JUDGE/said" | sed "s/^FAILED /not ok - $name: /"
	elsewhere | diff "$JUDGE/elsewhere" - >"$JUDGE/left" || {
		echo "not ok - $name: left over elsewhere:"
		head -n 20 "$JUDGE/left"
		echo "0 1 0 0" >&3
	}
	awk '
	/^points / { print $2, $4, $6, $8; found = 1 }
	END { if (!found) print 0, 1, 0, 0 }' "$JUDGE/said" >&3
	echo "# $name, lane $lane: $(tail -n 1 "$JUDGE/said") of $n in all"
}

machine_start >/run/start.out 2>&1 || { cat /run/start.out; exit 1; }
install_sshd
mkdir -p /etc/certgate
# What the machine keeps there is not needed, and some commands write to it.
mount -t tmpfs -o mode=0755 tmpfs /var/lib
[ $# -gt 0 ] || set -- "${SCENARIOS[@]}"
check_sshd
for name in "$@"; do
	try "$name"
done
echo end >&3
