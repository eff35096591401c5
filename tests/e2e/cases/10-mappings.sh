# shellcheck shell=bash
# The short forms: same name, another name, several people, anyone.

write_policy <<EOF
version: 1

authorities:
  cloudflare:
    keys:
      - $(ca_key cf)
    principals: email-prefix

users:
  johndoe: jdoe@example.com
  vmuser: [jdoe@example.com, alice@example.com]
  kiosk: any
  "*": same-name
EOF

check_status 3 "plan finds a difference" certgate plan
apply
check_status 0 "plan finds none after apply" certgate plan

cert jdoe --id jdoe@example.com --principals jdoe --serial 7
cert alice --id alice@example.com --principals alice
cert mallory --id mallory@example.com --principals mallory
cert twice --id jdoe@example.com --principals mallory,jdoe

# The e-mail's prefix equals the user's name.
login_ok jdoe jdoe '"*": same-name'
login_ok alice alice '"*": same-name'
login_no bwayne jdoe no-matching-principal '"*": same-name'
login_no jdoe alice no-matching-principal '"*": same-name'

# Another name.
login_ok johndoe jdoe 'johndoe:'
login_no johndoe alice no-matching-principal 'johndoe:'
login_no johndoe mallory no-matching-principal 'johndoe:'

# Several people share an account.
login_ok vmuser jdoe 'vmuser:'
login_ok vmuser alice 'vmuser:'
login_no vmuser mallory no-matching-principal 'vmuser:'

# Anyone as this one.
login_ok kiosk jdoe 'kiosk: any'
login_ok kiosk mallory 'kiosk: any'

# One of several principals is enough.
login_ok johndoe twice 'johndoe:'
login_ok mallory twice '"*": same-name'

# Nobody is root by way of "*", nor an account below min_uid.
cert root --id root@example.com --principals root,backup-old
login_no root root no-rule
login_no backup-old root no-rule

# The key, not the certificate alone.
cert other --id jdoe@example.com --principals jdoe --key other
ln -sf "$KEYS/person" "$CERTS/other.key"
stays_out johndoe other

# The index names the policy wherever certgate was started.
(cd "$(dirname "$POLICY")" && certgate apply ./policy.yaml >/run/apply.out 2>&1)
check 'a policy by a relative name is the same policy' \
    certgate plan "$POLICY"
