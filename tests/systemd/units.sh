# shellcheck shell=bash
# The units that apply by themselves, with their hardening in force. Sourced
# by inside.sh after cases.sh, on a machine that was booted anew.

: "${srcdir:?}" "${unit:?}" "${looks:?}"
# shellcheck source=tests/e2e/service.sh
. "$srcdir/tests/e2e/service.sh"

# How often a service ran.
runs()
{
	grep -c run "$looks/$1.runs" 2>/dev/null || true
}

# What a unit of ours said.
log_of()
{
	on journalctl -q --no-pager -u "$1"
}

# Nothing runs, and nothing is going to.
is_idle()
{
	[ -z "$(on systemctl list-jobs --no-legend)" ] &&
	    [ "$(on systemctl show --value -p ActiveState \
		certgate-apply.service certgate-apply-again.service |
		grep -c activating)" = 0 ] &&
	    [ "$(on systemctl show --value -p SubState certgate-apply.path \
		certgate-apply-parts.path | grep -c waiting)" = 2 ]
}

has_settled()
{
	[ "$(runs certgate-apply.service)" = "$n" ] && is_idle
}

# settles K: certgate-apply.service runs K times more, and then all is idle.
settles()
{
	n=$((n + $1))
	wait_for 60 has_settled
}

power_cut
boot
policy jdoe
check "apply" kept "$CERTGATE" apply
wait_for 10 try_login johndoe jdoe
gets_in johndoe jdoe
n=$(runs certgate-apply.service)
g=$(current)
rm -f /var/lib/certgate/applied
check "the path unit is enabled" \
    on systemctl enable --quiet --now certgate-apply.path
check "with no record yet, it looks once" settles 1
check "and applies nothing" is "$g"
check_says 'is as it was at the last apply$' "since nothing is newer" \
    log_of certgate-apply.service
before=$(pid_of_sshd)

policy alice
check "a change of the policy starts the service" \
    settles 1
check "it applied it" is $((g + 1))
gets_in johndoe alice
stays_out johndoe jdoe
check_status 0 "status" on "$CERTGATE" status
check "sshd is the same" [ "$(pid_of_sshd)" = "$before" ]

# In steps, of which the first is a policy without johndoe.
{
	cat <<EOF
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
users:
  deploy: jdoe@example.com
EOF
} >"$POLICY"
sleep 0.5
echo '  johndoe: bob@example.com' >>"$POLICY"
sleep 0.5
echo '  vmuser: bob@example.com' >>"$POLICY"
check "a policy that is written in steps is waited for" settles 1
check "and is applied once" is $((g + 2))
check_says '^bob$' "as a whole" \
    cat /etc/ssh/certgate/current/principals/vmuser

# Refused once, with the reason.
echo 'users: []' >>"$POLICY"
check "a policy that is refused" settles 1
check_says 'error: .*"users"' "is named in the log" \
    log_of certgate-apply.service
check_says '^Result=exit-code' "the service failed" \
    on systemctl show -p Result certgate-apply.service
sleep 5
check "it is not tried again" has_settled
check "nothing was changed" is $((g + 2))
policy jdoe
check "the next one" settles 1
check "is applied" is $((g + 3))
gets_in johndoe jdoe

# Nobody watches while the service runs; here it waits for the lock.
exec 9>>/etc/ssh/certgate/lock
flock 9
policy alice
check "the service waits" wait_for 60 on pgrep -f "^$CERTGATE apply"
policy bob
flock -u 9
exec 9>&-
check "a change while it runs is seen" settles 2
check_says '^bob$' "and applied" cat /etc/ssh/certgate/current/principals/johndoe

