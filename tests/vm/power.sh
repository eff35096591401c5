# shellcheck shell=bash
# power: the machine's switch, and its disk. Sourced by run.sh.
#
# The disk is nbdkit's, with a cache that only a flush writes to the file, as a
# disk's own cache does at worst. Killed, it forgets the rest; where the machine
# goes first, it writes what it has.

: "${work:?}"
accel=
cpus=
disk=
disk_pid=
qemu_pid=
guest=

# The disk spins until disk_cut, over as many boots as there are.
disk_on()
{
	local i

	[ -z "$disk_pid" ] || return 0
	rm -f "$work/disk.sock" "$work/disk.pid"
	nbdkit -f -P "$work/disk.pid" -U "$work/disk.sock" --filter=cache \
	    file "$disk" cache=writeback &
	disk_pid=$!
	for ((i = 0; i < 600; i++)); do
		[ ! -s "$work/disk.pid" ] || return 0
		sleep 0.1
	done
	return 1
}

disk_cut()
{
	[ -n "$disk_pid" ] || return 0
	kill -KILL "$disk_pid"
	wait "$disk_pid" 2>/dev/null
	disk_pid=
}

# boots_by ACCEL: whether the kernel begins to run. There are machines whose
# KVM wants a kernel that was made for it.
boots_by()
{
	local pid i boots=1

	rm -f "$work/console"
	qemu-system-x86_64 -accel "$1" -m 1024 -no-reboot -display none \
	    -monitor none -nic none -kernel "$work/vmlinuz" \
	    -append "console=ttyS0 earlyprintk=serial panic=-1" \
	    -serial "file:$work/console" </dev/null 2>"$work/qemu.log" &
	pid=$!
	for ((i = 0; i < 300; i++)); do
		sleep 0.1
		kill -0 "$pid" 2>/dev/null || break
		grep -q 'Linux version' "$work/console" 2>/dev/null || continue
		boots=0
		break
	done
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	return $boots
}

# find_accel: KVM, or else QEMU's own emulation, which is some ten times slower.
find_accel()
{
	cpus=2
	accel=kvm
	[ ! -w /dev/kvm ] || ! boots_by kvm || return 0
	echo "vm-test: KVM cannot be used here; without it all takes very long"
	# Two that take turns only wait for each other.
	cpus=1
	accel=tcg
}

# power_on WORDS: boot with these on the kernel's command line. What the guest
# says on its second serial line is read from $guest.
power_on()
{
	[ -z "$guest" ] || exec {guest}<&-
	exec {guest}< <(exec qemu-system-x86_64 -accel "$accel" -smp "$cpus" \
	    -m 1024 -no-reboot -display none -monitor none -nic none \
	    -device virtio-rng-pci -kernel "$work/vmlinuz" \
	    -initrd "$work/initrd" -append "root=/dev/vda rw \
rootflags=noauto_da_alloc console=ttyS0 no_timer_check audit=1 panic=-1 \
quiet $1" \
	    -drive "file=nbd+unix:///?socket=$work/disk.sock,format=raw,if=virtio" \
	    -serial "file:$work/console" -serial stdio \
	    </dev/null 2>"$work/qemu.log")
	qemu_pid=$!
}

# power_cut [kept]: kept: the disk has time to write its cache.
power_cut()
{
	[ "${1-}" = kept ] || disk_cut
	[ -n "$qemu_pid" ] || return 0
	kill -KILL "$qemu_pid" 2>/dev/null
	power_wait
}

power_wait()
{
	wait "$qemu_pid" 2>/dev/null
	qemu_pid=
	sed 's/^/# qemu: /' "$work/qemu.log"
}
