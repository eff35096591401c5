# shellcheck shell=bash
# Two people of two domains with the same prefix, told apart by the key ID.

clash()
{
	write_policy <<EOF
version: 1
authorities:
  cloudflare:
    keys: ["$(ca_key cf)"]
    principals: email-prefix
    domains: [example.com, example.org]
$1
groups:
  release: [jdoe@example.org]
users:
  johndoe: jdoe@example.com
  bwayne: jdoe@example.org
  deploy: {allow: [{group: release}]}
  kiosk: any
  "*": same-name
EOF
}

clash ''
apply_refused 'one prefix for two people is refused' \
    'policy\.yaml:[0-9]+:[0-9]+: .*jdoe'

clash '    require: {key_id: identity}'
apply
cert com --id jdoe@example.com --principals jdoe
cert org --id jdoe@example.org --principals jdoe
cert net --id jdoe@example.net --principals jdoe
cert bare --id jdoe --principals jdoe
cert alice --id alice@example.org --principals alice
cert forged --id alice@example.org --principals jdoe

login_ok johndoe com 'johndoe:'
login_no johndoe org key-id-mismatch 'johndoe:'
login_no johndoe net key-id-mismatch
login_no johndoe bare key-id-mismatch
login_no johndoe forged key-id-mismatch
login_no johndoe alice no-matching-principal 'johndoe:'
login_ok bwayne org 'bwayne:'
login_no bwayne com key-id-mismatch 'bwayne:'
login_ok deploy org 'deploy:'
login_no deploy com key-id-mismatch 'deploy:'

# any and same-name: a key ID that is an identity of these domains.
login_ok kiosk com 'kiosk: any'
login_ok kiosk alice 'kiosk: any'
login_no kiosk net key-id-mismatch
login_no kiosk forged key-id-mismatch
login_ok jdoe com '"*"'
login_ok jdoe org '"*"'
login_no jdoe net key-id-mismatch
login_no jdoe forged key-id-mismatch
login_no jdoe bare key-id-mismatch
