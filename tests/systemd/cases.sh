# shellcheck shell=bash
# What certgate does where systemd runs the machine. Sourced by inside.sh.

: "${unit:?}"
boot
check "sshd runs by its unit" on systemctl is-active "$unit.service"
policy jdoe

# Reload: through systemctl, and the same sshd goes on.
before=$(pid_of_sshd)
check "apply" kept "$CERTGATE" apply
check_says "^reload +$unit.service reloaded\$" "it is the unit that is reloaded" \
    cat /run/kept.out
check "it is the same sshd" [ "$(pid_of_sshd)" = "$before" ]
gets_in johndoe jdoe
stays_out johndoe alice
check_status 0 "status" on "$CERTGATE" status
check_says '0 failures, 0 warnings' "doctor, with the unit's command line" \
    on "$CERTGATE" doctor

# Not enabled, the unit for the next boot is missed.
policy alice
check "apply --confirm" kept "$CERTGATE" apply --confirm 10m
check_says 'certgate-confirm.service is not enabled' "it warns" \
    cat /run/kept.out
check "confirm" on "$CERTGATE" confirm --same-session
check "the timer is gone" has_no_timer
check "it stays" is 2
check "enable the unit" on systemctl enable --quiet certgate-confirm.service

# Not confirmed: the timer takes it back.
policy bob
check "apply --confirm" kept "$CERTGATE" apply --confirm 10s
check_status 1 "it does not warn" grep -q 'not enabled' /run/kept.out
check_says 'certgate-expire.timer' "a timer waits" \
    on systemctl list-timers --all --no-pager
check "generation 3 is current" [ "$(current)" = 3 ]
check "it goes back" wait_for 90 is 2
check "the timer's unit is gone" wait_for 30 has_no_timer
gets_in johndoe alice
stays_out johndoe jdoe

# Confirmed: it stays, also when the time would be over.
check "apply --confirm" kept "$CERTGATE" apply --confirm 10s
check "confirm" on "$CERTGATE" confirm --same-session
check "the timer is gone" has_no_timer
sleep 13
check "it stays" is 3

# A first configuration goes back by a reload, too.
check "remove" kept "$CERTGATE" remove
stays_out johndoe alice
policy alice
check "apply --confirm" kept "$CERTGATE" apply --confirm 10s
gets_in johndoe alice
check "it goes back" wait_for 90 test ! -e /etc/ssh/certgate/pending
check "the directives are gone" [ ! -e /etc/ssh/sshd_config.d/00-certgate.conf ]
check "sshd was told" wait_for 10 is_refused johndoe alice

# A file of sshd's that a link leads out of /etc/ssh: the units may not write
# there, so the timer starts one that may.
mkdir -p /srv/conf
mv /etc/ssh/sshd_config.d /srv/conf/
ln -s /srv/conf/sshd_config.d /etc/ssh/sshd_config.d
check "apply --confirm" kept "$CERTGATE" apply --confirm 10s
check_says 'certgate-confirm.service may not write where a file of sshd.s is, outside of /etc/ssh \(systemctl edit' \
    "it warns" cat /run/kept.out
gets_in johndoe alice
check "outside of /etc/ssh, it goes back" \
    wait_for 90 test ! -e /etc/ssh/certgate/pending
check "the directives are gone" \
    [ ! -e /srv/conf/sshd_config.d/00-certgate.conf ]
check "the timer's unit is gone" wait_for 30 has_no_timer
check_status 1 "a unit that may not write there" kept systemd-run --quiet \
    --wait --pipe -p ProtectSystem=strict -p ReadWritePaths=/etc/ssh \
    -p RuntimeDirectory=sshd -p RuntimeDirectoryPreserve=yes \
    "$CERTGATE" apply
check_says '00-certgate.conf: it is in /srv/conf/sshd_config.d, which is read-only here; a unit of systemd.s writes there with ReadWritePaths=/srv/conf/sshd_config.d under \[Service\], see systemctl edit' \
    "says why, and what to write" cat /run/kept.out
mkdir -p /etc/systemd/system/certgate-confirm.service.d \
    /etc/systemd/system/certgate-expire.service.d
printf '[Service]\nReadWritePaths=/srv/conf\n' |
    tee /etc/systemd/system/certgate-confirm.service.d/conf.conf \
    >/etc/systemd/system/certgate-expire.service.d/conf.conf
on systemctl daemon-reload
check "apply --confirm" kept "$CERTGATE" apply --confirm 10s
check_status 1 "with that written it does not warn" \
    grep -q 'certgate-confirm' /run/kept.out
check "and it goes back" wait_for 90 test ! -e /etc/ssh/certgate/pending
check "the directives are gone" \
    [ ! -e /srv/conf/sshd_config.d/00-certgate.conf ]
check "the timer's unit is gone" wait_for 30 has_no_timer
rm -r /etc/systemd/system/certgate-confirm.service.d \
    /etc/systemd/system/certgate-expire.service.d
on systemctl daemon-reload
rm /etc/ssh/sshd_config.d
mv /srv/conf/sshd_config.d /etc/ssh/
rmdir /srv/conf

policy jdoe
check "apply" kept "$CERTGATE" apply
kept=$(current)
gets_in johndoe jdoe

# Everything of ours is killed, the process of the timer as well: systemd
# starts that again.
policy alice
check "apply --confirm" kept "$CERTGATE" apply --confirm 10s
exec 9>>/etc/ssh/certgate/lock
flock 9
check "the timer's process runs" wait_for 60 \
    on systemctl is-active --quiet certgate-expire.service
