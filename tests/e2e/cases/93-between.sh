# shellcheck shell=bash
# A login that is under way while certgate apply changes the generation: sshd
# has opened the old ca.pub and then opens the new list, or runs the helper,
# which reads the new index. The manual's CAVEATS say what comes of it.

CA_FILE=/etc/ssh/certgate/current/ca.pub
stops=/run/stops

# policy "AUTHORITY..." "PRINCIPAL...": johndoe has a list, vmuser the helper.
policy()
{
	local name authorities='' allow=''

	for name in $1; do
		authorities+="  $name: {keys: [\"$(ca_key "$name")\"]}"$'\n'
	done
	for name in $2; do
		allow+="{principal: $name}, "
	done
	write_policy <<EOT
version: 1
authorities:
$authorities
users:
  johndoe: {allow: [${allow%, }]}
  vmuser: {allow: [${allow%, }], authorities: [${1// /, }]}
EOT
}

# sshd stops once it has opened ca.pub for the first time.
stop_between()
{
	rm -f "$stops"
	strace -f -q -o "$stops" -p "$(cat /run/sshd.pid)" -P "$CA_FILE" \
	    -e trace=open,openat -e inject=open,openat:signal=STOP:when=1 \
	    2>/run/strace.err &
	tracer=$!
	wait_for 5 is_traced
}

is_traced()
{
	grep -q '^TracerPid:.*[1-9]' "/proc/$(cat /run/sshd.pid)/status"
}

has_stopped()
{
	grep -q 'stopped by SIGSTOP' "$stops"
}

# between USER: starts as certificate c of vault with the policy that is in
# force, and ends with that on standard input, applied meanwhile.
between()
{
	local user=$1 pid=

	stop_between || return 2
	try_login "$user" c &
	login=$!
	wait_for 10 has_stopped || { cat "$stops"; return 2; }
	pid=$(sed -n 's/^\([0-9]*\) .*stopped by SIGSTOP.*/\1/p' "$stops")
	certgate apply || return 2
	kill -CONT "$pid"
	got_in=yes
	wait "$login" || got_in=no
	kill "$tracer"
	wait "$tracer" 2>/dev/null
	return 0
}

# try USER EXPECTED "AUTHORITIES" "PRINCIPALS" "AUTHORITIES" "PRINCIPALS"
try()
{
	policy "$3" "$4"
	apply
	policy "$5" "$6"
	check "$1: $3 ($4), then $5 ($6): a login is between" between "$1"
	check "$1: and it is let in: $2" test "$got_in" = "$2"
}


policy "cf vault" "alice bob"
apply --no-rehearse
sshd_start
cert c --ca vault --id c --principals alice

# By a client that signs unasked, so that sshd decides just once.
client=unasked
# The new list counts, with the keys of either.
try johndoe yes "cf vault" "alice bob" "cf vault" "alice carol"
try johndoe no "cf vault" "alice bob" "cf vault" "bob carol"
try johndoe yes "cf vault" "alice" "cf" "alice bob"
try johndoe no "cf" "bob" "cf vault" "alice bob"
# What the manual warns of: neither policy lets it in.
try johndoe yes "cf vault" "bob" "cf" "alice bob"
# ssh asks first, and what it then signs is decided anew.
client=ssh
try johndoe no "cf vault" "bob" "cf" "alice bob"
client=unasked
# The helper goes by the new index alone.
try vmuser yes "cf vault" "alice bob" "cf vault" "alice carol"
try vmuser no "cf vault" "alice bob" "cf vault" "bob carol"
try vmuser no "cf vault" "alice" "cf" "alice bob"
try vmuser no "cf vault" "bob" "cf" "alice bob"
# In two steps nothing of that kind is left.
try johndoe no "cf vault" "bob" "cf" "bob"
try johndoe no "cf" "bob" "cf" "alice bob"