# A folder of parts that was not there, and files that are moved into place.
mkdir /etc/certgate/policy.d
settles 1
echo 'include: [policy.d/*.yaml]' >>"$POLICY"
check "an include" settles 1
echo 'users: {deploy: bob@example.com}' >/etc/certgate/policy.d/1.yaml
check "a part of the policy" settles 1
check_says '^bob$' "is applied" cat /etc/ssh/certgate/current/principals/deploy
for name in alice jdoe alice jdoe alice jdoe; do
	sed "s/johndoe:.*/johndoe: $name@example.com/" "$POLICY" >/etc/new.yaml
	chmod 0644 /etc/new.yaml
	mv /etc/new.yaml "$POLICY"
	check "one that is moved there" settles 1
	check_says "^$name\$" "is applied" \
	    cat /etc/ssh/certgate/current/principals/johndoe
done

# Opened in an editor is not changed: what was taken back stays so.
check "rollback" kept "$CERTGATE" rollback
g=$(current)
: >/etc/certgate/.policy.yaml.swp
check "a file of an editor's" settles 1
rm /etc/certgate/.policy.yaml.swp
check "that it goes, too" settles 1
check "nothing was applied" is "$g"
check_says 'is as it was at the last time' "and the log says so" \
    log_of certgate-apply.service

# Many changes, each with a run of its own: no limit stops the watch.
for i in 1 2 3 4 5 6 7; do
	: >"/etc/certgate/.$i"
	settles 1
done
check "the path unit still waits" \
    [ "$(on systemctl show --value -p SubState certgate-apply.path)" = waiting ]

# The same with no record: what rollback took back is no change.
rm -f /var/lib/certgate/applied
: >/etc/certgate/.policy.yaml.swp
check "with no record, a file of an editor's" settles 1
rm /etc/certgate/.policy.yaml.swp
settles 1
check "is no change" is "$g"

# What only root with its capabilities can read changes nothing of that.
install -m 0600 -o johndoe -g johndoe /dev/null /etc/private
mv /etc/private /etc/certgate/private
check "a file of somebody else's" settles 1
sleep 3
check "is looked at once" has_settled
rm /etc/certgate/private
settles 1

# With nobody watching.
on systemctl stop certgate-apply.path
policy alice
on systemctl start certgate-apply.path
check "what changed before it watched" settles 1
check_says '^alice$' "is applied" cat /etc/ssh/certgate/current/principals/johndoe
on systemctl restart certgate-apply.path
sleep 3
check "with nothing new, it only looks" has_settled

# Refused, but not for what it says: tried again.
on systemctl stop certgate-apply.path
policy bob
check "apply --confirm" kept "$CERTGATE" apply --confirm 10m
policy jdoe
on systemctl start certgate-apply.path
says_later()
{
	log_of certgate-apply.service | grep -q 'it is tried again in a minute$'
}
check "while a change waits for confirmation, it is put off" \
    wait_for 60 says_later
check_says '^bob$' "and nothing changed" \
    cat /etc/ssh/certgate/current/principals/johndoe
check "confirm" on "$CERTGATE" confirm --same-session
check "then it is applied" wait_for 120 grep -qx jdoe \
    /etc/ssh/certgate/current/principals/johndoe
wait_for 60 is_idle
n=$(runs certgate-apply.service)
check "and no longer due" [ ! -e /var/lib/certgate/apply-due ]

# A folder that is a symbolic link.
on systemctl stop certgate-apply.path
mv /etc/certgate /etc/certgate.real
ln -s certgate.real /etc/certgate
on systemctl start certgate-apply.path
sleep 3
n=$(runs certgate-apply.service)
policy alice
check "behind a symbolic link a change is seen" settles 1
check_says '^alice$' "and applied" cat /etc/ssh/certgate/current/principals/johndoe
on systemctl stop certgate-apply.path
rm /etc/certgate
mv /etc/certgate.real /etc/certgate
on systemctl start certgate-apply.path
sleep 3
wait_for 60 is_idle

# Out of use, the policy is nobody's.
check "remove" kept "$CERTGATE" remove
policy jdoe
had_no_reason()
{
	[ "$(on systemctl show --value -p ConditionResult \
	    certgate-apply.service)" = no ]
}
check "a change is seen" wait_for 60 had_no_reason
wait_for 60 is_idle
check "and not applied" [ ! -e /etc/ssh/sshd_config.d/00-certgate.conf ]
check "apply" kept "$CERTGATE" apply
on systemctl --quiet disable --now certgate-apply.path

