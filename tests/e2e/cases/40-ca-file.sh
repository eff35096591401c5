# shellcheck shell=bash
# A CA file with two keys, comments, blank lines and DOS line ends.

{
	echo '# Our two signers.'
	echo
	ca_key vault
	echo '   # moved in spring'
	printf '\r\n'
	ca_key vault2 | sed 's/$/\r/'
	echo
} >/etc/certgate/vault-ca.pub
write_policy <<EOF
version: 1
authorities:
  vault:
    file: vault-ca.pub
  corp:
    keys:
      - $(ca_key corp)
      - $(ca_key cf)
users:
  johndoe: jdoe@example.com
  kiosk: {allow: any, authorities: [vault]}
EOF
apply

for ca in vault vault2 corp cf; do
	cert by-$ca --ca $ca --id jdoe@example.com \
	    --principals jdoe@example.com
	login_ok johndoe by-$ca 'johndoe:'
done
login_ok kiosk by-vault 'kiosk:'
login_ok kiosk by-vault2 'kiosk:'
login_no kiosk by-corp authority-not-allowed-here 'kiosk:'
login_no kiosk by-cf authority-not-allowed-here 'kiosk:'

cert by-rogue --ca rogue --id jdoe@example.com --principals jdoe@example.com
said='^Failed publickey for johndoe .*-CERT ' \
    login_no johndoe by-rogue unknown-authority
said='^Failed publickey for kiosk .*-CERT ' \
    login_no kiosk by-rogue unknown-authority
login_no alice by-vault no-rule
