# Completion in the real shells.
TESTS += tests/completions/run.sh
EXTRA_DIST += tests/completions/drive.py tests/completions/run.sh
