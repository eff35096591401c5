# shellcheck shell=bash
# A disk that is full changes nothing, and the next apply completes; and a
# report that cannot be written takes back nothing.

dropin=/etc/ssh/sshd_config.d/00-certgate.conf

# policy N: with N users.
policy()
{
	write_policy <<EOT
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
users:
  johndoe: jdoe@example.com
  kiosk: {allow: any}
$(seq -f '  user%g: jdoe@example.com' "$1")
EOT
}

# Somebody edits our file, so that the next apply writes it anew.
drift()
{
	sed -i 's/^TrustedUserCAKeys /&  /' "$dropin"
}

# A disk of its own for /etc/ssh, of 4 KiB blocks.
disk()
{
	mount -o "remount,size=$1k" /etc/ssh
}

used()
{
	df --output=used -k /etc/ssh | tail -n 1 | tr -d ' '
}

settings()
{
	local user

	for user in root johndoe nobody; do
		"$SSHD" -T -C "user=$user,host=h,addr=127.0.0.1" || return
	done
}

# try_sizes NAME: apply with ever more room until it is done; each time that
# it is not, all is as before.
try_sizes()
{
	local name=$1 size n=0 status wrong=0

	rm -rf /run/full.before
	cp -a /etc/ssh /run/full.before
	size=$(used)
	while [ "$n" -lt 60 ]; do
		find /etc/ssh -mindepth 1 -delete
		cp -a /run/full.before/. /etc/ssh
		disk "$size"
		etc_listing >/run/etc.before
		settings >/run/settings.before 2>&1
		status=0
		certgate apply --no-rehearse >/run/apply.out 2>&1 || status=$?
		etc_listing >/run/etc.after
		settings >/run/settings.after 2>&1 || wrong=$((wrong + 1))
		[ "$status" -ne 0 ] || break
		n=$((n + 1))
		size=$((size + 4))
		if [ "$status" -ne 1 ] || ! grep -q \
		    'No space left on device$' /run/apply.out ||
		    ! cmp -s /run/etc.before /run/etc.after ||
		    ! cmp -s /run/settings.before /run/settings.after; then
			wrong=$((wrong + 1))
			show apply </run/apply.out
			diff /run/etc.before /run/etc.after | show etc
		fi
	done
	echo "# $name: refused at $n sizes of a full disk"
	check "$name: refused by a full disk" test "$n" -gt 3
	check "$name: each time nothing changed" test "$wrong" -eq 0
	check "$name: done where there is room" test "$status" -eq 0
	check "$name: in step" certgate status
	find /etc/ssh -mindepth 1 -delete
	cp -a /run/full.before/. /etc/ssh
	disk "$((size - 4))"
	check_status 1 "$name: the last size once more" \
	    certgate apply --no-rehearse
	disk 20000
	check "$name: then with room" certgate apply --no-rehearse
	check "$name: in step" certgate status
	check "$name: nothing left over" test -z "$(find /etc/ssh -name '.*')"
}

cp -a /etc/ssh /run/full.pristine
mount -t tmpfs -o mode=0755,size=20000k tmpfs /etc/ssh
cp -a /run/full.pristine/. /etc/ssh
policy 5
try_sizes "first apply"
policy 7
drift
try_sizes "apply over another"
umount /etc/ssh

# Nobody can be told: what was done is done, what was asked is no answer.
machine_reset
sshd_start
policy 0
reloads=$(count_reloads)
check "apply, its report lost" sh -c \
    "$CERTGATE apply --sshd $SSHD >/dev/full 2>/run/full.err"
check "sshd starts anew" wait_for 5 has_reloaded "$reloads"
check "which says so" grep -qx \
    'certgate: warning: apply is done, only its report could not be written' \
    /run/full.err
check "and is in force" certgate status
check_status 1 "plan, its answer lost" \
    sh -c "$CERTGATE plan --sshd $SSHD >/dev/full 2>/dev/null"

# What apply --confirm made went back, but sshd cannot be told.
policy 3
drift
cp "$dropin" /run/dropin.before
reloads=$(count_reloads)
check "apply --confirm" certgate apply --confirm 5m
check "sshd starts anew" wait_for 5 has_reloaded "$reloads"
cp /run/sshd.pid /run/pid.kept
echo nonsense >/run/sshd.pid
check "rollback" certgate rollback
cp /run/check.out /run/said.out
check "it went back" grep -qx \
    'generation  1 is current, before it was 2' /run/said.out
check "the rest failed, it says" grep -qx "certgate: warning: what is left \
to do after that failed, and the next certgate command tries it again: \
/run/sshd.pid: holds no process number" /run/said.out
check "the files are back" cmp /run/dropin.before "$dropin"
check_status 1 "a new apply waits for the rest" certgate apply
cp /run/check.out /run/said.out
check "it says why" grep -qx "certgate: what apply --confirm made has gone \
back, but a new change must wait until all of it is done; run the command \
again" /run/said.out
cp /run/pid.kept /run/sshd.pid
check "rollback finishes it" certgate rollback
cp /run/check.out /run/said.out
check "and goes no further" grep -qx "generation  what apply --confirm made \
was back already, or was never made" /run/said.out
check "generation 1 stays" test \
    "$(readlink /etc/ssh/certgate/current)" = generations/1
check "nothing waits" test ! -e /etc/ssh/certgate/pending
check "apply" certgate apply
check "in step" certgate status
