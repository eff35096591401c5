dist_man_MANS += \
	doc/authorized-principals.8 \
	doc/ca-fetch.8 \
	doc/certgate-policy.5 \
	doc/certgate.8

EXTRA_DIST += CONTRIBUTING.md
