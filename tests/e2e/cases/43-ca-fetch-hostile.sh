# shellcheck shell=bash
# Services that are not what they seem. Nothing on the disk changes whatever
# they do, and who could log in still can.

# shellcheck source=tests/e2e/service.sh
. "$srcdir/tests/e2e/service.sh"
service_keys
www=/run/hostile
mkdir -p "$www"
services=()

# hostile PORT CERTIFICATE: a service with that certificate of ours.
hostile()
{
	local key=$PKI/$2.key cert=$PKI/$2.pem

	[ "$2" != - ] || key=- cert=-
	service_start "$1" python3 "$srcdir/tests/e2e/https.py" "$1" "$cert" \
	    "$key" "$www"
	services+=("$service")
}
hostile 8443 good
hostile 8444 untrusted
hostile 8445 other-name
hostile 8446 expired
hostile 8447 -

# ask URL [LINE]: the policy with this address of the CA.
ask()
{
	write_policy <<END
version: 1
authorities:
  vault:
    url: $1
    ca_file: services.pem
${2-}
users:
  johndoe: jdoe@example.com
  kiosk: {allow: any, authorities: [vault]}
END
}
origin=https://localhost:8443

ca_key vault >"$www/keys"
ask $origin/file/keys
check "the key is fetched" fetch vault --pin "$(fingerprint vault)"
apply

# refused NAME PATH PATTERN
refused()
{
	ask "$origin/$2"
	fetch_refused "$1" "$3"
}

ask https://localhost:8444/file/keys
fetch_refused "a certificate by an unknown CA" \
    '"vault": SSL certificate problem: .*; the keys fetched before stay in force$'
ask https://localhost:8445/file/keys
fetch_refused "a certificate for another name" \
    '"vault": SSL: no alternative certificate subject name matches target host ?name .*localhost'
ask https://localhost:8446/file/keys
fetch_refused "an expired certificate" \
    '"vault": SSL certificate problem: certificate has expired'
ask https://127.0.0.1:8443/file/keys
fetch_refused "an address instead of the name" \
    '"vault": SSL: no alternative certificate subject name'
ask http://localhost:8443/file/keys
fetch_refused "plain HTTP" \
    'policy.yaml:4:10: error: this is no https address'

away='the service redirects to another host or port'
refused "a redirect to plain HTTP" redirect-http/file/keys \
    'the service redirects to what is no address over https'
refused "a redirect to a file" redirect-file/keys \
    'the service redirects to what is no address over https'
refused "a redirect to another host" redirect-host/file/keys "$away"
refused "a redirect to another port" redirect-port/file/keys "$away"
refused "a redirect without end" redirect-loop \
    'the service redirects more than 3 times'
refused "an answer without end" endless \
    'the answer is longer than the 65536 bytes allowed'
refused "headers without end" endless-headers \
    'the answer is longer than the 65536 bytes allowed'
refused "an answer that is cut short" cut \
    '(transfer closed with 100 bytes remaining to read|unexpected eof while reading)'
refused "status 500 with a key in it" status/500 \
    'the service answers with HTTP status 500'
refused "status 203 with a key in it" status/203 \
    'the service answers with HTTP status 203'

# served NAME FILE PATTERN, with the file's content on standard input
served()
{
	cat >"$www/$2"
	refused "$1" "file/$2" "$3"
}
served "HTML" html 'answer:1: this is not a public key' \
    <<<'<!DOCTYPE html><html><body>Sign in</body></html>'
served "a private key" private 'answer:1: this is a private key' \
    <"$KEYS/vault"
# shellcheck disable=SC2016 # for eval
check "no line of it is shown" \
    eval '! grep -qFf <(sed -n 2,4p "$KEYS/vault") /run/fetch.out'
served "a known key and a private key" both \
    'answer:2: this is a private key' \
    < <(ca_key vault && cat "$KEYS/vault")
many_keys()
{
	# The last bytes of an ed25519 key may be anything.
	awk -v n="$1" -v key="$(blob_of rogue)" 'BEGIN {
		digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		for (i = 0; i < n; i++)
			print "ssh-ed25519 " substr(key, 1, 64) \
			    substr(digits, i % 26 + 1, 1) \
			    substr(digits, int(i / 26) % 26 + 1, 1) \
			    substr(digits, int(i / 676) % 26 + 1, 1) "A"
	}'
}
served "10,000 keys" many \
    'the answer is longer than the 65536 bytes allowed' < <(many_keys 10000)
