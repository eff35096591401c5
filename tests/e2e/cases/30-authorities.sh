# shellcheck shell=bash
# Authorities that name people differently: a name is worth what the
# authority that wrote it means by it.

write_policy <<EOF
version: 1
authorities:
  prefix:
    keys: ["$(ca_key cf)"]
    principals: email-prefix
    domains: [example.com]
  whole:
    keys: ["$(ca_key vault)"]
  mail:
    keys: ["$(ca_key mail)"]
    principals: email
    domains: [example.com]
users:
  johndoe: jdoe@example.com
  deploy: {allow: jdoe@example.com, authorities: [whole]}
  kiosk: {allow: any, authorities: [whole, mail]}
  bob:
    allow:
      - principal: breakglass
  alice: alice@example.net
  "*": same-name
EOF
apply

cert prefix --ca cf --id jdoe@example.com --principals jdoe
cert prefix-whole --ca cf --id jdoe@example.com \
    --principals jdoe@example.com
cert whole --ca vault --id jdoe@example.com --principals jdoe@example.com
cert whole-prefix --ca vault --id jdoe@example.com --principals jdoe
cert mail --ca mail --id jdoe@example.com --principals jdoe@example.com
cert mail-prefix --ca mail --id jdoe@example.com --principals jdoe
cert mail-evil --ca mail --id jdoe@example.net --principals jdoe@example.net

# Each in its own way, and the same name from the wrong one is denied.
login_ok johndoe prefix 'johndoe:'
login_no johndoe prefix-whole no-matching-principal 'johndoe:'
login_ok johndoe whole 'johndoe:'
login_no johndoe whole-prefix no-matching-principal 'johndoe:'
login_ok johndoe mail 'johndoe:'
login_no johndoe mail-prefix no-matching-principal 'johndoe:'
login_no johndoe mail-evil no-matching-principal 'johndoe:'

# An authority does not vouch for domains that are not its own.
cert alice --ca cf --id alice@example.net --principals alice
cert alice-whole --ca vault --id alice@example.net \
    --principals alice@example.net
login_ok alice alice-whole 'alice:'
login_no alice alice no-matching-principal 'alice:'

# An account that takes certificates of some authorities only.
login_ok deploy whole 'deploy:'
login_no deploy prefix authority-not-allowed-here 'deploy:'
login_no deploy mail authority-not-allowed-here 'deploy:'
login_ok kiosk whole-prefix 'kiosk:'
login_ok kiosk mail 'kiosk:'
login_no kiosk prefix authority-not-allowed-here 'kiosk:'

# The same name.
login_ok jdoe prefix '"*"'
login_ok jdoe whole-prefix '"*"'
login_no jdoe whole no-matching-principal '"*"'
login_ok jdoe mail '"*"'
login_no jdoe mail-evil no-matching-principal '"*"'
login_no jdoe mail-prefix no-matching-principal '"*"'

# A literal principal is translated by no authority.
cert glass --ca cf --id alice@example.com --principals breakglass
cert glass-whole --ca vault --id alice@example.com --principals breakglass
login_ok bob glass 'principal: breakglass'
login_ok bob glass-whole 'principal: breakglass'
login_no bob prefix no-matching-principal 'bob:'
