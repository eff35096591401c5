# shellcheck shell=bash
# A CA's key is replaced: the new one in, both, the old one retiring, the old
# one gone. Logins run all the while, and none that is right is refused.

fingerprint()
{
	"$SSH_KEYGEN" -l -f "$KEYS/$1.pub" | cut -d' ' -f2
}

# Log in by certificate $1 again and again until /run/rotation.stop or
# /run/rotation.$1.stop is there; note each login, and what was refused.
keep_logging_in()
{
	local ssh_out=/run/rotation.$1.out

	while [ ! -e /run/rotation.stop ] && [ ! -e "/run/rotation.$1.stop" ]; do
		if try_login johndoe "$1" >/dev/null 2>&1; then
			echo . >>"/run/rotation.$1.in"
		else
			cat "$ssh_out" >>"/run/rotation.$1.refused"
		fi
	done
}

# How many logins keep_logging_in noted.
count_in()
{
	touch "/run/rotation.$1.in"
	lines_in "/run/rotation.$1.in"
}

# two_more CERT: at least two more logins were begun and ended since now.
two_more()
{
	local before

	before=$(count_in "$1")
	wait_for 30 more_than "$1" $((before + 2))
}

more_than()
{
	[ "$(count_in "$1")" -ge "$2" ]
}

never_refused()
{
	[ ! -s "/run/rotation.$1.refused" ] || {
		cat "/run/rotation.$1.refused"
		return 1
	}
}

rm -f /run/rotation.*
write_policy <<EOT
version: 1

authorities:
  corp:                   # our own
    keys:
      - $(ca_key vault)   # since 2025
    principals: email-prefix

users:
  johndoe: jdoe@example.com   # the only one
