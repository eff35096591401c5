# shellcheck shell=bash
# The power goes while apply runs, again and again. Sourced by guest.sh.
# kernel: init=/vm/tests/vm/guest.sh

: "${CERTGATE:?}" "${KEPT:?}"

# policy lists|helper: sshd's directives differ, and what they lead to.
policy()
{
	{
		cat <<END
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
  vault: {keys: ["$(ca_key vault)"]}
users:
END
		case $1 in
		lists) echo '  johndoe: jdoe@example.com' ;;
		helper)
			echo '  johndoe: alice@example.com'
			echo '  "*": same-name'
			# With it comes a directive.
			echo 'revoked: [{authority: vault, serial: 42}]' ;;
		esac
	} >"$POLICY.new"
	sync "$POLICY.new"
	mv "$POLICY.new" "$POLICY"
	sync
}

# look NAME: what sshd does into NAME.settings, what that leads to into
# NAME.files, and the names of all there is into NAME.names. ssh-keygen writes
# the time into the list of what is revoked.
look()
{
	local user

	for user in root johndoe vmuser; do
		"$SSHD" -T -C "user=$user,host=h,addr=127.0.0.1" || return
	done >"$KEPT/$1.settings"
	(cd /etc/ssh/certgate/current/ && find . -type f \
	    -printf '%p %m %U %G\n' ! -name revoked.krl -exec sha256sum {} + |
	    sort) >"$KEPT/$1.files" || return
	find /etc/ssh /etc/certgate /var/lib/certgate /run/certgate* \
	    2>/dev/null | sed -E 's,(/generations)/[0-9]+(/.*|$),\1/N,' |
	    sort -u >"$KEPT/$1.names"
}

# which SUFFIX: what it is now, lists or helper.
which()
{
	cmp -s "$KEPT/lists.$1" "$KEPT/now.$1" && echo lists
	cmp -s "$KEPT/helper.$1" "$KEPT/now.$1" && echo helper
}

# As one of both; between them only where the next command goes on.
is_whole()
{
	local settings files

	look now || return
	settings=$(which settings)
	files=$(which files)
	echo "# found: settings ${settings:-neither}, files ${files:-neither}" \
	    "$(cd /etc/ssh/certgate && ls -d journal 2>/dev/null)"
	[ -n "$settings" ] || {
		diff "$KEPT/lists.settings" "$KEPT/now.settings"
		return 1
	}
	[ -n "$files" ] || {
		diff "$KEPT/lists.files" "$KEPT/now.files"
		return 1
	}
	[ "$settings" = "$files" ] || [ -e /etc/ssh/certgate/journal ]
}

# is_now WHAT: all of it, with nothing left over.
is_now()
{
	look now && cmp "$KEPT/now.settings" "$KEPT/$1.settings" &&
	    cmp "$KEPT/now.files" "$KEPT/$1.files" &&
	    diff "$KEPT/$1.names" "$KEPT/now.names"
}

# What the next commands of an administrator come to.
recovers()
{
	local wanted=lists

	! grep -q same-name "$POLICY" || wanted=helper
	check "the next apply" "$CERTGATE" apply
	check "is done whole, and nothing is left over" is_now $wanted
	check_status 0 "status" "$CERTGATE" status
	if [ $wanted = lists ]; then
		gets_in johndoe jdoe
		stays_out johndoe alice
	else
		gets_in johndoe alice
		stays_out johndoe jdoe
	fi
}

# Until the power goes: one after the other, the first not the one that is.
apply_for_ever()
{
	local name=lists

	! grep -q "johndoe: jdoe" "$POLICY" || name=helper
	while :; do
		policy $name
		"$CERTGATE" apply >/dev/null 2>&1 || echo "# apply: $?"
		[ $name = lists ] && name=helper || name=lists
	done
}

step()
{
	local kept=lost began name

	mkdir -p /run/sshd
	if [ "$1" -gt 1 ]; then
		check "cut $(($1 - 1)): sshd accepts its configuration" \
		    "$SSHD" -t
		check "it is the old one or the new one" is_whole
		sed -n 's/^# found/#   found/p' /run/check.out
	else
		cert jdoe --id jdoe@example.com --principals jdoe \
		    --valid always:forever
		cert alice --id alice@example.com --principals alice \
		    --valid always:forever
		echo 'PidFile /run/sshd.pid' >>/etc/ssh/sshd_config
		sync
	fi
	check "sshd starts" sshd_start
	if [ "$1" -gt 1 ]; then
		recovers
	else
		for name in lists helper lists helper; do
			policy $name
			began=${EPOCHREALTIME/./}
			check "apply" "$CERTGATE" apply --no-rehearse
			echo $(((${EPOCHREALTIME/./} - began) / 1000)) \
			    >"$KEPT/apply.ms"
			look $name
		done
		check_status 1 "the settings differ" \
		    cmp -s "$KEPT/lists.settings" "$KEPT/helper.settings"
		sync
	fi
	if [ "$1" -gt "$(word cuts)" ]; then
		return
	fi
	[ $(($1 % 3)) -ne 0 ] || kept=kept
	# Somewhere in the first or the second.
	power_goes_in $((RANDOM % (2 * $(cat "$KEPT/apply.ms")))) $kept
	apply_for_ever
}
