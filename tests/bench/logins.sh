# shellcheck shell=bash disable=SC2154
# logins: whole logins by ssh at real sshds, one for each way to tell whom a
# certificate lets in. Sourced by run.sh.
#
#   list      sshd's own AuthorizedPrincipalsFile, a file for each user
#   helper    certgate's helper, with the index of so many users
#   static    the smallest program that gives the same answer, linked like the
#             helper: what any command costs
#   echo      /bin/echo with the principal
#   pipeline  a shell that runs ssh-keygen -L and grep
#   match     a Match block with its own /bin/echo for each user
#
# BENCH_ROUNDS: logins of each kind, interleaved in an order that differs from
# round to round. BENCH_USERS: the numbers of users. static, echo and pipeline
# know of no users and stand there once.

: "${work:?}" "${KEYS:?}" "${programs:?}" "${pkglibexecdir:?}"
: "${SSH:?}" "${SSHD:?}" "${SSH_KEYGEN:?}"

# The login through the helper against the one through static.
limit_login=1.02

logins=$work/ways
login_port=2300
login_user=johndoe

# login_names N: the users of the policy, the one who logs in half-way.
login_names()
{
	awk -v n="$1" -v middle="$login_user" 'BEGIN {
		for (i = 0; i < n; i++)
			print i == int(n / 2) ? middle : sprintf("user%07d", i)
	}'
}

# login_way NAME: adds a server; what lets people in is read from stdin.
login_way()
{
	local name=$1

	login_port=$((login_port + 1))
	{
		cat <<-END
			ListenAddress 127.0.0.1
			Port $login_port
			PidFile $logins/$name.pid
			HostKey /etc/ssh/ssh_host_ed25519_key
			TrustedUserCAKeys $KEYS/cf.pub
			AuthorizedKeysFile none
			PasswordAuthentication no
			KbdInteractiveAuthentication no
			UseDNS no
			PrintMotd no
			MaxStartups 1000
		END
		[ ! -s /run/try ] || grep -h . /etc/ssh/sshd_config |
		    grep '^PerSourcePenalties'
		cat
	} >"$logins/$name.conf"
	cat >>"$logins/ssh.conf" <<-END
		Host $name
		  Port $login_port
	END
	: >"$logins/$name.log"
	if "$SSHD" -f "$logins/$name.conf" -E "$logins/$name.log" \
	    2>"$work/err" &&
	    wait_for 20 test -s "$logins/$name.pid" &&
	    [ -z "$("$SSH" -F "$logins/ssh.conf" "$name" true 2>&1 \
	        </dev/null | tee "$work/err")" ]; then
		login_programs+=(+ "$name" '' "$SSH" -F "$logins/ssh.conf"
		    "$name" true)
		return
	fi
	cat "$logins/$name.log" >>"$work/err"
	figure login "through=${name%-*}" "mappings=${name#*-}" \
	    "refused=\"$(tail -n 1 "$work/err" | tr -d '"')\""
}

# login_command COMMAND: the lines for one.
login_command()
{
	echo "AuthorizedPrincipalsCommand $1"
	echo "AuthorizedPrincipalsCommandUser _certgate"
}

login_certificate()
{
	cp "$KEYS/person" "$KEYS/person.pub" "$logins" &&
	    "$SSH_KEYGEN" -q -s "$KEYS/cf" -I "$login_user@example.com" \
	        -n "$login_user" -V -1m:+2d "$logins/person.pub" 2>"$work/err"
	cat >"$logins/ssh.conf" <<-END
		HostName 127.0.0.1
		User $login_user
		IdentityFile $logins/person
		IdentitiesOnly yes
		IdentityAgent none
		BatchMode yes
		LogLevel ERROR
		StrictHostKeyChecking no
		UserKnownHostsFile /dev/null
		GlobalKnownHostsFile /dev/null
	END
}

# What serves n users: a folder of lists, an index.
login_users()
{
	local n=$1 name

	mkdir "$logins/list-$n"
	login_names "$n" | while read -r name; do
		echo "$name" >"$logins/list-$n/$name"
	done
	{
		policy_head
		echo users:
		login_names "$n" | sed 's/.*/  &: &@example.com/'
	} >"$work/policy.yaml"
	compile "$work/policy.yaml" "$logins/$n.cdb" &&
	    chmod 644 "$logins/$n.cdb"
}

login_match_blocks()
{
	login_names "$1" | while read -r name; do
		echo "Match User $name"
		login_command "/bin/echo $name"
	done
}

login_servers()
{
	local n

	cp "$programs/answer" "$logins"
	cat >"$logins/pipeline" <<-'END'
		#!/bin/sh
		echo "$1 $2" | ssh-keygen -L -f - | grep -A 1 Principals: |
		    tail -n +2 | sed 's/^ *//'
	END
	chmod 755 "$logins/pipeline"
	login_way static- < <(login_command "$logins/answer $login_user")
	login_way echo- < <(login_command "/bin/echo $login_user")
	login_way pipeline- < <(login_command "$logins/pipeline %t %k")
	for n in $BENCH_USERS; do
		login_users "$n" || return
		login_way "list-$n" \
		    < <(echo "AuthorizedPrincipalsFile $logins/list-$n/%u")
		login_way "helper-$n" < <(login_command \
		    "$pkglibexecdir/authorized-principals -i $logins/$n.cdb -- %u %U %k")
		login_way "match-$n" < <(login_match_blocks "$n")
	done
}

in_ms()
{
	awk -v us="$1" 'BEGIN { printf "%.2f", us / 1000 }'
}

login_figures()
{
	local name median p99 floor='' of

	while read -r name median p99; do
		[ -n "$floor" ] || floor=$median
		of=$(awk -v a="$median" -v b="$floor" \
		    'BEGIN { printf "%.3f", a / b }')
		target=target=none
		case $name in
		helper-*) judge "$of" $limit_login ;;
		esac
		figure login "through=${name%%-*}" "mappings=${name#*-}" \
		    "logins=$BENCH_ROUNDS" "median_ms=$(in_ms "$median")" \
		    "p99_ms=$(in_ms "$p99")" "to_static=$of" "$target"
	done <"$work/times"
}

bench_logins()
{
	local pid

	mkdir "$logins"
	login_programs=()
	if ! login_certificate || ! login_servers; then
		not_measured login "could not be prepared"
	elif ! "$programs/starts" "$BENCH_ROUNDS" "${login_programs[@]:1}" \
	    >"$work/times" 2>"$work/err"; then
		not_measured login "through a server"
	else
		login_figures
	fi
	for pid in "$logins"/*.pid; do
		[ ! -s "$pid" ] || kill "$(cat "$pid")"
	done
	rm -rf "$logins"
}