EOT
cp "$POLICY" /run/policy.before
old=$(fingerprint vault)
new=$(fingerprint vault2)
# For patterns.
old_key=${old//+/[+]}
new_key=${new//+/[+]}
cert old --ca vault --id jdoe@example.com --principals jdoe
cert new --ca vault2 --id jdoe@example.com --principals jdoe
apply
login_ok johndoe old 'johndoe:'
said='Permission denied|no matching|not listed|refused|Connection closed' \
    login_no johndoe new unknown-authority
keep_logging_in old &
old_pid=$!
check "old certificates log in before" two_more old

# The new key in.
check_says "^key         $new_key\$" "ca add" \
    certgate ca add corp "$KEYS/vault2.pub"
check_says '^\+      - ssh-ed25519 .* vault2$' "one line more, and no other change" \
    diff -U0 /run/policy.before "$POLICY"
check "of one line" [ "$(diff /run/policy.before "$POLICY" | grep -c '^[<>]')" -eq 1 ]
apply
login_ok johndoe new 'johndoe:'
keep_logging_in new &
new_pid=$!
check "both log in" two_more new
check "both log in, the old one too" two_more old

# Who still uses the old one, as sshd's log has it. In the sandbox that is
# no syslog: put its lines there as rsyslog would.
mkdir -p /var/log
sed -n 's/^Accepted publickey/2026-11-22T11:00:00Z host sshd[1]: &/p' \
    "$SSHD_LOG" >/var/log/auth.log
check_says "^corp +ED25519 +$old_key +active +- +2026-11-22T11:00:00Z +/etc/certgate/policy.yaml:6\$" \
    "ca list" certgate ca list
check_says "^corp +ED25519 +$new_key +active +- +2026-11-22T11:00:00Z +/etc/certgate/policy.yaml:7\$" \
    "ca list, the new one" certgate ca list
check_says '"last_used": "2026-11-22T11:00:00Z"' "ca list in JSON" \
    certgate ca list --format json
: >/var/log/auth.log
check_says "^corp +ED25519 +$old_key +active +- +- +/etc" "no login, no date" \
    certgate ca list
rm /var/log/auth.log

# The old one retires.
end=$(($(date +%s) + 25))
check_status 0 "ca retire" \
    certgate ca retire corp "$old" "$(date -u -d @$end +%Y-%m-%dT%H:%M:%SZ)"
apply
check_says "^corp +ED25519 +$old_key +retiring +0 " "ca list: retiring" \
    certgate ca list
check_says "^corp +ED25519 +$new_key +active +- " "ca list: and the new one stays" \
    certgate ca list
check "the old one still logs in" two_more old
check_says "^allow .* retiring=\"$(date -u -d @$end +%Y-%m-%dT%H:%M:%SZ)\"\$" \
    "each use is logged" sed -n 's/.*\]: //p' "$HELPER_LOG"
touch /run/rotation.old.stop
wait $old_pid
check "no old certificate was refused in its time" never_refused old

# The old one is gone.
while [ "$(date +%s)" -lt $end ]; do sleep 0.2; done
from=$(lines_in "$HELPER_LOG")
stays_out johndoe old
check_says '^deny user="johndoe" reason=authority-out-of-trust .* authority="corp" .*: this key of it is gone ' \
    "for the reason that its key is gone" \
    sed -n "$((from + 1)),\$s/.*\]: //p" "$HELPER_LOG"
check_says '^deny: authority-out-of-trust: ' "explain says so" \
    certgate explain johndoe "$CERTS/old-cert.pub"
check_says "^corp +ED25519 +$old_key +gone +0 " "ca list: gone" certgate ca list
check_says "^policy      /etc/certgate/policy.yaml: one key less\$" "ca remove" \
    certgate ca remove corp "$old"
check "the policy is as before but for the key" \
    cmp "$POLICY" <(sed "s|- $(ca_key vault) .*|- $(ca_key vault2)|" /run/policy.before)
apply
stays_out johndoe old
check_says '^deny: unknown-authority: ' "explain knows it no more" \
    certgate explain johndoe "$CERTS/old-cert.pub"
check "the new one still logs in" two_more new
touch /run/rotation.stop
wait $new_pid
check "no new certificate was refused" never_refused new

# What would end badly is refused, with the policy as it was.
cp "$POLICY" /run/policy.before
check_says '"corp" is the last authority: nobody could log in' \
    "the last authority" certgate ca remove corp
check_says 'it is the last key of authority "corp"' "the last key" \
    certgate ca remove corp "$new"
check_says 'the policy has no authority "crop"; did you mean "corp"\?' \
    "a wrong name" certgate ca remove crop
check_says 'authority "corp" has no key SHA256:abc; certgate ca list' \
    "a wrong fingerprint" certgate ca retire corp SHA256:abc 2199-01-01
check_says 'expected a date such as 2027-01-31 .*found "soon"' "no date" \
    certgate ca retire corp "$new" soon
check_says '"corp" has this key as well' "a key twice" \
    certgate ca add other "$KEYS/vault2.pub"
check_says "authority \"corp\" has the key $new_key already, at /etc/certgate/policy.yaml:[0-9]+\$" \
    "a key that it has" certgate ca add corp "$KEYS/vault2.pub"
check_says 'a private key' "a private key" certgate ca add corp "$KEYS/vault"
check_says 'certificate' "a certificate" \
    certgate ca add corp "$CERTS/new-cert.pub"
check_status 1 "the exit status of these" certgate ca remove corp
check "the policy is as it was" cmp "$POLICY" /run/policy.before

# Another authority, from standard input, and out again; a rule's is not.
check_status 0 "a new authority from standard input" \
    certgate ca add other - <"$KEYS/mail.pub"
printf '  alice: {allow: a@example.com, authorities: other}\n' >>"$POLICY"
check_says "1 rule still names authority \"other\": /etc/certgate/policy.yaml:1[0-9]\$" \
    "an authority that a rule names" certgate ca remove other
sed -i '/alice:/d' "$POLICY"
check_status 0 "and then it goes" certgate ca remove other
check "the policy is as before that" cmp "$POLICY" /run/policy.before

# Anchors are written by hand.
sed -i 's/^    keys:$/    keys: \&ours/' "$POLICY"
check_says 'write it by hand, under "authorities", "corp", "keys":' \
    "an anchor" certgate ca add corp "$KEYS/mail.pub"
