dist_man_MANS += \
	doc/authorized-principals.8 \
	doc/ca-fetch.8 \
	doc/certgate-policy.5 \
	doc/certgate.8

if PAM
dist_man_MANS += doc/pam_certgate.8
else
EXTRA_DIST += doc/pam_certgate.8
endif

EXTRA_DIST += CONTRIBUTING.md doc/login.dot doc/proof.md

# Pages to read; packages install them, too.
dist_doc_DATA += $(pages)
pages = \
	SECURITY.md \
	doc/login.md \
	doc/login.svg \
	doc/migrate.md \
	doc/packagers.md \
	doc/rotate-ca.md \
	doc/threat-model.md \
	doc/tutorial-cloudflare.md \
	doc/tutorial-ssh-keygen.md \
	doc/tutorial-step-ca.md \
	doc/tutorial-vault.md

# For editors, and for other validators.
pkgdata_DATA = \
	doc/certgate-policy-included.schema.json \
	doc/certgate-policy.schema.json
EXTRA_DIST += $(pkgdata_DATA)
