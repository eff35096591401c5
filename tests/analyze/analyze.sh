#!/bin/bash
# analyze.sh [TOOL...]: static analysis of lib/, helpers/, pam/ and config-gen/
# by gcc (-fanalyzer), clang (--analyze) and cppcheck; those that are missing
# are left out and said.
#
# ANALYZE_FLAGS are the compiler's flags, ANALYZE_FOLDERS the folders. A
# finding is known if tests/analyze/known has its tool, file and check, with
# the reason why it is none; any other fails, but is only shown where the tool
# is of another version than those findings.
set -u

: "${srcdir:=.}" "${ANALYZE_FLAGS:=}"
: "${ANALYZE_FOLDERS:=lib helpers pam config-gen}"
export srcdir ANALYZE_FLAGS
known=$srcdir/tests/analyze/known
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

sources()
{
	local folder

	for folder in $ANALYZE_FOLDERS; do
		ls "$srcdir/$folder"/*.c
	done
}

# Each tool's own words, with FILE:LINE... and [CHECK] on a finding's line.
# What gcc 12 says of leaks and of uninitialised values is left out: it loses
# what is kept in an array or handed to a caller, and does not see that a
# function of another file which returns 0 has set what it was given. Clang
# and Valgrind look for these.
run_gcc()
{
	# shellcheck disable=SC2016,SC2086 # for the inner shell
	sources | xargs -P "$jobs" -I '{}' sh -c 'gcc -fanalyzer -O1 \
	    -Wno-analyzer-malloc-leak \
	    -Wno-analyzer-use-of-uninitialized-value \
	    $ANALYZE_FLAGS -S -o /dev/null "$1" 2>&1' sh '{}'
}

run_clang()
{
	# shellcheck disable=SC2016 # for the inner shell
	sources | xargs -P "$jobs" -I '{}' sh -c 'clang --analyze -w \
	    --analyzer-output text -Xclang -analyzer-disable-checker=security \
	    $ANALYZE_FLAGS "$1" 2>&1' sh '{}'
}

run_cppcheck()
{
	local folder folders=()

	for folder in $ANALYZE_FOLDERS; do
		folders+=("$srcdir/$folder")
	done
	cppcheck -q -j "$jobs" --std=c11 --enable=warning,portability \
	    --inline-suppr -DHAVE_CONFIG_H -DPKGLIBEXECDIR='"/x"' \
	    --template='{file}:{line}: warning: {message} [{id}]' \
	    --template-location='' -I "$srcdir" -I . "${folders[@]}" 2>&1
}

# "TOOL FILE CHECK" of each finding of the words on standard input.
findings()
{
	sed -n "s,^$srcdir/\\([^:]*\\):[0-9:]* warning: .*\\[\\([^]]*\\)\\]\$,$1 \\1 \\2,p" |
	    sort -u
}

# Whether the tool is of the version that known was written for.
is_known_version()
{
	local is

	case $1 in
	gcc | clang) is=$("$1" -dumpversion) is=${is%%.*} ;;
	*) is=$("$1" --version) is=${is##* } ;;
	esac
	grep -qx "version $1 $is" "$known" && return
	echo "analyze: $1 $is is another one than tests/analyze/known is for:" \
	    "what it finds does not fail"
	return 1
}

[ $# -gt 0 ] || set -- gcc clang cppcheck
jobs=$(getconf _NPROCESSORS_ONLN)
n_tools=0 n_known=0 n_failed=0
for tool; do
	if ! command -v "$tool" >/dev/null; then
		echo "analyze: $tool is missing: left out"
		continue
	fi
	n_tools=$((n_tools + 1))
	weight=1
	is_known_version "$tool" || weight=0
	"run_$tool" >"$scratch/words" </dev/null
	grep -E '(error|fatal error): ' "$scratch/words" && n_failed=$((n_failed + 1))
	while read -r name file check; do
		if grep -qF "$name $file $check " "$known"; then
			n_known=$((n_known + 1))
			continue
		fi
		n_failed=$((n_failed + weight))
		grep -F "$file:" "$scratch/words" | grep -F "[$check]"
	done < <(findings "$tool" <"$scratch/words")
done
echo "analyze: $(sources | wc -l) files, $n_tools tools, $n_known known" \
    "findings, $n_failed failed"
[ "$n_failed" -eq 0 ] && [ "$n_tools" -gt 0 ]
