/*
 * service: how this machine starts its sshd, and so which options stand on
 * its command line.
 *
 * An option there wins over every file, and another sshd_config by -f is the
 * one that counts.  Read are systemd's units with their drop-ins and
 * environment files, as systemd reads them; where there is none, what the
 * init scripts of Debian, Red Hat, Gentoo and Alpine read.
 */
#ifndef CONFIG_GEN_SERVICE_H
#define CONFIG_GEN_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "config-gen/root.h"
#include "config-gen/unitfile.h"
#include "lib/err.h"

/* One -o, and where it is written. */
struct service_option {
	char *keyword; /* lower case */
	char *value;
	const char *file; /* inside the root; borrowed from the service */
	size_t line;
};

/* One word of the command line, the program left out. */
struct service_word {
	char *text;
	const char *file; /* borrowed from the service */
	size_t line;
};

struct service {
	char *unit; /* inside the root, the file; NULL: none was found */
	struct service_word *words; /* all that sshd gets */
	size_t n_words;
	char **args; /* those of them that sshd -t and -T should get, -f
		      * left out; ends with NULL */
	size_t n_args;
	struct service_option *options;
	size_t n_options;
	char *config; /* -f, absolute; NULL: none */
	const char *config_file; /* where -f is written */
	size_t config_line;
	char unclear[256]; /* why the command line cannot be told; "" */
	struct unitfile_words files; /* all that were read */
};

/*
 * Read it.  A unit that cannot be read or understood is noted in unclear,
 * and nothing is known of the command line then; -1 is for lack of memory.
 * End by service_clear, also after a failure.
 */
int service_read(
    const struct root *root, struct service *out, struct err *err);
void service_clear(struct service *s);

/*
 * Fill args, options and config from words, as sshd's getopt does: for a
 * command line that was not read by service_read.
 */
int service_parse(struct service *s, struct err *err);

/*
 * Whether the command line of an sshd that runs, words joined by blanks as
 * /proc shows it, comes to other options than those of s.
 */
int service_differs(const struct service *s, const char *line, bool *differs,
    struct err *err);

/*
 * The options that set one of keywords (lower case, NULL ends); sshd takes
 * no Include and no Match there.  *at begins at 0; NULL at the end.
 */
const struct service_option *service_next_option(
    const struct service *s, const char *const *keywords, size_t *at);

/* "FILE:LINE: -o KEYWORD=VALUE", escaped.  Returns out. */
char *service_describe(
    const struct service_option *o, char *out, size_t out_len);

#endif
