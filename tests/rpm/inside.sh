#!/bin/bash
# inside: process 1 of a sandbox: makes a root and lives the packages' life
# there. The last line is "counts PASSED FAILED".
#   inside.sh FOLDER FOLDER2: packages, and those of a higher release
set -u

packages=$1
higher=$2
here=$(realpath "$(dirname "$0")")
R=/run/root
n_passed=0
n_failed=0

# ok WHAT COMMAND...: the command succeeds.
ok()
{
	local what=$1

	shift
	if "$@" >/run/out 2>&1; then
		n_passed=$((n_passed + 1))
		echo "  passed  $what"
	else
		n_failed=$((n_failed + 1))
		echo "  FAILED  $what"
		tail -n 20 /run/out | sed 's/^/          /'
	fi
}

fails()
{
	! "$@"
}

# The same text as FILE's on standard input.
same()
{
	diff - "$1"
}

# refused TEXT COMMAND...: it fails, and its output has TEXT.
refused()
{
	local text=$1 out

	shift
	out=$("$@" 2>&1) && { echo "it succeeded: $out"; return 1; }
	echo "$out"
	grep -qF -- "$text" <<<"$out"
}

in_root()
{
	chroot "$R" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
	    HOME=/root LC_ALL=C "$@"
}

# Debian's rpm asks each time whether one is sure.
sure=
rpm --help | grep -q -e --force-debian && sure=--force-debian

# shellcheck disable=SC2086 # none or one word
rpm_root()
{
	LC_ALL=C rpm $sure --root "$R" --dbpath /var/lib/rpm "$@"
}

# What rpm says, with PATTERN in it.
rpm_says()
{
	local pattern=$1

	shift
	rpm_root "$@" >/run/said 2>&1
	cat /run/said
	grep -qE -- "$pattern" /run/said
}

# copy PROGRAM...: it and what it is linked with, under their names.
copy()
{
	local program file

	for program in "$@"; do
		file=$(command -v "$program") || {
			echo "inside: $program is missing" >&2
			exit 1
		}
		for file in $(realpath "$file") $(ldd "$file" 2>/dev/null |
		    grep -o '/[^ ]*'); do
			mkdir -p "$R$(dirname "$file")"
			[ -e "$R$file" ] || cp -L "$file" "$R$file"
		done
		[ -e "$R/usr/bin/$program" ] || [ -e "$R/usr/sbin/$program" ] ||
		    ln -s "$(realpath "$(command -v "$program")")" \
			"$R/usr/bin/$program"
	done
}

