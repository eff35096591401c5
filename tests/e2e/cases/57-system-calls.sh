# shellcheck shell=bash
# What the login helper does at real logins, by its system calls: it reads one
# file below /etc/ssh/certgate, writes to the log's socket, prints, and no
# more. So it needs no rule of SELinux's beside those for sshd itself.

# Everything that it may call.  What each libc needs to start, musl's and
# glibc's, static and dynamic; then what the helper asks for.
calls_start='access arch_prctl brk execve futex getrandom mmap mprotect
munmap prlimit64 readlink readlinkat rseq set_robust_list set_tid_address
rt_sigaction rt_sigprocmask'
calls_work='open openat close fcntl fstat newfstatat read pread64 lseek
write writev exit_group clock_gettime getpid geteuid getuid gettid
socket setsockopt connect sendmsg madvise'
# These only take away from what it may do.
calls_less='landlock_create_ruleset landlock_restrict_self prctl seccomp setrlimit'

# calls FILE: of the helper's own calls those that are not allowed, by name.
calls_foreign()
{
	sed -nE 's/^([a-z_0-9]+)\(.*/\1/p' "$1" | sort -u |
	    grep -vxF "$(echo "$calls_start $calls_work $calls_less" | tr ' ' '\n')"
}

# The files that it opened or tried to, but those that a libc looks for.
calls_files()
{
	sed -nE 's/^open(at)?\((AT_FDCWD, )?"([^"]*)".*/\3/p' "$1" |
	    grep -vxE '/etc/ld\.so\.(cache|preload)|(/usr)?/lib[^ ]*\.so[.0-9]*' |
	    sort -u
}

# The same of sockets: family and type, and all addresses that it names.
calls_sockets()
{
	{
		sed -nE 's/^socket\(([A-Z_0-9]*), ([A-Z_]*).*/\1 \2/p' "$1"
		grep -oE 'sa_family=[^}]*' "$1"
	} | sort -u | paste -sd' '
}

# Each run of the helper of the trace, from its execve on: /run/runs/N.
calls_split()
{
	local file

	rm -rf /run/runs
	mkdir /run/runs
	for file in /run/trace.[0-9]*; do
		sed -n '/^execve("[^"]*\/authorized-principals".* = 0$/,$p' \
		    "$file" >/run/runs/"${file##*.}"
		[ -s /run/runs/"${file##*.}" ] || rm /run/runs/"${file##*.}"
	done
}

calls_judge()
{
	local run

	calls_split
	check_says '^([2-9]|[1-9][0-9]+)$' "$1: the helper was traced" \
	    sh -c 'ls /run/runs | wc -l'
	for run in /run/runs/*; do
		[ -e "$run" ] || continue
		check_says "^\$" "$1: no other system call" sh -c "
			echo '$(calls_foreign "$run" | paste -sd' ')'"
		check_says '^/etc/ssh/certgate/current/policy.cdb$' \
		    "$1: no other file" echo "$(calls_files "$run" | paste -sd' ')"
		check_says '^AF_UNIX SOCK_DGRAM sa_family=AF_UNIX, sun_path="/dev/log"$' \
		    "$1: no other socket" echo "$(calls_sockets "$run")"
		check_says '^(O_RDONLY[A-Z_|]*)$' "$1: only to read" \
		    sh -c "sed -nE 's/^open(at)?\(.*policy.cdb\", ([A-Z_|]*).*/\2/p' $run"
	done
}

if ! command -v strace >/dev/null; then
	echo "# strace is missing: left out"
	return 0
fi
write_policy <<END
version: 1
authorities:
  vault:
    keys: ["$(ca_key vault)"]
    require: {max_validity: 16h}
users:
  jdoe: {allow: [{identity: jdoe, from: [127.0.0.0/8], options: no-pty}]}
  alice: alice
END
apply
cert jdoe --ca vault --id jdoe --principals jdoe
cert alice --ca vault --id alice --principals nobody-there

sshd_stop
rm -f /run/trace.[0-9]*
: >"$SSHD_LOG"
strace -ff -qq -s 200 -o /run/trace "$SSHD" -D -f /etc/ssh/sshd_config \
    -E "$SSHD_LOG" &
strace_pid=$!
wait_for 20 sshd_listens 1 || not_ok "sshd starts below strace"
login_ok jdoe jdoe 'jdoe:'
login_no alice alice no-matching-principal 'alice: alice'
sshd_stop
wait "$strace_pid"
calls_judge login
rm -f /run/trace.[0-9]*
