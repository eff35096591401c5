# shellcheck shell=bash
# apply --confirm, and the machine goes down before anybody confirmed: by a
# power cut, and by a reboot. Sourced by guest.sh.

: "${CERTGATE:?}" "${KEPT:?}"

policy()
{
	write_policy <<END
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
users:
  johndoe: $1@example.com
END
	# An editor's work; what certgate does about its own is tried here.
	sync
}

current()
{
	basename "$(readlink /etc/ssh/certgate/current)"
}

# What sshd does, and the generation that it reads, into NAME.
remember()
{
	"$SSHD" -T -C user=johndoe,host=h,addr=127.0.0.1 >"$KEPT/$1" &&
	    current >>"$KEPT/$1" && sync
}

is_as()
{
	remember now && diff "$KEPT/$1" "$KEPT/now"
}

# apply for alice, to be confirmed; until then she gets in, and jdoe does not.
apply_for_alice()
{
	policy alice
	check "apply --confirm" "$CERTGATE" apply --confirm 5m
	gets_in johndoe alice
	stays_out johndoe jdoe
	check_status 1 "the settings are others" is_as jdoe
}

# It was taken back, before sshd began.
is_back()
{
	check "sshd accepts its configuration" "$SSHD" -t
	check "sshd runs" systemctl is-active ssh.service
	check "the old configuration is in force" is_as jdoe
	check "nothing waits any more" [ ! -e /etc/ssh/certgate/pending ]
	check_says '^Result=success' "certgate-confirm.service did it" \
	    systemctl show certgate-confirm.service -p Result
	check "which ended before sshd began" test \
	    "$(systemctl show certgate-confirm.service --value \
		-p ExecMainExitTimestampMonotonic)" -gt 0 -a \
	    "$(systemctl show certgate-confirm.service --value \
		-p ExecMainExitTimestampMonotonic)" -le \
	    "$(systemctl show ssh.service --value \
		-p ExecMainStartTimestampMonotonic)"
	gets_in johndoe jdoe
	stays_out johndoe alice
	check_status 0 "status" "$CERTGATE" status
}

step()
{
	case $1 in
	1)
		cert jdoe --id jdoe@example.com --principals jdoe \
		    --valid always:forever
		cert alice --id alice@example.com --principals alice \
		    --valid always:forever
		check "certgate-confirm.service is enabled" \
		    systemctl --quiet enable certgate-confirm.service
		policy jdoe
		check "apply" "$CERTGATE" apply --no-rehearse
		remember jdoe
		gets_in johndoe jdoe
		apply_for_alice
		power_goes_in 0 ;;
	2)
		echo "# after a power cut"
		is_back
		apply_for_alice
		reboot_now ;;
	3)
		echo "# after a reboot"
		is_back
		apply_for_alice
		check "confirm" "$CERTGATE" confirm --same-session
		remember alice
		power_goes_in 0 ;;
	4)
		echo "# after a power cut, confirmed"
		check "what was confirmed is in force" is_as alice
		gets_in johndoe alice
		stays_out johndoe jdoe
		check "remove" "$CERTGATE" remove
		power_goes_in 0 ;;
	5)
		echo "# after a power cut, removed"
		check "sshd accepts its configuration" "$SSHD" -t
		check "the directives are gone" \
		    [ ! -e /etc/ssh/sshd_config.d/00-certgate.conf ]
		stays_out johndoe alice ;;
	esac
}
