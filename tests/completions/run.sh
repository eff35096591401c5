#!/bin/sh
# Completion in the real shells, each as far as it is installed: what they
# offer is what certgate --help and the policy have.  Run by make check in the
# build folder, srcdir in the environment.
set -eu

srcdir=$(cd "${srcdir:-.}" && pwd)
certgate=$PWD/config-gen/certgate
completions=$srcdir/packaging/completions
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
n_checks=0
n_wrong=0
n_shells=0

wrong()
{
	n_wrong=$((n_wrong + 1))
	echo "completions: $*"
}

# An image with a policy, accounts, and generations; the caller owns it all.
make_root()
{
	umask 022
	root=$scratch/root
	mkdir -p "$root/etc/certgate" "$root/bin" \
	    "$root/etc/ssh/certgate/generations/7" \
	    "$root/etc/ssh/certgate/generations/12"
	ln -s generations/12 "$root/etc/ssh/certgate/current"
	printf '#!/bin/sh\n' >"$root/bin/sh"
	chmod 755 "$root/bin/sh"
	cat >"$root/etc/passwd" <<-'END'
	root:x:0:0::/root:/bin/sh
	backup:x:34:34::/:/bin/sh
	carol:x:1001:1001::/:/bin/sh
	daemon2:x:1002:1002::/:/usr/sbin/nologin
	END
	echo 'sudo:x:27:carol' >"$root/etc/group"
	ssh-keygen -q -t ed25519 -N '' -C one -f "$scratch/one"
	ssh-keygen -q -t ed25519 -N '' -C two -f "$scratch/two"
	cat >"$root/etc/certgate/policy.yaml" <<-END
	version: 1
	authorities:
	  vault:
	    keys: ["$(cat "$scratch/one.pub")"]
	  vault-old:
	    keys: ["$(cat "$scratch/two.pub")"]
	users:
	  alice: alice@example.com
	  alfred: alice@example.com
	  bob: bob@example.com
	  "*": same-name
	END
	one=$(ssh-keygen -lf "$scratch/one.pub" | cut -d' ' -f2)
	two=$(ssh-keygen -lf "$scratch/two.pub" | cut -d' ' -f2)
	mkdir "$root/files" "$root/files/sub"
	: >"$root/files/policy.yaml"
	: >"$root/files/with blank"
}

# ask KEY LINE WORD...: LINE completes to these.
ask()
{
	printf '%s\t%s\n' "$1" "$2" >>"$scratch/lines"
	key=$1 typed=$2
	shift 2
	sorted=$(printf '%s\n' "$@" | LC_ALL=C sort | tr '\n' ' ')
	printf '%s\t%s\n' "$typed" "${sorted% }" >>"$scratch/$key"
}

# What the code's own tables say, by certgate --help.
ask_tables()
{
	"$certgate" --help | sed -n 's/^  \([a-z][a-z-]*\( [a-z]*\)\{0,1\}\)  .*/\1/p' \
	    >"$scratch/commands"
	# shellcheck disable=SC2046 # one word each
	ask all "certgate " $(cut -d' ' -f1 "$scratch/commands" | uniq) \
	    --help --version
	# shellcheck disable=SC2046
	ask all "certgate ca " $(sed -n 's/^ca //p' "$scratch/commands") --help
	while read -r command; do
		# shellcheck disable=SC2046,SC2086 # one word each
		ask all "certgate $command --" $("$certgate" $command --help |
		    sed -n 's/^  \(--[a-z-]*\).*/\1/p')
	done <"$scratch/commands"
}

# kind WANTED WORD...: what stands next there; "!" before it: not that.
kind()
{
	n_checks=$((n_checks + 1))
	wanted=$1
	shift
	got=$("$certgate" complete -- "$@" | head -n 1)
	case $wanted in
	!*) [ "!$got" != "$wanted" ] ;;
	*) [ "$got" = "$wanted" ] ;;
	esac || wrong "certgate complete -- $*: $got, wanted $wanted"
}

# Whatever takes a value has a kind, as many arguments as the usage has.
ask_values()
{
	while read -r command; do
		# shellcheck disable=SC2086 # a command may be two words
		set -- $command
		"$certgate" "$@" --help | sed -n '1s/.*\[OPTION \.\.\.\] *//p
			s/^  \(--[a-z-]*\) [A-Z][A-Z]*  .*/\1/p' |
		    tr ' ' '\n' >"$scratch/takes"
		grep -e ^-- "$scratch/takes" >"$scratch/options" || true
		while read -r option; do
			kind '!:none' "$@" "$option" ''
			kind '!:none' "$@" "$option="
		done <"$scratch/options"
		[ "$command" != complete ] || continue
		grep -v -e ^-- -e '^$' "$scratch/takes" >"$scratch/words" || true
		while read -r _; do
			kind '!:none' "$@" -- ''
			set -- "$@" word
		done <"$scratch/words"
		kind :none "$@" -- ''
	done <"$scratch/commands"
}

