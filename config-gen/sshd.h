/*
 * sshd: the program itself: its version, and its word on a configuration,
 * asked with the options that its service starts it with.
 */
#ifndef CONFIG_GEN_SSHD_H
#define CONFIG_GEN_SSHD_H

#include <stdbool.h>
#include <stddef.h>

#include "config-gen/command.h"
#include "config-gen/root.h"
#include "lib/err.h"

/* "OpenSSH_9.2p1 …": 9 and 2. */
struct sshd_version {
	unsigned int major, minor;
	char text[64]; /* "OpenSSH_9.2p1", escaped */
};

/*
 * Ask sshd for its version.  One older than 8.7 is ERR_UNSUPPORTED, with the
 * version and the reason in the text; 8.7 to 10.5 and newer pass.
 */
int sshd_version(
    const struct root *root, struct sshd_version *out, struct err *err);

/*
 * Run sshd with its service's options (root->service), then with those given
 * (NULL ends them).  As command_run.
 */
int sshd_run(const struct root *root, const char *const *args,
    struct command_result *res, struct err *err);

/*
 * ssh or ssh-keygen of this machine: of sshd's own installation (at that path
 * here), or the system's.  Allocated; NULL where there is none.
 */
char *sshd_companion(const struct root *root, const char *name);

/*
 * sshd -t on the main file config (a path inside the root).  0, or -1 with
 * sshd's own words (escaped, first lines) in err.
 */
int sshd_test(const struct root *root, const char *config, struct err *err);

/* sshd -T's answer: keyword (lower case) and value, in sshd's order. */
struct sshd_setting {
	char *keyword;
	char *value;
};
struct sshd_settings {
	struct sshd_setting *items;
	size_t n_items;
};

/*
 * sshd -T on config.  connection is what -C gets ("user=jdoe,host=…,addr=…")
 * or NULL for the global settings.  Reads the lower-case output of 8.7 to
 * 10.4 and the mixed case of 10.5.
 */
int sshd_effective(const struct root *root, const char *config,
    const char *connection, struct sshd_settings *out, struct err *err);

/*
 * The same for a login as user from this machine.  sshd_can_ask: whether -C,
 * which splits at commas and has no way to quote, can carry the name.
 */
bool sshd_can_ask(const char *user);
int sshd_effective_user(const struct root *root, const char *config,
    const char *user, struct sshd_settings *out, struct err *err);

/* The first value of keyword (lower case), or NULL. */
const char *sshd_setting(const struct sshd_settings *s, const char *keyword);
void sshd_settings_clear(struct sshd_settings *s);

/* Parse what sshd -T printed (also a fuzz target). */
int sshd_settings_parse(struct sshd_settings *out, const char *text,
    size_t len, struct err *err);

#endif
