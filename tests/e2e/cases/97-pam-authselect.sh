# shellcheck shell=bash
# certgate pam enable and disable where authselect looks after PAM. There is
# none for Debian: authselect.py stands for it.

: "${srcdir:?}"
pam_begin || return
tool=/usr/sbin/pam-auth-update
[ ! -e $tool ] || mv $tool /run/tool.saved
rm -rf /etc/authselect /var/lib/certgate /usr/share/authselect
mkdir -m 0755 /var/lib/certgate
mkdir -p /etc/authselect/custom /usr/share/authselect/default/local
cp "$srcdir/tests/e2e/authselect.py" /usr/bin/authselect
profile=/usr/share/authselect/default/local
cat >$profile/system-auth <<'EOF'
auth        required      pam_env.so
auth        required      pam_faillock.so preauth silent {include if "with-faillock"}
auth        sufficient    pam_unix.so nullok
auth        required      pam_deny.so

account     required      pam_unix.so

session     required      pam_limits.so
-session    optional      pam_systemd.so
session     [success=1 default=ignore] pam_succeed_if.so service in crond quiet use_uid
session     required      pam_unix.so
EOF
cp $profile/system-auth $profile/password-auth
echo "Local" >$profile/README
rm -rf /etc/pam.d
mkdir -m 0755 /etc/pam.d
for name in system-auth password-auth; do
	sed 's/ *{include.*//' $profile/$name >/etc/authselect/$name
	ln -s /etc/authselect/$name /etc/pam.d/$name
done
printf 'local\nwith-faillock\n' >/etc/authselect/authselect.conf
for name in sudo:system su:system login:system sshd:password crond:password
do
	for type in auth account session; do
		echo "$type include ${name#*:}-auth"
	done >/etc/pam.d/${name%:*}
done
printf '#%%PAM-1.0\nauth include sudo\nsession include sudo\n' \
    >/etc/pam.d/sudo-i

listing()
{
	find /etc/pam.d /etc/authselect /var/lib/certgate \
	    -printf '%p %y %m %U %G %l\n' | sort
	find /etc/pam.d /etc/authselect -type f -exec sha256sum {} + |
	    sort -k 2
}
pam()
{
	certgate pam "$@" >/run/pam.out 2>&1 || {
		cat /run/pam.out
		return 1
	}
}
listing >/run/pam.fresh
as_before()
{
	listing >/run/pam.now
	diff /run/pam.fresh /run/pam.now
}

write_policy <<EOF
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
users:
  vmuser: jdoe@example.com
EOF
apply
sshd_uses_pam
check "pam enable" pam enable
cat >/run/pam.want <<'EOF'
pam         enabled, by authselect
EOF
check "by authselect" diff /run/pam.want <(head -n 1 /run/pam.out)
check "where it is asked" diff - <(tail -n +2 /run/pam.out | sort) <<'EOF'
auth        sudo, by system-auth:2
auth        sudo-i, by system-auth:2
session     sshd, by password-auth:9
EOF
check "the profile, with its features" diff - \
    <(/usr/bin/authselect current --raw) <<'EOF'
custom/certgate with-faillock with-certgate with-certgate-sudo
EOF
# The modules that this sandbox has not are of no interest here.
sed -i '/faillock\|systemd\|limits/d' /etc/authselect/*-auth
cert jdoe --id jdoe@example.com --principals jdoe
sed -i 's/^account.*/account required pam_permit.so/' /etc/authselect/*-auth
pam_ok vmuser jdoe 'vmuser:'
check_status 1 "disable where files were changed by hand" pam disable
check "it says so" grep -q \
    '^certgate: authselect select: \[error\] File \[/etc/authselect\] was modified outside authselect!$' \
    /run/pam.out
python3 - <<'EOF'
import runpy, sys
sys.argv = ["authselect", "current"]
m = runpy.run_path("/usr/bin/authselect")
for name in m["PAM"]:
    with open("/etc/authselect/" + name, "w") as f:
        f.write(m["render"]("custom/certgate", ["with-faillock",
                "with-certgate", "with-certgate-sudo"], name))
EOF
check "pam disable" pam disable
check "all is as it was, to the byte" as_before
check "pam enable --no-sudo" pam enable --no-sudo
check "sessions alone" test "$(grep -cE '^(auth|session) ' /run/pam.out)" -eq 1
check "pam disable" pam disable
check "all is as it was, to the byte" as_before

# What an administrator selects meanwhile stays.
check "pam enable" pam enable
/usr/bin/authselect disable-feature with-faillock
check "pam disable" pam disable
check "a feature that went stays away" diff - \
    <(/usr/bin/authselect current --raw) <<'EOF'
local
EOF
check "pam enable" pam enable
/usr/bin/authselect enable-feature with-faillock
/usr/bin/authselect disable-feature with-certgate
check "pam disable" pam disable
check "a feature that came stays" diff - \
    <(/usr/bin/authselect current --raw) <<'EOF'
local with-faillock
EOF
check "all is as it was, to the byte" as_before
check "pam enable" pam enable
for feature in with-faillock with-certgate with-certgate-sudo; do
	/usr/bin/authselect disable-feature $feature
done
check "pam disable, where no feature is selected" pam disable
check "the profile is what it was" diff - \
    <(/usr/bin/authselect current --raw) <<'EOF'
local
EOF
check "ours is gone" test ! -e /etc/authselect/custom/certgate
check "pam enable" pam enable
/usr/bin/authselect select local with-faillock --quiet
check "pam enable, where another profile was selected since" pam enable
pam_said_enabled()
{
	grep -q '^pam  *enabled, by authselect$' /run/pam.out
}
check "it is new" pam_said_enabled
check "pam disable" pam disable
check "all is as it was, to the byte" as_before
mkdir /etc/authselect/custom/certgate
cp $profile/* /etc/authselect/custom/certgate
listing >/run/pam.before
check_status 1 "a profile of that name by somebody else" pam enable
check "it says so" grep -q \
    '^certgate: /etc/authselect/custom/certgate: there is such a profile already, and certgate pam did not make it; give it another name$' \
    /run/pam.out
listing >/run/pam.after
check "and it stays" diff /run/pam.before /run/pam.after
rm -r /etc/authselect/custom/certgate
echo '# by hand' >>/etc/authselect/system-auth
listing >/run/pam.before
check_status 1 "changed by hand before" pam enable
check "it says so" grep -q \
    '^certgate: authselect check: .*; it looks after no files that were changed by hand$' \
    /run/pam.out
listing >/run/pam.after
check "and nothing changed" diff /run/pam.before /run/pam.after
sed -i '/# by hand/d' /etc/authselect/system-auth
rm /etc/authselect/authselect.conf
check_status 1 "nothing selected" pam enable
check "it says so" grep -q \
    '^certgate: neither pam-auth-update nor authselect looks after PAM here$' \
    /run/pam.out
rm -rf /etc/authselect /usr/share/authselect /usr/bin/authselect
[ ! -e /run/tool.saved ] || mv /run/tool.saved $tool
pam_end
