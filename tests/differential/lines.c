/*
 * lines: principals lines against sshd's own reading of them.
 *
 *   lines options SEED COUNT        write COUNT lines
 *   lines names SEED COUNT          write COUNT names, each fit for a line
 *   lines judge SEED COUNT LOG      what sshd said of the former
 *
 * Each line of the first kind is random options and a principal.  Where lib
 * says that the options may stand there, sshd must not call them bad; where
 * only sshd takes them, that must belong to a row of the table below, and
 * what the row says must be true of the text.  LOG is sshd's, at DEBUG1 or
 * more; the lines stand in files named /run/list.0, /run/list.1, ... of CHUNK
 * lines each.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/principal.h"
#include "tests/differential/random.h"

#define LINE_SIZE 512
#define CHUNK 1000
#define LIST "/run/list."

/* What certgate refuses though sshd reads it: its words, and how to see it. */
static struct row {
	const char *said;
	const char *in_text; /* is in the text, a comma at each end */
	const char *reason;
	size_t n;
} rows[] = {
	{ "hold a #", "#", "sshd cuts the line at #, even in quotes", 0 },
	{ "hold a control character", "\t", "sshd's options end at a tab", 0 },
	{ "hold a blank outside quotes", " ", "sshd's options end there", 0 },
	{ "hold an empty option", ",,", "sshd skips it; it is a slip", 0 },
	{ "hold from=", "from=\"", "the policy has from:", 0 },
	{ "hold expiry-time=", "expiry-time=\"", "the policy has until:", 0 },
	{ "hold environment=", "environment=\"",
	    "ignored by sshd unless PermitUserEnvironment", 0 },
	{ "hold cert-authority", "cert-authority",
	    "sshd refuses the login behind it", 0 },
	{ "hold principals=", "principals=\"",
	    "sshd refuses the login behind it", 0 },
	{ "hold a permitopen= that is not", ":ssh\"",
	    "a port by name depends on the server", 0 },
	{ "hold a permitopen= that is not", ": ",
	    "sshd lets a blank stand before a port", 0 },
	{ "hold a permitlisten= that is not", ": ",
	    "sshd lets a blank stand before a port", 0 },
	{ "hold a permitlisten= that is not", ":ssh\"",
	    "a port by name depends on the server", 0 },
	{ "hold a permitlisten= that is not", "\"ssh\"",
	    "a port by name depends on the server", 0 },
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static void
put_flag(struct random *r, FILE *f)
{
	static const char *const flags[] = { "restrict", "pty", "no-pty",
		"port-forwarding", "no-port-forwarding", "agent-forwarding",
		"no-agent-forwarding", "x11-forwarding", "no-X11-forwarding",
		"user-rc", "no-user-rc", "touch-required", "no-touch-required",
		"verify-required", "no-verify-required", "cert-authority",
		"no-restrict", "no-command", "unknown", "no-", "" };

	(void)fprintf(f, "%s", flags[random_below(r, 21)]);
}

static void
put_valued(struct random *r, FILE *f)
{
	static const char *const options[] = { "command", "permitopen",
		"permitlisten", "tunnel", "environment", "from", "expiry-time",
		"principals", "Command", "PERMITOPEN", "no-tunnel", "pty" };
	static const char *const values[] = { "/bin/true", "echo \\\"hi\\\"",
		"a b", "localhost:22", "*:*", "[::1]:80", "::1:80", "host:ssh",
		"22", "*", "0", "65536", "host:0", "host/22", "any", "ANY",
		"2147483645", "2147483647", "A=b", "10.0.0.0/8", "20300101",
		"jdoe,alice", "", "ssh", "\\", "host:22 ", "-1", "022",
		"host:65535", "host:99999", "[::1", "x:y:22", "a#b", "a\tb" };

	(void)fprintf(f, "%s=\"%s\"", options[random_below(r, 12)],
	    values[random_below(r, 34)]);
}

/* One text for options, spoiled by a character now and then. */
static void
make_options(struct random *r, char out[LINE_SIZE])
{
	static const char odd[] = "\", =\\#\t'a";
	FILE *f = fmemopen(out, LINE_SIZE, "w");
	size_t n = 1 + random_below(r, 3), len, at;

	if (f == NULL)
		abort();
	while (n-- > 0) {
		if (random_once_in(r, 2))
			put_flag(r, f);
		else
			put_valued(r, f);
		if (n > 0)
			(void)fputc(',', f);
	}
	if (fclose(f) != 0)
		abort();
	len = strlen(out);
	if (!random_once_in(r, 3) || len == 0)
		return;
	at = random_below(r, len);
	if (random_once_in(r, 2))
		out[at] = odd[random_below(r, sizeof(odd) - 1)];
	else
		memmove(out + at, out + at + 1, len - at);
}

static void
write_options(struct random *r, size_t n)
{
	char options[LINE_SIZE];
	size_t i;

	for (i = 0; i < n; i++) {
		make_options(r, options);
		(void)printf("%s p%zu\n", options, i);
	}
}

static void
write_names(struct random *r, size_t n)
{
	static const char *const parts[] = { "jdoe", "@", "example.com", "%u",
		"*", "?", "!", "-", "_", ".", "\xc3\xa9", "\xff", "~", "$HOME",
		"\\", "(", ";", "|", "&", "=", "A", "a", "0", "none" };
	char name[256];
	size_t i, k;

	for (i = 0; i < n;) {
		name[0] = '\0';
		for (k = 1 + random_below(r, 6); k > 0; k--)
			(void)strncat(name, parts[random_below(r, 24)], 32);
		if (principal_refusal(span_of(name)) == NULL && ++i <= n)
			(void)printf("%s%zu\n", name, i);
	}
}

/* Which lines sshd calls bad. */
static bool *
read_log(const char *path, size_t n)
{
	bool *is_bad = calloc(n + 1, sizeof(*is_bad));
	FILE *f = fopen(path, "r");
	char *line = NULL, *at;
	size_t size = 0;
	unsigned long file, number;

	if (f == NULL || is_bad == NULL)
		abort();
	while (getline(&line, &size, f) > 0) {
		if (strstr(line, ": bad principals options: ") == NULL ||
		    (at = strstr(line, LIST)) == NULL)
			continue;
		file = strtoul(at + strlen(LIST), &at, 10);
		number = *at == ':' ? strtoul(at + 1, NULL, 10) : 0;
		if (number >= 1 && file * CHUNK + number <= n)
			is_bad[file * CHUNK + number - 1] = true;
	}
	free(line);
	(void)fclose(f);
	return is_bad;
}

static bool
is_explained(const char *options, const char *refusal)
{
	char text[LINE_SIZE + 2];
	size_t i;

	(void)snprintf(text, sizeof(text), ",%s,", options);
	for (i = 0; i < N_ROWS; i++)
		if (strncmp(refusal, rows[i].said, strlen(rows[i].said)) == 0 &&
		    strcasestr(text, rows[i].in_text) != NULL) {
			rows[i].n++;
			return true;
		}
	return false;
}

static int
judge(struct random *r, const char *seed, size_t n, const char *log)
{
	bool *is_bad = read_log(log, n);
	size_t i, n_both = 0, n_neither = 0, n_failed = 0;
	char options[LINE_SIZE];

	for (i = 0; i < n; i++) {
		const char *refusal;

		make_options(r, options);
		refusal = principal_options_refusal(span_of(options));
		if (refusal == NULL && !is_bad[i]) {
			n_both++;
		} else if (refusal != NULL && is_bad[i]) {
			n_neither++;
		} else if (refusal == NULL || !is_explained(options, refusal)) {
			n_failed++;
			(void)printf("failed: %s: %s takes it, but %s\n",
			    options, refusal == NULL ? "certgate" : "sshd",
			    refusal == NULL ? "sshd does not" : refusal);
		}
	}
	free(is_bad);
	(void)printf("%8zu lines taken by both\n%8zu refused by both\n", n_both,
	    n_neither);
	for (i = 0; i < N_ROWS; i++)
		(void)printf("%8zu only by sshd: they %s: %s\n", rows[i].n,
		    rows[i].said, rows[i].reason);
	(void)printf(
	    "lines: seed %s, %zu tried, %zu failed\n", seed, n, n_failed);
	return n_failed == 0 && n_both > 0 && n_neither > 0 ? EXIT_SUCCESS
							    : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
	struct random r;
	size_t n;

	if (argc < 4)
		return 2;
	r.state = strtoull(argv[2], NULL, 10);
	n = strtoul(argv[3], NULL, 10);
	if (strcmp(argv[1], "options") == 0)
		write_options(&r, n);
	else if (strcmp(argv[1], "names") == 0)
		write_names(&r, n);
	else if (strcmp(argv[1], "judge") == 0 && argc == 5)
		return judge(&r, argv[2], n, argv[4]);
	else
		return 2;
	return EXIT_SUCCESS;
}
