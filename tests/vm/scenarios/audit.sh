# shellcheck shell=bash
# pam_certgate.so with the kernel's audit and a real auditd: what is done on a
# shared account is the deed of a person. Sourced by guest.sh.

: "${CERTS:?}" "${CERTGATE:?}"

# Records of a type, as they were written; auditd does it when it has time.
records()
{
	ausearch --input-logs -m "$1" --raw 2>/dev/null
}

# field NAME: of the record on standard input.
field()
{
	sed -n "s/.*[ ']$1=\\([^ ']*\\).*/\\1/p"
}

# opened_by PERSON, closed_by PERSON: the records.
opened_by()
{
	records TRUSTED_APP | grep "op=certgate:session-open .* identity=\"$1\""
}

closed_by()
{
	records TRUSTED_APP | grep "op=certgate:session-close .* identity=\"$1\""
}

# session_of MARK: the audit session in which a command with that argument ran.
session_of()
{
	ausearch --input-logs -k command --raw 2>/dev/null |
	    awk -v mark="=\"$1\"" '
	match($0, /audit\([0-9.:]*\)/) {
		event = substr($0, RSTART, RLENGTH)
	}
	/^type=SYSCALL/ && match($0, / ses=[0-9]+/) {
		ses[event] = substr($0, RSTART + 5, RLENGTH - 5)
	}
	/^type=EXECVE/ && index($0, mark) { found[event] = 1 }
	END {
		for (event in found)
			if (event in ses)
				print ses[event]
	}' | sort -u
}

# who_ran MARK: the person to whom audit's records lead from that command.
who_ran()
{
	local session

	session=$(session_of "$1")
	[ "$(wc -w <<<"$session")" -eq 1 ] || { echo "?"; return; }
	records TRUSTED_APP | grep 'op=certgate:session-open ' |
	    grep " ses=$session " | field identity | tr -d '"'
}

# ran_by PERSON MARK
ran_by()
{
	[ "$(who_ran "$2")" = "$1" ]
}

both_closed()
{
	[ -n "$(closed_by jdoe@example.com)" ] &&
	    [ -n "$(closed_by alice@example.com)" ]
}

one_each()
{
	[ "$("$1" jdoe@example.com | wc -l)" -eq 1 ] &&
	    [ "$("$1" alice@example.com | wc -l)" -eq 1 ]
}

twice_closed()
{
	[ "$(closed_by jdoe@example.com | wc -l)" -eq 2 ]
}

odd()
{
	records TRUSTED_APP | grep 'acct="johndoe"'
}

# names PERSON SERIAL RECORD: all that ties it to the session is in it.
names()
{
	printf '%s\n' "$3" >/run/record
	grep -Eq "^type=TRUSTED_APP .* uid=0 auid=$(id -u vmuser) ses=[0-9]+ .*op=certgate:session-(open|close) acct=\"vmuser\" identity=\"$1\" key_id=\"$1\" serial=$2 authority=\"cloudflare\" ca=\"SHA256:[^\"]{43}\" .*res=success" \
	    /run/record || { cat /run/record; return 1; }
}

step()
{
	local person mark ses_jdoe ses_alice client

	check "auditd runs" systemctl is-active auditd
	check_says '^enabled [12]$' "the kernel's audit is on" auditctl -s
	write_policy <<END
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
  vault: {keys: ["$(ca_key vault)"]}
users:
  vmuser: [jdoe@example.com, alice@example.com]
  johndoe: any
END
	check "apply" "$CERTGATE" apply --no-rehearse
	check "pam enable" "$CERTGATE" pam enable
	cert jdoe --id jdoe@example.com --principals jdoe --serial 7
	cert alice --id alice@example.com --principals alice \
	    --serial 18446744073709551615
	echo 'vmuser ALL=(root) NOPASSWD: ALL' >/etc/sudoers.d/vmuser

	# Both at once, so that nothing but the session tells them apart.
	client=
	for person in jdoe alice; do
		ssh_as vmuser $person "/bin/echo mark-$person; /bin/sleep 3;
		    /usr/bin/sudo -n /bin/echo root-$person" &
		client="$client $!"
	done
	# shellcheck disable=SC2086 # two numbers
	wait $client
	wait_for 60 both_closed
	check "one record each when a session opens" one_each opened_by
	check "and one when it closes" one_each closed_by
	check "jdoe's names all" names jdoe@example.com 7 \
	    "$(opened_by jdoe@example.com)"
	check "and at the end, too" names jdoe@example.com 7 \
	    "$(closed_by jdoe@example.com)"
	check "alice's names all" names alice@example.com \
	    18446744073709551615 "$(opened_by alice@example.com)"
	check "and at the end, too" names alice@example.com \
	    18446744073709551615 "$(closed_by alice@example.com)"
	ses_jdoe=$(opened_by jdoe@example.com | field ses)
	ses_alice=$(opened_by alice@example.com | field ses)
	check "each has a session of its own: $ses_jdoe, $ses_alice" \
	    test "$ses_jdoe" -ne "$ses_alice"
	check "jdoe's ends as it began" \
	    test "$(closed_by jdoe@example.com | field ses)" = "$ses_jdoe"
	check "alice's ends as it began" \
	    test "$(closed_by alice@example.com | field ses)" = "$ses_alice"
	for person in jdoe alice; do
		for mark in mark root; do
			check "what $person did is $person's: $mark" \
			    wait_for 60 ran_by $person@example.com \
			    $mark-$person
		done
	done
	check_says "^ausearch says: .*identity=jdoe@example.com " \
	    "ausearch finds it by the session" sh -c "ausearch --input-logs \
	    -i -m TRUSTED_APP --session $ses_jdoe | grep session-open |
	    sed 's/^/ausearch says: /'"

	# A client that vanishes leaves no session open.
	ssh_as vmuser jdoe '/bin/echo vanished; exec sleep 60' &
	client=$!
	wait_for 60 ran_by jdoe@example.com vanished
	kill $client
	check "a client that vanishes: its session is closed in audit" \
	    wait_for 60 twice_closed

	# What the CA was asked to write cannot pass for other fields.
	cert odd --ca vault --principals x --id \
	    $'x" ses=1 identity="root\nacct=root'
	check "a hostile key ID" ssh_as johndoe odd /bin/echo odd
	check "its session is recorded" wait_for 60 odd
	check_status 1 "and is not what it says" sh -c \
	    "ausearch --input-logs -m TRUSTED_APP --raw | grep 'acct=\"johndoe\"' |
	    grep -E 'identity=\"root|acct=root| ses=1 identity'"
	check "but encoded" test "$(odd | head -n 1 | field key_id)" = \
	    "$(printf 'x" ses=1 identity="root\nacct=root' | od -A n -t x1 |
	        tr -d ' \n' | tr a-f A-F)"

	# A session that is refused is none.
	cert late --id jdoe@example.com --principals jdoe --serial 99
	"$CERTGATE" revoke --serial 99 --authority cloudflare >/run/revoke.out \
	    2>&1 || show revoke </run/revoke.out
	check_status 255 "a revoked certificate stays out" ssh_as vmuser late true
	check_status 1 "and is in no record of ours" sh -c \
	    "ausearch --input-logs -m TRUSTED_APP --raw | grep serial=99"
}
