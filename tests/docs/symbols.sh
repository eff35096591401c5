#!/bin/sh
# pam_certgate.so shows what libpam calls and nothing else: the program that
# loads it may have functions of the same names as ours.
#
# Run by make check in the build folder, HEADER_PAM in the environment.
set -eu

module=${HEADER_PAM-}
if [ -z "$module" ]; then
	echo "symbols: skipped: configured without PAM"
	exit 77
fi
wanted='pam_sm_acct_mgmt pam_sm_authenticate pam_sm_close_session'
wanted="$wanted pam_sm_open_session pam_sm_setcred"
shown=$(nm -D --defined-only "$module" | awk '{ print $NF }' | sort |
    tr '\n' ' ')
if [ "$shown" = "$wanted " ]; then
	echo '100%: Checks: 1, Failures: 0, Errors: 0'
	exit 0
fi
echo "symbols: $module shows: $shown"
echo '0%: Checks: 1, Failures: 1, Errors: 0'
exit 1
