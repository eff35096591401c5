# shellcheck shell=bash
# doc/tutorial-vault.md, -step-ca.md and -cloudflare.md, as they are written.
#
# Real: certgate, sshd, ssh, ssh-keygen, the certificates, HTTPS. Stand-ins, for
# products that are not to be had here: the commands vault, step and
# cloudflared, which sign by ssh-keygen what the products would, and nginx for
# the addresses of Vault, step-ca and Cloudflare's API, with their answers.

# shellcheck source=tests/e2e/tutorial.sh
. "$srcdir/tests/e2e/tutorial.sh"
# shellcheck source=tests/e2e/service.sh
. "$srcdir/tests/e2e/service.sh"

service_keys
for host in vault.example.com ca.example.com api.cloudflare.com; do
	tls_cert "$host" ours "$host" 2 >/run/openssl.out 2>&1 ||
	    not_ok "openssl" "$(tail -n 3 /run/openssl.out)"
done
rm -f /etc/certgate/services.pem
# The system trusts the services of the internet; step-ca has a root of its own.
# Other cases have other CAs of this name, so it goes in the end.
bundles='/etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt'
for bundle in $bundles; do
	[ -e "$bundle" ] || continue
	cp "$bundle" "/run/${bundle##*/}"
	cat "$PKI/ours.pem" >>"$bundle"
done
chmod 0755 "$PKI"
service_files
printf '{"result":{"id":"1","aud":"7d1996","public_key":"%s"},%s}\n' \
    "$(ca_key cf)" '"success":true,"errors":[],"messages":[]' >/run/www/app
# tutorial_anew PAGE: the machines as before the first apply, then the page.
tutorial_anew()
{
	sshd_stop
	machine_reset
	rm -rf /var/lib/certgate
	tutorial_setup
	# What a stand-in signs by: it is run by people who are not root.
	mkdir -p /run/stand-in/keys
	cp "$KEYS/vault" "$KEYS/vault2" "$KEYS/cf" /run/stand-in/keys
	cp "$KEYS/vault.pub" "$KEYS/vault2.pub" "$PKI/ours.pem" \
	    /run/stand-in/keys
	chmod 0644 /run/stand-in/keys/*
	tutorial_stand_in vault "$as_vault"
	tutorial_stand_in step "$as_step"
	tutorial_stand_in cloudflared "$as_cloudflared"
	echo not-told >/home/ca/client-secret
	tutorial "$1"
	tutorial_cleanup
}

# What each answers to the words of its page, and refuses all else.
# shellcheck disable=SC2016 # for the stand-ins
as_vault='
keys=/run/stand-in/keys
case "$*" in
"secrets enable -path=ssh-client-signer ssh")
	echo "Success! Enabled the ssh secrets engine at: ssh-client-signer/" ;;
"write ssh-client-signer/config/ca generate_signing_key=true key_type=ed25519")
	echo "Key           Value" ;;
"read -field=public_key ssh-client-signer/config/ca")
	cat $keys/vault.pub ;;
"write ssh-client-signer/roles/people -")
	python3 -m json.tool >/dev/null &&
	    echo "Success! Data written to: ssh-client-signer/roles/people" ;;
"login -method=oidc role=people")
	echo "Success! You are now authenticated." ;;
"write -field=signed_key ssh-client-signer/sign/people public_key=@"*)
	cp "${4#public_key=@}" /tmp/jdoe.pub &&
	    ssh-keygen -q -s $keys/vault -I oidc-jdoe@example.com \
		-n jdoe@example.com -V -30s:+30m -z $RANDOM$RANDOM \
		-O clear -O permit-pty /tmp/jdoe.pub &&
	    cat /tmp/jdoe-cert.pub && rm /tmp/jdoe.pub /tmp/jdoe-cert.pub ;;
*) echo "vault: unexpected: $*" >&2; exit 2 ;;
esac'
# shellcheck disable=SC2016
as_step='
keys=/run/stand-in/keys
case "$*" in
"ca provisioner add people --type OIDC --ssh --client-id certgate-demo "*)
	exit 0 ;;
"ssh config --roots")
	cat $keys/vault2.pub ;;
"ca root step-root.pem")
	cp $keys/ours.pem step-root.pem ;;
"ssh certificate jdoe@example.com "*" --provisioner people --no-password --insecure")
	ssh-keygen -q -t ecdsa -b 256 -N "" -C jdoe@example.com -f "$4" &&
	    ssh-keygen -q -s $keys/vault2 -I jdoe@example.com \
		-n jdoe,jdoe@example.com -V -1m:+1h -z $RANDOM$RANDOM \
		"$4.pub" ;;
*) echo "step: unexpected: $*" >&2; exit 2 ;;
esac'
# shellcheck disable=SC2016
as_cloudflared='
keys=/run/stand-in/keys
file=$HOME/.cloudflared/$4-cf_key
case "$*" in
"access ssh-gen --hostname server.example.com")
	[ ! -e "$file" ] || exit 0
	mkdir -p "$HOME/.cloudflared" &&
	    ssh-keygen -q -t ecdsa -b 256 -N "" -f "$file" &&
	    ssh-keygen -q -s $keys/cf -I jdoe@example.com -n jdoe \
		-V -1m:+4m "$file.pub" ;;
"access ssh --hostname server.example.com")
	exec 3<>/dev/tcp/127.0.0.1/22
	cat <&3 &
	cat >&3
	kill $! ;;
*) echo "cloudflared: unexpected: $*" >&2; exit 2 ;;
esac'

tutorial_setup
service_nginx 8200 <<END
server {
	listen 127.0.0.1:8200 ssl;
	server_name vault.example.com;
	ssl_certificate $PKI/vault.example.com.pem;
	ssl_certificate_key $PKI/vault.example.com.key;
	location = /v1/ssh-client-signer/public_key {
		default_type text/plain;
		try_files /vault =404;
	}
}
server {
	listen 127.0.0.1:443 ssl;
	server_name ca.example.com;
	ssl_certificate $PKI/ca.example.com.pem;
	ssl_certificate_key $PKI/ca.example.com.key;
	location = /ssh/roots { try_files /roots =404; }
}
server {
	listen 127.0.0.1:443 ssl;
	server_name api.cloudflare.com;
	ssl_certificate $PKI/api.cloudflare.com.pem;
	ssl_certificate_key $PKI/api.cloudflare.com.key;
	location = /client/v4/accounts/023e105f4ecef8ad9ca31a8372d0c353/access/apps/f174e90a-fafe-4643-bbbc-4a0ed4fc8415/ca {
		if (\$http_authorization != "Bearer v1.0-your-token") {
			return 403;
		}
		try_files /app =404;
	}
}
END
nginx=$service
tutorial_cleanup
tutorial_anew tutorial-vault.md
tutorial_anew tutorial-step-ca.md
tutorial_anew tutorial-cloudflare.md
service_stop "$nginx"
for bundle in $bundles; do
	[ ! -e "$bundle" ] || cat "/run/${bundle##*/}" >"$bundle"
done
rm -rf /var/lib/certgate
