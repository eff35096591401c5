# shellcheck shell=bash disable=SC2034
# scenarios: what the fault matrix runs. scenario_NAME makes of a fresh
# /etc/ssh what is before, and sets
#
#   command   the command that meets the faults
#   from      only the calls from this one on (part of strace's line)
#   options   of points
#   expected  the exit status without a fault
#   server    not empty: a sshd runs meanwhile
#   AGAIN     words for certgate, to be run once more after a fault; the
#             policy is then as the scenario leaves it
#   JUDGE_WRITTEN  not empty: where it fails, the policy or what was fetched
#             may be new, but it must not say then that it is not
#
# Lists, index, CA keys and sshd's configuration all differ between old and
# new, where the command changes them.

: "${SAME_SSHD:?}" "${KEYS:?}" "${CERTGATE:?}" "${RECORD:?}" "${TARGETS:?}"
FETCH=${pkglibexecdir:?}/ca-fetch
DROPIN=/etc/ssh/sshd_config.d/00-certgate.conf
SCENARIOS=(first update move rollback hold confirm expire undo remove again
    refused reload reload_back fetch fetch_more ca_add ca_retire ca_remove
    revoke)

policy_old()
{
	cat >/etc/certgate/policy.yaml <<EOT
version: 1
authorities:
  cloudflare: {keys: ["$(cat "$KEYS/cf.pub")"], principals: email-prefix}
users:
  johndoe: jdoe@example.com
  kiosk: {allow: [{identity: jdoe@example.com, options: restrict}]}
EOT
}

policy_new()
{
	cat >/etc/certgate/policy.yaml <<EOT
version: 1
authorities:
  cloudflare: {keys: ["$(cat "$KEYS/cf.pub")"], principals: email-prefix}
  vault: {keys: ["$(cat "$KEYS/vault.pub")"], principals: email-prefix}
users:
  johndoe: [jdoe@example.com, alice@example.com]
  vmuser: {allow: any}
EOT
}

apply=("$CERTGATE" apply --sshd "$SAME_SSHD" --no-rehearse)

apply_old()
{
	policy_old
	"${apply[@]}"
}

apply_new()
{
	policy_new
	"${apply[@]}"
}

# Somebody edits a directive, so that the command has to write it, too.
drift()
{
	sed -i 's/^\(AuthorizedPrincipalsCommandUser\) .*/\1 nobody/' "$DROPIN"
}

scenario_first()
{
	command=("${apply[@]}")
}

scenario_update()
{
	apply_old && drift
	command=("${apply[@]}")
}

# The directives must move from the drop-in folder to the main file.
scenario_move()
{
	apply_old && sed -i '/^Include/d' /etc/ssh/sshd_config
	command=("${apply[@]}")
}

scenario_rollback()
{
	apply_old && apply_new && drift
	command=("$CERTGATE" rollback --sshd "$SAME_SSHD")
}

scenario_remove()
{
	apply_old
	command=("$CERTGATE" remove --sshd "$SAME_SSHD")
}

# There is a reason to refuse, which no fault may hide.
scenario_refused()
{
	echo "TrustedUserCAKeys $KEYS/rogue.pub" \
	    >/etc/ssh/sshd_config.d/50-admin.conf
	command=("${apply[@]}")
	expected=1
	export JUDGE_REFUSED=1 GO_ON="--replace-conflicts --allow-lockout root"
}

# With a process of its own that waits for the end.
scenario_hold()
{
	apply_old && drift
	command=("${apply[@]}" --confirm 24h)
	options=(-c)
}

hold()
{
	apply_old && drift && policy_new && "${apply[@]}" --confirm 24h &&
	    no_waiters
}

scenario_confirm()
{
	hold
	command=("$CERTGATE" confirm --same-session)
}

# What the process does when the time is over, here after a reboot. Where it
# fails it sleeps and tries again: it need not sleep here.
scenario_expire()
{
	hold && sed -i 's/^boot [0-9a-f]\{8\}/boot 00000000/' "$RECORD"
	command=("$CERTGATE" confirm --expire)
	options=(-z)
	export JUDGE_REST=failed
}

# Taken back by hand.
scenario_undo()
{
	hold
	command=("$CERTGATE" rollback --sshd "$SAME_SSHD")
	export JUDGE_REST="done"
}

# An earlier apply was killed in the midst of its change.
scenario_again()
{
	apply_old && drift && policy_new
	! strace -o /dev/null -e trace=renameat \
	    -e inject=renameat:error=EIO:signal=KILL:when=3 "${apply[@]}" &&
	    test -e /etc/ssh/certgate/journal
	command=("${apply[@]}")
}

# root gets in by a key, whatever certgate does.
open_door()
{
	printf 'Match User root\n\tAuthorizedKeysFile %s\n' \
	    "$KEYS/person.pub" >>/etc/ssh/sshd_config
}

# What comes before the change is made is as in update.
scenario_reload()
{
	open_door && apply_old && drift
	command=("${apply[@]}")
	from='"reload-due"'
	server=1
}

scenario_reload_back()
{
	open_door && scenario_expire
	from='"reload-due"'
	server=1
}

# again WORD...: the command, which is also the one to try again.
again()
{
	export AGAIN="$*" JUDGE_WRITTEN=1
	command=("$CERTGATE" "$@")
}

# The network is not certgate's own: what ca-fetch would say.
serve()
{
	cat "$@" >/run/fault/served
	printf '#!/bin/sh\nexec cat /run/fault/served\n' >"$FETCH"
}

fetching()
{
	TARGETS+=" /var/lib"
	policy_old
	sed -i '/^authorities:/a\  vault: {url: "https://vault.example/key"}' \
	    /etc/certgate/policy.yaml
	serve "$KEYS/vault.pub"
	pin=$(ssh-keygen -l -f "$KEYS/vault.pub" | cut -d ' ' -f 2)
}

# No key was ever fetched; not even the folder is there.
scenario_fetch()
{
	fetching
	again ca fetch vault --pin "$pin"
}

# A key is added to those that were fetched.
scenario_fetch_more()
{
	fetching
	"$CERTGATE" ca fetch vault --pin "$pin" && "${apply[@]}" || return
	serve "$KEYS/vault.pub" "$KEYS/vault2.pub"
	pin=$(ssh-keygen -l -f "$KEYS/vault2.pub" | cut -d ' ' -f 2)
	again ca fetch vault --pin "$pin"
}

two_keys()
{
	policy_new && "${apply[@]}" || return
	pin=$(ssh-keygen -l -f "$KEYS/vault.pub" | cut -d ' ' -f 2)
}

scenario_ca_add()
{
	apply_old
	again ca add vault "$KEYS/vault.pub"
}

scenario_ca_retire()
{
	two_keys
	again ca retire vault "$pin" 2099-12-31
}

scenario_ca_remove()
{
	two_keys
	again ca remove vault
}

scenario_revoke()
{
	two_keys
	again revoke --authority vault --serial 42 --sshd "$SAME_SSHD"
}