ask_names()
{
	ask all "certgate explain --root $root a" alfred alice
	ask all "certgate explain --root $root " alfred alice bob carol
	ask all "certgate explain --root=$root b" bob
	ask all "certgate ca remove --root $root " vault vault-old
	ask all "certgate ca fetch --root $root vault-" vault-old
	ask all "certgate revoke --root $root --authority v" vault vault-old
	ask all "certgate rollback --root $root " 12 7
	ask all "certgate rollback --root $root 1" 12
	ask all "certgate apply --root $root --allow-lockout " carol root
	ask all "certgate apply --despite " keys-authority more-methods
	ask all "certgate status --format j" json
	# A colon is where bash cuts words.
	ask all "certgate ca retire --root $root vault SHA256:" "$one"
	ask all "certgate ca remove --root $root vault-old " "$two"
	ask all "certgate ca remove --root $root nobody SHA"
	ask all "certgate ca remove --root $root vault $one x"
	ask all "certgate nonsense a"
	ask all "certgate explain --root $scratch/none a"
	ask tab "certgate status --format=j" --format=json
	ask tab "certgate sta" status
	ask tab "certgate status --fo" --format
	ask tab "certgate ca remove --root $root vault SHA256:${one#SHA256:}" \
	    "$one"
	ask tab "certgate plan $root/files/pol" "$root/files/policy.yaml"
	ask tab "certgate plan $root/files/with" "$root/files/with blank"
	ask tab "certgate ca list --policy=$root/files/pol" \
	    "--policy=$root/files/policy.yaml"
	ask tab "certgate plan --root $root/files/su" "$root/files/sub/"
	ask tab "certgate plan --root $root/files/pol" "$root/files/pol"
}

# compare SHELL KEY...: $scratch/got has what was asked by these keys.
compare()
{
	shell=$1
	shift
	n_shells=$((n_shells + 1))
	for key in "$@"; do
		cat "$scratch/$key"
	done | LC_ALL=C sort >"$scratch/expected"
	n_checks=$((n_checks + $(wc -l <"$scratch/expected")))
	LC_ALL=C sort "$scratch/got" >"$scratch/sorted"
	diff "$scratch/expected" "$scratch/sorted" >"$scratch/diff" || {
		wrong "$shell offers other words (>) than it should (<):"
		cat "$scratch/diff"
	}
}

# place FILE FOLDER NAME: install it there, for the certgate that was built.
place()
{
	mkdir -p "$scratch/$2"
	sed "s|[@]sbindir[@]|${certgate%/*}|" "$completions/$1.in" \
	    >"$scratch/$2/$3"
}

# missing PROGRAM FILE: say it where there is none.
missing()
{
	command -v "$1" >/dev/null 2>&1 && [ -e "${2-/}" ] && return 1
	echo "completions: skipped: $1${2+ or $2} is missing;" \
	    "./bootstrap check installs it"
}

# The shells' own variables would change what they offer.
clean()
{
	env -i PATH="$PATH" HOME="$scratch" TERM=dumb LC_ALL=C \
	    INPUTRC=/dev/null PYTHONDONTWRITEBYTECODE=1 "$@"
}

try_bash()
{
	lib=/usr/share/bash-completion/bash_completion
	missing bash "$lib" && return
	place certgate.bash bash-completion/completions certgate
	cat >"$scratch/bash.setup" <<-END
	BASH_COMPLETION_USER_DIR=$scratch/bash-completion
	. $lib
	bind 'set page-completions off'
	bind 'set completion-query-items 0'
	END
	clean "$srcdir/tests/completions/drive.py" bash \
	    "$scratch/bash.setup" <"$scratch/lines" >"$scratch/got" ||
	    wrong "bash could not be driven"
	compare bash all tab
}

try_zsh()
{
	missing zsh && return
	place _certgate zsh _certgate
	cat >"$scratch/zsh.setup" <<-END
	fpath=($scratch/zsh \$fpath)
	autoload -Uz compinit && compinit -u -D
	zstyle ':completion:all:*' completer _all_matches _complete
	zstyle ':completion:all:*' insert true
	zle -C all complete-word _generic
	bindkey '\e*' all
	setopt nolistbeep nobeep noautoremoveslash
	LISTMAX=0
	END
	clean "$srcdir/tests/completions/drive.py" zsh "$scratch/zsh.setup" \
	    <"$scratch/lines" >"$scratch/got" || wrong "zsh could not be driven"
	compare zsh all tab
}

# fish says by itself what it would offer.
try_fish()
{
	missing fish && return
	place certgate.fish fish certgate.fish
	# It completes only commands that are there.
	mkdir -p "$scratch/path"
	ln -s "$certgate" "$scratch/path/certgate"
	# shellcheck disable=SC2016 # fish's
	clean fish -N -c '
	set -p fish_complete_path $argv[1]/fish
	set -p PATH $argv[1]/path
	while read -l -d \t key typed
		set -l words (complete -C $typed | string replace -r "\t.*" "" |
		    string unescape | sort -u)
		# The others leave on the line what was typed.
		test $key = tab -a -z "$words"
		and set words (string split " " -- $typed)[-1]
		printf "%s\t%s\n" $typed "$words"
	end' "$scratch" <"$scratch/lines" >"$scratch/got" ||
	    wrong "fish could not be driven"
	compare fish all tab
}

make_root
: >"$scratch/lines"
ask_tables
ask_values
ask_names
missing python3 || {
	try_bash
	try_zsh
}
try_fish
[ $n_shells -gt 0 ] || exit 77

printf '%d%%: Checks: %d, Failures: %d, Errors: 0\n' \
    $(((n_checks - n_wrong) * 100 / n_checks)) $n_checks $n_wrong
[ $n_wrong -eq 0 ]
