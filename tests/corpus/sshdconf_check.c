/*
 * sshdconf_check [-r SEED COUNT] FILE…: hold the editor against the real sshd.
 *
 * Each file takes the place of the machine's sshd_config, once as the main
 * file and once as a drop-in, with our directives put in and taken out again;
 * sshd -T says what that did.  Writes to /etc/ssh: sshdconf.sh runs it in a
 * mount namespace where that is a folder of its own.  Settings that sshd
 * takes from where a file says them first are compared one by one with what
 * certgate's reading of the files says of them.
 *
 * -r: COUNT configurations put together from pieces of the files instead.
 *
 * Prints a line for each file that sshd refuses, for each conflict and for
 * each failure, then a line of counts; the status is 1 if anything failed.
 */
#include "config.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config-gen/root.h"
#include "config-gen/sshd.h"
#include "config-gen/sshdconf.h"
#include "config-gen/sshdconf_int.h"
#include "lib/file.h"
#include "tests/corpus/mix.h"

#define STAGE "/etc/ssh/stage"
#define MAX_BYTES (16UL * 1024 * 1024)

static const char *const directives[] = {
	"TrustedUserCAKeys /etc/ssh/certgate/current/ca.pub",
	"AuthorizedPrincipalsFile /etc/ssh/certgate/current/principals/%u",
	"AuthorizedPrincipalsCommand /usr/libexec/certgate/h -- %u %U %k",
	"AuthorizedPrincipalsCommandUser nobody"
};
#define N_DIRECTIVES 4

/* Keywords of ours, as sshd -T prints them. */
static const char *const keywords[N_DIRECTIVES] = { "trustedusercakeys",
	"authorizedprincipalsfile", "authorizedprincipalscommand",
	"authorizedprincipalscommanduser" };

/*
 * For whom sshd is asked; the first alone tells most.  Without all fields
 * some files are refused.
 */
#define ELSEWHERE ",host=h.example.com,addr=192.0.2.1,laddr=192.0.2.2,lport=22"
static const char *const connections[] = { "user=root" ELSEWHERE,
	"user=nobody" ELSEWHERE, "user=stranger" ELSEWHERE };
#define N_CONNECTIONS 3

static const struct root root = { .dir = "", .sshd = "/etc/ssh/sshd" };

/* The file at hand. */
struct trial {
	const char *name;
	const char *path; /* where its bytes are put */
	char *bytes;
	size_t len;
	struct sshd_settings before[N_CONNECTIONS];
	size_t n_connections; /* that are asked for */
	bool has_failed;
};

static struct {
	unsigned int n_tried, n_refused, n_conflicting, n_compared, n_failed;
} counts;

/* Of an empty configuration. */
static struct sshd_settings defaults;

static void failed(struct trial *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
failed(struct trial *t, const char *fmt, ...)
{
	va_list ap;

	(void)printf("failed %s at %s: ", t->name, t->path);
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)printf("\n");
	t->has_failed = true;
}

static void
put(struct trial *t, const char *path, const char *bytes, size_t len)
{
	struct err err = ERR_INIT;

	if (bytes == NULL
		? unlink(path) != 0
		: file_replace(path, bytes, len, 0644, 0, 0, &err) < 0)
		failed(t, "%s: not written: %s", path, err.text);
}

/* Whether path holds len bytes; NULL: is not there. */
static bool
holds(const char *path, const char *bytes, size_t len)
{
	char *held = NULL;
	size_t held_len;
	bool ret;

	if (file_read(path, FILE_ANY, MAX_BYTES, &held, &held_len, NULL) < 0)
		return bytes == NULL;
	ret = bytes != NULL && held_len == len && memcmp(held, bytes, len) == 0;
	free(held);
	return ret;
}

static bool
is_ours(const char *keyword)
{
	size_t i;

	for (i = 0; i < N_DIRECTIVES; i++)
		if (strcmp(keyword, keywords[i]) == 0)
			return true;
	return false;
}

/* The next setting from i on that is not ours. */
static size_t
next_foreign(const struct sshd_settings *s, size_t i)
{
	while (i < s->n_items && is_ours(s->items[i].keyword))
		i++;
	return i;
}

