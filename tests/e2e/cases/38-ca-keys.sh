# shellcheck shell=bash
# ca.pub: one canonical form that ssh-keygen and sshd read line by line, and
# no key that this sshd would refuse.

keys_policy()
{
	write_policy <<EOT
version: 1
authorities:
  ec: {keys: ["$(ca_key cf)"], principals: email-prefix}
  ed: {keys: ["$(ca_key vault)"], principals: email-prefix}
  rsa: {file: rsa.pub, principals: email-prefix}
users:
  johndoe: jdoe@example.com
EOT
}

# Blanks, tabs, CRLF, comments: none of it reaches ca.pub.
printf '# ours\r\n\r\n  \t%s  \r\n' "$(tr ' ' '\t' <"$KEYS/corp.pub")" \
    >/etc/certgate/rsa.pub
keys_policy
for ca in cf vault corp; do
	cert $ca --ca $ca --id jdoe@example.com --principals jdoe
done
apply
check "ca.pub is canonical" cmp /etc/ssh/certgate/current/ca.pub <(
	echo "$(cut -d' ' -f1,2 "$KEYS/cf.pub") ec"
	echo "$(cut -d' ' -f1,2 "$KEYS/vault.pub") ed"
	echo "$(cut -d' ' -f1,2 "$KEYS/corp.pub") rsa"
)
check "ssh-keygen reads all of it" cmp \
    <("$SSH_KEYGEN" -l -f /etc/ssh/certgate/current/ca.pub | cut -d' ' -f2) \
    <(for ca in cf vault corp; do "$SSH_KEYGEN" -l -f "$KEYS/$ca.pub"; done |
	cut -d' ' -f2)
for ca in cf vault corp; do
	login_ok johndoe $ca 'johndoe:'
done

# What is no CA's public key, each by its line.
bad_line()
{
	local name=$1 pattern=$2

	printf '# one\n%s\n' "$3" >/etc/certgate/rsa.pub
	apply_refused "$name" "rsa\\.pub:2.*$pattern"
}
"$SSH_KEYGEN" -q -t rsa -b 1024 -N '' -f /run/small
bad_line "a private key" 'private key' "$(head -n 1 "$KEYS/corp")"
bad_line "a certificate" 'this is a certificate' "$(cat "$CERTS/cf-cert.pub")"
bad_line "an authority's prefix" 'cert-authority' "cert-authority $(ca_key corp)"
bad_line "options" 'restrict' "restrict $(ca_key corp)"
bad_line "a key of DSA" 'ssh-dss' "ssh-dss AAAAB3NzaC1kc3MAAACBAP"
bad_line "a key that is cut" 'base64|cut short' "$(cut -c1-120 "$KEYS/corp.pub")"
printf '%s\n' "$(ca_key corp)" >/etc/certgate/rsa.pub

# An sshd that takes no signature of a CA of that type.
echo "CASignatureAlgorithms ssh-ed25519,ecdsa-sha2-nistp256" \
    >>/etc/ssh/sshd_config
apply_refused "a type that this sshd refuses" \
    'rsa\.pub:1 \(ssh-rsa\): CASignatureAlgorithms of this sshd has no '
check_says 'rsa\.pub:1 \(ssh-rsa\): CASignatureAlgorithms of this sshd has no ' \
    "plan says so too" certgate plan
sshd_stop
sshd_start
stays_out johndoe corp
gets_in johndoe cf

# A size that sshd asks of people is none of CAs.
sed -i 's/^CASignatureAlgorithms.*/RequiredRSASize 3072/' /etc/ssh/sshd_config
apply
sshd_stop
sshd_start
login_ok johndoe corp 'johndoe:'
