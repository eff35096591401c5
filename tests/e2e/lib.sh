# shellcheck shell=bash
# lib: the words in which cases are written. Sourced after machine.sh.
#
#   write_policy <TEXT         the policy; ca_key NAME gives a key line
#   apply | apply_refused WHAT make it so | refused, with every file as it was
#   cert NAME ...              a certificate by ssh-keygen, sshpk_cert by sshpk
#   login_ok USER CERT RULE    gets in; explain and the log name RULE's line
#   login_no USER CERT REASON  stays out; explain and the log give REASON
#
# Every login is also put to `certgate explain`, which must agree.

: "${srcdir:?}" "${builddir:?}" "${CERTGATE:?}"
POLICY=/etc/certgate/policy.yaml
CERTS=/run/certs
n_passed=0
n_failed=0
client=ssh
port=22
case_name=none

ok()
{
	n_passed=$((n_passed + 1))
	echo "ok - $case_name: $1"
}

# not_ok NAME WHAT...: a failed check, with what was seen.
not_ok()
{
	n_failed=$((n_failed + 1))
	echo "not ok - $case_name: $1"
	shift
	printf '# %s\n' "$@"
}

# The rest of standard input as comment, for the reader of a failure.
show()
{
	local title=$1

	sed -e "s/^/#   $title: /" | tail -n 12
}

# check NAME COMMAND...: passes where the command succeeds.
check()
{
	local name=$1

	shift
	if "$@" >/run/check.out 2>&1; then
		ok "$name"
	else
		not_ok "$name" "exit status $?: $*"
		show output </run/check.out
	fi
}

# check_status STATUS NAME COMMAND...
check_status()
{
	local expected=$1 name=$2 status=0

	shift 2
	"$@" >/run/check.out 2>&1 || status=$?
	if [ "$status" -eq "$expected" ]; then
		ok "$name"
	else
		not_ok "$name" "exit status $status, not $expected: $*"
		show output </run/check.out
	fi
}

# check_says PATTERN NAME COMMAND...: its output matches.
check_says()
{
	local pattern=$1 name=$2

	shift 2
	"$@" >/run/check.out 2>&1 || true
	if grep -Eq -- "$pattern" /run/check.out; then
		ok "$name"
	else
		not_ok "$name" "no match of: $pattern"
		show output </run/check.out
	fi
}

certgate()
{
	local word=$1

	shift
	case $word in
	apply | plan | doctor | remove | rollback) set -- --sshd "$SSHD" "$@" ;;
	esac
	"$CERTGATE" "$word" "$@"
}

ca_key()
{
	cat "$KEYS/$1.pub"
}

write_policy()
{
	cat >"$POLICY"
	chmod 0644 "$POLICY"
}

# The number of the only line that holds TEXT, "?" where it is not one line;
# in the policy, or in $rule_file beside it.
line_of()
{
	local lines

	lines=$(grep -nF -- "$1" "/etc/certgate/${rule_file:-policy.yaml}" |
	    cut -d: -f1)
	case $lines in
	'' | *[!0-9]*) echo '?' ;;
	*) echo "$lines" ;;
	esac
}

count_reloads()
{
	grep -c '^Received SIGHUP; restarting' "$SSHD_LOG" || true
}

# The pid file comes last, and sshd_stop needs it.
has_reloaded()
{
	[ "$(count_reloads)" -gt "$1" ] && [ -s /run/sshd.pid ] && [ "$(tail -n +"$(grep -n \
	    '^Received SIGHUP' "$SSHD_LOG" | tail -n 1 | cut -d: -f1)" \
	    "$SSHD_LOG" | grep -c '^Server listening on 0\.0\.0\.0')" -gt 0 ]
}

