#!/bin/sh
# Code and manuals say the same, in both directions: commands, options, exit
# status, reason codes, checks of doctor, policy keys, options of entries,
# directives, fields of the log line, the environment; and the README names
# nothing that is not there.
#
# Run by make check in the build folder, srcdir in the environment.
set -eu

srcdir=${srcdir:-.}
certgate=${CERTGATE:-config-gen/certgate}
doc=$srcdir/doc
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
LC_ALL=C
export LC_ALL
n_checks=0
n_wrong=0

wrong()
{
	n_wrong=$((n_wrong + 1))
	echo "agree: $*"
}

# agree WHAT MANUAL: $scratch/code and $scratch/manual hold the same lines.
# What is read wrongly would be empty on both sides, so none may be.
agree()
{
	if [ ! -s "$scratch/code" ]; then
		wrong "$1: none were found in the code; mend tests/docs/agree.sh"
		return
	fi
	n_checks=$((n_checks + $(wc -l <"$scratch/code")))
	sort "$scratch/code" >"$scratch/a"
	sort "$scratch/manual" >"$scratch/b"
	comm -23 "$scratch/a" "$scratch/b" >"$scratch/only"
	while read -r line; do
		wrong "$1: \"$line\" is in the code, not in $2"
	done <"$scratch/only"
	comm -13 "$scratch/a" "$scratch/b" >"$scratch/only"
	while read -r line; do
		wrong "$1: \"$line\" is in $2, not in the code"
	done <"$scratch/only"
	[ -z "$(uniq -d "$scratch/b")" ] ||
	    wrong "$1: twice in $2: $(uniq -d "$scratch/b" | tr '\n' ' ')"
}

# items PAGE SECTION [SUBSECTION]: what .It heads there, macros left out.
# The items of a list in a list are left out too.
items()
{
	awk -v section="$2" -v sub_section="${3-}" '
	function rest() {
		sub(/^\.S[hs] /, "")
		gsub(/"|\\&/, "")
		return $0
	}
	/^\.Sh / { here = rest(); below = "" }
	/^\.Ss / { below = rest() }
	/^\.Bl / { depth++ }
	/^\.El/ { depth-- }
	/^\.It / && depth == 1 && here == section && below == sub_section {
		sub(/^\.It /, "")
		print
	}' "$doc/$1" |
	    sed -e 's/Op Ar \([A-Z]*\)/[\1]/g' -e 's/Cm //g' -e 's/Ar //g' \
		-e 's/Fl /-/g'
}

# Commands and what they take: "apply [POLICY]", "ca list".  In the usage two
# blanks or more end the name, and what it takes.
commands()
{
	"$certgate" --help | sed -n 's/^  \([a-z]\)/\1/p' |
	    sed 's/   */\t/g' >"$scratch/usage"
	cut -f1 "$scratch/usage" >"$scratch/commands"
	awk -F'\t' '{ print $1 ($2 ~ /^\[?[A-Z]/ ? " " $2 : "") }' \
	    "$scratch/usage" >"$scratch/code"
	items certgate.8 COMMANDS >"$scratch/manual"
	agree command certgate.8
}

# Options, for each command: "explain --at TIME". In the manual the line
# after the option names its commands.
options()
{
	while read -r command; do
		# shellcheck disable=SC2086 # a command may be two words
		"$certgate" $command --help |
		    awk -v command="$command" '/^  --/ {
			print command, $1 ($2 ~ /^[A-Z]+$/ ? " " $2 : "")
		}'
	done <"$scratch/commands" >"$scratch/code"
	awk '
	/^\.Sh / { is_here = $2 == "OPTIONS" }
	is_here && /^\.It Fl / {
		option = "-" $3 ($4 == "Ar" ? " " $5 : "")
		getline
		if ($1 != ".Pq")
			print "no command, with", option
		sub(/^\.Pq Cm /, "")
		n = split($0, names, / , /)
		for (i = 1; i <= n; i++)
			print names[i], option
	}' "$doc/certgate.8" >"$scratch/manual"
	agree option certgate.8

	# Nor is there any other one between the lines.
	sed 's/^.* \(--[a-z-]*\).*/\1/' "$scratch/code" | sort -u \
	    >"$scratch/options"
	{ cat "$scratch/options"; echo --version; } >"$scratch/code"
	grep -o 'Fl -[a-z-]*' "$doc/certgate.8" | sed 's/Fl /-/' | sort -u \
	    >"$scratch/manual"
	agree "option in the text" certgate.8
}

