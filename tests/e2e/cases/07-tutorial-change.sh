# shellcheck shell=bash
# doc/migrate.md and doc/rotate-ca.md, as they are written, from what their
# readers have. Nothing stands in for anything.

# shellcheck source=tests/e2e/tutorial.sh
. "$srcdir/tests/e2e/tutorial.sh"

# The server as the page has it before.
tutorial_setup
cp "$KEYS/cf.pub" /etc/ssh/ca.pub
printf 'jdoe\nbwayne\n' >/etc/ssh/vmuser-list.txt
cert jdoe --id jdoe@example.com --principals jdoe --valid -1m:+2h
cp "$KEYS/person" /home/laptop/.ssh/id_ed25519
cp "$CERTS/jdoe-cert.pub" /home/laptop/.ssh/id_ed25519-cert.pub
chown laptop:laptop /home/laptop/.ssh/*
tutorial_blocks "$srcdir/doc/migrate.md"
check "the page shows what was there" grep -qx 'text before' \
    "$TUTORIAL/001.info"
sed -i "/^Match User root/,\$d" /etc/ssh/sshd_config
cat "$TUTORIAL/001.text" >>/etc/ssh/sshd_config
echo "Match User root
	AuthorizedKeysFile $KEYS/person.pub" >>/etc/ssh/sshd_config
sshd_stop
: >"$SSHD_LOG"
sshd_start
tutorial migrate.md
tutorial_cleanup
rm -rf /root/ssh.before

sshd_stop
machine_reset
tutorial_setup
cp "$KEYS/vault.pub" /root/user-ca.pub
cert jdoe --ca vault --id jdoe@example.com --principals jdoe@example.com \
    --valid -1m:+2h
cp "$KEYS/person" /home/laptop/.ssh/old
cp "$CERTS/jdoe-cert.pub" /home/laptop/.ssh/old-cert.pub
cp "$KEYS/person.pub" /tmp/jdoe.pub
chmod 0644 /tmp/jdoe.pub
chown laptop:laptop /home/laptop/.ssh/*
tutorial rotate-ca.md
tutorial_cleanup
rm -f /root/user-ca.pub
