# shellcheck shell=bash
# demo: a policy of a few lines becomes logins, for somebody who watches.
# Sourced by run.sh in the sandbox; uses the words of lib.sh.

bold=
plain=
if [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then
	bold=$(printf '\033[1m')
	plain=$(printf '\033[0m')
fi
n_in=0
n_out=0
n_wrong=0

title()
{
	printf '\n%s%s%s\n\n' "$bold" "$1" "$plain"
}

# people CERT IDENTITY [VALID]: what the company's CA signs after sign-in.
people()
{
	cert "$1" --id "$2" --principals "${2%@*}" --valid "${3:--1m:+5m}"
}

# What explain says first: the verdict and the policy line behind it.
verdict()
{
	certgate explain "$1" "$CERTS/$2-cert.pub" 2>&1 | head -n 1
}

# shows USER CERT in|out WHO: one login, and whether it went as it should.
shows()
{
	local user=$1 cert=$2 expected=$3 who=$4 seen=out from

	from=$(lines_in "$HELPER_LOG")
	try_login "$user" "$cert" && seen=in
	printf '%s$ ssh %s@server%s   # %s\n' "$bold" "$user" "$plain" "$who"
	if [ $seen = in ]; then
		n_in=$((n_in + 1))
		printf '  server: id -un says: %s\n' "$(cat /run/ssh.out)"
	else
		n_out=$((n_out + 1))
		printf '  ssh: %s\n' "$(tail -n 1 /run/ssh.out)"
		helper_lines "$from" | sed -e 's/^<[0-9]*>/  log: /' -e 1q
	fi
	printf '  certgate explain: %s\n\n' "$(verdict "$user" "$cert")"
	if [ $seen != "$expected" ]; then
		n_wrong=$((n_wrong + 1))
		printf '  WRONG: expected the other answer\n\n'
	fi
}

machine_start
machine_reset
sshd_start || machine_die "sshd did not start: $(cat "$SSHD_LOG")"
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
  "*": same-name
EOF

title "The policy, $POLICY:"
sed -e 's/^\(.\{66\}\).....*/\1.../' -e 's/^./  &/' "$POLICY"
title "certgate apply"
certgate apply 2>&1 | sed 's/^/  /'
if [ "${PIPESTATUS[0]}" -ne 0 ]; then
	echo "demo: certgate apply failed"
	exit 1
fi
wait_for 5 has_reloaded 0

title "People log in, with certificates that are good for five minutes:"
people jdoe jdoe@example.com
people alice alice@example.com
people bwayne bwayne@example.com
people mallory mallory@example.com
people yesterday jdoe@example.com -1d:-23h55m
shows johndoe jdoe in "jdoe@example.com, who has another name here"
shows vmuser jdoe in "jdoe@example.com, on a shared account"
shows vmuser alice in "alice@example.com, on the same account"
shows bwayne bwayne in "bwayne@example.com, by the same name"
title "And these do not:"
shows vmuser mallory out "mallory@example.com, who is not on the list"
shows root jdoe out "jdoe@example.com, who is nobody's root"
shows bwayne jdoe out "jdoe@example.com, who is not bwayne"
shows jdoe yesterday out "jdoe@example.com, with yesterday's certificate"
sshd_stop

printf 'demo: %d logins let in, %d refused, %d against the policy\n' \
    $n_in $n_out $n_wrong
[ $n_wrong -eq 0 ]
