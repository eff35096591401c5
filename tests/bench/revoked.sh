# shellcheck shell=bash disable=SC2154
# revoked: what revocations cost, at login and at apply. Sourced by run.sh.
#
# BENCH_REVOKED: how many serials, and how many key IDs, the index gets.
# BENCH_LISTED: how many a list of sshd's own gets, for comparison: one number
# after the other.
# BENCH_LOGINS: logins of each kind, of which the median counts; with lists of
# more than 100,000 only 3, since each takes seconds.

: "${work:?}" "${KEYS:?}" "${programs:?}" "${sbindir:?}"
: "${SSH:?}" "${SSHD:?}" "${SSHD_LOG:?}" "${SSH_KEYGEN:?}"

# The helper with a million revoked may take so much longer than with none.
limit_revoked=1.05

# revoked_policy SERIALS IDS [RANGES]: what one CA revokes; kiosk is the helper's,
# johndoe's is a list, where sshd's own can say what is revoked.
revoked_policy()
{
	policy_head
	printf 'users:\n  kiosk: any\n  johndoe: name@example.com\n'
	[ $(($1 + $2 + ${3-0})) -gt 0 ] || return 0
	awk -v serials="$1" -v ids="$2" -v ranges="${3-0}" 'BEGIN {
		print "revoked:"
		for (i = 0; i < ranges; i++)
			printf "  - {authority: corp, serials: %d-%d}\n",
			    2000000000 + 4 * i, 2000000001 + 4 * i
		for (i = 0; i < serials; i++)
			printf "  - {authority: corp, serial: %d}\n",
			    1000000007 + 2 * i
		for (i = 0; i < ids; i++)
			printf "  - {authority: corp, key_id: name%07d@example.com}\n",
			    i
	}'
}

# Indexes of 10 users and of so much revoked; as for mappings.
bench_revoked_indexes()
{
	local n=$1 kind

	for kind in none serials ids both ranges; do
		case $kind in
		none) revoked_policy 0 0 ;;
		serials) revoked_policy "$n" 0 ;;
		ids) revoked_policy 0 "$n" ;;
		both) revoked_policy "$n" "$n" ;;
		ranges) revoked_policy 0 0 "$n" ;;
		esac >"$work/policy.yaml"
		if ! compile "$work/policy.yaml" "$work/revoked-$kind.cdb"; then
			not_measured revoked-index "of=$kind"
			return
		fi
		figure revoked-index "of=$kind" "each=$n" \
		    "policy_bytes=$(bytes_of "$work/policy.yaml")" \
		    "index_bytes=$(bytes_of "$work/revoked-$kind.cdb")" \
		    "load_s=$load_s" "write_s=$write_s" "peak_kb=$peak_kb" \
		    "peak_to_policy=$(ratio "$((peak_kb * 1024))" \
		    "$(bytes_of "$work/policy.yaml")")"
	done
	rm -f "$work/policy.yaml"
}

# The helper's runs, with that revoked and with nothing; all paired.
bench_revoked_starts()
{
	local kind arguments=() name median p99 of none=

	cp "$KEYS/person.pub" "$work/r.pub"
	"$SSH_KEYGEN" -q -s "$KEYS/cf" -I not-revoked -n kiosk -z 1000000008 \
	    -V -1m:+1d "$work/r.pub" 2>"$work/err"
	cut -d ' ' -f 2 "$work/r-cert.pub" >"$work/r.certs"
	for kind in none serials ids both ranges; do
		arguments+=(+ "$kind" kiosk "$work/authorized-principals" -i
		    "$work/revoked-$kind.cdb" -- kiosk 1001 "@$work/r.certs")
	done
	if ! "$programs/starts" -r "$BENCH_STARTS" "${arguments[@]:1}" \
	    >"$work/times" 2>"$work/err"; then
		not_measured revoked-helper
		return
	fi
	while read -r name median p99; do
		[ -n "$none" ] || none=$median
		of=$(ratio "$median" "$none")
		judge "$of" $limit_revoked
		figure revoked-helper "of=$name" "each=$1" \
		    "starts=$BENCH_STARTS" "median_us=$median" "p99_us=$p99" \
		    "ratio=$of" "$target"
	done <"$work/times"
}

# apply, up to the swap, of as many serials and as many key IDs.
bench_revoked_apply()
{
	local n=$1

	rm -f "$work"/revoked.*
	revoked_policy 0 0 >/etc/certgate/policy.yaml
	"$sbindir/certgate" apply --no-reload >"$work/err" 2>&1
	revoked_policy "$n" "$n" >/etc/certgate/policy.yaml
	if ! once revoked -w /etc/ssh/certgate/current "$sbindir/certgate" \
	    apply --no-reload; then
		not_measured revoked-apply "each=$n"
		return
	fi
	figure revoked-apply "serials=$n" "ids=$n" \
	    "to_swap_s=$(best "$work/revoked.s")" \
	    "cpu_s=$(best "$work/revoked.cpu")" \
	    "peak_kb=$(best "$work/revoked.kb")" \
	    "policy_bytes=$(bytes_of /etc/certgate/policy.yaml)"
}

