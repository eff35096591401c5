#!/bin/sh
# The picture of a login is made of its source as that is now. Where the same
# words stand at other places, as another graphviz or other fonts put them, it
# is the same picture. Skipped where dot is missing.
set -eu

doc=${srcdir:-.}/doc
if ! command -v dot >/dev/null 2>&1; then
	echo "picture: skipped: dot is missing; ./bootstrap check installs it"
	exit 77
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

words()
{
	sed -n -e 's|.*<title>\(.*\)</title>.*|title \1|p' \
	    -e 's|.*<text [^>]*>\(.*\)</text>.*|text \1|p' "$1" | sort
}

dot -Tsvg -o "$scratch/new.svg" "$doc/login.dot"
words "$doc/login.svg" >"$scratch/have"
words "$scratch/new.svg" >"$scratch/want"
if [ -s "$scratch/want" ] && cmp -s "$scratch/have" "$scratch/want"; then
	echo '100%: Checks: 1, Failures: 0, Errors: 0'
	exit 0
fi
echo "picture: doc/login.svg is not what doc/login.dot says; run"
echo "    dot -Tsvg -o doc/login.svg doc/login.dot"
diff "$scratch/have" "$scratch/want" || true
echo '0%: Checks: 1, Failures: 1, Errors: 0'
exit 1