/* Ours in effect for connection k, and all else as before. */
static void
check_settings(struct trial *t, size_t k, const char *config, const char *what)
{
	const struct sshd_settings *old = &t->before[k];
	struct sshd_settings now = { NULL, 0 };
	struct err err = ERR_INIT;
	size_t i, n;

	if (sshd_effective(&root, config, connections[k], &now, &err) < 0) {
		failed(t, "%s: %s", what, err.text);
		return;
	}
	for (i = 0; i < N_DIRECTIVES; i++) {
		const char *value = sshd_setting(&now, keywords[i]);

		if (value == NULL ||
		    strcmp(value, strchr(directives[i], ' ') + 1) != 0)
			failed(t, "%s: %s is %s for %s", what, keywords[i],
			    value == NULL ? "not there" : value,
			    connections[k]);
	}
	i = next_foreign(old, 0);
	n = next_foreign(&now, 0);
	while (i < old->n_items && n < now.n_items &&
	    strcmp(old->items[i].keyword, now.items[n].keyword) == 0 &&
	    strcmp(old->items[i].value, now.items[n].value) == 0) {
		i = next_foreign(old, i + 1);
		n = next_foreign(&now, n + 1);
	}
	if (i < old->n_items || n < now.n_items)
		failed(t, "%s: changes \"%s\"", what,
		    i < old->n_items ? old->items[i].keyword
				     : now.items[n].keyword);
	sshd_settings_clear(&now);
}

/* Conflicts are named wherever something of ours is set without us. */
static bool
check_conflicts(struct trial *t, const struct sshdconf *c)
{
	const struct sshdconf_line *found[64];
	char shown[600];
	size_t i, k;
	size_t n = sshdconf_conflicts(c, directives, N_DIRECTIVES, found, 64);

	for (i = 0; i < n && i < 64; i++)
		(void)printf("conflict %s: %s\n", t->name,
		    sshdconf_describe(c, found[i], shown, sizeof(shown)));
	for (k = 0; k < t->n_connections && n == 0; k++)
		for (i = 0; i < N_DIRECTIVES; i++) {
			const char *value =
			    sshd_setting(&t->before[k], keywords[i]);

			if (value != NULL && strcmp(value, "none") != 0)
				failed(t, "%s is set, but no conflict found",
				    keywords[i]);
		}
	return n > 0;
}

/* Whether a line in a Match block sets keyword. */
static bool
is_matched(const struct sshdconf *c, const char *keyword)
{
	size_t i;

	for (i = 0; i < c->n_lines; i++)
		if (c->lines[i].match != 0 &&
		    strcmp(c->lines[i].keyword, keyword) == 0)
			return true;
	return false;
}

/*
 * What counts is what stands first, in all files as they include each other:
 * the same to certgate and to sshd, which prints these as they are written.
 */
static void
check_reading(struct trial *t, const struct sshdconf *c)
{
	static const char *const plain[] = { "x11forwarding", "maxauthtries",
		"maxsessions", "clientalivecountmax", "printmotd", "usedns",
		"tcpkeepalive", "allowtcpforwarding", "permittty", "loglevel",
		"passwordauthentication", "x11displayoffset", "printlastlog",
		"allowagentforwarding", "syslogfacility", "strictmodes",
		"permituserenvironment", "ignorerhosts", "usepam", "banner" };
	size_t i, n;

	for (n = 0; n < sizeof(plain) / sizeof(plain[0]); n++) {
		const char *theirs = sshd_setting(&t->before[0], plain[n]);
		const char *ours = sshd_setting(&defaults, plain[n]);
		struct err err = ERR_INIT;
		char **args = NULL;

		if (is_matched(c, plain[n]))
			continue;
		for (i = 0; i < c->n_lines; i++)
			if (strcmp(c->lines[i].keyword, plain[n]) == 0)
				break;
		if (i < c->n_lines) {
			args = sshdconf_args(c->lines[i].rest,
			    (struct place){ NULL, 0, 0 }, &err);
			ours = args == NULL ? NULL : args[0];
		}
		counts.n_compared++;
		if (ours == NULL || theirs == NULL ||
		    strcasecmp(ours, theirs) != 0)
			failed(t, "%s: certgate reads %s, sshd %s", plain[n],
			    ours == NULL ? "nothing" : ours,
			    theirs == NULL ? "nothing" : theirs);
		free(args);
	}
}

