#!/bin/bash
# guest: runs a step of a scenario on the machine itself, once it is up, and
# tells run.sh on the second serial line what it found.
#
# scenarios/NAME.sh has a function step, which is given 1 after the first boot, 2
# after the second, and so on. It is written in the words of tests/e2e/lib.sh,
# and these, by which a step may end:
#
#   power_goes_in MS [kept]  the power is cut in so many milliseconds; what
#                            follows runs until then; kept: the disk still
#                            writes what is in its cache
#   reboot_now               by the kernel, with nothing stopped before
#
# After a step that ends by itself the machine is switched off, for good. A line
# "# kernel: WORDS" in a scenario adds to the kernel's command line;
# init=/vm/tests/vm/guest.sh there boots without systemd, in a fraction of the
# time.

if [ $$ -eq 1 ]; then
	export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
	mount -t devpts devpts /dev/pts
	ip link set lo up
	cd /vm || exit 1
fi
stty -F /dev/ttyS1 raw -echo
exec >/dev/ttyS1 2>&1 </dev/null
set -a
# shellcheck source=/dev/null
. /vm/environment
set +a
: "${srcdir:?}" "${sbindir:?}"
# shellcheck disable=SC2034 # for the scenarios
CERTGATE=$sbindir/certgate
# shellcheck source=tests/e2e/machine.sh
. "$srcdir/tests/e2e/machine.sh"
# shellcheck source=tests/e2e/lib.sh
. "$srcdir/tests/e2e/lib.sh"
# shellcheck source=tests/e2e/pam.sh
. "$srcdir/tests/e2e/pam.sh"
# These outlive a boot.
KEYS=/var/lib/vm/keys
CERTS=/var/lib/vm/certs
KEPT=/var/lib/vm/kept
# Machines that are emulated are slow; too slow for a rehearsal, which has 60
# seconds and is left out by the scenarios.
# shellcheck disable=SC2034 # for lib.sh
patience=200
mkdir -p "$CERTS" "$KEPT"
: >"$SSHD_LOG"

# word NAME: the value of vm.NAME on the kernel's command line.
word()
{
	sed -n "s/.*\\bvm\\.$1=\\([^ ]*\\).*/\\1/p" /proc/cmdline
}

power_goes_in()
{
	echo "VM-CUT $1 ${2-lost}"
	is_cut=yes
}

reboot_now()
{
	echo VM-AGAIN
	reboot -f >/dev/null
	sleep 60
}

case_name=$(word scenario)
step=$(word step)
RANDOM=$(($(word seed) + step))
is_cut=
[ $$ -eq 1 ] || systemctl is-system-running --wait >/dev/null
[ -d "$KEYS" ] || machine_keys
# shellcheck source=/dev/null
. "$srcdir/tests/vm/scenarios/$case_name.sh"
case_name=$case_name:$step
step "$step"
# Nothing ends by itself once the power is to be cut.
while [ -n "$is_cut" ]; do
	sleep 1
done
echo VM-DONE
sync
poweroff -ff >/dev/null
