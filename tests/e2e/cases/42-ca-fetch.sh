# shellcheck shell=bash
# Keys from the three kinds of services, served by nginx over HTTPS: taken
# once somebody vouched for them, and then people log in by them.

# shellcheck source=tests/e2e/service.sh
. "$srcdir/tests/e2e/service.sh"
service_keys
service_files
printf '{"userKey":["%s","%s"]}\n' "$(blob_of vault2)" "$(blob_of corp)" \
    >/run/www/federation
cf_result()
{
	printf '{"id":"%s","aud":"7d1996","public_key":"%s"}' "$1" \
	    "$(ca_key "$1")"
}
cf_answer()
{
	printf '{"result":%s,"success":true,"errors":[],"messages":[]}\n' "$1"
}
cf_answer "$(cf_result cf)" >/run/www/app
cf_answer "[$(cf_result cf),$(cf_result mail)]" >/run/www/apps
printf '%s' '{"success":false,"errors":[{"code":10000,"message":' \
    '"Authentication error"}],"messages":[],"result":null}' >/run/www/denied
service_nginx 8200 <<END
server {
	listen 127.0.0.1:8200 ssl;
	ssl_certificate $PKI/good.pem;
	ssl_certificate_key $PKI/good.key;
	error_page 403 /denied;
	location = /v1/ssh/public_key {
		default_type text/plain;
		try_files /vault =404;
	}
	location = /ssh/roots { try_files /roots =404; }
	location = /ssh/federation { try_files /federation =404; }
	location = /client/v4/accounts/acc/access/apps/app/ca {
		if (\$http_authorization != "Bearer t0ken.of-root") {
			return 403;
		}
		try_files /app =404;
	}
	location = /client/v4/accounts/acc/access/apps/ca {
		if (\$http_authorization != "Bearer t0ken.of-root") {
			return 403;
		}
		try_files /apps =404;
	}
	location = /moved {
		return 302 https://localhost:8200/v1/ssh/public_key;
	}
}
END
nginx=$service

# fetch_policy VAULT CLOUDFLARE: a policy with more lines for these two.
fetch_policy()
{
	write_policy <<END
version: 1
authorities:
  vault:
    url: https://localhost:8200/v1/ssh/public_key
    ca_file: services.pem
$1
  step:
    url: https://localhost:8200/ssh/${step:-roots}
    ca_file: services.pem
  cloudflare:
    url: https://localhost:8200/client/v4/accounts/acc/access/apps/${cf:-app/ca}
    token_file: cloudflare.token
    ca_file: services.pem
    principals: email-prefix
    domains: [example.com]
$2
users:
  johndoe: jdoe@example.com
END
}
printf 't0ken.of-root\n' >/etc/certgate/cloudflare.token
chmod 0600 /etc/certgate/cloudflare.token
fetch_policy '' "    pins: [$(fingerprint cf)]"

apply_refused "a policy whose keys were never fetched is refused" \
    'policy.yaml:4:10: error: the keys of authority "vault" were never fetched; run certgate ca fetch vault$'
# The first time nobody has vouched for a key, but for the pinned one.
fetch_refused "a script takes no key that nobody vouched for" \
    '^certgate: authority "vault": nothing was ever fetched, and nobody vouched for what the service sends: compare' \
    vault
check_has "vault       $(fingerprint vault) ED25519 \"vault\": NEW, LEFT OUT, since nobody vouched for it" \
    "the fingerprint is shown" cat /run/fetch.out
fetch_refused "nor does one that wants JSON" \
    '"state": "waits"' vault --format json
fetch_refused "--pin of another key is refused" \
    'authority "vault": the service sends no key SHA256:' \
    vault --pin "$(fingerprint rogue)"
fetch_refused "--pin needs an authority" \
    '^certgate: --pin vouches for a key of one authority; name it$' \
    --pin "$(fingerprint vault)"
