#!/bin/bash
# run: certgate on a machine of its own, with its own kernel, whose power can be
# cut. Called by make vm-test.
#
# A clean Debian of this machine's release, made by debootstrap with its
# mirror, with certgate installed from the build, boots in QEMU with no network
# (image.sh, power.sh); what is tried there is in scenarios/, of which
# VM_SCENARIOS="NAME ..." chooses some (guest.sh says how they are written).
# All files are in a folder that is removed at the end. Ends with one line that
# sums up. Where this machine cannot do it, that says so.
#
# VM_TEST_CACHE=FOLDER keeps the clean Debian for the next time; where it is
# not set, PACKAGE_TEST_CACHE is. VM_CUTS=N: so many power cuts while apply runs.
# VM_SEED=N repeats their moments.
set -u

: "${sbindir:?}" "${pkglibexecdir:?}"
srcdir=$(cd "${srcdir:-.}" && pwd -P)
builddir=$(cd "${builddir:-.}" && pwd -P)
here=$srcdir/tests/vm
seed=${VM_SEED:-$RANDOM}
n_passed=0
n_failed=0

skip()
{
	echo "vm-test: not possible here: $*"
	echo "vm-test: 0 passed, 0 failed, 1 skipped"
	exit 77
}

fail()
{
	n_failed=$((n_failed + 1))
	echo "not ok - $1"
	shift
	[ $# -eq 0 ] || printf '# %s\n' "$@"
}

pass()
{
	n_passed=$((n_passed + 1))
	echo "ok - $1"
}

finish()
{
	echo "vm-test: $n_passed passed, $n_failed failed"
	[ "$n_failed" -eq 0 ] && [ "$n_passed" -gt 0 ]
	exit
}

# The disk by which power cuts are tried: what was flushed is on it, and what
# was not is lost.
try_disk()
{
	local name="a power cut loses what the disk was not told to keep" client

	disk=$work/try.img
	truncate -s 1M "$disk"
	disk_on || { fail "the disk"; finish; }
	stdbuf -o L qemu-io -t writeback -f raw -c 'write -P 1 0 4k' -c flush -c 'write -P 2 64k 4k' \
	    -c 'sleep 60000' "nbd+unix:///?socket=$work/disk.sock" \
	    >"$work/io" 2>&1 &
	client=$!
	until [ "$(grep -c ^wrote "$work/io" 2>/dev/null)" = 2 ]; do
		kill -0 $client || break
		sleep 0.1
	done
	disk_cut
	kill -KILL $client
	wait $client 2>/dev/null
	if cmp -s "$disk" <(head -c 4096 /dev/zero | tr '\0' '\1'
	    head -c $((1024 * 1024 - 4096)) /dev/zero); then
		pass "$name"
	else
		fail "$name" "$(cat "$work/io"; od -A d -t x1 "$disk")"
	fi
}

# listen: take what the guest says until it is off, or its power is cut. $ended
# says how it ended: done; again, for a reboot; cut.
listen()
{
	local line ms

	ended=
	# shellcheck disable=SC2154 # power.sh opens it
	while IFS= read -r -t 600 -u "$guest" line; do
		case $line in
		'ok - '*) n_passed=$((n_passed + 1)) ;;
		'not ok - '*) n_failed=$((n_failed + 1)) ;;
		VM-DONE) ended='done'; continue ;;
		VM-AGAIN) ended=again; continue ;;
		"VM-CUT "*)
			ms=${line//[!0-9]/}
			sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
			power_cut "${line##* }"
			ended='cut'
			return ;;
		esac
		echo "$line"
	done
}

# play SCENARIO: boot after boot, until it is done.
play()
{
	local step=0 words

	words="vm.scenario=$1 vm.seed=$seed vm.cuts=${VM_CUTS:-12}"
	words="$words $(sed -n 's/^# kernel: //p' "$here/scenarios/$1.sh")"
	disk=$work/disk.img
	cp --sparse=always "$work/base.img" "$disk" || return
	ended=again
	while [ "$ended" != 'done' ]; do
		step=$((step + 1))
		disk_on || { fail "$1: the disk"; break; }
		power_on "$words vm.step=$step"
		listen
		[ "$ended" = cut ] || power_wait
		[ -n "$ended" ] || {
			fail "$1: boot $step: it was off before its end"
			tail -n 30 "$work/console" | sed 's/^/#   /'
			break
		}
	done
	disk_cut
}

[ "$(id -u)" -eq 0 ] || skip "needs root"
for tool in qemu-system-x86_64 qemu-io nbdkit debootstrap mkfs.ext4; do
	command -v $tool >/dev/null || skip "$tool is missing:" \
	    "apt-get install qemu-system-x86 qemu-utils nbdkit debootstrap" \
	    e2fsprogs
done
[ "$(uname -m)" = x86_64 ] || skip "this is no x86_64"
work=$(mktemp -d "${TMPDIR:-/tmp}/certgate-vm.XXXXXX") || exit 1
# shellcheck source=tests/vm/power.sh
. "$here/power.sh"
# shellcheck source=tests/vm/image.sh
. "$here/image.sh"
trap 'power_cut; rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

try_disk
make_image || { fail "the machine's disk"; finish; }
find_accel
# shellcheck disable=SC2154 # find_accel sets it
echo "vm-test: by $accel, VM_SEED=$seed"
for scenario in ${VM_SCENARIOS:-$(cd "$here/scenarios" && printf '%s\n' *.sh |
    sed 's/\.sh$//')}; do
	play "$scenario"
done
finish