on systemctl kill --kill-whom=main --signal=KILL certgate-expire.service
flock -u 9
exec 9>&-
check "killed, it still goes back" wait_for 120 is "$kept"
gets_in johndoe jdoe
stays_out johndoe alice

# The process that takes it back is killed in the midst of that, while it asks
# sshd: first before anything is changed, then twice behind the journal.
# /etc/ssh/test-ends says at which question.
sshd_path=$(readlink -f "$SSHD")
mv "$sshd_path" "$sshd_path.real"
cat >"$sshd_path" <<EOF
#!/bin/sh
if read -r when nth 2>/dev/null </etc/ssh/test-ends &&
    tr '\0' ' ' <"/proc/\$PPID/cmdline" | grep -q 'confirm --expire' &&
    { [ "\$when" = early ] || [ -e /etc/ssh/certgate/journal ]; }; then
	echo >>"/etc/ssh/test-asked.\$PPID"
	if [ "\$(wc -l <"/etc/ssh/test-asked.\$PPID")" -eq "\$nth" ]; then
		sed -i 1d /etc/ssh/test-ends
		if [ "\$when" = stop ]; then
			kill -STOP "\$PPID"
			: >/etc/ssh/test-stopped
			exec sleep 600
		fi
		kill -KILL "\$PPID"
	fi
fi
exec "$sshd_path.real" "\$@"
EOF
chmod 0755 "$sshd_path"
policy alice
printf '%s\n' 'early 1' 'journal 1' 'journal 1' >/etc/ssh/test-ends
check "apply --confirm" kept "$CERTGATE" apply --confirm 10s
check "killed at each of three steps, it goes back" wait_for 240 is "$kept"
check "it was killed three times" [ ! -s /etc/ssh/test-ends ]
check "nothing is left of it" [ ! -e /etc/ssh/certgate/journal ]
gets_in johndoe jdoe
stays_out johndoe alice

# And a power cut at such a moment.
policy alice
rm -f /etc/ssh/test-asked.*
echo 'stop 1' >/etc/ssh/test-ends
check "apply --confirm" kept "$CERTGATE" apply --confirm 10s
check "it is half-way back" wait_for 90 test -e /etc/ssh/test-stopped
check "the journal tells" [ -e /etc/ssh/certgate/journal ]
power_cut
boot
check "after the boot it is back" is "$kept"
check "nothing is left of it" [ ! -e /etc/ssh/certgate/journal ]
wait_for 10 try_login johndoe jdoe
gets_in johndoe jdoe
stays_out johndoe alice
rm -f /etc/ssh/test-*
mv "$sshd_path.real" "$sshd_path"

# A power cut before anybody confirmed: back at boot, before sshd starts.
policy alice
check "apply --confirm" kept "$CERTGATE" apply --confirm 10m
gets_in johndoe alice
power_cut
check "nothing went back yet" [ -e /etc/ssh/certgate/pending ]
boot
check "after the boot it is back" is "$kept"
check_says '^Result=success' "by the unit" on systemctl show \
    certgate-confirm.service -p Result
check "which ended before sshd began" test \
    "$(on systemctl show certgate-confirm.service --value \
	-p ExecMainExitTimestampMonotonic)" -gt 0 -a \
    "$(on systemctl show certgate-confirm.service --value \
	-p ExecMainExitTimestampMonotonic)" -le \
    "$(on systemctl show "$unit.service" --value \
	-p ExecMainStartTimestampMonotonic)"
wait_for 10 try_login johndoe jdoe
gets_in johndoe jdoe
stays_out johndoe alice

# A power cut that removes what the directives refer to must not leave sshd
# with less than it had: the same with sshd's own configuration changed.
check "remove" kept "$CERTGATE" remove
check "apply --confirm" kept "$CERTGATE" apply --confirm 10m
power_cut
boot
check "after the boot the directives are gone" \
    [ ! -e /etc/ssh/sshd_config.d/00-certgate.conf ]
check "and sshd runs" on systemctl is-active "$unit.service"
wait_for 10 is_refused johndoe alice
stays_out johndoe alice

# Confirmed before the power cut: it stays.
check "apply --confirm" kept "$CERTGATE" apply --confirm 10m
check "confirm" on "$CERTGATE" confirm --same-session
power_cut
boot
check "after the boot it is still there" \
    [ -e /etc/ssh/sshd_config.d/00-certgate.conf ]
wait_for 10 try_login johndoe alice
gets_in johndoe alice
check_says '^ConditionResult=no' "the unit had nothing to do" \
    on systemctl show certgate-confirm.service -p ConditionResult

# Where a socket starts sshd, there is nothing to reload.
if on systemctl cat "$unit.socket" >/dev/null 2>&1; then
	on systemctl stop "$unit.service"
	check "sshd by its socket" on systemctl start "$unit.socket"
	check_says 'Missing privilege separation directory: /run/sshd; it is made' \
	    "without its folder sshd can judge nothing" \
	    on "$CERTGATE" remove
	on mkdir -p -m 0755 /run/sshd
	check "remove" kept "$CERTGATE" remove
	check_says "^reload +$unit.socket starts sshd at the next connection" \
	    "nothing is reloaded" cat /run/kept.out
	stays_out johndoe alice
	on systemctl stop "$unit.service" 2>/dev/null
	on mkdir -p -m 0755 /run/sshd
	check "apply" kept "$CERTGATE" apply
	gets_in johndoe alice
fi