# An empty root but for a shell, the programs that scripts name, and sshd.
make_root()
{
	local name

	mkdir "$R"
	mount -t tmpfs -o mode=0755 tmpfs "$R"
	mkdir -p "$R"/{etc/pam.d,proc,dev,run/sshd,root,usr/bin,usr/sbin}
	# Folders of other packages: filesystem, pam, systemd.
	mkdir -p "$R"/usr/lib/{systemd/{system,system-preset},sysusers.d,.build-id} \
	    "$R"/usr/{libexec,lib64/security} \
	    "$R"/usr/share/{doc,licenses,man/man5,man/man8}
	mkdir -m 1777 "$R/tmp"
	mkdir -p "$R"/var/{lib/rpm,log,tmp,empty}
	for name in bin sbin lib lib64; do
		ln -s "usr/$name" "$R/$name"
	done
	mount -t proc proc "$R/proc"
	mount --rbind /dev "$R/dev"
	copy sh env cat grep sed rm ls id getent groupadd useradd userdel \
	    groupdel nologin sshd ssh ssh-keygen systemctl
	# What certgate and its module are linked with is not in this package.
	for name in "$packages"/*certgate-[0-9]*.x86_64.rpm \
	    "$packages"/*certgate-[0-9]*.aarch64.rpm; do
		[ -e "$name" ] && (cd /run && rpm2cpio "$name" |
		    cpio -idm --quiet 2>/dev/null)
	done
	for name in /run/usr/sbin/certgate /run/usr/libexec/certgate/* \
	    /run/usr/lib64/security/*.so; do
		ldd "$name" 2>/dev/null | grep -o '/[^ ]*'
	done | sort -u | while read -r name; do
		mkdir -p "$R$(dirname "$name")"
		[ -e "$R$name" ] || cp -L "$name" "$R$name"
	done
	rm -rf /run/usr /run/etc
	printf 'root:x:0:0::/root:/bin/sh\nsshd:x:399:65534::/run/sshd:/usr/sbin/nologin\ncarol:x:1001:1001::/:/bin/sh\n' \
	    >"$R/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\ncarol:x:1001:\n' >"$R/etc/group"
	printf 'root:*:19000::::::\nsshd:!:19000::::::\ncarol:*:19000::::::\n' >"$R/etc/shadow"
	printf 'passwd: files\ngroup: files\nshadow: files\n' \
	    >"$R/etc/nsswitch.conf"
	printf 'UID_MIN 1000\nSYS_UID_MIN 100\nSYS_GID_MIN 100\n' \
	    >"$R/etc/login.defs"
	mkdir -p "$R/etc/ssh/sshd_config.d" "$R/etc/systemd/system"
	ssh-keygen -q -t ed25519 -N '' -f "$R/etc/ssh/ssh_host_ed25519_key"
	printf 'Include /etc/ssh/sshd_config.d/*.conf\nUsePAM no\n' \
	    >"$R/etc/ssh/sshd_config"
	echo 'auth required pam_unix.so' >"$R/etc/pam.d/sshd"
	# The tools' own copies of these files, and rpm's database, are there
	# before the first listing.
	in_root groupadd -r nobody-yet
	in_root useradd -r -M -g nobody-yet nobody-yet
	in_root userdel nobody-yet
	in_root groupdel nobody-yet 2>/dev/null
	rpm --root "$R" --dbpath /var/lib/rpm --initdb
}

# Every file but rpm's database: kind, mode, owner, name, content.  Copies
# that the tools for accounts make count by name alone.
listing()
{
	(cd "$R" && find . -xdev \( -path ./proc -o -path ./dev -o \
	    -path ./var/lib/rpm \) -prune -o -printf '%y %m %u:%g %p %l\n' |
	    sort
	cd "$R" && find . -xdev \( -path ./proc -o -path ./dev -o \
	    -path ./var/lib/rpm -o -name '*-' \) -prune -o -type f \
	    -exec sha256sum {} + | sort -k2)
}

# What the packages need, versions of libraries left out.
needs()
{
	rpm_root -i --test "$@" 2>&1 | sed -nE \
	    's/^\t(.*) is needed by ([a-z_]+)-.*/\2: \1/p' |
	    sed -E 's/\([A-Z][A-Za-z_0-9.]*\)\(64bit\)/()(64bit)/
		s/\(lib[a-z.0-9]*\)\(64bit\)/()(64bit)/; /rtld\(|rpmlib\(/d' | sort -u
}

write_policy()
{
	cat >"$R/etc/certgate/policy.yaml" <<-END
	version: 1
	authorities:
	  ca: {keys: ["$(cat /run/ca.pub)"]}
	users:
	  carol: carol@example.com
	END
}

# What sshd would do for carol.
settings()
{
	in_root sshd -T -C user=carol,host=h,addr=127.0.0.1 |
	    grep -E '^(trustedusercakeys|authorizedprincipals)'
}

make_root
listing >/run/before
ssh-keygen -q -t ed25519 -N '' -C ca -f /run/ca
main=("$packages"/certgate-[0-9]*.rpm)
for file in "${main[@]}"; do
	case $file in
	*.src.rpm) source=$file ;;
	*) certgate=$file ;;
	esac
done
pam=$(ls "$packages"/pam_certgate-[0-9]*.rpm)
for file in "$higher"/certgate-[0-9]*.rpm; do
	[ "$file" = "${file%.src.rpm}" ] && certgate2=$file
done
pam2=$(ls "$higher"/pam_certgate-[0-9]*.rpm)