static struct sshdconf *
conf_read(struct trial *t)
{
	struct err err = ERR_INIT;
	struct sshdconf *c = sshdconf_read(&root, ROOT_SSHD_CONFIG, &err);

	if (c == NULL)
		failed(t, "not read: %s", err.text);
	return c;
}

/* Do an edit on disk; returns how many files changed, -1 if it failed. */
static int
edit(struct trial *t, size_t n_directives, bool with_replace)
{
	struct sshdconf *c = conf_read(t);
	struct sshdconf_edit e;
	struct err err = ERR_INIT;
	int n = 0;
	size_t i;

	if (c == NULL)
		return -1;
	if (sshdconf_edit(c, &root, directives, n_directives, with_replace, &e,
		&err) < 0) {
		failed(t, "not edited: %s", err.text);
		sshdconf_free(c);
		return -1;
	}
	for (i = 0; i < e.n_files; i++)
		if (e.files[i].is_changed) {
			put(t, e.files[i].path, e.files[i].bytes,
			    e.files[i].len);
			n++;
		}
	sshdconf_edit_clear(&e);
	sshdconf_free(c);
	return n;
}

/* Staged files have the effect before anything is touched. */
static void
check_stage(struct trial *t, const struct sshdconf *c, bool with_replace)
{
	struct sshdconf_file *files = NULL;
	struct sshdconf_edit e;
	struct err err = ERR_INIT;
	size_t n = 0;
	size_t i;

	if (sshdconf_edit(c, &root, directives, N_DIRECTIVES, with_replace, &e,
		&err) < 0) {
		failed(t, "not edited: %s", err.text);
		return;
	}
	if (sshdconf_stage(c, &e, STAGE, &files, &n, &err) < 0)
		failed(t, "not staged: %s", err.text);
	for (i = 0; i < n; i++)
		put(t, files[i].path, files[i].bytes, files[i].len);
	if (n > 0)
		check_settings(t, 0, files[0].path, "staged");
	for (i = 0; i < n; i++)
		(void)unlink(files[i].path);
	sshdconf_files_free(files, n);
	sshdconf_edit_clear(&e);
}

static void
check_lossless(struct trial *t, const struct sshdconf *c)
{
	size_t i;

	for (i = 0; i < c->n_files; i++) {
		const struct sshdconf_file *f = &c->files[i];
		struct sshdconf_raw raw = { 0, 0, 0 };
		size_t end = 0;

		while (sshdconf_raw_next(f->bytes, f->len, &raw)) {
			if (raw.offset != end)
				failed(t, "a gap at %zu", end);
			end = raw.offset + raw.len;
		}
		if (end != f->len)
			failed(t, "%zu of %zu bytes", end, f->len);
	}
}

static void
check_all(struct trial *t)
{
	struct sshdconf *c = conf_read(t);
	bool with_replace;
	size_t k;

	if (c == NULL)
		return;
	check_lossless(t, c);
	check_reading(t, c);
	if ((with_replace = check_conflicts(t, c)))
		counts.n_conflicting++;
	check_stage(t, c, with_replace);
	sshdconf_free(c);
	if (edit(t, N_DIRECTIVES, with_replace) < 1)
		failed(t, "the edit changes nothing");
	for (k = 0; k < t->n_connections; k++)
		check_settings(t, k, ROOT_SSHD_CONFIG, "edited");
	if (edit(t, N_DIRECTIVES, with_replace) != 0)
		failed(t, "a second edit changes something");
	if (edit(t, 0, false) < 1)
		failed(t, "taking out changes nothing");
	if (!holds(t->path, t->bytes, t->len) ||
	    !holds(SSHDCONF_DROPIN_PATH, NULL, 0))
		failed(t, "not byte for byte as it was");
}

/* Ask sshd about the file as it is; false: it does not take it. */
static bool
ask_before(struct trial *t)
{
	struct err err = ERR_INIT;
	size_t k;

	for (k = 0; k < t->n_connections; k++)
		if (sshd_effective(&root, ROOT_SSHD_CONFIG, connections[k],
			&t->before[k], &err) < 0) {
			(void)printf("refused %s at %s: %s\n", t->name, t->path,
			    err.text);
			return false;
		}
	return true;
}

