#!/bin/sh
# The JSON schema of the policy says what the parser says: of the policies in
# the documents, of those that the unit tests and the fuzz targets hold, and of
# a policy with every key, in which one thing after the other is changed.
#
# Run by make check in the build folder, srcdir in the environment. Skipped
# where Node.js, or the modules that ./bootstrap check fetches, are missing;
# tests/unit/test_policy_schema holds the keys against each other even then.
set -eu

srcdir=$(cd "${srcdir:-.}" && pwd)
build=$PWD
NODE_PATH=$build/tests/e2e/npm/node_modules
export NODE_PATH srcdir
if ! command -v node >/dev/null 2>&1; then
	echo "schema: skipped: node is missing; ./bootstrap check installs it"
	exit 77
fi
if ! [ -d "$NODE_PATH/ajv" ] || ! [ -d "$NODE_PATH/yaml" ]; then
	echo "schema: skipped: ajv and yaml are missing; make npm fetches them"
	exit 77
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
umask 022

# put FILE NAME: a policy in a folder of its own.
put()
{
	mkdir "$scratch/$2"
	cp "$1" "$scratch/$2/policy.yaml"
	chmod 0644 "$scratch/$2/policy.yaml"
}

key='ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA'
"$build/tests/docs/parser" -k | cut -f2 | sort -u >"$scratch/keys"
while read -r name; do
	grep -Eq "(^|[ {])$name:" "$srcdir/tests/docs/every-key.yaml" || {
		echo "schema: tests/docs/every-key.yaml has no \"$name\""
		exit 1
	}
done <"$scratch/keys"
echo "${key}IO9OhnyuHoX6l588NHocqEtCxOumbOJORSddNZwboxA6" >"$scratch/ca.pub"
echo alice@example.com >"$scratch/oncall.txt"

put "$srcdir/tests/docs/every-key.yaml" every
node "$srcdir/tests/docs/schema.js" -m "$scratch/every/policy.yaml" "$scratch"
for seed in "$srcdir"/tests/fuzz/corpus/policy/*; do
	put "$seed" "seed-$(basename "$seed")"
done
find "$scratch" -mindepth 1 -maxdepth 1 -type d -print0 |
    xargs -0 "$build/tests/docs/parser"
# One that is refused as it stands would show nothing.
if grep ' error: ' "$scratch/every/said"; then
	exit 1
fi

EXAMPLES_KEEP=$scratch "$srcdir/tests/docs/examples.sh" >"$scratch/out" ||
    { cat "$scratch/out"; exit 1; }
for test in "$build"/tests/unit/test_policy*; do
	case $test in
	*.*) ;;
	*) POLICYFIX_KEEP=$scratch "$test" >"$scratch/out" ||
	    { cat "$scratch/out"; exit 1; } ;;
	esac
done
find "$scratch" -mindepth 1 -maxdepth 1 -type d -print0 | sort -z |
    NODE_NO_WARNINGS=1 xargs -0 -n 100000 \
	node "$srcdir/tests/docs/schema.js" "$srcdir/doc"
