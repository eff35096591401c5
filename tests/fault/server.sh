#!/bin/bash
# server: the sshd that runs while certgate's commands meet faults.
#
#   server.sh wait                  until it has read what it was told to
#   server.sh before                let it read what stands in /etc/ssh
#   server.sh done|failed|killed    is it there, and does it let people in?
#
# Where the command says that it is done and nothing is left to be told to
# sshd, sshd must have been told. Standard output says what is wrong.

: "${SSHD_LOG:?}" "${KEYS:?}" "${SSH:?}" "${JUDGE:?}"

wrong()
{
	echo "$*"
	exit 1
}

count()
{
	grep -c "^$1" "$SSHD_LOG"
}

# wait_for COMMAND...: until it succeeds, 5 seconds at most.
wait_for()
{
	local i

	for ((i = 0; i < 250; i++)); do
		"$@" && return
		sleep 0.02
	done
	return 1
}

# As many times as it was told, it listens anew; its pid file comes last.
is_up()
{
	[ "$(count 'Server listening on 0\.0\.0\.0')" -gt \
	    "$(count 'Received SIGHUP; restarting')" ] && [ -s /run/sshd.pid ]
}

is_same()
{
	is_up && cmp -s /run/sshd.pid "$JUDGE/server.pid"
}

was_told()
{
	[ "$(count 'Received SIGHUP; restarting')" -gt \
	    "$(cat "$JUDGE/server.told")" ]
}

enters()
{
	[ "$("$SSH" -F /dev/null -i "$KEYS/person" -o BatchMode=yes \
	    -o IdentitiesOnly=yes -o IdentityAgent=none -o LogLevel=ERROR \
	    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
	    -o GlobalKnownHostsFile=/dev/null root@127.0.0.1 id -un \
	    2>&1 </dev/null)" = root ]
}

if [ "$1" = wait ]; then
	wait_for is_up || wrong "sshd does not come up: $(tail -n 3 "$SSHD_LOG")"
	exit
fi
if [ "$1" = before ]; then
	# What ran before may have told it something.
	wait_for is_up || wrong "sshd does not come up"
	count 'Received SIGHUP; restarting' >"$JUDGE/server.told"
	kill -HUP "$(cat /run/sshd.pid)"
	{ wait_for was_told && wait_for is_up; } ||
	    wrong "sshd does not start anew"
	cp /run/sshd.pid "$JUDGE/server.pid"
	count 'Received SIGHUP; restarting' >"$JUDGE/server.told"
	exit
fi
if [ "$1" = "done" ] && [ ! -e /etc/ssh/certgate/reload-due ]; then
	wait_for was_told || wrong "exit status 0, and sshd was not told"
fi
# It may be about to start anew.
wait_for is_same || wrong "sshd is not up: $(tail -n 2 "$SSHD_LOG")"
wait_for enters || wrong "sshd lets root in no more"