# The CAs' keys: nothing to fetch, then a service on loopback.
check "certgate-ca.service, with nothing to fetch" \
    on systemctl start certgate-ca.service
check_says '^Result=success' "succeeds" \
    on systemctl show -p Result certgate-ca.service

service_keys
mkdir -p /run/www /run/nginx
cat "$KEYS/vault.pub" "$KEYS/vault2.pub" >/run/www/keys
cat >/run/nginx.conf <<END
worker_processes 1;
daemon off;
pid /run/nginx/pid;
error_log /run/nginx/error.log;
events { }
http {
	access_log /run/nginx/access.log;
	server {
		listen 127.0.0.1:8200 ssl;
		ssl_certificate $PKI/good.pem;
		ssl_certificate_key $PKI/good.key;
		root /run/www;
	}
}
END
service_start 8200 nginx -c /run/nginx.conf -e /run/nginx/error.log
# shellcheck disable=SC2154 # service_start sets it
nginx=$service
write_policy <<EOF
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
  vault:
    url: https://localhost:8200/keys
    ca_file: services.pem
    pins: ["$(fingerprint vault)"]
users:
  johndoe: jdoe@example.com
  deploy: [jdoe@example.com]
EOF
cert vault --ca vault --id jdoe --principals jdoe@example.com \
    --valid always:forever
cert vault2 --ca vault2 --id jdoe --principals jdoe@example.com \
    --valid always:forever
check "certgate-ca.service fetches a pinned key" \
    on systemctl start certgate-ca.service
check_status 1 "and no other one" grep -qF "$(blob_of vault2)" \
    /etc/ssh/certgate/current/ca.pub
gets_in deploy vault
stays_out deploy vault2
check_status 0 "the file is root's, for all to read" \
    test "$(stat -c '%a %U' /var/lib/certgate/ca/vault.pub)" = '644 root'
kill "$nginx"
wait "$nginx" 2>/dev/null
check_status 1 "it fails where the service does not answer" \
    on systemctl start certgate-ca.service
gets_in deploy vault
check "its timer" on systemctl enable --quiet --now certgate-ca.timer
check_says 'certgate-ca.service' "is one that systemd counts" \
    on systemctl list-timers --no-pager
on systemctl --quiet disable --now certgate-ca.timer

# All of that by services that could do no more than they must.
for name in certgate-apply certgate-apply-again certgate-ca \
    certgate-confirm certgate-expire; do
	look=$looks/$name.service
	check "$name.service ran" test -s "$look"
	check_says '^NoNewPrivs:	1$' "$name: no new privileges" cat "$look"
	check_says '^Seccomp:	2$' "$name: its system calls are filtered" \
	    cat "$look"
	case $name in
	certgate-apply-again) bounds=0000000000000004 ;;
	*) bounds=00000000000000cd ;;
	esac
	check_says "^CapBnd:	$bounds\$" "$name: few capabilities" cat "$look"
	check_says '^/usr is read-only$' "$name: programs stay" cat "$look"
	check_says '^/home is read-only$' "$name: homes stay" cat "$look"
	check_says '^/var is read-only$' "$name: data stay" cat "$look"
	# sshd -t wants that folder, and is asked by all but one.
	[ $name = certgate-apply-again ] ||
	    check_says '^RuntimeDirectory=sshd$' "$name: has /run/sshd" \
	    on systemctl show -p RuntimeDirectory "$name.service"
done
if on systemd-analyze security --help 2>&1 | grep -q -- --offline; then
	for name in certgate-apply certgate-apply-again certgate-ca \
	    certgate-confirm certgate-expire; do
		check "$name: exposure of at most 3.0" on systemd-analyze \
		    security --no-pager --offline=true --threshold=30 \
		    "$name.service"
	done
fi