served "33 keys" more 'more than 32 keys: no CA has so many at a time' \
    < <(ca_key vault && many_keys 32)
{ ca_key vault && head -c 65000 /dev/zero | tr '\0' '\n'; } |
    head -c 65536 >"$www/full"
served "64 KiB and a byte" over \
    'the answer is longer than the 65536 bytes allowed' \
    < <(head -c 65537 /dev/zero | tr '\0' '\n')
served "JSON that is nested deeply" deep \
    'the answer is JSON nested deeper than 8' \
    < <(printf '{"userKey":' && head -c 20000 /dev/zero | tr '\0' '[')
served "JSON that is cut short" cut-json 'the answer is broken JSON' \
    < <(printf '{"userKey":["%s"' "$(blob_of vault)")
served "NUL bytes" nul 'answer:1: the line holds a NUL byte' \
    < <(printf 'ssh-ed25519 %s a\0b\n' "$(blob_of vault)")
served "NUL in JSON" nul-json 'the answer is broken JSON' \
    < <(printf '{"userKey":["%s\\u0000"]}' "$(blob_of vault)")
served "an option before the key" option \
    'answer:1: "cert-authority" stands before the key type' \
    < <(printf 'cert-authority %s\n' "$(ca_key vault)")
cert some --ca vault --id x --principals x
served "a certificate" cert 'answer:1: this is a certificate' \
    <"$CERTS/some-cert.pub"
served "a failure that holds a key" failure \
    'the service says that it failed: "\\x1b\[2Jno"' \
    < <(printf '{"success":false,"result":{"public_key":"%s"},%s}' \
	"$(ca_key vault)" '"errors":[{"message":"\u001b[2Jno"}]')
served "nothing" nothing 'the answer holds no key' </dev/null

served "a set without any known key is held back" rogue \
    '"vault": HELD BACK: the service sends none of the keys trusted so far, but others: .*; the keys fetched before stay in force$' \
    <"$KEYS/rogue.pub"
served "a new key beside the known one" both-keys \
    '"vault": the service sends new keys that nobody vouched for, LEFT OUT' \
    < <(ca_key vault && ca_key rogue)
check_has "$(fingerprint rogue) ED25519 \"rogue\": NEW, LEFT OUT" \
    "its fingerprint is shown" cat /run/fetch.out
ask $origin/file/rogue "    pins: [$(fingerprint vault)]"
fetch_refused "an unpinned key is held back" \
    '"vault": HELD BACK: the service sends none of the keys that the policy pins; the keys fetched before stay in force$'
ask $origin/file/rogue "  other: {keys: [\"$(ca_key rogue)\"]}"
fetch_refused "a key of another authority" \
    'the service sends the key SHA256:.*, which authority "other" has already'
check "all of it is in the system's log" \
    grep -q 'certgate\[[0-9]*\]: authority "vault": HELD BACK: ' "$HELPER_LOG"

# Slow ones, at the same time; meanwhile the programs that wait are looked
# at: whose they are, what they gave up, and that the token is not to be seen.
printf 's3cret-t0ken\n' >/etc/certgate/token
chmod 0600 /etc/certgate/token
for slow in drip drip-headers hang mute; do
	at=$origin
	[ $slow != mute ] || at=https://localhost:8447
	ask "$at/$slow" '    token_file: token'
	mv "$POLICY" /etc/certgate/$slow.yaml
done
disk_listing >/run/disk.before
slow_pids=()
for slow in drip drip-headers hang mute; do
	(
		fetch --policy /etc/certgate/$slow.yaml
		echo "exit status $?"
	) >/run/fetch.$slow 2>&1 &
	slow_pids+=($!)
