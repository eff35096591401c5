# shellcheck shell=bash
# What apply and remove keep of the files that they write: owner, mode, access
# control lists, labels and other extended attributes, and the symbolic links
# that lead to them.

main=/etc/ssh/sshd_config
options=()
link=

# attributes FILE: all that a file is, but for its bytes and its inode.
attributes()
{
	stat -c '%F %a %u %g' "$1"
	python3 - "$1" <<'EOT'
import os, sys
for name in sorted(os.listxattr(sys.argv[1])):
    print(name, os.getxattr(sys.argv[1], name).hex())
EOT
}

# decorate FILE: an owner, a mode, an access control list, a label and a
# remark; prints what this file system does not take.
decorate()
{
	chown 0:adm "$1"
	chmod 0640 "$1"
	python3 - "$1" <<'EOT'
import os, struct, sys
# Version 2; owner rw, user 5001 r, group r, mask r, others none.
acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in (
    (1, 6, 0xffffffff), (2, 4, 5001), (4, 4, 0xffffffff), (16, 4, 0xffffffff),
    (32, 0, 0xffffffff)))
for name, value in (("system.posix_acl_access", acl),
    ("security.selinux", b"system_u:object_r:etc_t:s0\0"),
    ("trusted.remark", b"by hand"), ("user.remark", b"by hand")):
    try:
        os.setxattr(sys.argv[1], name, value)
    except OSError as e:
        print("# not here:", name, e.strerror)
EOT
}

# keeps NAME: apply, apply again and remove; $files are those that stay as they
# are but for bytes, and at last in these, too.
keeps()
{
	local file

	case_name=88-kept/$1
	write_policy <<EOT
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
users:
  johndoe: jdoe@example.com
EOT
	rm -rf /run/kept
	mkdir /run/kept
	for file in "${files[@]}"; do
		decorate "$file"
		attributes "$file" >"/run/kept/${file##*/}.was"
		cp "$file" "/run/kept/${file##*/}.bytes"
	done
	check "some attributes are set" grep -q '^system.posix_acl_access' \
	    "/run/kept/${file##*/}.was"
	check "apply" certgate apply --no-rehearse "${options[@]}"
	check "it writes there" test "$(cat "${files[@]}" | grep -c \
	    '^TrustedUserCAKeys /etc/ssh/certgate/current/ca.pub')" -eq "$n_written"
	all_kept "after apply"
	check "apply again" certgate apply "${options[@]}"
	all_kept "after another one"
	check "remove" certgate remove
	all_kept "after remove"
	for file in "${files[@]}"; do
		check "$file has its bytes again" cmp "$file" \
		    "/run/kept/${file##*/}.bytes"
	done
	check "nothing is left beside them" test -z "$(find "${files[@]%/*}" \
	    /etc/ssh -name '*.certgate-*')"
}

all_kept()
{
	local file

	for file in "${files[@]}"; do
		attributes "$file" >/run/kept/now
		check "$1 ${file##*/} is as it was" diff \
		    "/run/kept/${file##*/}.was" /run/kept/now
	done
	[ -z "$link" ] ||
	    check "$1 the link is" test "$(readlink "$link")" = "$leads"
}

no_include()
{
	sed '/^Include/d' /run/pristine/sshd_config >"$1"
}

machine_reset
no_include $main
files=("$main")
n_written=1
keeps "main file"

# The file itself is somewhere else, two links away.
machine_reset
mkdir -p /etc/ssh/real
no_include /etc/ssh/real/server.conf
ln -s server.conf /etc/ssh/real/current.conf
link=$main
leads=real/current.conf
ln -sf $leads $main
files=(/etc/ssh/real/server.conf)
keeps "linked main file"
check "the other link is, too" test \
    "$(readlink /etc/ssh/real/current.conf)" = server.conf
link=

# Lines of the administrator's are commented out, and come back.
machine_reset
printf '%s\n' "TrustedUserCAKeys $KEYS/vault.pub" | tee -a \
    /etc/ssh/sshd_config.d/50-own.conf >>$main
files=("$main" /etc/ssh/sshd_config.d/50-own.conf)
n_written=0
# What certgate takes for the way in of root goes with them.
options=(--replace-conflicts --allow-lockout root)
keeps "replaced lines"
options=()