# apply [OPTION...]: must succeed, and a running sshd must start anew where its own
# configuration changed, else stay as it is.
apply()
{
	local before

	before=$(count_reloads)
	sha256sum /etc/ssh/sshd_config /etc/ssh/sshd_config.d/* \
	    >/run/config.before 2>&1
	if ! certgate apply "$@" >/run/apply.out 2>&1; then
		not_ok "apply" "it failed"
		show apply </run/apply.out
		return 1
	fi
	sha256sum /etc/ssh/sshd_config /etc/ssh/sshd_config.d/* \
	    >/run/config.after 2>&1
	if cmp -s /run/config.before /run/config.after; then
		check "apply, with no reload" \
		    test "$(count_reloads)" -eq "$before"
		return
	fi
	if ! wait_for 5 has_reloaded "$before"; then
		not_ok "apply reloads sshd" "no SIGHUP arrived"
		show apply </run/apply.out
		show sshd <"$SSHD_LOG"
		return 1
	fi
	ok "apply"
}

# All of /etc, to compare: names, kinds, modes, owners, links, contents.
# Before the first apply there is no /etc/ssh/certgate, and after one that
# was refused there must be none.
etc_listing()
{
	find /etc -printf '%p %y %m %U %G %l\n' | sort
	find /etc -type f -exec sha256sum {} + | sort -k 2
}

# apply_refused NAME PATTERN: exit status 1, a message that matches, every
# file below /etc as it was, sshd not touched.
apply_refused()
{
	local name=$1 pattern=$2 status=0 problems=() reloads

	etc_listing >/run/etc.before
	reloads=$(count_reloads)
	certgate apply >/run/apply.out 2>&1 || status=$?
	etc_listing >/run/etc.after
	[ "$status" -eq 1 ] || problems+=("exit status $status, not 1")
	grep -Eq -- "$pattern" /run/apply.out ||
	    problems+=("no match of: $pattern")
	cmp -s /run/etc.before /run/etc.after ||
	    problems+=("files below /etc changed")
	[ "$(count_reloads)" -eq "$reloads" ] ||
	    problems+=("sshd was reloaded")
	if [ "${#problems[@]}" -eq 0 ]; then
		ok "$name"
		return
	fi
	not_ok "$name" "${problems[@]}"
	show apply </run/apply.out
	diff /run/etc.before /run/etc.after | show etc
}

# cert NAME OPTION...: a certificate by ssh-keygen for the key "person".
#   --ca NAME --id TEXT --principals A,B --valid FROM:TO --serial N
#   --key NAME --host, and -O OPTION as for ssh-keygen
cert()
{
	local name=$1 ca=cf id='' valid=-1m:+5m serial=0 key=person
	local extra=()

	shift
	while [ $# -gt 0 ]; do
		case $1 in
		--ca) ca=$2 ;;
		--id) id=$2 ;;
		--principals) extra+=(-n "$2") ;;
		--valid) valid=$2 ;;
		--serial) serial=$2 ;;
		--key) key=$2 ;;
		-O) extra+=(-O "$2") ;;
		--host) extra+=(-h); set -- "$@" - ;;
		esac
		shift $(($# > 1 ? 2 : 1))
	done
	mkdir -p "$CERTS"
	cp "$KEYS/$key.pub" "$CERTS/$name.pub"
	ln -sf "$KEYS/$key" "$CERTS/$name.key"
	rm -f "$CERTS/$name-cert.pub"
	"$SSH_KEYGEN" -q -s "$KEYS/$ca" -I "$id" -V "$valid" -z "$serial" \
	    "${extra[@]}" "$CERTS/$name.pub" 2>/run/keygen.err ||
	    not_ok "certificate $name" "$(cat /run/keygen.err)"
}

# sshpk_cert NAME ca=NAME [key=NAME] ...: see makecert.js.
sshpk_cert()
{
	local name=$1 ca=cf key=person arg rest=()

	shift
	for arg in "$@"; do
		case $arg in
		ca=*) ca=${arg#*=} ;;
		key=*) key=${arg#*=} ;;
		*) rest+=("$arg") ;;
		esac
	done
	mkdir -p "$CERTS"
	ln -sf "$KEYS/$key" "$CERTS/$name.key"
	rm -f "$CERTS/$name-cert.pub"
	NODE_PATH=$builddir/tests/e2e/npm/node_modules \
	    node "$srcdir/tests/e2e/makecert.js" ca="$KEYS/$ca" \
	    key="$KEYS/$key.pub" out="$CERTS/$name-cert.pub" "${rest[@]}" \
	    2>/run/keygen.err ||
	    not_ok "certificate $name" "$(cat /run/keygen.err)"
}

# Try a login by the chosen client (ssh; raw or unasked: rawssh.js). Succeeds where
# the user's shell ran. What the client says is in $ssh_out; ssh_options are
# given to it. The key exchange is the cheapest: newer ones take most of the
# time of a login, and who gets in is not their business.
ssh_out=/run/ssh.out
ssh_options=()
try_login()
{
	local user=$1 cert=$2

	if [ "$client" != ssh ]; then
		NODE_PATH=$builddir/tests/e2e/npm/node_modules \
		    node "$srcdir/tests/e2e/rawssh.js" "$port" "$user" \
		    "$CERTS/$cert.key" "$CERTS/$cert-cert.pub" "$client" \
		    >/run/ssh.out 2>&1
		return
	fi
	timeout "${patience:-20}" "$SSH" -F /dev/null -p "$port" \
	    -i "$(readlink "$CERTS/$cert.key")" \
	    -o CertificateFile="$CERTS/$cert-cert.pub" \
	    -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes \
	    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
	    -o GlobalKnownHostsFile=/dev/null -o LogLevel=ERROR \
	    -o PreferredAuthentications=publickey \
	    -o KexAlgorithms=curve25519-sha256 "${ssh_options[@]}" \
	    "$user@127.0.0.1" 'id -un' </dev/null >"$ssh_out" 2>&1 &&
	    [ "$(cat "$ssh_out")" = "$user" ]
}

# Try a login; succeeds where sshd refused it. A client that failed by itself
# is no refusal.
is_refused()
{
	! try_login "$1" "$2" &&
	    grep -Eq '(: Permission denied|^(query|signature) refused)' \
	    /run/ssh.out
}

# Wait until the log has all that was said before: the mark comes last. It is
# another one each time, in whatever subshell.
log_settles()
{
	local mark="mark $EPOCHREALTIME"

	"$builddir/tests/e2e/logsink" -m "$LOG_SOCKET" "$mark"
	wait_for 5 grep -qxF "$mark" "$HELPER_LOG"
}

# What the helper logged since line $1, complete.
helper_lines()
{
	log_settles
	tail -n +$(($1 + 1)) "$HELPER_LOG" |
	    grep '^<[0-9]*>authorized-principals\[' || true
}

lines_in()
{
	wc -l <"$1"
}

# The file of the expected rule, as a regular expression.
rule_pattern()
{
	printf '%s\n' "${rule_file:-policy.yaml}" | sed 's/\./\\./g'
}

# log_has VERDICT USER REASON LINE: the helper's line in /run/helper.lines,
# in its facility (authpriv) and under its name. LINE "": any.
log_has()
{
	local pattern="^<8[0-7]>authorized-principals\\[[0-9]+\\]: $1 "

	pattern+="user=\"$2\" reason=$3\b"
	[ -z "$4" ] || pattern+=".* rule=\"([^\"]*/)?$(rule_pattern):$4\""
	grep -Eq "$pattern" /run/helper.lines
}

