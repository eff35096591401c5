#!/bin/bash
# The part of package-test.sh that runs as root of the clean Debian.
# shellcheck disable=SC2015
set -u
cd /debs || exit 1
n_passed=0
n_failed=0

# ok WHAT COMMAND...: the command succeeds.
ok()
{
	local what=$1 out
	shift
	if out=$("$@" 2>&1); then
		n_passed=$((n_passed + 1))
		printf '  passed  %s\n' "$what"
	else
		n_failed=$((n_failed + 1))
		printf '  FAILED  %s\n' "$what"
		printf '%s\n' "$out" | tail -n 20 | sed 's/^/          /'
	fi
}

# refused WHAT COMMAND...: it fails.
refused()
{
	local what=$1
	shift
	ok "$what" not "$@"
}

not()
{
	! "$@"
}

# Every file: name, type, mode, owner, where a link leads, content. Left out:
#  - /proc and the like, and this test: not on the disk, or not the packages';
#  - what dpkg and apt know and keep: which packages there were and are. That
#    certgate is not among them is asked for separately;
#  - logs, of apt and of the logins;
#  - the last but one state of passwd and group, and their lock, which useradd
#    and userdel write.
listing()
{
	find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run \
	    -o -path /tmp -o -path /debs -o -path /var/lib/dpkg \
	    -o -path /var/lib/apt -o -path /var/cache/apt \
	    -o -path /var/cache/debconf -o -path /var/cache/ldconfig \
	    -o -path /var/log \) -prune \
	    -o -printf '%p %y %m %U %G %l\n' | sort
	find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run \
	    -o -path /tmp -o -path /debs -o -path /var/lib/dpkg \
	    -o -path /var/lib/apt -o -path /var/cache \
	    -o -path /var/log -o -path '/etc/*-' -o -path /etc/.pwd.lock \) \
	    -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
}

login()
{
	ssh -F none -i /debs/id -o CertificateFile="/debs/$2-cert.pub" \
	    -o IdentitiesOnly=yes -o BatchMode=yes \
	    -o UserKnownHostsFile=/debs/known -o ConnectTimeout=10 \
	    -o StrictHostKeyChecking=accept-new "$1@127.0.0.1" true
}

# lets_in USER CERTIFICATE: sshd that was just told to start anew may need a
# moment until it listens.
lets_in()
{
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		login "$@" >/debs/login.out 2>&1 && return 0
		grep -q 'Connection refused' /debs/login.out || break
		sleep 0.2
	done
	cat /debs/login.out
	return 1
}

# keeps_out USER CERTIFICATE: by a refusal, not by a fault.
keeps_out()
{
	! lets_in "$@" >/dev/null && grep -q 'Permission denied' /debs/login.out
}

certificate()
{
	cp id.pub "$1.pub" &&
	    ssh-keygen -q -s ca -I "$1@example.com" -n "$1" -V -1m:+1h "$1.pub"
}

has_systemd()
{
	[ -d /run/systemd/system ]
}

start_sshd()
{
	if has_systemd; then
		systemctl is-active ssh.service
		return
	fi
	mkdir -p /run/sshd && /usr/sbin/sshd &&
	    for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ -s /run/sshd.pid ] && return 0
		sleep 0.2
	    done
	return 1
}

# wait_for COMMAND...
wait_for()
{
	for _ in $(seq 150); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.2
	done
	return 1
}

# Logins all the while: one line and more for each that went wrong.
storm()
{
	local n=0

	while [ ! -e /debs/stop ]; do
		n=$((n + 1))
		lets_in shared alice || echo "login $n: alice as shared"
		lets_in alice alice || echo "login $n: alice as herself"
		keeps_out shared eve || { echo "login $n: eve"
		    cat /debs/login.out; }
	done >/debs/storm.wrong 2>&1
	echo "$n" >/debs/storm.count
}

