# shellcheck shell=bash
# tutorial: run the commands of a page in doc/ as they are written. Sourced by
# cases.
#
#   tutorial_setup             the machines of the pages, and the way in that
#                              their readers have: root's key
#   tutorial PAGE              each block in turn, with a check for each
#   tutorial_cleanup           nothing of it is left for other cases
#
# Which machine a block is for stands behind its language:
#
#   ```sh                      root on the server; sh laptop, sh ca: a user on
#                              another machine, here one of this machine's
#   ```sh laptop fails         it must fail
#   ```sh server yes           it asks at a terminal; the answer is yes
#   ```yaml FILE               the reader writes this file
#   ```text output             what the block before it says; … stands for
#                              anything in a line
#
# All other blocks are for reading.

: "${srcdir:?}" "${KEYS:?}"
TUTORIAL=/run/tutorial

# The machines: one for each home folder, all at 127.0.0.1.
tutorial_setup()
{
	local name uid=5100

	for name in laptop ca; do
		uid=$((uid + 1))
		rm -rf "/home/${name:?}"
		mkdir -m 0755 "/home/$name"
		mkdir -m 0700 "/home/$name/.ssh"
		grep -q "^$name:" /etc/passwd ||
		    echo "$name:x:$uid:$uid::/home/$name:/bin/bash" >>/etc/passwd
		grep -q "^$name:" /etc/group || echo "$name:x:$uid:" >>/etc/group
		chown -R "$uid:$uid" "/home/$name"
	done
	cp "$KEYS/person" /home/laptop/.ssh/id_admin
	cat >/home/laptop/.ssh/config <<-END
	Match user root
	    IdentityFile ~/.ssh/id_admin
	END
	chown laptop:laptop /home/laptop/.ssh/*
	cp /etc/hosts /run/hosts
	echo "127.0.0.1" \
	    "server.example.com vault.example.com ca.example.com" \
	    "api.cloudflare.com" >>/etc/hosts
	# The pages ask the sshd that is installed.
	[ "$SSHD" -ef /usr/sbin/sshd ] || mount --bind "$SSHD" /usr/sbin/sshd
	echo "Match User root
	AuthorizedKeysFile $KEYS/person.pub" >>/etc/ssh/sshd_config
	echo "server.example.com $(cat /etc/ssh/ssh_host_ed25519_key.pub)" \
	    >/etc/ssh/ssh_known_hosts
	sshd_stop
	: >"$SSHD_LOG"
	sshd_start || not_ok "sshd starts"
}

tutorial_cleanup()
{
	cat /run/hosts >/etc/hosts
	sed -i -E '/^(laptop|ca):/d' /etc/passwd /etc/group
	rm -rf /home/laptop /home/ca /tmp/jdoe* /tmp/*.pub /run/stand-in
}

# A command's own name for one that is not to be had here: NAME TEXT.
tutorial_stand_in()
{
	mkdir -p /run/stand-in
	printf '#!/bin/bash\n%s\n' "$2" >"/run/stand-in/$1"
	chmod 0755 "/run/stand-in/$1"
}

# The blocks of a page: NUMBER.info and NUMBER.text, and NUMBER.line.
tutorial_blocks()
{
	rm -rf "$TUTORIAL"
	mkdir "$TUTORIAL"
	awk -v out="$TUTORIAL/" '
	/^```/ && is_here { is_here = 0; next }
	/^```/ {
		is_here = 1
		name = sprintf("%s%03d", out, ++n)
		print substr($0, 4) >(name ".info")
		print NR >(name ".line")
		printf "" >(name ".text")
		next
	}
	is_here { print >(name ".text") }' "$1"
}

# Run the block in file $1 on machine $2, as somebody types it.
tutorial_run()
{
	local user=$2 home=/root command

	[ "$user" = server ] && user=root || home=/home/$user
	command=(setpriv --reuid "$user" --regid "$user" --init-groups
	    env -i HOME="$home" USER="$user" LOGNAME="$user" TERM=dumb
	    PATH="/run/stand-in:$PATH" bash -e "$1")
	[ "$3" != yes ] || command=(python3 "$srcdir/tests/e2e/terminal.py"
	    'Type yes: ' yes "${command[@]}")
	(cd "$home" && timeout 120 setsid -w "${command[@]}" </dev/null)
}

# Whether what a block said is what the page shows: $1.text against $2.
tutorial_said()
{
	sed -e 's/[][\.*^$+?(){}|/]/\\&/g' -e 's/…/.*/g' "$1" >/run/pattern
	tr -d '\r' <"$2" | awk '
	BEGIN {
		while ((getline line <"/run/pattern") > 0)
			pattern[++n] = "^" line "$"
	}
	{ if (NR > n || $0 !~ pattern[NR]) exit bad = 1 }
	END { exit bad || NR != n }'
}

tutorial_block()
{
	local file=$1 page=$2 where wanted=0 status=0 role result answer
	local name next reloads

	reloads=$(count_reloads)
	cat /etc/ssh/sshd_config /etc/ssh/sshd_config.d/* >/run/config.before \
	    2>/dev/null || true
	read -r _ role result <"$file.info"
	where="doc/$page:$(cat "$file.line")"
	case " $result " in *' fails '*) wanted=1 ;; esac
	case " $result " in *' yes '*) answer=yes ;; *) answer= ;; esac
	tutorial_run "$file.text" "${role:-server}" "$answer" \
	    >"$file.said" 2>&1 || status=$?
	# People are slower than a reload; the next block is not.
	cat /etc/ssh/sshd_config /etc/ssh/sshd_config.d/* 2>/dev/null |
	    cmp -s - /run/config.before || wait_for 5 has_reloaded "$reloads" ||
	    not_ok "$where: sshd reads its new configuration"
	name="$where: on the ${role:-server}: $(grep -v '^#' "$file.text" |
	    head -n 1)"
	if [ "$((status != 0))" -ne "$wanted" ]; then
		not_ok "$name" "exit status $status"
		show said <"$file.said"
		return
	fi
	ok "$name"
	next=$(printf '%s/%03d' "$TUTORIAL" $((10#${file##*/} + 1)))
	grep -qx 'text output' "$next.info" 2>/dev/null || return 0
	if tutorial_said "$next.text" "$file.said"; then
		ok "$where: it says what the page shows"
	else
		not_ok "$where: it says what the page shows"
		show said <"$file.said"
	fi
}

# The reader writes a file, as root on the server or at home.
tutorial_write()
{
	local name

	read -r _ name <"$1.info"
	case $name in
	/*) ;;
	*) return ;;
	esac
	cp "$1.text" "$name"
	chmod 0644 "$name"
}

tutorial()
{
	local file language n=0

	tutorial_blocks "$srcdir/doc/$1"
	for file in "$TUTORIAL"/*.info; do
		read -r language _ <"$file" || true
		case $language in
		sh) tutorial_block "${file%.info}" "$1"; n=$((n + 1)) ;;
		yaml) tutorial_write "${file%.info}" ;;
		esac
	done
	check "doc/$1 has commands" test "$n" -gt 0
}
