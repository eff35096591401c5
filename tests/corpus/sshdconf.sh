#!/bin/sh
# Hold the sshd_config editor against real-world files and the real sshd.
#
#   sshdconf.sh                     each file by itself
#   sshdconf.sh random SEED COUNT   COUNT put together from pieces of them
#
# SSHD_CONFIG_CORPUS names a folder of *.conf files (default: the corpus
# folder beside the source, where there is one); SSHD names the sshd.  Needs
# root for a mount namespace of its own, in which /etc/ssh and /run are
# folders of the test's: the machine stays as it was.  Status 77: skipped.
set -eu

: "${srcdir:=.}" "${SSHD:=/usr/sbin/sshd}"
corpus=${SSHD_CONFIG_CORPUS:-$srcdir/../shared/corpus/sshd_config}
check=$PWD/tests/corpus/sshdconf_check

skip()
{
	echo "skipped: $1"
	exit 77
}

if [ "${1:-}" != inside ]; then
	# Pieces are here as well.
	ls "$corpus"/*.conf >/dev/null 2>&1 || [ "${1:-}" != random ] ||
	    corpus=$srcdir/tests/corpus/pieces
	ls "$corpus"/*.conf >/dev/null 2>&1 || skip "no files in $corpus"
	[ -x "$SSHD" ] || skip "no sshd at $SSHD"
	unshare -m true 2>/dev/null || skip "not allowed to unshare mounts"
	corpus=$(cd "$corpus" && pwd)
	export SSHD SSHD_CONFIG_CORPUS="$corpus"
	exec unshare -m --propagation private "$0" inside "$@"
fi

mount -t tmpfs -o mode=755 none /run
mkdir -m 755 /run/sshd
mount -t tmpfs -o mode=755 none /etc/ssh
mkdir /etc/ssh/sshd_config.d /etc/ssh/stage
ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/key
# Many files name host keys that are not here.
printf '#!/bin/sh\nexec %s "$@" -h /etc/ssh/key\n' "$SSHD" >/etc/ssh/sshd
chmod 755 /etc/ssh/sshd
case ${2:-} in
random) "$check" -r "$3" "$4" "$corpus"/*.conf ;;
*) "$check" "$corpus"/*.conf ;;
esac
