#!/bin/sh
# boot: process 1 of the machine that systemd shall run: what is not on disk
# is mounted anew, then this process becomes systemd.
#
#   boot.sh INIT CONSOLE
set -eu

init=$1
exec 3>>"$2"
mount --make-rprivate /
mount -t proc proc /proc
umount /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs -o mode=0755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /tmp
: >/run/console
: >/dev/console
mount --bind /proc/self/fd/3 /dev/console 2>/dev/null ||
    mount --bind /run/console /dev/console
# Each boot has an ID of its own; the kernel's would not change.
cat /proc/sys/kernel/random/uuid >/run/boot-id
mount --bind /run/boot-id /proc/sys/kernel/random/boot_id
exec env -i container=certgate-test \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    "$init" --unit=multi-user.target --log-target=console --show-status=1