# Ask explain about the login; add to problems where it says otherwise.
ask_explain()
{
	local user=$1 cert=$2 expected=$3 line=$4 status=0 wanted=1

	[ "$expected" = allowed ] && wanted=0
	certgate explain --format json --from 127.0.0.1 "$user" "$CERTS/$cert-cert.pub" \
	    >/run/explain.out 2>&1 || status=$?
	[ "$status" -eq $wanted ] ||
	    problems+=("explain: exit status $status, not $wanted")
	grep -Eq "\"reason\": *\"$expected\"" /run/explain.out ||
	    problems+=("explain: reason is not $expected")
	[ -z "$line" ] || tr -d '\n' </run/explain.out | grep -Eq \
	    "\"file\": *\"([^\"]*/)?$(rule_pattern)\", *\"line\": *$line\b" ||
	    problems+=("explain: rule is not in line $line")
}

# Pass or fail by the array problems of the caller.
conclude()
{
	local name=$1

	if [ "${#problems[@]}" -eq 0 ]; then
		ok "$name"
		return
	fi
	not_ok "$name" "${problems[@]}"
	show client </run/ssh.out
	show explain </run/explain.out
	show helper </run/helper.lines
	tail -n +$((sshd_from + 1)) "$SSHD_LOG" | show sshd
}