static void
try(struct trial *t)
{
	size_t k;

	counts.n_tried++;
	t->has_failed = false;
	put(t, t->path, t->bytes, t->len);
	if (ask_before(t))
		check_all(t);
	else
		counts.n_refused++;
	for (k = 0; k < N_CONNECTIONS; k++)
		sshd_settings_clear(&t->before[k]);
}

static void
check_as_both(struct trial *t)
{
	static const char includer[] =
	    "Include /etc/ssh/sshd_config.d/*.conf\nX11Forwarding yes\n";

	t->path = ROOT_SSHD_CONFIG;
	t->n_connections = N_CONNECTIONS;
	try(t);
	counts.n_failed += t->has_failed;
	t->path = SSHDCONF_FOLDER "/50-corpus.conf";
	t->n_connections = 1;
	put(t, ROOT_SSHD_CONFIG, includer, sizeof(includer) - 1);
	try(t);
	counts.n_failed += t->has_failed;
	(void)unlink(t->path);
}

/* A main file with drop-ins; those must stay as they are, too. */
static void
check_mixture(const struct mixture *m, const char *name)
{
	static const char *const paths[MIX_MAX_DROPINS] = { SSHDCONF_FOLDER
		"/10.conf",
		SSHDCONF_FOLDER "/20.conf", SSHDCONF_FOLDER "/15.conf" };
	struct trial t = { .name = name,
		.path = ROOT_SSHD_CONFIG,
		.bytes = m->text,
		.len = strlen(m->text),
		.n_connections = N_CONNECTIONS };
	size_t i;

	for (i = 0; i < MIX_MAX_DROPINS; i++)
		if (m->dropins[i] != NULL)
			put(&t, paths[i], m->dropins[i], strlen(m->dropins[i]));
	try(&t);
	for (i = 0; i < MIX_MAX_DROPINS; i++) {
		if (m->dropins[i] != NULL &&
		    !holds(paths[i], m->dropins[i], strlen(m->dropins[i])))
			failed(&t, "%s is not as it was", paths[i]);
		(void)unlink(paths[i]);
	}
	if (!t.has_failed)
		return;
	counts.n_failed++;
	(void)printf("main file:\n%s", m->text);
	for (i = 0; i < MIX_MAX_DROPINS; i++)
		if (m->dropins[i] != NULL)
			(void)printf("%s:\n%s", paths[i], m->dropins[i]);
}

static void
check_mixtures(const struct mix *m, const char *seed, size_t n)
{
	struct random r = { strtoull(seed, NULL, 10) };
	struct mixture mixture;
	char name[64];
	size_t i;

	if (m->n_lines == 0 || m->n_blocks == 0)
		abort();
	for (i = 0; i < n; i++) {
		(void)snprintf(name, sizeof(name), "%s.%zu", seed, i);
		mix_make(m, &r, &mixture);
		check_mixture(&mixture, name);
		mixture_clear(&mixture);
	}
}

int
main(int argc, char **argv)
{
	bool is_random = argc > 3 && strcmp(argv[1], "-r") == 0;
	struct mix m = { NULL, NULL, 0, 0 };
	struct trial t = { 0 };
	struct err err = ERR_INIT;
	int i;

	put(&t, ROOT_SSHD_CONFIG, "", 0);
	if (sshd_effective(
		&root, ROOT_SSHD_CONFIG, connections[0], &defaults, &err) < 0) {
		(void)printf("failed: %s\n", err.text);
		return EXIT_FAILURE;
	}
	for (i = is_random ? 4 : 1; i < argc; i++) {
		const char *slash = strrchr(argv[i], '/');

		t.name = slash == NULL ? argv[i] : slash + 1;
		if (file_read(argv[i], FILE_ANY, MAX_BYTES, &t.bytes, &t.len,
			&err) < 0) {
			(void)printf("failed %s: %s\n", t.name, err.text);
			return EXIT_FAILURE;
		}
		if (is_random)
			mix_add(&m, t.bytes);
		else
			check_as_both(&t);
		free(t.bytes);
	}
	if (is_random)
		check_mixtures(&m, argv[2], strtoul(argv[3], NULL, 10));
	mix_clear(&m);
	sshd_settings_clear(&defaults);
	(void)printf("sshd_config: %u tried, %u refused by sshd, %u with "
		     "conflicts, %u settings compared, %u failed\n",
	    counts.n_tried, counts.n_refused, counts.n_conflicting,
	    counts.n_compared, counts.n_failed);
	return counts.n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