# One login by ssh at the sshd of the sandbox; in ms.
login_ms()
{
	local began ended

	began=$(date +%s%N)
	"$SSH" -F /dev/null -i "$KEYS/person" \
	    -o CertificateFile="$work/r-cert.pub" -o IdentitiesOnly=yes \
	    -o IdentityAgent=none -o BatchMode=yes -o LogLevel=ERROR \
	    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
	    -o GlobalKnownHostsFile=/dev/null "$1@127.0.0.1" true \
	    </dev/null 2>"$work/err" || return
	ended=$(date +%s%N)
	awk -v ns=$((ended - began)) 'BEGIN { printf "%.2f\n", ns / 1e6 }'
}

# logins NAME USER KEY=VALUE...: some logins, and their median.
logins()
{
	local name=$1 user=$2 n_logins=$3 i

	shift 3
	sshd_stop
	: >"$SSHD_LOG"
	: >"$work/logins"
	if ! sshd_start >"$work/err" 2>&1; then
		not_measured "$name" "$@"
		return
	fi
	for ((i = 0; i < n_logins; i++)); do
		login_ms "$user" >>"$work/logins" || {
			not_measured "$name" "$@"
			return
		}
	done
	figure "$name" "$@" "user=$user" "logins=$n_logins" \
	    "median_ms=$(sort -g "$work/logins" |
	    sed -n "$(((n_logins + 1) / 2))p")"
}

# make_list KIND N: a list for sshd, of one CA's serials or key IDs.
make_list()
{
	if [ "$1" = serials ]; then
		# So far apart that ssh-keygen makes no bitmap of them, which
		# sshd could not read.
		awk -v n="$2" 'BEGIN { for (i = 0; i < n; i++)
			printf "serial: %d\n", 1000000007 + 1000 * i }'
	else
		awk -v n="$2" 'BEGIN { for (i = 0; i < n; i++)
			printf "id: name%07d@example.com\n", i }'
	fi >"$work/spec"
	rm -f "$work/list" "$work"/list.*
	once list "$SSH_KEYGEN" -q -k -f "$work/list" -s "$KEYS/cf.pub" "$work/spec"
}

# Whole logins: as much in certgate's index, and in a list of sshd's own.
bench_revoked_logins()
{
	local n=$1 listed kind n_logins

	cp -a /etc/ssh/sshd_config "$work/sshd_config"
	revoked_policy 0 0 >/etc/certgate/policy.yaml
	"$sbindir/certgate" apply --no-reload >"$work/err" 2>&1
	logins revoked-login kiosk "$BENCH_LOGINS" in=none
	revoked_policy "$n" "$n" >/etc/certgate/policy.yaml
	"$sbindir/certgate" apply --no-reload >"$work/err" 2>&1
	logins revoked-login kiosk "$BENCH_LOGINS" in=index "serials=$n" "ids=$n"
	revoked_policy 500 500 >/etc/certgate/policy.yaml
	"$sbindir/certgate" apply --no-reload >"$work/err" 2>&1
	logins revoked-login kiosk "$BENCH_LOGINS" in=index-and-list serials=500 ids=500
	revoked_policy 0 0 >/etc/certgate/policy.yaml
	"$sbindir/certgate" apply --no-reload >"$work/err" 2>&1
	echo "RevokedKeys $work/list" >>/etc/ssh/sshd_config
	for listed in $BENCH_LISTED; do
		n_logins=$BENCH_LOGINS
		[ "$listed" -le 100000 ] || n_logins=3
		for kind in serials ids; do
			if make_list $kind "$listed"; then
				figure sshd-list "$kind=$listed" \
				    "made_in_s=$(cat "$work/list.s")" \
				    "peak_kb=$(cat "$work/list.kb")" \
				    "list_bytes=$(bytes_of "$work/list")"
				logins sshd-list-login kiosk "$n_logins" \
				    in=list "$kind=$listed"
			else
				not_measured sshd-list-login "$kind=$listed"
			fi
		done
	done
	sshd_stop
	cp -a "$work/sshd_config" /etc/ssh/sshd_config
}

bench_revoked()
{
	bench_revoked_indexes "$BENCH_REVOKED"
	bench_revoked_starts "$BENCH_REVOKED"
	bench_revoked_apply "$BENCH_REVOKED"
	bench_revoked_logins "$BENCH_REVOKED"
	rm -f "$work"/revoked-*.cdb "$work/list" "$work"/list.* \
	    "$work/spec"
}
