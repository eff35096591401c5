# shellcheck shell=bash
# apply: every file of the corpus as this machine's configuration of sshd,
# through certgate's own commands. Sourced by the cases of tests/e2e that
# try it; the words are those of tests/e2e/lib.sh.
#
#   corpus_all PLACE      each file: "main", it is sshd_config; "dropin", it is
#                         sshd_config.d/50-corpus.conf of Debian's sshd_config
#                         (and nothing is rehearsed, which is as for main)
#
# E2E_CORPUS=N takes each Nth file, and all that set what certgate sets.
#
# A file that sshd takes is applied, applied again and removed: only certgate's
# own directives may change, the second time nothing, and at last not a byte
# may be other than before. Where apply refuses, it must have changed nothing
# and name an option to go on with, which it then gets. Each file ends as a
# check that says which of these it was; the last line counts them.

: "${srcdir:?}"
corpus=${SSHD_CONFIG_CORPUS:-$srcdir/../shared/corpus/sshd_config}
# Nobody has a rule but johndoe; alice may use sudo, and has a key.
corpus_users=(root johndoe alice)
# sshd wants to know all of it where a Match asks.
corpus_from=host=h.example.com,addr=192.0.2.1,laddr=192.0.2.2,lport=22

corpus_policy()
{
	write_policy <<EOT
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
users:
  johndoe: jdoe@example.com
EOT
}

# What a file names for the keyword $2, one path a line.
corpus_paths()
{
	tr -d '\r' <"$1" | sed -nE \
	    "s/^[[:space:]]*$2[[:space:]=]+\"?([^\"[:space:]]+).*/\\1/Ip"
}

# corpus_lend FROM: the paths on standard input are copies of that file, as
# they are somewhere on the machine that the configuration is from.
corpus_lend()
{
	local path

	while read -r path; do
		[ "$path" != none ] || continue
		path=/${path#/}
		[ ! -e "$path" ] || continue
		mkdir -p "${path%/*}"
		cp -p "$1" "$path" || continue
		case $path in
		/etc/ssh/*) ;;
		*) echo "$path" >>/run/corpus/lent ;;
		esac
	done
}

# corpus_new FILE PLACE: /etc/ssh of a machine that has it.
corpus_new()
{
	local type

	find /etc/ssh -mindepth 1 -delete
	mkdir -m 0755 /etc/ssh/sshd_config.d
	for type in ed25519 rsa ecdsa; do
		cp -p /run/pristine/ssh_host_ed25519_key \
		    "/etc/ssh/ssh_host_${type}_key"
	done
	corpus_paths "$1" hostkey | corpus_lend /run/pristine/ssh_host_ed25519_key
	corpus_paths "$1" trustedusercakeys | corpus_lend "$KEYS/vault.pub"
	corpus_paths "$1" revokedkeys | corpus_lend /run/corpus/none
	if [ "$2" = main ]; then
		cp "$1" /etc/ssh/sshd_config
	else
		printf '%s\n' 'Include /etc/ssh/sshd_config.d/*.conf' \
		    'X11Forwarding yes' >/etc/ssh/sshd_config
		cp "$1" /etc/ssh/sshd_config.d/50-corpus.conf
	fi
	# What an administrator chose must stay.
	chgrp adm /etc/ssh/sshd_config
	chmod 0640 /etc/ssh/sshd_config
}

# What sshd will do for each of the users, at /run/corpus/NAME.USER.
corpus_ask()
{
	local user

	for user in "${corpus_users[@]}"; do
		"$SSHD" -T -C "user=$user,$corpus_from" \
		    >"/run/corpus/$1.$user" 2>/run/corpus/sshd.err || return
	done
}

# Whether that differs in certgate's directives alone, and these are certgate's.
corpus_is_ours()
{
	local user

	for user in "${corpus_users[@]}"; do
		grep -Ev '^(trustedusercakeys|revokedkeys|authorizedprincipals[a-z]*) ' \
		    "/run/corpus/before.$user" >/run/corpus/theirs
		grep -Ev '^(trustedusercakeys|revokedkeys|authorizedprincipals[a-z]*) ' \
		    "/run/corpus/after.$user" |
		    diff /run/corpus/theirs - >/run/corpus/diff || {
			problems+=("other settings of $user change:" \
			    "$(head -n 5 /run/corpus/diff)")
			return
		}
		for setting in \
		    'trustedusercakeys /etc/ssh/certgate/current/ca.pub' \
		    'authorizedprincipalsfile /etc/ssh/certgate/current/principals/%u'; do
			grep -qxF "$setting" "/run/corpus/after.$user" ||
			    problems+=("not for $user: $setting")
		done
		grep -q '^authorizedprincipalscommand .*/authorized-principals ' \
		    "/run/corpus/after.$user" ||
		    problems+=("$user is not asked of the helper")
	done
}

# Names, kinds, modes, owners, links and bytes; $1: of what else than
# certgate's own folder.
corpus_listing()
{
	find /etc/ssh ${1:+-path /etc/ssh/certgate -prune -o} \
	    -printf '%p %y %m %U %G %l\n' | sort
	find /etc/ssh ${1:+-path /etc/ssh/certgate -prune -o} \
	    -type f -exec sha256sum {} + | sort -k 2
}

# Whether each FILE:LINE of what apply says stands against it is one.
corpus_names_lines()
{
	local at n=0 file

	while IFS= read -r at; do
		file=${at%:*}
		[ "$file" != /etc/ssh/sshd_config ] || file=$1
		[ "$file" != /etc/ssh/sshd_config.d/50-corpus.conf ] || file=$1
		sed -n "${at##*:}p" "$file" | grep -Eiq \
		    '^[[:space:]]*(trustedusercakeys|revokedkeys|authorizedprincipals)' ||
		    return
		n=$((n + 1))
	done < <(head -n 1 /run/corpus/apply.out |
	    grep -oE '/etc/ssh/[^:; ]+:[0-9]+')
	[ "$n" -gt 0 ]
}

# corpus_answer FILE: what lets apply go on after what it said, into options
# and passed; fails where nothing does.
corpus_answer()
{
	local said name

	said=$(cat /run/corpus/apply.out)
	case $said in
	*'let --replace-conflicts comment it out'*)
		corpus_names_lines "$1" ||
		    problems+=("it does not name the lines in the way")
		passed+=(conflict)
		options+=(--replace-conflicts)
		;;
	*'the last way in would go for '*)
		name=${said#*the last way in would go for }
		name=${name%%[;:, ]*}
		passed+=(way-in)
		options+=(--allow-lockout "$name")
		;;
	*'--despite '*)
		name=${said#*--despite }
		name=${name%%[!a-z-]*}
		passed+=("$name")
		options+=(--despite "$name")
		;;
	*'certgate: rehearsal: sshd refused johndoe '*)
		# AllowUsers and the like: sshd says so as nobody is let in.
		passed+=(rehearsal)
		options+=(--no-rehearse)
		;;
	*) return 1 ;;
	esac
}

