# shellcheck shell=bash
# apply --confirm: what nobody confirms goes back, whatever was killed.

RECORD=/etc/ssh/certgate/pending

# policy IDENTITY
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

# root COMMAND...: in a session of its own, by ssh. While sshd reads its
# configuration anew nobody listens for a moment.
root()
{
	local status=255 i

	for i in 1 2 3 4 5 6 7 8 9; do
		status=0
		as_root "$@" 2>/run/root.err || status=$?
		grep -q 'Connection refused' /run/root.err || break
		sleep "0.$i"
	done
	cat /run/root.err >&2
	return "$status"
}

as_root()
{
	timeout 120 "$SSH" -F /dev/null -i "$KEYS/person" -o BatchMode=yes \
	    -o IdentitiesOnly=yes -o IdentityAgent=none -o LogLevel=ERROR \
	    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
	    -o GlobalKnownHostsFile=/dev/null root@127.0.0.1 "$@" </dev/null
}

# All that is to be as before.
all_listing()
{
	etc_listing
	find /etc/ssh/certgate -mindepth 1 ! -name lock ! -name generations \
	    2>&1 | sort
	getfattr -Rd -m - /etc/ssh 2>/dev/null
	for user in root johndoe nobody; do
		"$SSHD" -T -C "user=$user,host=h,addr=127.0.0.1"
	done
}

# said_so PATTERN NAME: the last check's command did.
said_so()
{
	cp /run/check.out /run/said.out
	check "$2" grep -Eq -- "$1" /run/said.out
}

remember()
{
	all_listing >/run/all.before
}

# is_back NAME: everything is as when it was remembered.
is_back()
{
	all_listing >/run/all.after
	check "$1" diff /run/all.before /run/all.after
	check "$1, nothing pending" test ! -e "$RECORD"
}

waiters()
{
	local file

	for file in /proc/[0-9]*/cmdline; do
		tr '\0' ' ' 2>/dev/null <"$file" |
		    grep -q 'confirm --expire' || continue
		file=${file%/cmdline}
		echo "${file#/proc/}"
	done
}

no_waiter()
{
	[ -z "$(waiters)" ]
}

kill_waiters()
{
	local pid

	for pid in $(waiters); do
		kill -9 "$pid" 2>/dev/null
	done
	wait_for 5 no_waiter
}

# As if the machine had been started anew since.
other_boot()
{
	sed -i 's/^boot [0-9a-f]\{8\}/boot 00000000/' "$RECORD"
}

echo "Match User root
	AuthorizedKeysFile $KEYS/person.pub" >>/etc/ssh/sshd_config
sshd_stop
: >"$SSHD_LOG"
sshd_start
cert jdoe --id jdoe@example.com --principals jdoe
cert alice --id alice@example.com --principals alice
policy jdoe@example.com
apply_it="$CERTGATE apply --sshd $SSHD --confirm"

# Words that are refused.
check_status 2 "a time too short" certgate apply --confirm 9s
check_status 2 "a time too long" certgate apply --confirm 25h
check_status 2 "no unit of time" certgate apply --confirm 60
check_status 1 "nothing to confirm" certgate confirm
check_says '^certgate: nothing waits for confirmation$' "which it says" \
    certgate confirm
check_status 0 "nothing to wait for" certgate confirm --expire
mkdir -p /run/image
check_says "^certgate: --confirm is for the machine itself" \
    "no confirmation for --root" certgate apply --root /run/image \
    --confirm 10s

# The first apply, and nobody confirms: the process that waits takes it back.
remember
reloads=$(count_reloads)
check "apply --confirm" root "$apply_it 10s"
said_so 'all goes back in 10 s unless confirmed' "which says so"
check_says '^pending +generation 1 goes back to none in [0-9]+ s' \
    "status says so" certgate status
check_says '"seconds_left": [0-9]+' "and as JSON" certgate status --format json
check "one process waits" test "$(waiters | wc -l)" -eq 1
check "sshd was reloaded" wait_for 5 has_reloaded "$reloads"
login_ok johndoe jdoe 'johndoe:'
check "it goes back by itself" wait_for 20 test ! -e "$RECORD"
check "the process ends" wait_for 5 no_waiter
is_back "not confirmed: all is as before"
check "sshd was reloaded twice" wait_for 5 has_reloaded $((reloads + 1))
stays_out johndoe jdoe
check "the log says so" wait_for 5 grep -q \
    '^<84>certgate\[[0-9]*\]: what apply --confirm made (generation 1) was' \
    "$HELPER_LOG"

# Confirmed from another session.
check "apply --confirm" root "$apply_it 5m"
check "confirm from another session" root "$CERTGATE confirm"
check "no record" test ! -e "$RECORD"
check "the process ends" wait_for 5 no_waiter
check "in step" certgate status
login_ok johndoe jdoe 'johndoe:'
remember

# From the same one, also by what makes a session of its own, as sudo does.
policy alice@example.com
check_status 1 "confirm from the same session" \
    root "$apply_it 5m && $CERTGATE confirm"
