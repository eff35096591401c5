# shellcheck shell=bash
# An authority that ends, and a key of one that goes: to the second, without
# another apply.

fingerprint()
{
	"$SSH_KEYGEN" -l -f "$KEYS/$1.pub" | cut -d' ' -f2
}

# In so many seconds, or days, as a policy writes it.
moment()
{
	date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ
}

# trust_policy RETIRE TRUST
trust_policy()
{
	write_policy <<EOT
version: 1
authorities:
  two-keys:
    keys:
      - $(ca_key cf)
      - $(ca_key vault)
    principals: email-prefix
$1
  dated:
    keys: ["$(ca_key mail)"]
    principals: email-prefix
$2
users:
  johndoe: jdoe@example.com
EOT
}

cert active --ca cf --id jdoe@example.com --principals jdoe
cert leaving --ca vault --id jdoe@example.com --principals jdoe
cert dated --ca mail --id jdoe@example.com --principals jdoe
ca_file=/etc/ssh/certgate/current/ca.pub

trust_policy '' ''
apply
login_ok johndoe leaving 'johndoe:'
check "without an end a list serves" is_list_served johndoe

# The last seconds of a key and of an authority.
end=$(($(date +%s) + 20))
trust_policy "    retire: {\"$(fingerprint vault)\": $(moment @$end)}" \
    "    trust: 2020-01-01..$(moment @$end)"
apply
check_says "warning: the trust of authority \"dated\" ends with $(moment @$end)" \
    "apply says that an end is near" cat /run/apply.out
check "ca.pub still holds all keys" [ "$(wc -l <$ca_file)" -eq 3 ]
from=$(lines_in "$HELPER_LOG")
login_ok johndoe leaving 'johndoe:'
check_says "^allow .* key_id=\"jdoe@example.com\" retiring=\"$(moment @$end)\"\$" \
    "each use of a retiring key is logged as such" \
    sed -n "$((from + 1)),\$s/.*\\]: //p" "$HELPER_LOG"
check_says "authority   two-keys, $(fingerprint vault | sed "s/+/[+]/g"), retiring until $(moment @$end)\$" \
    "explain says that the key is retiring" \
    certgate explain johndoe "$CERTS/leaving-cert.pub"
check_says "\"retiring_until\": \"$(moment @$end)\"" "and in JSON" \
    certgate explain --format json johndoe "$CERTS/leaving-cert.pub"
# shellcheck disable=SC2016 # backquotes
check_says '^deny: authority-out-of-trust: .*: this key of it is gone \(`retire`\): .*policy.yaml:3$' \
    "explain knows what comes" \
    certgate explain --at $end johndoe "$CERTS/leaving-cert.pub"
login_ok johndoe dated 'johndoe:'
from=$(lines_in "$HELPER_LOG")
login_ok johndoe active 'johndoe:'
check_says '^allow .* key_id="jdoe@example.com"$' \
    "other keys are not called retiring" \
    sed -n "$((from + 1)),\$s/.*\\]: //p" "$HELPER_LOG"
check_status 3 "status: an authority ends soon" certgate status
check_says "^authority   dated, trusted until $(moment @$end), 0 days left\$" \
    "which one, and when" certgate status
check_says '^end         an authority has 14 days or less; certgate ca list shows its keys$' \
    "and what to do" certgate status

# Then they are gone, without a word from anybody.
while [ "$(date +%s)" -lt $end ]; do sleep 0.2; done
login_no johndoe leaving authority-out-of-trust two-keys:
login_no johndoe dated authority-out-of-trust dated:
login_ok johndoe active 'johndoe:'
check_says "^authority   dated, not trusted since the end of $(moment @$end)\$" \
    "status: the end came" certgate status
check_says '^due         the authorities.* keys as of today; certgate apply brings ca.pub up to date$' \
    "ca.pub is behind" certgate status
check_status 3 "plan: ca.pub would change" certgate plan

# Now sshd itself knows none of them.
apply
check "ca.pub holds what is in force" \
    cmp $ca_file <(echo "$(cut -d' ' -f1,2 "$KEYS/cf.pub") two-keys")
said='Permission denied|CA .*not|not listed|Connection closed' \
    login_no johndoe leaving authority-out-of-trust two-keys:
login_ok johndoe active 'johndoe:'

# What has not begun is not trusted, nor in ca.pub.
trust_policy '' "    trust: $(moment tomorrow)..2199-12-31"
apply
check "ca.pub holds no key before its time" [ "$(wc -l <$ca_file)" -eq 2 ]
check_says "^authority   dated, not trusted before $(date -u -d tomorrow +%Y-%m-%d)" \
    "status: not yet" certgate status
check_status 0 "and that is all right" certgate status
# shellcheck disable=SC2016 # backquotes
check_says '^deny: authority-out-of-trust: .*: its trust has not begun \(`trust`\): ' \
    "explain: not yet" certgate explain johndoe "$CERTS/dated-cert.pub"

# Of its keys one is revoked, and the other gone: it has none in ca.pub and
# never will, which is nothing that another apply would mend.
write_policy <<EOT
version: 1
authorities:
  two-keys: {keys: ["$(ca_key cf)"], principals: email-prefix}
  dated:
    keys: ["$(ca_key mail)", "$(ca_key vault)"]
    retire: {"$(fingerprint vault)": 2021-01-01}
    trust: 2020-01-01..2199-12-31
revoked:
  - {key: "$(ca_key mail)"}
users:
  johndoe: jdoe@example.com
EOT
apply
check "ca.pub holds neither key" \
    cmp $ca_file <(echo "$(cut -d' ' -f1,2 "$KEYS/cf.pub") two-keys")
check_says '"is_due": false' "status: nothing is due" \
    certgate status --format json
says_due()
{
	certgate status | grep '^due '
}
check_status 1 "in words, too" says_due