# corpus_apply FILE: with what lets it go on, if need be. 1: it cannot be.
corpus_apply()
{
	local status try

	for try in 1 2 3 4 5; do
		status=0
		certgate apply "${options[@]}" >/run/corpus/apply.out 2>&1 ||
		    status=$?
		[ $status -ne 0 ] || return 0
		[ $status -eq 1 ] || problems+=("apply: exit status $status")
		tail -n 1 /run/corpus/apply.out |
		    grep -qx 'certgate: nothing was changed' ||
		    problems+=("apply does not say that nothing was changed")
		corpus_listing >/run/corpus/list.after
		cmp -s /run/corpus/list.before /run/corpus/list.after ||
		    problems+=("apply refuses, and changes something")
		corpus_answer "$1" || return 1
	done
	problems+=("after $try options apply still refuses")
	return 1
}

# Applied: it is in effect, a second time changes nothing, and it comes out.
corpus_check()
{
	local user

	if corpus_ask after; then
		corpus_is_ours
	else
		problems+=("sshd -T fails after apply" \
		    "$(tail -n 2 /run/corpus/sshd.err)")
	fi
	corpus_listing >/run/corpus/list.once
	certgate apply "${options[@]}" >/run/corpus/again.out 2>&1 ||
	    problems+=("the second apply fails" "$(tail -n 3 /run/corpus/again.out)")
	corpus_listing >/run/corpus/list.twice
	diff /run/corpus/list.once /run/corpus/list.twice >/run/corpus/diff ||
	    problems+=("the second apply changes something" \
		"$(head -n 5 /run/corpus/diff)")
	certgate remove "${lockout[@]}" >/run/corpus/remove.out 2>&1 ||
	    problems+=("remove fails" "$(tail -n 3 /run/corpus/remove.out)")
	corpus_listing others >/run/corpus/list.removed
	diff /run/corpus/list.others /run/corpus/list.removed \
	    >/run/corpus/diff ||
	    problems+=("remove does not bring back what was" \
		"$(head -n 5 /run/corpus/diff)")
	corpus_ask removed
	for user in "${corpus_users[@]}"; do
		cmp -s "/run/corpus/before.$user" "/run/corpus/removed.$user" ||
		    problems+=("after remove sshd has other settings for $user")
	done
}

