#!/bin/bash
# analyze.sh [TOOL...]: static analysis of lib/, helpers/, pam/ and config-gen/
# by gcc (-fanalyzer), clang (--analyze) and cppcheck; those that are missing
# are left out and said.
#
# ANALYZE_FLAGS are the compiler's flags, ANALYZE_FOLDERS the folders,
# ANALYZE_NODES how far clang goes for one function: with 225000, its own
# default, it takes three times as long as with 75000. A finding is known if
# tests/analyze/known has its tool, file, check, function and line of source,
# with the reason why it is none; any other fails, but is only shown where the
# tool is of another version than those findings.
set -u

: "${srcdir:=.}" "${ANALYZE_FLAGS:=}" "${ANALYZE_NODES:=75000}"
: "${ANALYZE_FOLDERS:=lib helpers pam config-gen}"
export srcdir ANALYZE_FLAGS ANALYZE_NODES
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

# The flags of a file: all but the one that defines them get err_set and its
# like as tests/analyze/minus_one.h has them.
flags_of()
{
	case $1 in
	*/lib/err.c) echo "$ANALYZE_FLAGS" ;;
	*) echo "$ANALYZE_FLAGS -include tests/analyze/minus_one.h" ;;
	esac
}
export -f flags_of

# Each tool's own words, with FILE:LINE... and [CHECK] on a finding's line.
# What gcc 12 says of leaks is left out: it loses what is kept in an array or
# handed to a caller. Clang and Valgrind look for these.
run_gcc()
{
	# shellcheck disable=SC2016 # for the inner shell
	sources | xargs -P "$jobs" -I '{}' bash -c 'gcc -fanalyzer -O1 \
	    -Wno-analyzer-malloc-leak \
	    $(flags_of "$1") -S -o /dev/null "$1" 2>&1' bash '{}'
}

run_clang()
{
	# shellcheck disable=SC2016 # for the inner shell
	sources | xargs -P "$jobs" -I '{}' bash -c 'clang --analyze -w \
	    --analyzer-output text -Xclang -analyzer-disable-checker=security \
	    -Xclang -analyzer-config -Xclang "max-nodes=$ANALYZE_NODES" \
	    $(flags_of "$1") "$1" 2>&1' bash '{}'
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

# "FILE LINE CHECK" of each finding of the words on standard input.
findings()
{
	sed -n "s,^$srcdir/\\([^:]*\\):\\([0-9]*\\):[0-9:]* warning: .*\\[\\([^]]*\\)\\]\$,\\1 \\2 \\3,p" |
	    sort -u
}

# Line $2 of file $1 behind the function it is in, "FUNCTION: LINE".
line_of()
{
	awk -v n="$2" '
	match($0, /^[a-z_0-9]+\(/) { name = substr($0, 1, RLENGTH - 1) }
	NR == n { $1 = $1; print name ": " $0; exit }' "$srcdir/$1"
}

# Known findings of tool $1 in $ANALYZE_FOLDERS that are not among those of
# $scratch/found: shown alone, as another header may be enough for that.
show_gone()
{
	local what line rest

	while IFS=$'\t' read -r what line rest; do
		case " $ANALYZE_FOLDERS " in
		*" $(echo "${what#* }" | cut -d / -f 1) "*) ;;
		*) continue ;;
		esac
		grep -qxF "$what	$line" "$scratch/found" ||
		    echo "analyze: known, but not found: $what $line"
	done < <(grep "^$1 " "$known")
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
	: >"$scratch/found"
	while read -r file line check; do
		text="$tool $file $check	$(line_of "$file" "$line")"
		echo "$text" >>"$scratch/found"
		if cut -f 1,2 "$known" | grep -qxF "$text"; then
			n_known=$((n_known + 1))
			continue
		fi
		n_failed=$((n_failed + weight))
		grep -F "$file:$line:" "$scratch/words" | grep -F "[$check]"
	done < <(findings <"$scratch/words")
	[ "$weight" -eq 0 ] || show_gone "$tool"
done
echo "analyze: $(sources | wc -l) files, $n_tools tools, $n_known known" \
    "findings, $n_failed failed"
[ "$n_failed" -eq 0 ] && [ "$n_tools" -gt 0 ]
