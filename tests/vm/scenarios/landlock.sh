# shellcheck shell=bash
# The login helper's confinement by a kernel that has Landlock. Sourced by
# guest.sh.
# kernel: init=/vm/tests/vm/guest.sh

step()
{
	check_says landlock "this kernel has Landlock" \
	    sh -c 'mount -t securityfs securityfs /sys/kernel/security;
	    cat /sys/kernel/security/lsm'
	tests/confine/run.sh >/run/confine.out 2>&1 || echo "FAILED: $?" \
	    >>/run/confine.out
	check_status 1 "tests/confine/run.sh" grep FAILED /run/confine.out
	check_says '^ok: with Landlock none of it$' "with Landlock" \
	    cat /run/confine.out
}