# run STATUS COMMAND...: it ends so.
run()
{
	n_checks=$((n_checks + 1))
	expected=$1
	shift
	status=0
	"$@" >"$scratch/out" 2>&1 || status=$?
	[ $status -eq "$expected" ] ||
	    wrong "exit status $status, not $expected: $*"
}

exit_status()
{
	sed -n 's/.*CMD_[A-Z]* = \([0-9]*\).*/\1/p' \
	    "$srcdir/config-gen/cmd.h" >"$scratch/code"
	items certgate.8 "EXIT STATUS" >"$scratch/manual"
	agree "exit status" certgate.8
	"$certgate" --help | sed -n '/^Exit status/,$p' |
	    grep -oE '(^|[:;] )[0-9]+ ' | tr -dc '0-9\n' >"$scratch/manual"
	agree "exit status" "certgate --help"
	run 2 "$certgate"
	run 2 "$certgate" --no-such-option
	run 2 "$certgate" check one two
	sed -n 's/ .*//p' "$scratch/commands" | sort -u >"$scratch/groups"
	while read -r group; do
		run 2 "$certgate" "$group"
		run 2 "$certgate" "$group" no-such-command
		run 0 "$certgate" "$group" --help
	done <"$scratch/groups"
	run 1 "$certgate" check "$scratch/missing.yaml"

	grep -oE 'return [^;(-]*;' "$srcdir/helpers/authorized-principals.c" |
	    grep -oE '[0-9]+' | sort -u >"$scratch/code"
	items authorized-principals.8 "EXIT STATUS" >"$scratch/manual"
	agree "exit status" authorized-principals.8

	awk '/^(usage|on_alarm|main)\(/ { is_here = 1 } /^}/ { is_here = 0 }
	is_here && /return|_exit\(|ret = /' "$srcdir/helpers/ca-fetch.c" |
	    grep -oE '[ (][0-9]+[; )]' | tr -dc '0-9\n' | sort -u \
	    >"$scratch/code"
	items ca-fetch.8 "EXIT STATUS" >"$scratch/manual"
	agree "exit status" ca-fetch.8
	run 0 helpers/ca-fetch -h
	run 2 helpers/ca-fetch -x
	run 2 helpers/ca-fetch https://ca.example.com/
	run 1 sh -c ': | helpers/ca-fetch'
}

# In this order, which is the order of checking.
reasons()
{
	sed -n 's/.*\[REASON_[A-Z_]*\] = { "\([a-z-]*\)".*/\1/p' \
	    "$srcdir/lib/reason.c" >"$scratch/code"
	items certgate.8 "HOW A LOGIN IS DECIDED" >"$scratch/manual"
	agree "reason code" certgate.8
	[ "$(wc -l <"$scratch/code")" -eq \
	    "$(grep -c '^	REASON_' "$srcdir/lib/reason.h")" ] ||
	    wrong "reason code: not all were found in lib/reason.c"
	cmp -s "$scratch/code" "$scratch/manual" ||
	    wrong "reason code: another order in certgate.8"
	# explain knows of things that the decision does not.
	sed -n 's/.*->code = "\([a-z-]*\)".*/\1/p' \
	    "$srcdir/config-gen/cmd_explain.c" >"$scratch/code"
	awk '
	/^\.Sh/ { is_here = 0 }
	is_here && /^\.Cm / { print $2 }
	/^has two more/ { is_here = 1 }' "$doc/certgate.8" >"$scratch/manual"
	agree "reason of explain" certgate.8
}

# Where a key stands: the word of the table, and the manual's headings.
places='TOP=The policy
AUTHORITY=An authority
REQUIRE=Requirements
GROUP=A group
RULE=A user'\''s rule
ENTRY=An entry
REVOKED=A revocation'

# Checks of doctor, in this order, each with what --despite may do to it.
checks()
{
	awk '
	/^};/ { is_here = 0 }
	is_here
	/^const struct doctor_check doctor_checks/ { is_here = 1 }' \
	    "$srcdir/config-gen/doctor.c" >"$scratch/table"
	tr -d '\n' <"$scratch/table" | sed 'y/{}/\n\n/' | awk -F'"' '
	/doctor_[a-z_]+ *$/ {
		print $2, ($0 ~ /[", \t]true,/ ? "despite" : "never")
	}' >"$scratch/code"
	[ "$(wc -l <"$scratch/code")" -eq "$(grep -c '{ "' \
	    "$scratch/table")" ] ||
	    wrong "check of doctor: not all were found in its table"
	awk '
	function flush() {
		if (code != "")
			print code, may
		code = ""
	}
	/^The checks:/ { is_here = 1 }
	is_here && /^\.(It|El)/ { flush() }
	is_here && /^\.It Cm / { code = $3; may = "never" }
	is_here && /may be overruled/ { may = "despite" }
	is_here && /^\.El/ { exit }' "$doc/certgate.8" >"$scratch/manual"
	agree "check of doctor" certgate.8
	cmp -s "$scratch/code" "$scratch/manual" ||
	    wrong "check of doctor: another order in certgate.8"
}

# As the parser itself tells.
policy_keys()
{
	tests/docs/parser -k | awk -F'\t' '{ print $1, $2 }' >"$scratch/code"
	echo "$places" | while IFS='=' read -r where heading; do
		items certgate-policy.5 DESCRIPTION "$heading" |
		    sed "s/^/$where /"
	done >"$scratch/manual"
	agree "policy key" certgate-policy.5

	sed -n 's/^	*\[PRINCIPALS_[A-Z_]*\] = "\(.*\)",/\1/p' \
	    "$srcdir/config-gen/policy_authority.c" >"$scratch/code"
	sed -n 's/^\.It Ql //p' "$doc/certgate-policy.5" >"$scratch/manual"
	agree "value of principals" certgate-policy.5
}

# Options of entries: those taken and those refused, in two lists.
entry_options()
{
	sed -n 's/^	{ "\([a-z0-9-]*\)", \(OPTION_[A-Z]*\),.*/\2 \1/p' \
	    "$srcdir/lib/principal.c" |
	    sed -e 's/OPTION_REFUSED/refused/' -e 's/OPTION_[A-Z]*/taken/' \
		>"$scratch/code"
	[ "$(wc -l <"$scratch/code")" -eq "$(grep -c ', OPTION_[A-Z]*,' \
	    "$srcdir/lib/principal.c")" ] ||
	    wrong "option of an entry: not all were found in lib/principal.c"
	awk '
	/^\.Sh / { is_here = $2 == "OPTIONS"; kind = "taken" }
	/^Refused by name/ { kind = "refused" }
	is_here && /^\.It Cm / { print kind, $3 }' \
	    "$doc/certgate-policy.5" >"$scratch/manual"
	agree "option of an entry" certgate-policy.5
}

directives()
{
	awk '
	/ target_keywords\[.*= \{/ { is_here = 1 }
	/^}/ { is_here = 0 }
	is_here && /"/ { split($0, part, "\""); print part[2] }' \
	    "$srcdir/config-gen/target.c" >"$scratch/code"
	awk '
	/^\.Ed/ { is_here = 0 }
	is_here && !/^\./ { print tolower($1) }
	/^\.\\" directives/ { is_here = 1 }' "$doc/certgate.8" \
	    >"$scratch/manual"
	agree directive certgate.8
}

helper()
{
	grep '[ "][a-z_]*=\\*"' "$srcdir/helpers/authorized-principals.c" |
	    grep -o '[a-z_]*=\\*"' | sed 's/=.*//' | sort -u \
	    >"$scratch/code"
	items authorized-principals.8 DESCRIPTION "The log line" \
	    >"$scratch/manual"
	agree "field of the log line" authorized-principals.8

	helpers/authorized-principals -h |
	    sed -n 's/^usage: authorized-principals //p' | tr ' ' '\n' |
	    tr -d '[]' >"$scratch/code"
	awk '
	/^\.Sh / { is_here = $2 == "SYNOPSIS"; n = 0 }
	is_here && /^\.Nm/ { n++ }
	is_here && n == 1 && !/^\.(Nm|Sh)/' "$doc/authorized-principals.8" |
	    sed -e 's/^\.//' -e 's/Op //' -e 's/Ar //' -e 's/Fl \\-/--/' \
		-e 's/Fl i/-i/' | tr ' ' '\n' >"$scratch/manual"
	agree "argument of the helper" authorized-principals.8

	# The rest of the usage is prose; -h itself is what showed it.
	helpers/authorized-principals -h |
	    sed -n 's/^usage: authorized-principals //p' | tr ' ' '\n' |
	    sed -e 's/^\[//' -e '/]$/d' -e '/^--$/d' >"$scratch/code"
	echo -h >>"$scratch/code"
	items authorized-principals.8 DESCRIPTION | sed 's/^\(-i\) .*/\1/' \
	    >"$scratch/manual"
	agree "argument in the text" authorized-principals.8
}

# Keys of --format json: each that the manual has stands in the code.
json()
{
	cat "$srcdir"/config-gen/*.c | grep -oE '"[a-z_]+"' | tr -d '"' |
	    sort -u >"$scratch/strings"
	awk '
	/^\.Sh / { is_here = $2 == "JSON" }
	is_here && /^\.Cm / {
		for (i = 2; i <= NF; i++)
			if ($i ~ /^[a-z_]+$/)
				print $i
	}' "$doc/certgate.8" | sort -u >"$scratch/words"
	known "key of JSON" "$scratch/strings" <"$scratch/words"
}

# Every page of ours that one names is there.
references()
{
	grep -ho '^\.Xr [a-z_-]*[a-z] [0-9]' "$doc"/*.[1-9] | sort -u |
	    awk '$2 ~ /^(certgate|authorized-principals|ca-fetch|pam_certgate)/' \
		>"$scratch/references"
	while read -r _ name section; do
		n_checks=$((n_checks + 1))
		[ -e "$doc/$name.$section" ] ||
		    wrong "there is no page $name($section)"
	done <"$scratch/references"
}

# Command lines of all documents: what stands in backquotes or is set apart,
# each after a "$ ".
command_lines()
{
	sed -n 's/^    \([$] \)\{0,1\}/$ /p' "$srcdir/README.md" "$srcdir/CONTRIBUTING.md"
	# shellcheck disable=SC2016 # backquotes
	grep -ohE '`[^`]+`' "$srcdir/README.md" "$srcdir/CONTRIBUTING.md" |
	    sed 's/^`\(.*\)`$/$ \1/'
	# Of the pages, those of certgate: others' are not ours to judge.
	awk '
	/^```/ { is_here = !is_here }
	is_here && /^certgate / { print "$ " $0 }' "$doc"/*.md
	# shellcheck disable=SC2016 # backquotes
	grep -ohE '`certgate [^`]+`' "$doc"/*.md "$srcdir/SECURITY.md" |
	    sed 's/^`\(.*\)`$/$ \1/'
	awk '
	/^\.Ed/ { is_here = 0 }
	is_here { print "$ " $0 }
	/^\.Bd -literal/ { is_here = 1 }
	/^\.Ql certgate / { print "$ " substr($0, 5) }
	/^\.Nm Cm / { print "$ certgate", $3, $4 }' "$doc"/*.[1-9]
}

# named WORDS: the word after these, in command lines.
named()
{
	grep -oE "^[$] (sudo )?$1 [a-z][a-z0-9-]*" "$scratch/lines" |
	    sed 's/.* //' | sort -u
}

# known WHAT FILE: each line of standard input is one of FILE.
known()
{
	sort -u "$2" >"$scratch/known"
	while read -r word; do
		n_checks=$((n_checks + 1))
		grep -qxF -e "$word" "$scratch/known" ||
		    wrong "$1: the documents name \"$word\""
	done
}

# Commands that the command lines name: two words where the first is a group's.
named_commands()
{
	grep -oE '^[$] (sudo )?certgate [a-z][a-z0-9-]*( [a-z-]+)?' \
	    "$scratch/lines" | sed 's/.*certgate //' |
	    awk -v groups="$scratch/groups" '
	BEGIN { while ((getline line <groups) > 0) is_group[line] = 1 }
	{ print $1 ($1 in is_group ? " " $2 : "") }' | sort -u
}

readme()
{
	command_lines >"$scratch/lines"
	named_commands >"$scratch/words"
	known command "$scratch/commands" <"$scratch/words"

	sed -n 's/^\([a-z][a-z0-9 -]*\):.*/\1/p' Makefile | tr ' ' '\n' \
	    >"$scratch/targets"
	named make >"$scratch/words"
	known "make target" "$scratch/targets" <"$scratch/words"

	"$srcdir/bootstrap" --help | grep -oE 'bootstrap [a-z]+' |
	    sed 's/.* //' >"$scratch/modes"
	named ./bootstrap >"$scratch/words"
	known "word of bootstrap" "$scratch/modes" <"$scratch/words"

	# Options: of certgate, of configure, or of useradd(8).
	{
		cat "$scratch/options"
		"$srcdir/configure" --help | grep -oE -e '--[a-z-]+'
		printf '%s\n' --system --user-group --no-create-home \
		    --home-dir --shell
	} >"$scratch/all"
	grep -oE -e ' --[a-z-]+' "$scratch/lines" | tr -d ' ' | sort -u \
	    >"$scratch/words"
	known option "$scratch/all" <"$scratch/words"
}

# The module's options, each with the groups that it means something in, and
# the codes that it returns.
pam_module()
{
	awk '
	/^static const struct option known/ { is_here = 1 }
	/^};/ { is_here = 0 }
	is_here && /^\t\{ "/ {
		split($0, part, "\"")
		print part[2], (/ALL/ ? "all" : /OPTIONS_AUTH/ ? "auth" : "session")
	}' "$srcdir/pam/options.c" >"$scratch/code"
	awk '
	/^\.Sh / { is_here = $2 == "OPTIONS" }
	is_here && /^\.It Cm / {
		split($3, part, "=")
		name = part[1]
		getline
		print name, (/^\.Pq (auth|session)$/ ? $2 : "all")
	}' "$doc/pam_certgate.8" >"$scratch/manual"
	agree "option of the module" pam_certgate.8

	cat "$srcdir"/pam/*.c | grep -oE '(return|[?:]|ret =) PAM_[A-Z_]+' |
	    grep -oE 'PAM_.*' | sort -u >"$scratch/code"
	awk '
	/^\.Sh / { is_here = $2 == "PAM" }
	is_here && /^\.It Dv / { print $3 }' "$doc/pam_certgate.8" \
	    >"$scratch/manual"
	agree "return value of the module" pam_certgate.8

	grep -oE 'put_env(_span)?\(c, "[A-Z_]+"' "$srcdir/pam/identity.c" |
	    sed 's/.*"\(.*\)"/CERTGATE_\1/' >"$scratch/code"
	items pam_certgate.8 DESCRIPTION "Who it is" | sed 's/^Ev //' \
	    >"$scratch/manual"
	agree "name in the environment" pam_certgate.8
}

# Arguments of ca-fetch, and the words of its request.
fetcher()
{
	helpers/ca-fetch -h | grep -oE ' -[a-z]+' | tr -d ' ' >"$scratch/code"
	awk '
	/^\.Sh / { is_here = $2 == "SYNOPSIS" }
	is_here && /^\.Fl / { print "-" $2 }' "$doc/ca-fetch.8" \
	    >"$scratch/manual"
	agree "option of ca-fetch" ca-fetch.8

	sed -n 's/^#define [A-Z]* "\([a-z]*\) "$/\1/p' \
	    "$srcdir/lib/fetchreq.c" >"$scratch/code"
	awk '
	/^\.Ed/ { is_here = 0 }
	is_here && /^[a-z]+ / { print $1 }
	/^\.Ss The request/ { is_wanted = 1 }
	/^\.Bd / && is_wanted { is_here = 1; is_wanted = 0 }' \
	    "$doc/ca-fetch.8" >"$scratch/manual"
	agree "word of the request" ca-fetch.8
}

# What is read from the environment: by certgate and by the module (which puts
# something there too, see pam_module); the helpers read nothing from it.
environment()
{
	grep -ohE 'getenv\("[A-Z_]+"' "$srcdir"/config-gen/*.c |
	    cut -d'"' -f2 | sort -u >"$scratch/code"
	items certgate.8 ENVIRONMENT | sed 's/^Ev //' >"$scratch/manual"
	agree "name in the environment" certgate.8

	grep -ohE 'getenv\([^"]*"[A-Z_0-9]+"|name\[\] = "[A-Z_]+="' \
	    "$srcdir"/pam/*.c | sed 's/[^"]*"\([A-Z_0-9]*\).*/\1/' |
	    sort -u >"$scratch/code"
	items pam_certgate.8 ENVIRONMENT | sed 's/^Ev //' >"$scratch/manual"
	agree "name in the environment" pam_certgate.8

	n_checks=$((n_checks + 1))
	! grep -nE 'getenv|environ\b' "$srcdir"/helpers/*.c \
	    "$srcdir"/lib/*.c || wrong "a helper reads the environment"
	for page in "$doc"/*.[1-9]; do
		case $page in
		*/certgate.8 | */pam_certgate.8) ;;
		*) ! grep -n '^\.It Ev ' "$page" ||
		    wrong "$page: nothing of it reads the environment" ;;
		esac
	done
}

