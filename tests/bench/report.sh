#!/bin/bash
# report: benchmarks.md and benchmarks.svg from the lines of the benchmarks.
#
#   report FIGURES BUILDDIR FOLDER
#
# Called by run.sh. In the environment: srcdir, BENCH_BUILT (compiler and
# helper), BENCH_LOAD (the load before), and what was chosen by BENCH_*.
set -eu

figures=$1
builddir=$2
folder=$3
srcdir=${srcdir:-.}

mkdir -p "$folder"
has_plot=
if awk -f "$srcdir/tests/bench/plot.awk" "$figures" >"$folder/plot.tmp"; then
	mv "$folder/plot.tmp" "$folder/benchmarks.svg"
	has_plot=1
else
	rm -f "$folder/plot.tmp"
fi

first_of()
{
	sed -n "s/^$2[[:space:]]*: *//p" "$1" | head -n 1
}

# What was set for this run, as it is typed.
command_line()
{
	local name

	# Where it was kept from some of the processors.
	[ "$(nproc)" -eq "$(nproc --all)" ] || printf 'taskset -c %s ' \
	    "$(first_of /proc/self/status Cpus_allowed_list)"
	printf 'make bench'
	for name in BENCH_PARTS BENCH_STARTS BENCH_SIZES BENCH_REVOKED \
	    BENCH_LISTED BENCH_LOGINS BENCH_ROUNDS BENCH_USERS; do
		[ -z "${!name-}" ] || printf " %s='%s'" "$name" "${!name}"
	done
	echo
}

# The figures that have a limit, as rows of a table.
targets()
{
	awk '$1 == "bench" && /limit=/ {
		what = ""; got = ""; limit = ""; is = ""
		for (i = 3; i <= NF; i++) {
			n = index($i, "=")
			key = substr($i, 1, n - 1)
			value = substr($i, n + 1)
			if (key == "limit")
				limit = value
			else if (key == "target")
				is = value
			else if (key == "ratio" || key == "to_static" ||
			    key == "slowest_to_fastest" || key == "more_us")
				got = value
			else if (key ~ /^(mappings|listener|of|by|each|through|starts|logins)$/ &&
			    value != "")
				what = what " " key "=" value
		}
		printf "| %s |%s | %s | %s | %s |\n", $2, what, got, limit, is
	}' "$figures"
}

logins()
{
	awk '$1 == "bench" && $2 == "login" && /through=/ {
		for (key in f)
			delete f[key]
		for (i = 3; i <= NF; i++) {
			n = index($i, "=")
			f[substr($i, 1, n - 1)] = substr($i, n + 1)
		}
		if (f["mappings"] == "")
			f["mappings"] = "any"
		if ("median_ms" in f)
			printf "| %s | %s | %s | %s | %s | %s |\n",
			    f["through"], f["mappings"], f["logins"],
			    f["median_ms"], f["p99_ms"], f["to_static"]
		else
			printf "| %s | %s | refused, see below | | | |\n",
			    f["through"], f["mappings"]
	}' "$figures"
}

{
	cat <<-END
		# Benchmarks

		Written by \`make bench\` ($(date -u +%Y-%m-%d)). Figures are
		relative to something that is measured beside them, in turns,
		since absolute times say more about a machine than about
		certgate.

		## Machine and versions

		| | |
		| --- | --- |
		| processor | $(first_of /proc/cpuinfo 'model name'), $(nproc) of $(nproc --all) of them |
		| memory | $(awk '/^MemTotal/ { printf "%.1f GiB", $2 / 1048576 }' /proc/meminfo) |
		| kernel | $(uname -srm) |
		| load before and after | $BENCH_LOAD; $(cut -d ' ' -f 1-3 /proc/loadavg) |
		| OpenSSH | $("${SSH:-ssh}" -V 2>&1) |
		| certgate | $("$builddir/config-gen/certgate" --version 2>/dev/null || git -C "$srcdir" describe --always 2>/dev/null), commit $(git -C "$srcdir" rev-parse --short HEAD 2>/dev/null || echo unknown) |
		| built with | $BENCH_BUILT; $(${CC:-cc} --version | head -n 1) |

		    $(command_line)

		## Targets

		What is missed by a little on a machine that does other things
		too is not missed on one that does not: look at the load above.

		| figure | of | is | at most | target |
		| --- | --- | --- | --- | --- |
	END
	targets
	if grep -q '^bench login through=' "$figures"; then
		cat <<-END

			## Whole logins

			By ssh, at an sshd of its own for each way, in turns and in an
			order that differs from round to round; from the start of ssh
			to its end, which is that of the command \`true\`.

			| way | what tells sshd the principals |
			| --- | --- |
			| list | AuthorizedPrincipalsFile, a file for each user: sshd's own |
			| helper | certgate's helper |
			| static | a static program that prints the one principal: what any command costs |
			| echo | /bin/echo |
			| pipeline | a shell that runs ssh-keygen -L and grep |
			| match | /bin/echo in a Match block for each user |

			| way | users | logins | median ms | p99 ms | to static |
			| --- | --- | --- | --- | --- | --- |
		END
		logins
		if [ "${BENCH_ROUNDS:-1000}" -lt 1000 ]; then
			printf '\nSo few logins try the programs out; for a result take 1,000.\n'
		fi
		if [ -n "$has_plot" ]; then
			printf '\n![A login against the number of users](benchmarks.svg)\n'
		fi
	fi
	if grep -q '^bench sshd-list' "$figures"; then
		cat <<-END

			## Revocation beside sshd's own list

			\`revoked-apply\` is the whole of \`certgate apply\` up to the
			swap for as many serials and as many key IDs; \`sshd-list\` is
			\`ssh-keygen -k\` alone for one of the two. sshd reads its list
			anew, and twice, at each login; the index is asked. Lists for
			sshd end at 100,000 here: what ssh-keygen takes to make one
			grows with the square of its length, and 1,000,000 key IDs
			would keep it busy for a quarter of an hour
			(\`make bench BENCH_PARTS=revoked BENCH_LISTED=1000000\`).

		END
		grep -E '^bench (revoked|sshd-list)' "$figures" |
		    sed 's/^bench /    /'
	fi
	printf '\n## All figures\n\n'
	sed 's/^/    /' "$figures"
} >"$folder/benchmarks.md"
