# shellcheck shell=bash
# Commands at once: one after the other, and the end is one of theirs.

# policy FILE IDENTITY: johndoe has a list, vmuser needs the helper.
policy()
{
	cat >"$1" <<EOT
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
  vault: {keys: ["$(ca_key vault)"], require: {max_validity: 16h}}
users:
  johndoe: {allow: [jdoe@example.com, $2], authorities: [cloudflare]}
  kiosk: {allow: any, authorities: [cloudflare]}
  vmuser: [jdoe@example.com, $2]
EOT
	chmod 0644 "$1"
}

# What the current generation says, but for its number.
generation()
{
	(cd /etc/ssh/certgate/current/ && find . -type f \
	    -exec sha256sum {} + | sort -k 2)
}

# The store holds what certgate keeps, and nothing else.
is_tidy()
{
	local left

	left=$(find /etc/ssh/certgate -mindepth 1 -maxdepth 1 ! -name lock \
	    ! -name current ! -name generations
	    find /etc/ssh/certgate/generations -mindepth 1 -maxdepth 1 \
	    ! -name '[1-9]' ! -name '[1-9][0-9]'
	    find /etc/ssh -name '.*certgate*')
	[ -z "$left" ] || { echo "$left"; return 1; }
}

# ends_as NAME...: the current generation is that of one of these policies,
# which are in /run/NAME.yaml; and all is in order.
ends_as()
{
	local name found=

	generation >/run/now.generation
	for name in "$@"; do
		cmp -s "/run/$name.generation" /run/now.generation && found=$name
	done
	check "the end is exactly one of $*" test -n "$found"
	check "in step" certgate status
	check "nothing left over" is_tidy
	check "sshd accepts it" "$SSHD" -t
	check "the directives are once there" test "$(grep -rc \
	    '^TrustedUserCAKeys' /etc/ssh/sshd_config.d/00-certgate.conf)" -eq 1
}

# at_once "COMMAND"...: statuses[i] and /run/said.i are the ith one's.
at_once()
{
	local i=0 pids=() command

	statuses=()
	for command in "$@"; do
		eval "certgate $command" >"/run/said.$i" 2>&1 &
		pids+=($!)
		i=$((i + 1))
	done
	for i in "${!pids[@]}"; do
		statuses[i]=0
		wait "${pids[i]}" || statuses[i]=$?
	done
}

all_done()
{
	local i

	for i in "${!statuses[@]}"; do
		[ "${statuses[i]}" -eq 0 ] || { cat "/run/said.$i"; return 1; }
	done
}

names=(a b c d e f g h)
for name in "${names[@]}"; do
	policy "/run/$name.yaml" "$name@example.com"
	certgate apply --no-rehearse "/run/$name.yaml" >/run/apply.out 2>&1 ||
	    not_ok "apply $name" "$(cat /run/apply.out)"
	generation >"/run/$name.generation"
done
machine_reset
sshd_start

at_once "apply /run/a.yaml" "apply --no-rehearse /run/b.yaml"
check "two first applies at once" all_done
ends_as a b
check "sshd runs" test -n "$(sshd_pids)"

many=()
for name in "${names[@]}"; do
	many+=("apply /run/$name.yaml")
done
at_once "${many[@]}"
check "eight applies at once" all_done
ends_as "${names[@]}"
check "10 generations at most" test \
    "$(find /etc/ssh/certgate/generations -mindepth 1 -maxdepth 1 | wc -l)" \
    -le 10

for round in 1 2 3; do
	certgate apply /run/a.yaml >/run/apply.out 2>&1
	certgate apply /run/b.yaml >/run/apply.out 2>&1
	at_once rollback "apply /run/c.yaml"
	check "apply during rollback, round $round" all_done
	ends_as a b c
done

# The later of the two is refused, or finds that nothing waits yet.
certgate apply /run/a.yaml >/run/apply.out 2>&1
for round in 1 2 3; do
	at_once "apply --confirm 5m /run/b.yaml" "apply /run/c.yaml"
	check "apply --confirm is done, round $round" \
	    test "${statuses[0]}" -eq 0
	if [ "${statuses[1]}" -eq 0 ]; then
		check "with apply before it" grep -q \
		    '^pending  *generation [0-9]* goes back to' \
		    <(certgate status)
	else
		check "with apply refused" grep -q \
		    'still waits for confirmation' /run/said.1
	fi
	check "it waits" test -e /etc/ssh/certgate/pending
	at_once "confirm --same-session" rollback
	if [ "${statuses[0]}" -eq 0 ]; then
		check "confirm came first, then rollback" \
		    test "${statuses[1]}" -eq 0
	else
		check "rollback came first: confirm finds nothing" \
		    test "${statuses[*]}" = "1 0"
	fi
	check "nothing waits" test ! -e /etc/ssh/certgate/pending
	ends_as a b c
	certgate apply /run/a.yaml >/run/apply.out 2>&1
