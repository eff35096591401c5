# shellcheck shell=bash
# Who stands behind a session on a shared account.

pam_begin || return
write_policy <<EOF
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
  vault: {keys: ["$(ca_key vault)"]}
users:
  vmuser: [jdoe@example.com, alice@example.com]
  kiosk: any
  "*": same-name
EOF
apply
sshd_uses_pam 'AcceptEnv CERTGATE_*'
pam_sshd 'session required MODULE'

until=$(date -u -d '+5 minutes' +%Y%m%d%H%M%SZ)
shown=$(date -u -d "$(echo "$until" |
    sed -E 's/(....)(..)(..)(..)(..)(..)Z/\1-\2-\3 \4:\5:\6/')" \
    +%Y-%m-%dT%H:%M:%SZ)
# ssh-keygen before 9.1 takes no UTC times; ours is UTC anyway.
TZ=UTC cert jdoe --id jdoe@example.com --principals jdoe --serial 7 \
    --valid "-1m:${until%Z}"
cert alice --id alice@example.com --principals alice --serial 18446744073709551615
pam_mark
cert odd --ca vault --id $'a"b\nc d' --principals 'x y,jdoe' --valid always:forever

# env_of USER CERT: CERTGATE_* inside the session, sorted.
env_of()
{
	ssh_as "$1" "$2" 'env | grep ^CERTGATE_ | sort'
	cat /run/ssh.out
}
fingerprint()
{
	"$SSH_KEYGEN" -l -f "$KEYS/$1.pub" | cut -d' ' -f2
}
# env_is NAME USER CERT LINE...
env_is()
{
	local name=$1 user=$2 cert=$3

	shift 3
	printf '%s\n' "$@" >/run/env.want
	env_of "$user" "$cert" >/run/env.seen
	check "$name" diff /run/env.want /run/env.seen
}
env_is "jdoe on the shared account" vmuser jdoe \
    "CERTGATE_CA=$(fingerprint cf)" 'CERTGATE_IDENTITY=jdoe@example.com' \
    'CERTGATE_PRINCIPAL=jdoe' 'CERTGATE_SERIAL=7' \
    "CERTGATE_VALID_UNTIL=$shown"
# shellcheck disable=SC2016 # for the user's shell
check "alice's shell on the same account" ssh_as vmuser alice \
    'test "$CERTGATE_IDENTITY" = alice@example.com &&
     test "$CERTGATE_SERIAL" = 18446744073709551615'
env_is "an identity that no rule names is the key ID, escaped" kiosk odd \
    "CERTGATE_CA=$(fingerprint vault)" 'CERTGATE_IDENTITY=a\"b\nc d' \
    'CERTGATE_PRINCIPAL=jdoe' 'CERTGATE_SERIAL=0' \
    'CERTGATE_VALID_UNTIL=forever'
with_terminal()
{
	ssh_as vmuser jdoe -tt "$1"
	grep -q '^jdoe@example.com' /run/ssh.out
}
# shellcheck disable=SC2016 # for the user's shell
check "with a terminal" with_terminal 'echo $CERTGATE_IDENTITY'

# The client's word does not stand.
claim()
{
	ssh_as vmuser jdoe -o SetEnv=CERTGATE_IDENTITY=root@example.com \
	    'env | grep ^CERTGATE_IDENTITY='
	test "$(cat /run/ssh.out)" = CERTGATE_IDENTITY=jdoe@example.com
}
check "the client cannot claim another identity" claim

# Records: both people, each with open and close.
all_closed()
{
	pam_lines
	test "$(grep -c ': open ' /run/pam.lines)" -eq \
	    "$(grep -c ': close ' /run/pam.lines)"
}
wait_for 5 all_closed
pam_mark
ssh_as vmuser jdoe true
ssh_as vmuser alice true
for row in jdoe:7 alice:18446744073709551615; do
	name=${row%:*}
	for verb in open close; do
		wanted="$verb group=session service=\"sshd\" user=\"vmuser\" reason=allowed serial=${row#*:} authority=\"cloudflare\" principal=\"$name\" rule=\"/etc/certgate/policy.yaml:$(line_of vmuser:)\" identity=\"$name@example.com\" key_id=\"$name@example.com\" key=SHA256:[^ ]{43} ca=$(fingerprint cf | sed 's/+/[+]/g')\$"
		wait_for 5 pam_logged "$wanted"
		pam_said "$name on vmuser: the record on $verb" "$wanted"
	done
done
check "one record each" test "$(grep -c . /run/pam.lines)" -eq 4
# The same process writes both, so that they are of one session.
pids()
{
	sed -n "s/^<[0-9]*>pam_certgate\\[\\([0-9]*\\)\\]: $1 .*serial=7 .*/\\1/p" \
	    /run/pam.lines
}
check "open and close are of one process" test "$(pids open)" = "$(pids close)"

# A session without a certificate has neither.
mkdir -p /etc/ssh/keys
cp "$KEYS/other.pub" /etc/ssh/keys/vmuser
sed -i '1i AuthorizedKeysFile /etc/ssh/keys/%u' /etc/ssh/sshd_config
sed -i '/^AcceptEnv/d' /etc/ssh/sshd_config
sshd_restart
pam_mark
no_names()
{
	ssh_key vmuser other 'env | grep -c ^CERTGATE_'
	test "$(cat /run/ssh.out)" = 0
}
check "a key's session has no CERTGATE_ names" no_names
pam_was_silent "and no record"
pam_end