ok "there is a source package" test -e "${source-}"
needs "$certgate" "$pam" >/run/needs
ok "what rpm does not know here is what is expected" \
    same /run/needs <"$here/needs"

ok "install" rpm_root -i --nodeps "$certgate" "$pam"
cp /run/out /run/install
ok "its scripts had nothing to complain of" \
    fails grep -iE 'warning|error|fail|not found' /run/install
ok "its files verify" rpm_root -V --nodeps certgate pam_certgate
ok "the user is a system user" \
    grep -E '^_certgate:x:[1-9][0-9]{2}:[1-9][0-9]{2}:certgate login helper:/nonexistent:/usr/sbin/nologin$' \
    "$R/etc/passwd"
ok "what takes back at boot is enabled" test -L \
    "$R/etc/systemd/system/multi-user.target.wants/certgate-confirm.service"
ok "what applies by itself is not" fails grep -q . < <(find \
    "$R/etc/systemd/system" -name 'certgate-ca*' -o -name 'certgate-apply*')
ok "certgate runs" in_root certgate --version
chmod 0700 "$R/usr/sbin/certgate"
ok "a damaged file is seen" rpm_says '^\.M\.\.\..*  /usr/sbin/certgate$' \
    -V --nodeps certgate
chmod 0755 "$R/usr/sbin/certgate"

cp -p "$R/etc/ssh/sshd_config" /run/sshd_config
write_policy
ok "apply" in_root certgate apply --no-reload
settings >/run/settings
ok "sshd takes it" grep -q '^trustedusercakeys /etc/ssh/certgate/current/ca.pub$' \
    /run/settings
ok "rpm knows that the policy was changed" \
    rpm_says '^S\.5.*  c /etc/certgate/policy.yaml$' -V --nodeps certgate

sha256sum "$R/etc/certgate/policy.yaml" >/run/policy
ok "upgrade" rpm_root -U --nodeps "$certgate2" "$pam2"
ok "it is the higher release" rpm_says '^certgate-[0-9.]*-2' -q certgate
ok "the policy stays" sha256sum -c /run/policy
settings >/run/settings.now
ok "sshd's settings stay" same /run/settings </run/settings.now
ok "in step after the upgrade" in_root certgate status
ok "downgrade" rpm_root -U --nodeps --oldpackage "$certgate" "$pam"
ok "the policy stays" sha256sum -c /run/policy
ok "in step after the downgrade" in_root certgate status

echo 'session optional pam_certgate.so' >>"$R/etc/pam.d/sshd"
ok "a module in use stays" refused "/etc/pam.d/sshd" rpm_root -e pam_certgate
ok "it is still there" rpm_root -q pam_certgate
sed -i '/pam_certgate/d' "$R/etc/pam.d/sshd"
ok "certgate stays while the module needs it" \
    refused "is needed by (installed) pam_certgate" rpm_root -e certgate

# A configuration that sshd refuses: certgate remove says no.
echo 'NoSuchDirective yes' >>"$R/etc/ssh/sshd_config"
ok "certgate stays where its lines cannot go" \
    refused "so the package stays" rpm_root -e pam_certgate certgate
ok "it is still there" rpm_root -q certgate
sed -i '/NoSuchDirective/d' "$R/etc/ssh/sshd_config"
ok "the module went alone" fails rpm_root -q pam_certgate

mkdir -p "$R/var/lib/certgate"
ok "erase" rpm_root -e certgate
ok "sshd_config is as it was" cmp /run/sshd_config "$R/etc/ssh/sshd_config"
ok "the changed policy is kept" sha256sum -c <(sed \
    's/policy.yaml/&.rpmsave/' /run/policy)
rm -rf "$R/etc/certgate"
listing >/run/after
ok "every file is as it was" same /run/after </run/before

ok "install, changed by nobody" rpm_root -i --nodeps "$certgate" "$pam"
ok "erase" rpm_root -e certgate pam_certgate
listing >/run/after
ok "every file is as it was" same /run/after </run/before
echo "counts $n_passed $n_failed"
[ $n_failed -eq 0 ]
