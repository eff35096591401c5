# shellcheck shell=bash
# A login that is under way while certgate apply changes the generation: sshd
# has opened the old ca.pub and then opens the new list, or runs the helper,
# which reads the new index. The manual's CAVEATS say what comes of it.

CA_FILE=/etc/ssh/certgate/current/ca.pub
stops=/run/stops

# policy "AUTHORITY..." "PRINCIPAL...": johndoe has a list, vmuser the helper.
# An authority -NAME is there, and a serial of its certificates is revoked.
policy()
{
	local name authorities='' allow='' revoked scope=${1//-/}

	# Something always is: the directives stay the same.
	revoked="  - {authority: cf, serial: 99}"$'\n'
	for name in $1; do
		[ "${name#-}" = "$name" ] ||
		    revoked+="  - {authority: ${name#-}, serial: 7}"$'\n'
		name=${name#-}
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
  vmuser: {allow: [${allow%, }], authorities: [${scope// /, }]}
revoked:
${revoked%?}
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
	certgate "${change[@]}" >/run/change.out 2>&1 || {
		cat /run/change.out
		return 2
	}
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
	# Lists that wait do so for this one.
	apply
	policy "$5" "$6"
	check "$1: $3 ($4), then $5 ($6): a login is between" between "$1"
	check "$1: and it is let in: $2" test "$got_in" = "$2"
}


policy "cf vault" "alice bob"
apply --no-rehearse
sshd_start
cert c --ca vault --id c --principals alice --serial 7
change=(apply)

# By a client that signs unasked, so that sshd decides just once.
client=unasked
# The new list counts, with the keys of either.
try johndoe yes "cf vault" "alice bob" "cf vault" "alice carol"
try johndoe no "cf vault" "alice bob" "cf vault" "bob carol"
try johndoe yes "cf vault" "alice bob" "cf" "alice"
# Where the list waits the new policy alone does.
try johndoe no "cf vault" "alice" "cf" "alice bob"
try johndoe no "cf" "bob" "cf vault" "alice bob"
# Neither policy lets it in: the list waits, and the helper is asked.
try johndoe no "cf vault" "bob" "cf" "alice bob"
check "the list waits" test ! -e /etc/ssh/certgate/current/principals/johndoe
check_says '^ +1 list waits for the next apply, since this one also takes keys or certificates away; the helper serves until then$' \
    "as apply says" cat /run/change.out
check_says '^ *\+ johndoe +list ' "plan shows what the next one does" \
    certgate plan
apply
check "the next one writes it" test -e /etc/ssh/certgate/current/principals/johndoe
check "and there is no more to do" certgate plan
try johndoe no "cf vault" "bob" "cf -vault" "alice bob"
check "the list waits" test ! -e /etc/ssh/certgate/current/principals/johndoe
# Who was in the list before is not added by the change.
try johndoe yes "cf vault" "alice bob" "cf -vault" "bob alice"
check "the list does not wait" \
    test -e /etc/ssh/certgate/current/principals/johndoe
# What the manual warns of: going back does not wait.
policy "cf" "alice bob"
apply
apply
change=(rollback)
try johndoe yes "cf vault" "bob" "cf vault" "bob"
change=(apply)
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
