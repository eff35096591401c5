#!/bin/sh
# Every policy that the README, the manuals and the pages show is one that
# certgate takes.
#
# Run by make check in the build folder, srcdir in the environment; each policy
# is left in a folder below EXAMPLES_KEEP where that is set. A policy
# that begins with "version" stands by itself; another one is tried together
# with a small whole policy, as are the policy lines of the README's table.
set -eu

srcdir=${srcdir:-.}
certgate=${CERTGATE:-config-gen/certgate}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
umask 022
n_checks=0
n_wrong=0

# The files that the examples name.
root=$scratch/root
folder=$root/etc/certgate
fetched=$root/var/lib/certgate/ca
mkdir -p "$folder/policy.d" "$fetched"
key='ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA'
echo "${key}IO9OhnyuHoX6l588NHocqEtCxOumbOJORSddNZwboxA6" >"$folder/ca.pub"
cp "$folder/ca.pub" "$folder/cloudflare-ca.pub"
cp "$folder/ca.pub" "$folder/user-ca.pub"
cp "$folder/ca.pub" "$fetched/cloudflare.pub"
echo "${key}IL93fSR7fMblLsW/h7XID683o5UnScVOIfS9azPUGK06" \
    >"$folder/vault-ca.pub"
cp "$folder/vault-ca.pub" "$fetched/vault.pub"
cp "$folder/vault-ca.pub" "$fetched/step.pub"
printf '# on call\nalice@example.com\n' >"$folder/oncall.txt"
printf 'users:\n  included: alice@example.com\n' >"$folder/policy.d/a.yaml"

# extract FILE: each policy to $scratch/found/N, a line that heads it aside.
extract()
{
	rm -rf "$scratch/found"
	mkdir "$scratch/found"
	awk -v out="$scratch/found/" '
	/^```$/ || /^\.Ed$/ { is_here = 0 }
	is_here {
		gsub(/\\e/, "\\")
		print >(out n)
	}
	/^```yaml( |$)/ { is_here = 1; n++ }
	/^\.\\" example$/ { getline; is_here = 1; n++ }' "$1"
}

# try NAME: the policy in $folder/policy.yaml.
try()
{
	n_checks=$((n_checks + 1))
	status=0
	"$certgate" check --root "$root" >"$scratch/said" 2>&1 || status=$?
	if [ -n "${EXAMPLES_KEEP-}" ]; then
		mkdir "$EXAMPLES_KEEP/example-$n_checks"
		cp "$folder/policy.yaml" "$EXAMPLES_KEEP/example-$n_checks"
		grep ' error: ' "$scratch/said" \
		    >"$EXAMPLES_KEEP/example-$n_checks/said" || true
	fi
	[ $status -ne 0 ] || return 0
	n_wrong=$((n_wrong + 1))
	echo "examples: $1: certgate does not take it:"
	sed 's/^/    /' "$scratch/said"
}

base()
{
	printf 'version: 1\n'
	echo "$1" | grep -q '^authorities:' ||
	    printf 'authorities: {base: {file: ca.pub}}\n'
	echo "$1" | grep -q '^users:' || printf 'users: {base: any}\n'
	printf '%s\n' "$1"
}

# The right column of the README's table: policy lines in backquotes.
table()
{
	awk -F' [|] ' '
	/^\| pasted by hand / { is_here = 1; getline; next }
	!/^\|/ { is_here = 0 }
	is_here { print $NF }' "$srcdir/README.md" >"$scratch/column"
	# shellcheck disable=SC2016 # backquotes
	<"$scratch/column" grep -oE '`[^`]+`' | tr -d '`' >"$scratch/lines"
	while read -r line; do
		case $line in
		authorities:*) base "$line" ;;
		*) base "users: {$line}" ;;
		esac >"$folder/policy.yaml"
		try "README.md: $line"
	done <"$scratch/lines"
	[ -s "$scratch/lines" ] || {
		n_wrong=$((n_wrong + 1))
		echo "examples: no policy lines found in the README's table"
	}
}

# The README's error: its first policy with a slip in it.
slip()
{
	extract "$srcdir/README.md"
	sed -e 's/principals:/princpals:/' -e 's/ *# what this CA.*//' \
	    "$scratch/found/1" >"$folder/policy.yaml"
	"$certgate" check "$folder/policy.yaml" >"$scratch/said" 2>&1 || true
	sed -e "s|$folder|/etc/certgate|" -e 's/^/    /' "$scratch/said" \
	    >"$scratch/quoted"
	n_checks=$((n_checks + 1))
	lines=$(wc -l <"$scratch/quoted")
	grep -A "$((lines - 1))" '^    /etc/certgate/policy.yaml:.*: error' \
	    "$srcdir/README.md" | cmp -s - "$scratch/quoted" && return
	n_wrong=$((n_wrong + 1))
	echo "examples: the README's error is not what certgate says:"
	cat "$scratch/quoted"
}

# The packages' template, once an administrator has taken the # away and put a
# key in; as it stands nobody gets in.
template()
{
	n_checks=$((n_checks + 1))
	if "$certgate" check "$srcdir/packaging/policy.yaml" >/dev/null 2>&1
	then
		n_wrong=$((n_wrong + 1))
		echo "examples: packaging/policy.yaml lets somebody in as it is"
	fi
	sed -e '/^#authorities:/,$!d' -e 's/^#\([a-z]\)/\1/' -e 's/^#  /  /' \
	    -e "s|ssh-ed25519 AAAA[.]*|$(cat "$folder/ca.pub")|" \
	    "$srcdir/packaging/policy.yaml" >"$scratch/template"
	{
		echo 'version: 1'
		cat "$scratch/template"
	} >"$folder/policy.yaml"
	try "packaging/policy.yaml"
}

for page in README.md doc/certgate-policy.5 "$srcdir"/doc/*.md; do
	page=${page#"$srcdir/"}
	extract "$srcdir/$page"
	for example in "$scratch/found"/*; do
		if [ ! -e "$example" ]; then
			case $page in
			doc/*.md) continue ;;
			esac
			n_wrong=$((n_wrong + 1))
			echo "examples: none found in $page"
			continue
		fi
		text=$(cat "$example")
		case $text in
		version:*) echo "$text" ;;
		*) base "$text" ;;
		esac >"$folder/policy.yaml"
		try "$page: example ${example##*/}"
	done
done
table
[ ! -e "$srcdir/packaging/policy.yaml" ] || template
slip

printf '%d%%: Checks: %d, Failures: %d, Errors: 0\n' \
    $(((n_checks - n_wrong) * 100 / n_checks)) $n_checks $n_wrong
[ $n_wrong -eq 0 ]
