# shellcheck shell=bash
# Options on sshd's command line, as its unit gives them: they win over every
# file, and -f names the file that counts.

units=/etc/systemd/system
settings=/etc/default/ssh
cp -a $settings /run/settings 2>/dev/null
cp -a $units /run/units 2>/dev/null

policy()
{
	write_policy <<EOF
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
users:
  johndoe: jdoe@example.com
  kiosk: any
EOF
}

# machine NAME [WORD...]: like new, with a unit as Debian ships it, whose
# settings are standard input; sshd runs with WORDs, its own options.
machine()
{
	local name=81-command-line/$1

	shift
	machine_reset
	case_name=$name
	policy
	rm -rf "${units:?}"/ssh*.service*
	mkdir -p $units /etc/default
	cat >$units/ssh.service <<'EOF'
[Service]
EnvironmentFile=-/etc/default/ssh
ExecStartPre=/usr/sbin/sshd -t
ExecStart=/usr/sbin/sshd -D $SSHD_OPTS
EOF
	cat >$settings
	start "$@"
	cert jdoe --id jdoe@example.com --principals jdoe
	cert alice --id alice@example.com --principals alice
}

start()
{
	sshd_stop
	: >"$SSHD_LOG"
	if [ $# -eq 0 ]; then
		sshd_start
	else
		"$SSHD" "$@" -E "$SSHD_LOG"
		wait_for 5 sshd_listens 1 && wait_for 5 test -s /run/sshd.pid
	fi
}

# finds SEVERITY PATTERN: doctor does.
finds()
{
	check_says "$1: $2.* \\[command-line\\]\$" "doctor finds it" \
	    certgate doctor
}

machine unrelated -f /etc/ssh/sshd_config -o 'MaxAuthTries 4' -p 22 <<'EOF'
# Options to pass to sshd
SSHD_OPTS="-o 'MaxAuthTries 4' -p 22"
EOF
check_status 0 "doctor finds nothing" certgate doctor
check_says '0 failures, 0 warnings' "no warning either" certgate doctor
apply
login_ok johndoe jdoe 'johndoe:'
login_no johndoe alice no-matching-principal 'johndoe:'
echo 'SSHD_OPTS=-4' >$settings
finds warning "the sshd that runs, process [0-9]+, has other options than its unit gives it: \"-f /etc/ssh/sshd_config -o MaxAuthTries 4 -p 22 -E $SSHD_LOG\""

# What sshd -t says is asked with the unit's options.
machine refused <<'EOF'
SSHD_OPTS='-o PermitRootLogin=perhaps'
EOF
apply_refused "sshd -t judges with them" \
    'sshd refuses its present configuration.*: command-line.*perhaps|sshd refuses its present configuration.*bad.*perhaps|unsupported option "perhaps"'

# An -o of ours: it does win, and so apply stops and names it.
ca_key rogue >/run/rogue.pub
machine ours -f /etc/ssh/sshd_config -o TrustedUserCAKeys=/run/rogue.pub <<'EOF'
# of an image
SSHD_OPTS="-o TrustedUserCAKeys=/run/rogue.pub"
EOF
echo "TrustedUserCAKeys /etc/ssh/ours" >>/etc/ssh/sshd_config
ca_key cf >/etc/ssh/ours
start -f /etc/ssh/sshd_config -o TrustedUserCAKeys=/run/rogue.pub
cert cf-own --principals johndoe
cert rogue-own --ca rogue --principals johndoe
gets_in johndoe rogue-own
stays_out johndoe cf-own
sed -i '/^TrustedUserCAKeys/d' /etc/ssh/sshd_config
named='/etc/default/ssh:2: -o trustedusercakeys=/run/rogue.pub \(for everybody\): stands on sshd.s command line and wins over every file; certgate cannot comment that out: remove it there'
apply_refused "apply names it" "$named"
check_says "$named" "plan as well" certgate plan
check_says "$named" "--replace-conflicts does not help" \
    certgate apply --replace-conflicts
finds failure '-o trustedusercakeys=/run/rogue.pub stands on sshd'
check_says '"line": 2' "with its line in the JSON" certgate doctor --format json
: >$settings
start
apply
login_ok johndoe jdoe 'johndoe:'
login_no johndoe alice no-matching-principal 'johndoe:'

# The other ways to write it, and the other places.
for opts in '-oTrustedUserCAKeys=/x' '-o "trustedUserCAKeys /x"' \
    "-4 -De -o 'AuthorizedPrincipalsFile=/x'" \
    '-o "AuthorizedPrincipalsCommandUser = nobody"'; do
	machine "ours ($opts)" </dev/null
	mkdir $units/ssh.service.d
	cat >$units/ssh.service.d/10-local.conf <<EOF
[Service]
# Reset, then set.
ExecStart=
ExecStart=-/usr/sbin/sshd -D \\
  -p 22 \\
; a comment in between
  $opts
EOF
	apply_refused "apply names the drop-in" \
	    '/etc/systemd/system/ssh.service.d/10-local.conf:4: -o (trusteduserca|authorizedprincipals)'
	finds failure '-o .* stands on sshd'
done

machine variables </dev/null
mkdir $units/ssh.service.d
cat >$units/ssh.service.d/a.conf <<'EOF'
[Service]
Environment="WHERE=/x y" 'EXTRA=-4 "-o" TrustedUserCAKeys=/x'
ExecStart=
ExecStart=@/usr/sbin/sshd sshd -D -o VersionAddendum=${WHERE} $EXTRA $MISSING
EOF
apply_refused "a variable of the unit's" 'a.conf:2: -o trustedusercakeys=/x'
sed -i '/^ExecStart=$/i EnvironmentFile=/etc/default/more' \
    $units/ssh.service.d/a.conf
printf 'EXTRA=-4\n' >/etc/default/more
apply
rm /etc/default/more

# -f: that file is the one to edit.
machine other-file <<'EOF'
SSHD_OPTS=-f\ /etc/ssh/other_config
EOF
cp /etc/ssh/sshd_config /run/main
{ echo '# the one that counts'; grep -v ^Include /run/main; } \
    >/etc/ssh/other_config
cp /etc/ssh/other_config /run/other
start -f /etc/ssh/other_config
check "apply" certgate apply
check "the other file is edited" grep -q '^TrustedUserCAKeys' \
    /etc/ssh/other_config
check "sshd_config is not" cmp /run/main /etc/ssh/sshd_config
check "there is no drop-in" [ ! -e /etc/ssh/sshd_config.d/00-certgate.conf ]
check "sshd reads it" wait_for 5 has_reloaded 0
login_ok johndoe jdoe 'johndoe:'
login_no johndoe alice no-matching-principal 'johndoe:'
check_status 0 "status looks there" certgate status
check_status 0 "doctor as well" certgate doctor
check "remove" certgate remove
check "byte for byte as it was" cmp /run/other /etc/ssh/other_config

machine foreign-file <<'EOF'
SSHD_OPTS="-f /opt/sshd_config"
EOF
cp /etc/ssh/sshd_config /opt/sshd_config
apply_refused "a file elsewhere is refused" \
    '/etc/default/ssh:1: sshd is started with -f /opt/sshd_config, a file that is neither below /etc/ssh nor'
finds failure 'sshd is started with -f and a file'
rm /opt/sshd_config

# Before 9.4 a keys command that stands first drops ours.
machine keys-command -f /etc/ssh/sshd_config -o AuthorizedKeysCommand=none <<'EOF'
SSHD_OPTS='-o AuthorizedKeysCommand=none'
EOF
if sshd_is_before 9 4; then
	apply_refused "an AuthorizedKeysCommand is in the way" \
	    '/etc/default/ssh:1: failure: -o authorizedkeyscommand=none stands.*\[command-line\]'
else
	apply
	login_ok kiosk alice 'kiosk:'
fi

# Who starts sshd by something else is told that nobody can tell.
machine wrapper </dev/null
sed -i 's|^ExecStart=.*|ExecStart=/bin/sh -c "exec /usr/sbin/sshd -D"|' \
    $units/ssh.service
finds warning 'how sshd is started cannot be told: .*no sshd but a program'
apply
login_ok johndoe jdoe 'johndoe:'

# In an image, its own units count: as Red Hat has them.
image=/run/image
rm -rf $image
mkdir -p $image/etc/ssh $image/etc/sysconfig $image/usr/lib/systemd/system \
    $image/etc/certgate $image/tmp
cp /etc/passwd /etc/group $image/etc
echo 'PermitTTY yes' >$image/etc/ssh/sshd_config
cp "$POLICY" $image/etc/certgate/policy.yaml
cat >$image/usr/lib/systemd/system/sshd.service <<'EOF'
[Service]
Type=notify
EnvironmentFile=-/etc/sysconfig/sshd
EnvironmentFile=-/etc/crypto-policies/back-ends/opensshserver.config
ExecStart=/usr/sbin/sshd -D $OPTIONS $CRYPTO_POLICY
EOF
mkdir -p $image/etc/crypto-policies/back-ends
echo "CRYPTO_POLICY='-oCiphers=aes256-ctr -oTrustedUserCAKeys=/x'" \
    >$image/etc/crypto-policies/back-ends/opensshserver.config
check_says '/etc/crypto-policies/back-ends/opensshserver.config:1: -o trustedusercakeys=/x' \
    "--root reads the image's units" certgate apply --root $image
check "and changes nothing" [ ! -e $image/etc/ssh/certgate ]
ln -sf /dev/null $image/etc/crypto-policies/back-ends/opensshserver.config
mkdir -p "$image$pkglibexecdir"
cp -a "$pkglibexecdir/authorized-principals" "$image$pkglibexecdir"
case_name=81-command-line/image
echo 'OPTIONS="-u0 -f /etc/ssh/red"' >$image/etc/sysconfig/sshd
echo 'PermitTTY no' >$image/etc/ssh/red
check "with -f" certgate apply --root $image
check "it edits that file" grep -q ^TrustedUserCAKeys $image/etc/ssh/red

rm -rf "${units:?}" $settings
cp -a /run/units $units 2>/dev/null
cp -a /run/settings $settings 2>/dev/null