said_so 'this is the session that ran apply' "which says so"
check_status 1 "and from a POSIX session in it" root \
    "$CERTGATE rollback && $apply_it 5m && setsid -w $CERTGATE confirm"
said_so 'this is the session that ran apply' "which says so"
check "--same-session" root "$CERTGATE rollback && $apply_it 5m &&
    $CERTGATE confirm --same-session"
login_ok johndoe alice 'johndoe:'
check "back" certgate rollback
check "the policy again" sh -c "sed -i s/alice@/jdoe@/ $POLICY"

# While one waits: no second one; rollback and remove settle it.
machine_reset
echo "Match User root
	AuthorizedKeysFile $KEYS/person.pub" >>/etc/ssh/sshd_config
sshd_start
policy jdoe@example.com
apply
policy alice@example.com
remember
check "apply --confirm" certgate apply --confirm 5m
check_status 1 "a second apply" certgate apply
check_says 'generation 2\) still waits for confirmation, [0-9]+ s are left' \
    "which says so" certgate apply
check_says '^generation +1 is current, before it was 2$' "rollback" \
    certgate rollback
is_back "after rollback"
check "apply --confirm" certgate apply --confirm 5m
check_status 1 "rollback to the one that waits" certgate rollback 2
is_back "after that"
check "apply --confirm" certgate apply --confirm 5m
check "remove" certgate remove
check "no record" test ! -e "$RECORD"
check "no directives" sh -c "! grep -rq certgate /etc/ssh/sshd_config*"
policy jdoe@example.com
check "apply as at first" certgate apply
check "nothing differs" certgate apply --confirm 10s
said_so 'nothing was changed that could be confirmed' "and is confirmed"
check "no record" test ! -e "$RECORD"
check "no process" wait_for 5 no_waiter

# Only sshd's configuration changes, with a file that has its own look.
check "remove" certgate remove
chmod 0640 /etc/ssh/sshd_config
chown root:daemon /etc/ssh/sshd_config
setfattr -n user.mark -v kept /etc/ssh/sshd_config 2>/dev/null || true
remember
check "apply --confirm" certgate apply --confirm 5m
check "apply changed something" test -e "$RECORD"
kill_waiters
check "kill -9 of the process: it stays" test -e "$RECORD"
other_boot
check_says 'was not confirmed in time and was taken back' \
    "the next command takes it back" certgate status
is_back "after the next command"

# Somebody edited a file meanwhile.
check "apply --confirm" certgate apply --confirm 5m
echo "# edited" >>/etc/ssh/sshd_config.d/00-certgate.conf
other_boot
check "the process sees it" wait_for 10 test ! -e "$RECORD"
check "what was edited is kept" grep -qx '# edited' /etc/ssh/certgate/edited.0
rm -f /etc/ssh/certgate/edited.0
is_back "after an edit"

# apply killed at any time, and what waits as well.
for delay in 0.02 0.1 0.2 0.3 0.4 0.6 0.9; do
	# Its sshd -T may be killed with it.
	"$CERTGATE" apply --sshd "$SSHD" --confirm 5m >/run/apply.out 2>&1 &
	pid=$!
	sleep "$delay"
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	kill_waiters
	[ ! -e "$RECORD" ] || other_boot
	check "a command after kill -9 at $delay s" certgate confirm --expire
	check_status 1 "and nothing to confirm" certgate confirm
	is_back "apply killed at $delay s"
done

# A reboot: no process of ours is left, nor anything in /run.
check "apply --confirm" certgate apply --confirm 24h
kill_waiters
sshd_stop
rm -rf /run/sshd
other_boot
check_status 1 "confirm is too late" certgate confirm
mkdir -p /run/sshd
check "at boot" certgate confirm --expire
is_back "after a reboot"
sshd_start
stays_out johndoe jdoe

# It went back, but sshd cannot be reloaded: said, logged, and tried again.
check "apply --confirm" certgate apply --confirm 5m
kill_waiters
other_boot
echo 'NoSuchKeyword yes' >/etc/ssh/sshd_config.d/99-broken.conf
check_says '^certgate: warning: what is left to do after that failed, and the next certgate command tries it again: sshd refuses /etc/ssh/sshd_config: ' \
    "it went back, but sshd refuses a reload" certgate status
check "the record stays" test -e "$RECORD"
check "the log says so" wait_for 5 grep -q \
    '^<82>certgate\[[0-9]*\]: what apply --confirm made went back, BUT NOT ALL IS DONE: sshd refuses' \
    "$HELPER_LOG"
rm /etc/ssh/sshd_config.d/99-broken.conf
check "the next command" certgate confirm --expire
is_back "at the second try"

# A record that certgate did not write.
check "apply --confirm" certgate apply --confirm 5m
sed -i 's/^wait/waits/' "$RECORD"
check_says 'certgate did not write this' "a damaged record" certgate confirm
check_status 1 "stops an apply" certgate apply
sed -i 's/^waits/wait/' "$RECORD"
check "rollback" certgate rollback
is_back "after all"