install_debs()
{
	apt-get install -y -q -o Dpkg::Use-Pty=0 --allow-downgrades \
	    /debs/"$1"/*.deb
}

has_files()
{
	[ "$(find / -xdev -path /debs -prune -o -path /proc -prune -o \
	    -name '*certgate*' -print | wc -l)" -gt 0 ]
}

# Nothing of ours is in sshd's configuration.
is_untouched()
{
	! grep -rqi certgate /etc/ssh/sshd_config /etc/ssh/sshd_config.d &&
	    sha256sum --quiet -c /debs/sshd_config.sum && sshd -t
}

echo 0 1 >counts
ssh-keygen -q -t ed25519 -N '' -f ca && ssh-keygen -q -t ed25519 -N '' -f id &&
    certificate alice && certificate eve || exit 1
for user in alice shared; do
	useradd --create-home --shell /bin/sh "$user" || exit 1
done
sha256sum /etc/ssh/sshd_config >sshd_config.sum
ok "sshd starts" start_sshd
listing >before
dpkg-query -W >before.packages

# The administrator's own modes come before the package does.
dpkg-statoverride --add root adm 0750 /etc/certgate
dpkg-statoverride --add root adm 0640 /etc/certgate/policy.yaml
dpkg-statoverride --add root adm 0754 /usr/sbin/certgate
ok "install" install_debs old
ok "its files are as packed" test -z "$(dpkg -V certgate libpam-certgate)"
ok "the helper's user is there" sh -c \
    'getent passwd _certgate | grep -q ":/nonexistent:/usr/sbin/nologin$"'
ok "nothing changed in sshd's configuration" is_untouched
refused "the policy as shipped is not applied" certgate apply
refused "... and there is no generation" test -e /etc/ssh/certgate/current
ok "its units are there" test -f /lib/systemd/system/certgate-ca.timer
ok "what takes back at boot is enabled" test -L \
    /etc/systemd/system/multi-user.target.wants/certgate-confirm.service
refused "what applies by itself is not" \
    grep -r 'certgate-\(apply\|ca\)' /etc/systemd/system
modes()
{
	stat -c '%n %U %G %a' /etc/certgate /etc/certgate/policy.yaml \
	    /usr/sbin/certgate
}
cat >modes.expected <<EOF
/etc/certgate root adm 750
/etc/certgate/policy.yaml root adm 640
/usr/sbin/certgate root adm 754
EOF
same_modes()
{
	modes | diff modes.expected -
}
ok "dpkg-statoverride holds" same_modes

cat >/etc/certgate/policy.yaml <<EOF
version: 1
authorities:
  company:
    keys: ["$(cat ca.pub)"]
    domains: [example.com]
    principals: email-prefix
users:
  alice: alice@example.com
  shared:
    allow: [{identity: alice@example.com}]
deny: [mallory@example.com]
include: [policy.d/*.yaml]
EOF
mkdir /etc/certgate/policy.d
cp /etc/certgate/policy.yaml policy.mine
ok "alice is not let in yet" keeps_out shared alice
ok "apply" sh -c 'certgate apply >apply.out'
ok "alice is let in as herself" lets_in alice alice
ok "alice is let in as shared" lets_in shared alice
ok "eve is not" keeps_out shared eve

if has_systemd; then
	ok "sshd was reloaded by its unit" \
	    grep -q '^reload  *ssh.service reloaded$' apply.out
	ok "opt in: apply when the policy changes" \
	    systemctl enable --now certgate-apply.path
	ok "opt in: the CAs' keys" systemctl enable --now certgate-ca.timer
	sed -i 's/alice: alice@/alice: eve@/' /etc/certgate/policy.yaml
	ok "a change is applied" wait_for lets_in alice eve
	cp policy.mine /etc/certgate/policy.yaml
	ok "so is the next" wait_for lets_in alice alice
	ok "... and no more" wait_for keeps_out alice eve
fi

generation=$(readlink /etc/ssh/certgate/current)
storm &
storm=$!
ok "upgrade while logins run" install_debs new
ok "the higher version is there" test -n "$(dpkg-query -W certgate |
    grep later)"
ok "with another template" grep -q later /usr/share/certgate/policy.yaml
ok "the policy is the administrator's" cmp policy.mine /etc/certgate/policy.yaml
ok "dpkg-statoverride still holds" same_modes
ok "doctor finds nothing" certgate doctor
ok "status is in step" certgate status
ok "downgrade while logins run" install_debs old
if has_systemd; then
	ok "what was enabled runs on" systemctl is-active \
	    certgate-apply.path certgate-apply-parts.path certgate-ca.timer
fi
ok "the policy is still the administrator's" \
    cmp policy.mine /etc/certgate/policy.yaml
ok "... and so are the modes" same_modes
: >stop
wait "$storm"
ok "no login went wrong meanwhile ($(cat storm.count) times three)" \
    not grep . storm.wrong
ok "there were some" test "$(cat storm.count)" -gt 3
ok "the generation is the same" \
    test "$(readlink /etc/ssh/certgate/current)" = "$generation"
rm /etc/certgate/policy.yaml
ok "configured anew" dpkg-reconfigure certgate
refused "a policy that was deleted stays so" test -e /etc/certgate/policy.yaml
cp policy.mine /etc/certgate/policy.yaml
chgrp adm /etc/certgate/policy.yaml
chmod 0640 /etc/certgate/policy.yaml

# The module goes only once nobody names it.
cp /etc/pam.d/sshd pam.sshd
echo 'session required pam_certgate.so' >>/etc/pam.d/sshd
mkdir /etc/pam.d/backup
ok "alice is let in by PAM, too" lets_in shared alice
refused "the module stays while PAM names it" apt-get remove -y libpam-certgate
ok "... and it is there" sh -c 'ls /usr/lib/*/security/pam_certgate.so'
ok "... and alice is let in" lets_in shared alice
cat pam.sshd >/etc/pam.d/sshd
rmdir /etc/pam.d/backup
ok "certgate pam enable" certgate pam enable
ok "alice is let in by PAM, as its tool put it" lets_in shared alice
ok "then it goes" apt-get remove -y libpam-certgate
ok "PAM does not name it" not grep -rl pam_certgate /etc/pam.d
ok "alice is let in without" lets_in shared alice

# By lists from now on, which sshd would go on to read: the helper's going
# alone keeps nobody out.
sed -i '/^deny/d' /etc/certgate/policy.yaml
cp /etc/certgate/policy.yaml policy.mine
ok "apply" certgate apply
ok "alice has a list" test -f /etc/ssh/certgate/current/principals/alice
ok "alice is let in by it" lets_in alice alice
ok "taken out by hand, sshd not told" certgate remove --no-reload
ok "alice is still let in" lets_in shared alice
ok "remove" apt-get remove -y certgate
ok "sshd's configuration is as it was" is_untouched
ok "sshd was told: alice is out" keeps_out alice alice
if has_systemd; then
	ok "its units do not run any more" test -z "$(systemctl list-units \
	    --state=active,activating --no-legend 'certgate*')"
fi
ok "the policy is kept" cmp policy.mine /etc/certgate/policy.yaml
ok "install again" install_debs old
ok "the policy was kept" cmp policy.mine /etc/certgate/policy.yaml
ok "apply again" certgate apply
ok "alice is let in again" lets_in shared alice
echo 'deny: [mallory@example.com]' >>/etc/certgate/policy.yaml
ok "apply, by the helper from now on" certgate apply
ok "alice is let in by it" lets_in shared alice
# The index of a version that writes another format: its number comes after
# cdb's tables, the record's lengths and its key.
printf '\0\0\0\001' | dd of=/etc/ssh/certgate/current/policy.cdb bs=1 seek=2057 \
    conv=notrunc status=none
ok "an index of another format lets nobody in" keeps_out shared alice
ok "upgrade" install_debs new
ok "it was made anew" lets_in shared alice
ok "taken out by hand" certgate remove
refused "an upgrade does not bring it back" sh -c \
    'apt-get install -y -q --allow-downgrades /debs/old/*.deb >&2
     grep -rl certgate /etc/ssh/sshd_config /etc/ssh/sshd_config.d'
ok "apply, to be confirmed" certgate apply --confirm 1h
ok "purge" dpkg --purge certgate libpam-certgate
ok "sshd's configuration is as it was" is_untouched
ok "sshd was told: alice is out" keeps_out shared alice
if has_systemd; then
	ok "no unit of it is left" test -z "$(systemctl list-units --all \
	    --no-legend 'certgate*')"
	systemctl stop ssh.service
else
	kill "$(cat /run/sshd.pid)"
fi
refused "no process of it runs" pgrep -f certgate
dpkg-statoverride --remove /etc/certgate
dpkg-statoverride --remove /etc/certgate/policy.yaml
dpkg-statoverride --remove /usr/sbin/certgate
listing >after
dpkg-query -W >after.packages
ok "the file system is as before" diff before after
ok "so are the packages" diff before.packages after.packages
ok "nowhere is there a file of its name" not has_files

echo "$n_passed $n_failed" >counts
