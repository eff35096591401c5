# shellcheck shell=bash
# A user whom a plain list serves: sshd itself looks at the certificate.

write_policy <<EOF
version: 1
authorities:
  plain: {keys: ["$(ca_key cf)"]}
users:
  johndoe: jdoe@example.com
  vmuser: [jdoe@example.com, alice@example.com]
EOF
apply
check "johndoe has a list" is_list_served johndoe

cert fine --id x --principals jdoe@example.com
cert expired --id x --principals jdoe@example.com --valid -2h:-1m
cert early --id x --principals jdoe@example.com --valid +1h:+2h
cert none --id x
cert alice --id x --principals alice@example.com
login_ok johndoe fine 'johndoe:'
login_ok vmuser alice 'vmuser:'
said='Certificate invalid: expired|: expired$' \
    login_no johndoe expired expired
said='Certificate invalid: not yet valid|: not yet valid$' \
    login_no johndoe early not-yet-valid
# Not on the list: the helper is asked, and gives the same answer.
login_no johndoe alice no-matching-principal 'johndoe:'
login_no johndoe none no-matching-principal 'johndoe:'
login_no jdoe fine no-rule
