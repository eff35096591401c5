#!/bin/sh
# The differential tests, small enough for every change, with a fixed seed.
SEED=1 CERTS=2000 CONFIGS=30 LINES=2000 NAMES=3 POLICIES=4 LOGINS=12
export SEED CERTS CONFIGS LINES NAMES POLICIES LOGINS
exec "${srcdir:-.}/tests/differential/run.sh" certs sshdconf lines logins
