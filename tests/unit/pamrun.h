/*
 * pamrun: the PAM module's functions, called as libpam does, but linked with
 * the test: what they log and keep is seen here, and calls can fail (failing).
 *
 * The user is whoever runs the test, the service "service", the generation
 * pamfix's.  A program that uses this links with pamrun_ldflags.
 */
#ifndef TESTS_UNIT_PAMRUN_H
#define TESTS_UNIT_PAMRUN_H

#include <security/pam_modules.h>

#include "tests/unit/pamfix.h"

#define PAMRUN_SHOWN 2048

/* Who runs the test. */
extern char pamrun_user[256];

/*
 * The last line that was logged, with its priority before it ("5 deny …"); ""
 * where there was none.  The user's name is shown as USER, pamfix_dir as DIR,
 * and a fingerprint as SHA256.
 */
extern char pamrun_logged[PAMRUN_SHOWN];
/* How often text was logged since pamrun_begin. */
int pamrun_count(const char *text);

/* Make pamfix's folder, where the policy is that user's, and keys. */
void pamrun_setup(const struct signer *ca);
void pamrun_teardown(void);

/* Begin and end a transaction; what was kept by pam_set_data ends, too. */
pam_handle_t *pamrun_begin(void);
void pamrun_end(pam_handle_t *h);
/* How many texts and records are kept. */
int pamrun_n_kept(void);

/* PAM's environment: NAME=VALUE, and SSH_AUTH_INFO_0 of n certificates. */
void pamrun_put_env(pam_handle_t *h, const char *name, const char *value);
void pamrun_put_certs(pam_handle_t *h, const struct pamcert *certs, size_t n);

/* Call a function of the module; options are divided by blanks. */
typedef int pamrun_function(pam_handle_t *, int, int, const char **);
int pamrun_call(
    pamrun_function *function, pam_handle_t *h, const char *options);

#endif