fetch_refused "--pin where the policy pins is refused" \
    '"cloudflare" has "pins" in the policy; write the fingerprint there' \
    cloudflare --pin "$(fingerprint cf)"
fetch_refused "an authority that is none is refused" \
    '^certgate: the policy has no authority "vaul"; certgate ca list shows' \
    vaul

# At a terminal somebody may say no, or yes.
terminal()
{
	python3 "$srcdir/tests/e2e/terminal.py" 'Type yes: ' "$@"
}
disk_listing >/run/disk.before
check_status 1 "a no at the terminal refuses" \
    terminal no "$CERTGATE" ca fetch vault
cp /run/check.out /run/terminal.out
disk_listing >/run/disk.after
check "and changes nothing" cmp /run/disk.before /run/disk.after
check_has 'Trust the keys that nobody vouched for? Type yes: ' \
    "the terminal is asked" cat /run/terminal.out
check_has "$(fingerprint vault) ED25519 \"vault\": NEW, LEFT OUT" \
    "with the fingerprint" cat /run/terminal.out
check_has "$(fingerprint vault) ED25519 \"vault\": NEW, confirmed now" \
    "a yes at the terminal takes the key" \
    terminal yes "$CERTGATE" ca fetch vault
check "--pin takes the key" fetch step --pin "$(fingerprint vault2)"
check "a pinned key is taken without a word" fetch
check_has "# by certgate ca fetch, from https://localhost:8200/v1/ssh/public_key $(ca_key vault) " \
    "what was taken is kept" tr '\n' ' ' <"$FETCHED/vault.pub"
check_says '^root root 644$' "in a file that only root may write" \
    stat -c '%U %G %a' "$FETCHED/vault.pub"
disk_listing >/run/disk.before
check "another fetch succeeds" fetch --format json
disk_listing >/run/disk.after
check "and writes nothing" cmp /run/disk.before /run/disk.after
check_says '"is_changed": false' "its JSON says so" fetch --format json

apply
cert by-vault --ca vault --id jdoe@example.com --principals jdoe@example.com
cert by-step --ca vault2 --id jdoe@example.com --principals jdoe@example.com
cert by-cf --ca cf --id jdoe@example.com --principals jdoe
cert by-corp --ca corp --id jdoe@example.com --principals jdoe@example.com
cert by-host --ca rogue --id jdoe@example.com --principals jdoe@example.com
login_ok johndoe by-vault 'johndoe:'
login_ok johndoe by-step 'johndoe:'
login_ok johndoe by-cf 'johndoe:'
# step-ca's key for hosts signs no users.
said='^Failed publickey for johndoe .*-CERT ' \
    login_no johndoe by-host unknown-authority

# The federation has one key more: left out until somebody vouches for it.
step=federation fetch_policy '' "    pins: [$(fingerprint cf)]"
fetch_refused "a new key beside a known one is left out" \
    '"step": the service sends new keys that nobody vouched for, LEFT OUT: .*; the keys fetched before stay in force$'
check "--pin takes it, and --apply makes it so" \
    fetch step --pin "$(fingerprint corp)" --apply --sshd "$SSHD"
login_ok johndoe by-corp 'johndoe:'
login_ok johndoe by-step 'johndoe:'

# The old key is no longer served: it goes.
printf '{"userKey":["%s"]}\n' "$(blob_of corp)" >/run/www/federation
check_has "$(fingerprint vault2) ED25519 \"\": goes: no longer served" \
    "a key that is no longer served goes" fetch step --apply --sshd "$SSHD"
login_ok johndoe by-corp 'johndoe:'
said='^Failed publickey for johndoe .*-CERT ' \
    login_no johndoe by-step unknown-authority

# With pins the pinned ones count, whatever else is served.
cf='ca' fetch_policy '' "    pins: [$(fingerprint cf)]"
check_says 'ED25519 "mail": NEW, LEFT OUT, since it is not pinned$' \
    "an unpinned key is left out and shown" fetch cloudflare
