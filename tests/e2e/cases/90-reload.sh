# shellcheck shell=bash
# apply and a running sshd, and apply once more.

# policy IDENTITY [CA]
policy()
{
	write_policy <<EOF
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key "${2:-cf}")"], principals: email-prefix}
users:
  johndoe: $1
  kiosk: {allow: [{identity: $1, options: restrict}, {principal: x}]}
EOF
}

cert jdoe --id jdoe@example.com --principals jdoe
cert alice --id alice@example.com --principals alice
stays_out johndoe jdoe

policy jdoe@example.com
check "check accepts it" certgate check
etc_listing >/run/etc.before
check_status 3 "plan finds a difference" certgate plan
etc_listing >/run/etc.after
check "plan changes nothing" cmp /run/etc.before /run/etc.after
apply
login_ok johndoe jdoe 'johndoe:'
login_no johndoe alice no-matching-principal 'johndoe:'

etc_listing >/run/etc.before
check "apply once more" certgate apply
etc_listing >/run/etc.after
check "which changes nothing" cmp /run/etc.before /run/etc.after

# Lists, index and keys are read at each login: a new policy holds at once.
policy alice@example.com
check "another policy" certgate apply --no-reload
login_ok johndoe alice 'johndoe:'
login_no johndoe jdoe no-matching-principal 'johndoe:'
login_no kiosk jdoe no-matching-principal 'kiosk:'

# A policy elsewhere, and an authority taken out.
cp "$POLICY" /run/elsewhere.yaml
policy jdoe@example.com
check "a policy by its name" certgate apply /run/elsewhere.yaml
login_no johndoe jdoe no-matching-principal
policy jdoe@example.com vault
check "another authority" certgate apply
said='^Failed publickey' login_no johndoe jdoe unknown-authority
cert vault --ca vault --id jdoe@example.com --principals jdoe
login_ok johndoe vault 'johndoe:'

# --no-reload on a machine like new: files are there, sshd is as it was.
machine_reset
sshd_start
policy jdoe@example.com
check "apply --no-reload" certgate apply --no-reload
check "sshd got no signal" test "$(count_reloads)" -eq 0
stays_out johndoe jdoe
check "apply makes up for it" certgate apply
check "sshd starts anew" wait_for 5 has_reloaded 0
login_ok johndoe jdoe 'johndoe:'

# Without a running sshd, apply says so.
machine_reset
policy jdoe@example.com
check_says 'no sshd runs' "apply tells that no sshd runs" \
    certgate apply
sshd_start
login_ok johndoe jdoe 'johndoe:'

# Somebody edits sshd's configuration between the proof and the reload: a
# SIGHUP would be the end of the listener.
machine_reset
policy jdoe@example.com
sshd_start
cat >/run/late-sshd <<EOF
#!/bin/sh
[ -e /etc/ssh/sshd_config.d/00-certgate.conf ] || exec $SSHD "\$@"
case "\$*" in
-T*user=kiosk,*)
	$SSHD "\$@" || exit
	echo 'PermitTTY perhaps' >>/etc/ssh/sshd_config
	exit ;;
esac
exec $SSHD "\$@"
EOF
chmod 0755 /run/late-sshd
check "apply, with an editor beside it" \
    "$CERTGATE" apply --no-rehearse --sshd /run/late-sshd
cp /run/check.out /run/apply.out
check_says 'sshd was not reloaded: sshd refuses /etc/ssh/sshd_config: .*perhaps' \
    "what sshd refuses now is not reloaded" cat /run/apply.out
check "sshd got no signal" test "$(count_reloads)" -eq 0
stays_out johndoe jdoe
sed -i '/perhaps/d' /etc/ssh/sshd_config
check "apply makes up for it" certgate apply
check "sshd starts anew" wait_for 5 has_reloaded 0
login_ok johndoe jdoe 'johndoe:'