done
fetchers()
{
	local exe

	for exe in /proc/[0-9]*/exe; do
		case $(readlink "$exe") in
		*/ca-fetch) echo "${exe//[!0-9]/}" ;;
		esac
	done
}
# All four have entered the sandbox once the filter is on.
are_in()
{
	local pid n=0

	for pid in $(fetchers); do
		grep -q '^Seccomp:	2' "/proc/$pid/status" && n=$((n + 1))
	done
	[ "$n" -eq 4 ]
}
check "four of them wait" wait_for 9 are_in
uid=$(id -u _certgate) gid=$(id -g _certgate)
for pid in $(fetchers); do
	cp "/proc/$pid/status" /run/fetcher.status
	tr '\0' '\n' <"/proc/$pid/cmdline" >/run/fetcher.cmdline
	tr '\0' '\n' <"/proc/$pid/environ" >/run/fetcher.environ
	find "/proc/$pid/fd" -printf '%f %l\n' >/run/fetcher.fd
done
# shellcheck disable=SC2016 # for awk
check "they run as _certgate, in no group but its own" awk -v uid="$uid" \
    -v gid="$gid" '
	/^Uid:/ && $2 == uid && $3 == uid && $4 == uid && $5 == uid { n++ }
	/^Gid:/ && $2 == gid && $3 == gid && $4 == gid && $5 == gid { n++ }
	/^Groups:/ && NF == 1 { n++ }
	END { exit n != 3 }' /run/fetcher.status
# shellcheck disable=SC2016
check "with no capability, and none to gain" awk '
	/^Cap(Inh|Prm|Eff|Amb):\t0+$/ { n++ }
	/^NoNewPrivs:\t1$/ { n++ }
	/^Seccomp:\t2$/ { n++ }
	END { exit n != 6 }' /run/fetcher.status
check "their only argument is their name" \
    test "$(cat /run/fetcher.cmdline)" = "$pkglibexecdir/ca-fetch"
check_says '^LC_ALL=C$' "their environment is certgate's" \
    cat /run/fetcher.environ
check "with no token in it" \
    eval '! grep -q s3cret /run/fetcher.cmdline /run/fetcher.environ'
check "nor is one in certgate's own" eval \
    '! cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null |
	tr "\0" "\n" | grep -q s3cre[t]-t0ken'
check_says '^0 /dev/null$' "what they read it from is closed" \
    cat /run/fetcher.fd
check "no policy and no lock is open in them" \
    eval '! grep -q /etc /run/fetcher.fd'
wait "${slow_pids[@]}"
disk_listing >/run/disk.after
check "nothing on the disk changed" cmp /run/disk.before /run/disk.after
for slow in drip drip-headers hang mute; do
	check_says '"vault": not done after 10 seconds; the keys fetched' \
	    "a slow service ($slow) is not waited for" cat /run/fetch.$slow
	check "with exit status 1" grep -qx 'exit status 1' /run/fetch.$slow
done
check "nobody is left" test -z "$(fetchers)"
# shellcheck disable=SC2016 # for eval
check "no log has the token" eval \
    '! grep -rq s3cret-t0ken "$HELPER_LOG" /var/log /run/fetch.* 2>/dev/null'

# The helper itself: not by root, and nothing without it.
check_status 1 "ca-fetch refuses root" "$pkglibexecdir/ca-fetch" </dev/null
mv "$pkglibexecdir/ca-fetch" /run/ca-fetch.away
ask $origin/file/keys
fetch_refused "without ca-fetch nothing is fetched" \
    '"vault": .*/ca-fetch: cannot be run: No such file or directory'
mv /run/ca-fetch.away "$pkglibexecdir/ca-fetch"

# One that fails does not stop the others.
ca_key mail >"$www/mail"
ask $origin/endless "  zmail:
    url: $origin/file/mail
    ca_file: services.pem
    pins: [$(fingerprint mail)]"
check_status 1 "one that fails makes the exit status" fetch
check "but does not stop the others" test -e "$FETCHED/zmail.pub"

# 64 KiB are just allowed, and after all of it the key is still the one.
ask $origin/file/full
check "64 KiB are taken" fetch
check "the key is the one it was" \
    grep -qxF "$(ca_key vault)" "$FETCHED/vault.pub"
apply
cert by-vault --ca vault --id jdoe@example.com --principals jdoe@example.com
cert by-rogue --ca rogue --id jdoe@example.com --principals jdoe@example.com
login_ok johndoe by-vault 'johndoe:'
said='^Failed publickey for johndoe .*-CERT ' \
    login_no johndoe by-rogue unknown-authority
service_stop "${services[@]}"
rm -rf /var/lib/certgate
