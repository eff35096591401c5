# shellcheck shell=bash
# image: the disk of the machine. Sourced by run.sh.
#
# make_image leaves base.img, vmlinuz and initrd in $work.

: "${work:?}" "${srcdir:?}" "${builddir:?}" "${sbindir:?}" "${pkglibexecdir:?}"
: "${here:?}"
cache=${VM_TEST_CACHE:-${PACKAGE_TEST_CACHE-}}
root=$work/root
# What certgate's programs need, what the scenarios use, and what boots.
packages=openssh-server,openssh-client,sudo,auditd,dbus,libpam-systemd
packages=$packages,systemd-sysv,udev,kmod,iproute2,procps,strace,passwd
packages=$packages,libyaml-0-2,libjansson4,libssl3,libpam0g,libcurl4
packages=$packages,libseccomp2,libaudit1,libcdb1
packages=$packages,linux-image-cloud-amd64,initramfs-tools,zstd

# The release of this machine, for which the build was made.
suite()
{
	# shellcheck source=/dev/null
	(. /etc/os-release && [ "$ID" = debian ] && echo "$VERSION_CODENAME")
}

# mirror SUITE: that of this machine's own apt.
mirror()
{
	# shellcheck disable=SC2016 # apt's own names
	apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' |
	    awk -v s="$1" '$2 == s && $3 == "main" { print $1; exit }'
}

# A clean Debian in $root, by the cache or by debootstrap.
make_root()
{
	local suite site kept

	suite=$(suite) || skip "this is no Debian"
	kept=${cache:+$cache/vm-$suite-$(echo "$packages" | sha256sum |
	    cut -c1-12).tar}
	mkdir "$root" || return
	if [ -n "$kept" ] && [ -f "$kept" ]; then
		echo "vm-test: $kept"
		tar -C "$root" --numeric-owner --xattrs -xpf "$kept"
		return
	fi
	site=$(mirror "$suite")
	echo "vm-test: debootstrap $suite from ${site:=http://deb.debian.org/debian}"
	if ! debootstrap --variant=minbase --include="$packages" "$suite" \
	    "$root" "$site" >"$work/debootstrap.log" 2>&1; then
		tail "$work/debootstrap.log"
		grep -q 'Failed getting release file' "$work/debootstrap.log" &&
		    skip "$site cannot be reached"
		return 1
	fi
	rm -f "$root"/var/cache/apt/archives/*.deb
	[ -z "$kept" ] || {
		mkdir -p "$cache" &&
		    tar -C "$root" --numeric-owner --xattrs -cpf "$kept.new" . &&
		    mv "$kept.new" "$kept"
	}
}

# What the scenarios use of the tests and of the build.
install_tests()
{
	local name

	mkdir -p "$root"/vm/tests/e2e "$root"/vm/tests/confine \
	    "$root"/vm/tests/bench "$root"/vm/helpers || return
	cp -r "$here" "$root/vm/tests/" &&
	    cp "$srcdir"/tests/e2e/*.sh "$root/vm/tests/e2e/" &&
	    cp "$srcdir/tests/confine/run.sh" "$root/vm/tests/confine/" ||
	    return
	for name in tests/confine/holed tests/confine/open-hole \
	    tests/bench/compile helpers/authorized-principals; do
		cp "$builddir/$name" "$root/vm/$name" || return
	done
	cat >"$root/vm/environment" <<END
srcdir=/vm
builddir=/vm
sbindir=$sbindir
pkglibexecdir=$pkglibexecdir
pamdir=${pamdir-}
END
}

# The machine as an administrator sets it up: accounts, no timers but ours,
# one that runs the scenario.
set_up()
{
	echo vm >"$root/etc/hostname"
	echo '127.0.0.1 localhost vm' >"$root/etc/hosts"
	: >"$root/etc/fstab"
	cat >"$root/etc/audit/rules.d/vm.rules" <<'END'
-a always,exit -F arch=b64 -S execve -F auid>=1000 -F auid!=unset -k command
END
	cat >"$root/etc/systemd/system/vm.service" <<'END'
[Unit]
After=multi-user.target

[Service]
Type=exec
ExecStart=/vm/tests/vm/guest.sh
WorkingDirectory=/vm

[Install]
WantedBy=multi-user.target
END
	# shellcheck disable=SC2016
	chroot "$root" /bin/sh -ec '
		# Some systems let a group write there; sshd then refuses to run
		# anything.
		chmod go-w /usr/local /usr/local/*
		mkdir -p -m 0755 /etc/certgate
		systemd-sysusers
		for name in johndoe vmuser; do
			useradd --create-home --shell /bin/bash "$name"
		done
		rm -f /etc/systemd/system/timers.target.wants/*
		systemctl --quiet enable vm.service ssh.service auditd.service
		"$1/certgate" --version' sh "$sbindir" >"$work/set-up.log" 2>&1 ||
	    { tail "$work/set-up.log"; return 1; }
}

make_image()
{
	make_root || return
	make -C "$builddir" install DESTDIR="$root" MAKEFLAGS= \
	    >"$work/install.log" 2>&1 ||
	    { tail "$work/install.log"; return 1; }
	install_tests && set_up || return
	cp "$root"/boot/vmlinuz-* "$work/vmlinuz" &&
	    cp "$root"/boot/initrd.img-* "$work/initrd" &&
	    truncate -s 2G "$work/base.img" &&
	    mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 \
		-d "$root" "$work/base.img" || return
	rm -rf --one-file-system "$root"
}
