/*
 * pamfix: a generation of files and certificates with signatures that hold,
 * for tests of the PAM module.
 *
 * The policy lets user in with jdoe@example.com and bwayne@example.com (lines
 * 11, 12), home@example.com from 192.0.2.0/24 only (13), and
 * forced@example.com with command= (14), touch@example.com with
 * verify-required (15), capitals@example.com with Command= (16), and
 * quoted@example.com with that word inside another option's quotes (17).
 */
#ifndef TESTS_UNIT_PAMFIX_H
#define TESTS_UNIT_PAMFIX_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/sshwire.h"
#include "tests/unit/signer.h"

struct pamcert {
	const struct signer *key, *ca;
	const char *principal; /* also the key ID */
	uint64_t serial;
	uint64_t valid_after, valid_before;
	const char *force_command, *source_address; /* NULL: none */
	bool verify_required;
	bool is_host;
};

/* One that lasts from a minute ago for ten minutes. */
struct pamcert pamfix_lasting(const struct signer *ca,
    const struct signer *key, const char *principal);

/* Write the certificate's blob, signed by ca. */
void pamfix_cert(struct wire *out, const struct pamcert *c);

/* "TYPE BASE64", allocated; the caller frees. */
char *pamfix_text(struct span cert);

/* The scratch folder while there is one. */
extern char pamfix_dir[64];

/* Make the folder with ca.pub and policy.cdb, which trust ca. */
void pamfix_make(const char *user, const struct signer *ca);
void pamfix_remove(void);

/* Write a file in the folder. */
void pamfix_write(const char *name, const char *text);

#endif