# Each page shows how it is done.
has_examples()
{
	for page in "$doc"/*.[1-9]; do
		n_checks=$((n_checks + 1))
		awk '
		/^\.Sh / { is_here = $2 == "EXAMPLES" }
		is_here && /^\.Bd -literal/ { n++ }
		END { exit n == 0 }' "$page" ||
		    wrong "$page: no EXAMPLES"
	done
}

# What systemd starts is an absolute path and options that there are.
units()
{
	sed -n 's/^Exec[A-Z][A-Za-z]*=//p' packaging/systemd/*.service \
	    >"$scratch/lines"
	n_checks=$((n_checks + 1))
	grep -q '^/[^ ]*/certgate ' "$scratch/lines" ||
	    wrong "a unit does not start certgate by an absolute path"
	sed -n 's|^/.*/certgate ||p' "$scratch/lines" | tr ' ' '\n' \
	    >"$scratch/words"
	# A command may be two words.
	sed -n 's|^/.*/certgate ||p' "$scratch/lines" | sed 's/ -.*//' \
	    >"$scratch/only"
	known "command in a unit" "$scratch/commands" <"$scratch/only"
	grep '^-' "$scratch/words" >"$scratch/only" || true
	known "option in a unit" "$scratch/options" <"$scratch/only"
}