is_list_served()
{
	[ -e "/etc/ssh/certgate/current/principals/$1" ]
}

# login_ok USER CERT RULE: gets in by the policy line that holds RULE. Where
# a list serves the user, no helper runs; else its log names that line.
login_ok()
{
	local user=$1 cert=$2 line='' problems=() by=helper
	local helper_from sshd_from

	[ -z "${3-}" ] || line=$(line_of "$3")
	helper_from=$(lines_in "$HELPER_LOG")
	sshd_from=$(lines_in "$SSHD_LOG")
	try_login "$user" "$cert" || problems+=("the login failed")
	helper_lines "$helper_from" >/run/helper.lines
	if is_list_served "$user"; then
		by=list
		[ ! -s /run/helper.lines ] || problems+=("the helper ran")
	else
		log_has allow "$user" allowed "$line" ||
		    problems+=("the log has no such line")
	fi
	ask_explain "$user" "$cert" allowed "$line"
	conclude "$cert is let in as $user ($by)"
}

# login_no USER CERT REASON [RULE]: stays out, for that reason in the
# helper's log and in explain. Where sshd refuses without asking the helper
# (its own list matched, or it knows better), said=PATTERN tells what sshd
# logs instead.
login_no()
{
	local user=$1 cert=$2 reason=$3 line='' problems=()
	local helper_from sshd_from

	[ -z "${4-}" ] || line=$(line_of "$4")
	helper_from=$(lines_in "$HELPER_LOG")
	sshd_from=$(lines_in "$SSHD_LOG")
	is_refused "$user" "$cert" || problems+=("sshd did not refuse it")
	helper_lines "$helper_from" >/run/helper.lines
	if [ -n "${said-}" ]; then
		wait_for 2 sshd_said "$sshd_from" "$said" ||
		    problems+=("sshd did not log: $said")
	else
		log_has deny "$user" "$reason" "$line" ||
		    problems+=("the log has no such line")
	fi
	# Addresses are sshd's business: the helper does not know them. Nor
	# does it compare commands.
	[ "$reason" = source-address ] ||
	    [ "$reason" = forced-commands-differ ] || ! grep -q ': allow ' /run/helper.lines ||
	    problems+=("the helper allowed it")
	ask_explain "$user" "$cert" "$reason" "$line"
	conclude "$cert is refused as $user: $reason"
}

sshd_said()
{
	tail -n +$(($1 + 1)) "$SSHD_LOG" | grep -Eq -- "$2"
}

# sshd_is_before MAJOR MINOR: what this sshd does may depend on it.
sshd_is_before()
{
	local version major minor

	version=$("$SSHD" -V 2>&1 | grep -o 'OpenSSH_[0-9.]*' | head -n 1)
	version=${version#OpenSSH_}
	major=${version%%.*}
	minor=${version#*.}
	[ "$major" -lt "$1" ] ||
	    { [ "$major" -eq "$1" ] && [ "${minor%%.*}" -lt "$2" ]; }
}

# dies_of WHAT USER CERT: the login ends without an answer, and sshd logs WHAT.
dies_of()
{
	! try_login "$2" "$3" && ! is_refused "$2" "$3" &&
	    grep -Eq -- "$1" "$SSHD_LOG"
}

# The same two without certgate: for configurations written by hand.
gets_in()
{
	answers "$1 gets in with certificate $2" try_login "$1" "$2"
}

stays_out()
{
	answers "$1 stays out with certificate $2" is_refused "$1" "$2"
}

answers()
{
	local name=$1 problems=() sshd_from

	shift
	sshd_from=$(lines_in "$SSHD_LOG")
	: >/run/explain.out
	: >/run/helper.lines
	"$@" || problems+=("sshd's answer is another")
	conclude "$name"
}