done

# The lock is taken, and apply waits for who has it.
exec 7<>/etc/ssh/certgate/lock
flock 7
certgate apply /run/d.yaml >/run/said.0 2>&1 7>&- &
waits=$!
sleep 0.5
check "apply waits for the lock" kill -0 "$waits"
check "and has changed nothing" cmp <(generation) /run/a.generation
exec 7>&-
check "it goes on" wait "$waits"
ends_as d

# An apply every second, while people log in. sshd starts anew each other
# time: then nobody listens for a moment, and who comes then tries again.
cert jdoe --id jdoe@example.com --principals jdoe --valid -1m:+10h
cert mallory --id mallory@example.com --principals mallory --valid -1m:+10h
cert rogue --ca rogue --id jdoe@example.com --principals jdoe
cert long --ca vault --id jdoe@example.com --principals jdoe@example.com \
    --valid -1m:+100h
seconds=${E2E_SECONDS:-20}
end_at=$(($(date +%s) + seconds))

# ssh to USER with CERT: in, out or away; anything else is what ssh said.
enter()
{
	local said

	if said=$(timeout 20 "$SSH" -F /dev/null -i "$KEYS/person" \
	    -o CertificateFile="$CERTS/$2-cert.pub" -o IdentitiesOnly=yes \
	    -o IdentityAgent=none -o BatchMode=yes \
	    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
	    -o GlobalKnownHostsFile=/dev/null -o LogLevel=ERROR \
	    "$1@127.0.0.1" 'id -un' </dev/null 2>&1) && [ "$said" = "$1" ]; then
		echo in
		return
	fi
	case $said in
	*': Permission denied'*) echo out ;;
	*'Connection refused'* | *'reset by peer'*) echo away ;;
	*) echo "$said" | tr '\n' ' ' ;;
	esac
}

# keep_entering NAME USER CERT EXPECTED: into /run/logins.NAME what came.
keep_entering()
{
	local got

	while [ "$(date +%s)" -lt "$end_at" ]; do
		got=$(enter "$2" "$3")
		echo "$got" >>"/run/logins.$1"
		[ "$got" != away ] || sleep 0.05
	done
}

keep_applying()
{
	local i=0 name dropin=/etc/ssh/sshd_config.d/00-certgate.conf

	while [ "$(date +%s)" -lt "$end_at" ]; do
		i=$((i + 1))
		name=$((i % 2))
		[ $((i % 4)) -gt 1 ] ||
		    sed -i 's/^TrustedUserCAKeys /&  /' "$dropin"
		if certgate apply "/run/${names[name]}.yaml" >/run/said.0 2>&1
		then
			echo "done" >>/run/applies
		else
			tr '\n' ' ' </run/said.0 >>/run/applies
			echo >>/run/applies
		fi
		sleep 0.7
	done
}

# check_all FILE WORD NAME: every line but away is WORD, and there are some.
check_all()
{
	local n away

	n=$(grep -cx "$2" "$1")
	away=$(grep -cx away "$1")
	echo "# $3: $n times, $away times sshd was starting anew"
	check "$3, each time" test "$n" -gt 0
	check_status 1 "$3, no other end" grep -vx -e "$2" -e away "$1"
}

rm -f /run/logins.* /run/applies
reloads=$(count_reloads)
keep_applying &
pids=($!)
keep_entering list-in johndoe jdoe &
pids+=($!)
keep_entering helper-in kiosk jdoe &
pids+=($!)
keep_entering list-out vmuser mallory &
pids+=($!)
keep_entering helper-out johndoe mallory &
pids+=($!)
keep_entering rogue-out vmuser rogue &
pids+=($!)
keep_entering long-out kiosk long &
pids+=($!)
wait "${pids[@]}"
check_all /run/applies "done" "apply is done"
check_all /run/logins.list-in in "allowed by both lists, gets in"
check_all /run/logins.helper-in in "allowed by both indexes, gets in"
check_all /run/logins.list-out out "allowed by no list, stays out"
check_all /run/logins.helper-out out "allowed by no index, stays out"
check_all /run/logins.rogue-out out "of no authority, stays out"
check_all /run/logins.long-out out "of another authority, stays out"
check "sshd started anew meanwhile" test "$(count_reloads)" -gt "$reloads"
check "and runs" test -n "$(sshd_pids)"
ends_as a b