# The headings of a page as what stands behind # in a link.
anchors()
{
	sed -n 's/^##* //p' "$1" | tr 'A-Z ' 'a-z-' | tr -dc 'a-z0-9_\n-'
}

# What the pages link to is there.
links()
{
	for page in "$srcdir"/*.md "$doc"/*.md; do
		grep -oE '\]\([^)]+\)' "$page" | sed 's/^..\(.*\).$/\1/' |
		    grep -v '^https://' >"$scratch/links" || true
		while read -r link; do
			n_checks=$((n_checks + 1))
			file=$(dirname "$page")/${link%%#*}
			[ -n "${link%%#*}" ] || file=$page
			if ! [ -f "$file" ]; then
				wrong "${page#"$srcdir/"}: no file \"$link\""
				continue
			fi
			case $link in
			*\#*) anchors "$file" | grep -qxF -e "${link#*#}" ||
			    wrong "${page#"$srcdir/"}: no heading \"$link\"" ;;
			esac
		done <"$scratch/links"
	done
}

# The version at hand stands first in NEWS.
news()
{
	n_checks=$((n_checks + 1))
	"$certgate" --version >"$scratch/out"
	head -n 1 "$srcdir/NEWS" | grep -qF "$(cat "$scratch/out")" ||
	    wrong "NEWS does not begin with $(cat "$scratch/out")"
}

commands
options
exit_status
reasons
checks
policy_keys
entry_options
directives
helper
fetcher
json
pam_module
environment
has_examples
references
readme
units
links
news

# As the unit tests say it, so that it is counted with theirs.
printf '%d%%: Checks: %d, Failures: %d, Errors: 0\n' \
    $(((n_checks - n_wrong) * 100 / n_checks)) $n_checks $n_wrong
[ $n_wrong -eq 0 ]