# corpus_try FILE PLACE: one check, and one more of n_applied, n_refused or
# n_sshd.
corpus_try()
{
	local name problems=() options=() passed=() lockout=() what i setting

	[ "$2" = main ] || options=(--no-rehearse)
	name=$(basename "$1")
	corpus_new "$1" "$2"
	if ! corpus_ask before; then
		n_sshd=$((n_sshd + 1))
		ok "$name: sshd refuses it: $(tail -n 1 /run/corpus/sshd.err)"
		return
	fi
	corpus_listing >/run/corpus/list.before
	corpus_listing others >/run/corpus/list.others
	if corpus_apply "$1"; then
		for i in "${!options[@]}"; do
			[ "${options[i]}" != --allow-lockout ] ||
			    lockout+=(--allow-lockout "${options[i + 1]}")
		done
		what="applied"
		[ ${#passed[@]} -eq 0 ] || {
			n_passed_over=$((n_passed_over + 1))
			what="applied past ${passed[*]}"
		}
		n_applied=$((n_applied + 1))
		corpus_check
	else
		n_refused=$((n_refused + 1))
		what=$(grep -oE '\[[a-z-]+\]$' /run/corpus/apply.out | head -n 1)
		# What nothing overrules: sshd would take no certificate.
		[ "$what" = '[pubkey-off]' ] ||
		    problems+=("refused for good, for no known reason")
		what="refused: $what"
	fi
	if [ ${#problems[@]} -eq 0 ]; then
		ok "$name: $what"
	else
		not_ok "$name: $what" "${problems[@]}"
		show apply </run/corpus/apply.out
	fi
}

# Files of forms that are rare in the wild, into /run/corpus/made.
corpus_make()
{
	local made=/run/corpus/made plain=/run/corpus/plain i

	mkdir "$made"
	grep -Ev '^(TrustedUserCAKeys|AuthorizedPrincipals|	AuthorizedPrincipals)' \
	    "$srcdir/tests/corpus/pieces/server.conf" >"$plain"
	{ printf '\357\273\277' && cat "$plain"; } >"$made/byte-order-mark.conf"
	sed 'n;s/$/\r/' "$plain" >"$made/mixed-line-ends.conf"
	sed 's/^PrintMotd no/PrintMotd no\r/; s/^# Lines and/&\rX11Forwarding/' \
	    "$plain" >"$made/lone-carriage-return.conf"
	sed '1s/$/ d\xe9j\xe0 vu/; s/^Banner none/Banner \/etc\/caf\xe9/' "$plain" \
	    >"$made/latin-1.conf"
	{ cat "$plain" && printf '\tX11Forwarding no'; } \
	    >"$made/no-final-newline.conf"
	sed 's/^\([A-Za-z]*\)/\U\1/; s/^\t/ \t  /' "$plain" >"$made/shouting.conf"
	{
		cat "$plain"
		for ((i = 0; i < 3000; i++)); do
			printf 'Match User u%d\n\tX11Forwarding no\n' "$i"
		done
	} >"$made/many-blocks.conf"
	: >"$made/empty.conf"
}

# corpus_choose FILE...: those to try, into files.
corpus_choose()
{
	local file n=0

	for file; do
		if [ "${file#/run/}" != "$file" ] || [ $((n++ % ${E2E_CORPUS:-1})) -eq 0 ] || grep -Eiq \
		    '^[[:space:]]*(trustedusercakeys|revokedkeys|authorizedprincipals)' \
		    "$file"; then
			files+=("$file")
		fi
	done
}

corpus_all()
{
	local file files=() all n_applied=0 n_refused=0 n_sshd=0 n_passed_over=0

	all=("$corpus"/*.conf)
	if [ ! -e "${all[0]}" ]; then
		echo "# no files in $corpus: the pieces of tests/corpus instead"
		all=("$srcdir"/tests/corpus/pieces/*.conf)
	fi
	sshd_stop
	rm -rf /run/corpus
	mkdir /run/corpus
	corpus_make
	all+=(/run/corpus/made/*.conf)
	corpus_choose "${all[@]}"
	: >/run/corpus/lent
	: >/run/corpus/none
	cp -p /etc/group /run/corpus/group
	[ ! -e /root/.ssh ] || mv /root/.ssh /run/corpus/root.ssh
	grep -q ^sudo: /etc/group || echo 'sudo:x:27:' >>/etc/group
	sed -i 's/^sudo:.*:/&alice/' /etc/group
	mkdir -m 0700 /home/alice/.ssh
	cp "$KEYS/person.pub" /home/alice/.ssh/authorized_keys
	chown -R alice: /home/alice/.ssh
	corpus_policy
	for file in "${files[@]}"; do
		corpus_try "$file" "$1"
	done
	check "${#files[@]} of ${#all[@]} files were to be tried: $n_applied applied, $n_passed_over of these past a reason; $n_refused refused by certgate; $n_sshd by sshd" \
	    [ $((n_applied + n_refused + n_sshd)) -eq ${#files[@]} ]
	check "some were applied" [ "$n_applied" -gt 0 ]
	xargs -r -d '\n' rm -f <"/run/corpus/lent"
	rm -r /home/alice/.ssh
	cp -p /run/corpus/group /etc/group
	[ ! -e /run/corpus/root.ssh ] || mv /run/corpus/root.ssh /root/.ssh
}