check "which is no failure" fetch cloudflare
check "nothing of it is kept" \
    test "$(grep -vc '^#' "$FETCHED/cloudflare.pub")" -eq 1
cf='ca' fetch_policy '' "    pins: [$(fingerprint cf), $(fingerprint mail)]"
check "a second pin takes the second key" \
    fetch cloudflare --apply --sshd "$SSHD"
cert by-mail --ca mail --id jdoe@example.com --principals jdoe
login_ok johndoe by-mail 'johndoe:'
# A pin that goes takes its key along, also without the network.
cf='ca' fetch_policy '' "    pins: [$(fingerprint mail)]"
service_stop "$nginx"
apply
login_ok johndoe by-mail 'johndoe:'
said='^Failed publickey for johndoe .*-CERT ' \
    login_no johndoe by-cf unknown-authority
service_start 8200 nginx -c /run/nginx.conf -e /run/nginx/error.log
nginx=$service

# The token: root's alone, and never where others see it.
check "the token reached the service" \
    grep -q '"GET /client/v4/accounts/acc/access/apps/ca HTTP/1.1" 200' \
    /run/nginx/access.log
chmod 0644 /etc/certgate/cloudflare.token
fetch_refused "a token that others may read is refused" \
    '"cloudflare": /etc/certgate/cloudflare.token: mode 0644 lets others than its owner read it; run chmod go= on it; the keys' \
    cloudflare
printf 'wrong\n' >/etc/certgate/cloudflare.token
chmod 0600 /etc/certgate/cloudflare.token
fetch_refused "a wrong token is refused, in the service's words" \
    'the service answers with HTTP status 403: "Authentication error"' \
    cloudflare
printf 'two words\n' >/etc/certgate/cloudflare.token
fetch_refused "a token that is none is refused" \
    'cloudflare.token: the token holds a blank or a character that is not' \
    cloudflare
rm /etc/certgate/cloudflare.token
fetch_refused "a token that is missing is refused" \
    'cloudflare.token: No such file or directory' cloudflare

# Vault sends one key at a time: the old one stays until its day.
cf='ca' fetch_policy "    retire: {\"$(fingerprint vault)\": 2099-12-31}" \
    "    pins: [$(fingerprint mail)]"
cp "$KEYS/rogue.pub" /run/www/vault
check "the next key of a service that sends one is taken" \
    fetch vault --pin "$(fingerprint rogue)" --apply --sshd "$SSHD"
login_ok johndoe by-host 'johndoe:'
login_ok johndoe by-vault 'johndoe:'
cp "$KEYS/vault.pub" /run/www/vault

# Without ca_file the system's CAs count: ours is none of them, until it is.
write_policy <<EOP
version: 1
authorities:
  vault: {url: "https://localhost:8200/moved"}
users:
  johndoe: jdoe@example.com
EOP
fetch_refused "a certificate by none of the system's CAs is refused" \
    '"vault": SSL certificate problem: .*; the keys fetched before stay'
for bundle in /etc/ssl/certs/ca-certificates.crt \
    /etc/pki/tls/certs/ca-bundle.crt; do
	[ ! -e "$bundle" ] || cat "$PKI/ours.pem" >>"$bundle"
done
check "a redirect on the same server is followed" fetch vault
service_stop "$nginx"
fetch_refused "a service that is not there is a failure" \
    '"vault": Failed to connect to localhost port 8200'
apply
login_ok johndoe by-vault 'johndoe:'

# The timer runs it whether or not there is anything to fetch.
write_policy <<EOP
version: 1
authorities:
  vault: {keys: ["$(ca_key vault)"]}
users:
  johndoe: jdoe@example.com
EOP
check_says '^certgate: no authority of the policy has a "url" to fetch from$' \
    "without any url there is nothing to fetch" fetch
check "--apply applies all the same" fetch --apply --sshd "$SSHD"
login_ok johndoe by-vault 'johndoe:'
rm -rf /var/lib/certgate
