/*
 * certs SEED COUNT: the certificate parser against ssh-keygen -L.
 *
 * Random certificates and mutants of certificates, COUNT in all, are read by
 * both.  What both take must be the same to the last byte of what ssh-keygen
 * prints.  What certgate takes, ssh-keygen must take.  What only ssh-keygen
 * takes must belong to a row of the table below, and what the row says of
 * such certificates must be true of this one: that is looked for in the bytes
 * and in ssh-keygen's words, not in certgate's.
 *
 * Prints the table, and each certificate that belongs to no row.  SSH_KEYGEN
 * in the environment names another ssh-keygen.
 */
#include "config.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base64.h"
#include "lib/cert.h"
#include "lib/certsig.h"
#include "tests/differential/randcert.h"

#define CHUNK 2000 /* certificates that one ssh-keygen reads */
/* 9999-12-31T23:59:59Z: what ssh-keygen prints beyond is not looked at. */
#define LAST_SHOWN 253402300799U

/* Why certgate refuses what ssh-keygen -L shows. */
static struct row {
	const char *said; /* part of certgate's message */
	const char *reason;
	size_t n;
} rows[] = {
	{ "is not known, so sshd refuses the certificate",
	    "unknown critical option: sshd refuses it at login", 0 },
	{ "stands there twice",
	    "critical option twice: sshd refuses it at login", 0 },
	{ "holds a NUL byte",
	    "NUL at the end of a text: sshd drops it, we refuse it", 0 },
	{ "is not a list of networks",
	    "source-address that sshd refuses at login, or not in full", 0 },
	{ "ssh-rsa", "signed with SHA-1: not in sshd's CASignatureAlgorithms",
	    0 },
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))
enum row_name { UNKNOWN, TWICE, NUL, NETWORKS, SHA1 };

/* One certificate and what each makes of it. */
struct trial {
	struct wire blob;
	char type[64]; /* first word of the line */
	bool is_ours;  /* certgate takes it */
	struct err err;
	char *ours;   /* as ssh-keygen would print it; NULL: refused */
	char *theirs; /* NULL: refused */
	char *died;   /* what it printed of it before it gave up */
};

/* What the bytes say, read without certgate's parser. */
struct facts {
	bool is_host, has_nul;
};

static struct {
	size_t n, n_mutants, n_both, n_neither, n_host, n_failed;
} counts;

static void
die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

/* --- what certgate says ----------------------------------------------- */

static void
print_bytes(FILE *f, struct span s)
{
	(void)fwrite(s.p, 1, s.len, f);
}

static void
print_time(FILE *f, uint64_t at)
{
	time_t t = (time_t)at;
	char shown[64];
	struct tm tm;

	if (at > LAST_SHOWN || gmtime_r(&t, &tm) == NULL)
		(void)fprintf(f, "?");
	else if (strftime(shown, sizeof(shown), "%Y-%m-%dT%H:%M:%S", &tm) > 0)
		(void)fprintf(f, "%s", shown);
}

static void
print_validity(FILE *f, const struct cert *c)
{
	bool has_start = c->valid_after != 0;
	bool has_end = c->valid_before != UINT64_MAX;

	(void)fprintf(f, "        Valid: ");
	if (!has_start && !has_end)
		(void)fprintf(f, "forever");
	else if (has_start && has_end)
		(void)fprintf(f, "from ");
	else
		(void)fprintf(f, has_start ? "after " : "before ");
	if (has_start)
		print_time(f, c->valid_after);
	if (has_start && has_end)
		(void)fprintf(f, " to ");
	if (has_end)
		print_time(f, c->valid_before);
	(void)fprintf(f, "\n");
}

static bool
is_flag(struct span name)
{
	static const char *const flags[] = { "permit-X11-forwarding",
		"permit-agent-forwarding", "permit-port-forwarding",
		"permit-pty", "permit-user-rc", "no-touch-required" };
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (span_is(name, flags[i]))
			return true;
	return false;
}

static void
print_option(FILE *f, struct span name, struct span data, bool is_critical)
{
	struct span value;
	size_t i;

	(void)fprintf(f, "                ");
	print_bytes(f, name);
	if (is_critical &&
	    (span_is(name, "force-command") ||
		span_is(name, "source-address"))) {
		(void)fprintf(f, " ");
		if (wire_get_string(&data, &value) == 0)
			print_bytes(f, value);
	} else if (is_critical ? !span_is(name, "verify-required")
			       : !is_flag(name)) {
		if (data.len == 0) {
			(void)fprintf(f, " UNKNOWN FLAG OPTION");
		} else {
			(void)fprintf(f, " UNKNOWN OPTION: ");
			for (i = 0; i < data.len; i++)
				(void)fprintf(f, "%02x", data.p[i]);
			(void)fprintf(f, " (len %zu)", data.len);
		}
	}
	(void)fprintf(f, "\n");
}

static void
print_options(FILE *f, const char *title, struct span packed, bool is_critical)
{
	struct span name, data;

	(void)fprintf(f, "        %s: ", title);
	if (packed.len == 0)
		(void)fprintf(f, "(none)");
	(void)fprintf(f, "\n");
	while (cert_option_next(&packed, &name, &data) == 1)
		print_option(f, name, data, is_critical);
}

/* As ssh-keygen.c:print_cert does. */
static char *
show(const struct cert *c)
{
	char print[FINGERPRINT_SIZE], ca_print[FINGERPRINT_SIZE];
	struct span signature = c->signature, algorithm = { NULL, 0 };
	struct keyblob ca;
	struct err err = ERR_INIT;
	char *text = NULL;
	size_t i, len;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL || certsig_cert_fingerprint(print, c, &err) < 0 ||
	    certsig_fingerprint(ca_print, c->ca_key, &err) < 0 ||
	    keyblob_parse(&ca, c->ca_key, "", &err) < 0 ||
	    wire_get_string(&signature, &algorithm) < 0)
		die("show");
	(void)fprintf(f, "        Type: ");
	print_bytes(f, c->type_name);
	(void)fprintf(f, " %s certificate\n        Public key: %s %s\n",
	    c->type == CERT_USER ? "user" : "host",
	    cert_key_type_short_cert_name(c->key_type), print);
	(void)fprintf(f, "        Signing CA: %s %s (using ",
	    cert_key_type_short_name(ca.type), ca_print);
	print_bytes(f, algorithm);
	(void)fprintf(f, ")\n        Key ID: \"");
	print_bytes(f, c->key_id);
	(void)fprintf(f, "\"\n        Serial: %" PRIu64 "\n", c->serial);
	print_validity(f, c);
	(void)fprintf(f, "        Principals: ");
	if (c->n_principals == 0)
		(void)fprintf(f, "(none)");
	for (i = 0; i < c->n_principals; i++) {
		(void)fprintf(f, "\n                ");
		print_bytes(f, c->principals[i]);
	}
	(void)fprintf(f, "\n");
	print_options(f, "Critical Options", c->critical_options, true);
	print_options(f, "Extensions", c->extensions, false);
	if (fclose(f) != 0)
		die("show");
	return text;
}

static void
ask_certgate(struct trial *t)
{
	static struct cert c;

	t->err = (struct err)ERR_INIT;
	t->is_ours = cert_parse(&c, t->blob.p, t->blob.len, &t->err) == 0 &&
	    certsig_verify(&c, &t->err) == 0;
	if (t->is_ours)
		t->ours = show(&c);
}

/* --- what ssh-keygen says --------------------------------------------- */

/* The line's first word: the type, where the blob has a known one. */
static void
find_type(struct trial *t)
{
	struct span rest = wire_span(&t->blob), name;

	if (wire_get_string(&rest, &name) < 0 ||
	    !cert_key_type_by_cert_name(name, NULL))
		name = span_of("ssh-ed25519-cert-v01@openssh.com");
	(void)snprintf(t->type, sizeof(t->type), "%.*s", (int)name.len,
	    (const char *)name.p);
}

static void
print_line(FILE *f, const struct trial *t)
{
	char *encoded = malloc(BASE64_ENCODED_SIZE(t->blob.len));

	if (encoded == NULL)
		die("malloc");
	base64_encode(encoded, t->blob.p, t->blob.len);
	(void)fprintf(f, "%s %s\n", t->type, encoded);
	free(encoded);
}

/* "(stdin):N:" and a line end at p, N at most n; 0 where there is none. */
static size_t
header_at(const char *p, size_t n, size_t *len)
{
	static const char begin[] = "(stdin):";
	unsigned long number;
	char *end;

	if (strncmp(p, begin, sizeof(begin) - 1) != 0)
		return 0;
	number = strtoul(p + sizeof(begin) - 1, &end, 10);
	if (strncmp(end, ":\n", 2) != 0 || number > n)
		return 0;
	*len = (size_t)(end + 2 - p);
	return number;
}

/* Give each trial of the n at t its part of out; the last number there. */
static size_t
split(struct trial *t, size_t n, const char *out)
{
	const char *p = out, *begin = NULL;
	size_t number = 0, next, len = 0;

	for (;;) {
		next = *p == '\0' ? 0 : header_at(p, n, &len);
		if (begin != NULL && (*p == '\0' || next > number))
			t[number - 1].theirs =
			    strndup(begin, (size_t)(p - begin));
		if (*p == '\0')
			return number;
		if (next > number) {
			number = next;
			begin = p + len;
			p = begin;
		} else {
			p += strcspn(p, "\n");
			p += *p == '\n';
		}
	}
}

static char *
read_all(FILE *f)
{
	char *text = NULL, part[4096];
	size_t len = 0, n;
	FILE *all = open_memstream(&text, &len);

	while (all != NULL && (n = fread(part, 1, sizeof(part), f)) > 0)
		(void)fwrite(part, 1, n, all);
	if (all == NULL || fclose(all) != 0)
		die("read");
	/* A NUL cannot be: texts are printed up to it. */
	return text;
}

/*
 * It ends at a certificate whose options it cannot show: that one counts as
 * refused, and it is asked anew about those behind it.
 */
static void
ask_keygen(struct trial *t, size_t n, const char *path)
{
	const char *keygen = getenv("SSH_KEYGEN");
	char command[512];
	size_t i, last;
	char *text;
	FILE *f;
	int status;

	while (n > 0) {
		if ((f = fopen(path, "w")) == NULL)
			die(path);
		for (i = 0; i < n; i++)
			print_line(f, &t[i]);
		if (fclose(f) != 0)
			die(path);
		(void)snprintf(command, sizeof(command),
		    "TZ=UTC LC_ALL=C stdbuf -oL %s -L -f - <%s 2>/dev/null",
		    keygen == NULL ? "ssh-keygen" : keygen, path);
		if ((f = popen(command, "r")) == NULL)
			die("ssh-keygen");
		text = read_all(f);
		status = pclose(f);
		last = split(t, n, text);
		free(text);
		if (!WIFEXITED(status))
			die("ssh-keygen was killed");
		/* 0 and 1: it came to the end. */
		if (WEXITSTATUS(status) <= 1)
			return;
		if (last == 0)
			die("ssh-keygen does not run");
		t[last - 1].died = t[last - 1].theirs;
		t[last - 1].theirs = NULL;
		t += last;
		n -= last;
	}
}

/* --- rows ------------------------------------------------------------- */

static void
look_at_text(struct facts *f, struct span s)
{
	f->has_nul |= s.len != 0 && s.p[s.len - 1] == 0;
}

static void
look_at_options(struct facts *f, struct span packed)
{
	struct span name, data, value;

	while (wire_get_string(&packed, &name) == 0 &&
	    wire_get_string(&packed, &data) == 0) {
		look_at_text(f, name);
		if (wire_get_string(&data, &value) == 0)
			look_at_text(f, value);
	}
}

/* Read a certificate by its plain layout. */
static struct facts
look(const struct trial *t)
{
	/* Strings of each type's key. */
	static const size_t n_parts[] = { 2, 2, 2, 2, 1, 3, 2 };
	struct facts f = { false, false };
	struct span in = wire_span(&t->blob), s, list;
	enum cert_key_type type;
	uint64_t number;
	uint32_t n;
	size_t i;

	if (wire_get_string(&in, &s) < 0 ||
	    !cert_key_type_by_cert_name(s, &type) ||
	    wire_get_string(&in, &s) < 0)
		return f;
	for (i = 0; i < n_parts[type]; i++) {
		if (wire_get_string(&in, &s) < 0)
			return f;
		if (type != CERT_KEY_RSA && s.len < 32)
			look_at_text(&f, s); /* curve, application */
	}
	if (wire_get_u64(&in, &number) < 0 || wire_get_u32(&in, &n) < 0 ||
	    wire_get_string(&in, &s) < 0 || wire_get_string(&in, &list) < 0)
		return f;
	f.is_host = n == 2;
	look_at_text(&f, s);
	while (wire_get_string(&list, &s) == 0)
		look_at_text(&f, s);
	if (wire_get_u64(&in, &number) < 0 || wire_get_u64(&in, &number) < 0)
		return f;
	if (wire_get_string(&in, &list) == 0)
		look_at_options(&f, list);
	if (wire_get_string(&in, &list) == 0)
		look_at_options(&f, list);
	/* The CA's curve or application. */
	if (wire_get_string(&in, &s) < 0 || wire_get_string(&in, &list) < 0)
		return f;
	while (wire_get_string(&list, &s) == 0)
		if (s.len < 32)
			look_at_text(&f, s);
	return f;
}

/* Whether text is a network as sshd's CIDR lists want it, written in full. */
static bool
is_network(const char *text)
{
	unsigned char bytes[16];
	char copy[128], *slash;
	unsigned long prefix, i, max = 32;
	char *end;
	int family = strchr(text, ':') == NULL ? AF_INET : AF_INET6;

	if (strlen(text) >= sizeof(copy))
		return false;
	(void)snprintf(copy, sizeof(copy), "%s", text);
	if ((slash = strchr(copy, '/')) != NULL)
		*slash++ = '\0';
	if (family == AF_INET6)
		max = 128;
	if (inet_pton(family, copy, bytes) != 1)
		return false;
	if (slash == NULL)
		return true;
	if (*slash < '0' || *slash > '9' || (*slash == '0' && slash[1] != '\0'))
		return false;
	prefix = strtoul(slash, &end, 10);
	if (*end != '\0' || prefix > max)
		return false;
	for (i = prefix; i < max; i++)
		if ((bytes[i / 8] & (0x80 >> i % 8)) != 0)
			return false;
	return true;
}

/* Whether ssh-keygen shows an address list with one that is no network. */
static bool
shows_no_network(const char *text)
{
	static const char word[] = "\n                source-address ";
	const char *p = text;
	char list[512], *one, *rest = list;
	bool ret = false;

	while ((p = strstr(p, word)) != NULL) {
		p += sizeof(word) - 1;
		(void)snprintf(
		    list, sizeof(list), "%.*s", (int)strcspn(p, "\n"), p);
		rest = list;
		while ((one = strsep(&rest, ",")) != NULL)
			ret |= !is_network(one);
	}
	return ret;
}

static bool
shows_twice(const char *text)
{
	static const char *const words[] = {
		"\n                force-command ",
		"\n                source-address ",
	};
	size_t i;

	for (i = 0; i < 2; i++) {
		const char *p = strstr(text, words[i]);

		if (p != NULL && strstr(p + 1, words[i]) != NULL)
			return true;
	}
	return false;
}

/* An unknown one among the critical options. */
static bool
shows_unknown(const char *text)
{
	const char *p = strstr(text, "\n        Critical Options: ");
	const char *end = strstr(text, "\n        Extensions: ");
	const char *found = p == NULL ? NULL : strstr(p, " UNKNOWN ");

	return found != NULL && end != NULL && found < end;
}

static bool
is_true_of(enum row_name row, const struct trial *t)
{
	struct facts f = look(t);

	switch (row) {
	case UNKNOWN:
		return shows_unknown(t->theirs);
	case TWICE:
		return shows_twice(t->theirs);
	case NUL:
		return f.has_nul;
	case NETWORKS:
		return shows_no_network(t->theirs);
	case SHA1:
		return strstr(t->theirs, " (using ssh-rsa)\n") != NULL;
	}
	return false;
}

static bool
is_explained(const struct trial *t)
{
	size_t i;

	for (i = 0; i < N_ROWS; i++)
		if (strstr(t->err.text, rows[i].said) != NULL &&
		    is_true_of((enum row_name)i, t)) {
			rows[i].n++;
			return true;
		}
	return false;
}

/* Cut what ssh-keygen prints of times that it cannot print. */
static void
hide_late_times(char *ours, char *theirs)
{
	char *end;

	if ((ours = strstr(ours, "\n        Valid: ")) == NULL ||
	    (theirs = strstr(theirs, "\n        Valid: ")) == NULL)
		return;
	end = strchr(ours + 1, '\n');
	if (memchr(ours, '?', (size_t)(end - ours)) == NULL)
		return;
	memmove(ours, end, strlen(end) + 1);
	end = theirs + 1 + strcspn(theirs + 1, "\n");
	memmove(theirs, end, strlen(end) + 1);
}

/*
 * A host certificate lets nobody in, so what its options mean is not looked
 * at; ssh-keygen ends at some, and cuts names at a NUL.  All in front of the
 * options must be as certgate reads it.
 */
static bool
is_host_option(const struct trial *t)
{
	static const char title[] = "\n        Critical Options: ";
	const char *theirs = t->theirs == NULL ? t->died : t->theirs;
	const char *at;
	struct facts f = look(t);

	if (!f.is_host || theirs == NULL || (t->died == NULL && !f.has_nul) ||
	    (at = strstr(t->ours, title)) == NULL ||
	    strncmp(t->ours, theirs, (size_t)(at - t->ours)) != 0)
		return false;
	counts.n_host++;
	return true;
}

static void
fail(const struct trial *t, const char *what)
{
	counts.n_failed++;
	(void)printf("failed: %s: %s\n", what,
	    t->is_ours ? "certgate takes it" : t->err.text);
	print_line(stdout, t);
	if (t->ours != NULL)
		(void)printf("certgate:\n%s", t->ours);
	if (t->theirs != NULL)
		(void)printf("ssh-keygen:\n%s", t->theirs);
}

static void
judge(struct trial *t)
{
	char *theirs = t->theirs == NULL ? t->died : t->theirs;

	if (t->ours != NULL && theirs != NULL)
		hide_late_times(t->ours, theirs);
	if (t->ours != NULL && t->theirs != NULL &&
	    strcmp(t->ours, t->theirs) == 0)
		counts.n_both++;
	else if (t->ours != NULL && is_host_option(t))
		;
	else if (t->ours != NULL && t->theirs != NULL)
		fail(t, "they read it differently");
	else if (t->ours != NULL)
		fail(t, "only certgate takes it");
	else if (t->theirs == NULL)
		counts.n_neither++;
	else if (!is_explained(t))
		fail(t, "only ssh-keygen takes it, for no known reason");
}

static void
try(struct randcert *r, size_t n, const char *path)
{
	static struct trial trials[CHUNK];
	size_t i;

	memset(trials, 0, sizeof(trials));
	for (i = 0; i < n; i++) {
		/* Two mutants for each that is made anew. */
		if (counts.n++ % 3 == 0) {
			randcert_make(r, &trials[i].blob);
		} else {
			randcert_mutate(r, &trials[i].blob);
			counts.n_mutants++;
		}
		find_type(&trials[i]);
		ask_certgate(&trials[i]);
	}
	ask_keygen(trials, n, path);
	for (i = 0; i < n; i++) {
		judge(&trials[i]);
		wire_free(&trials[i].blob);
		free(trials[i].ours);
		free(trials[i].theirs);
		free(trials[i].died);
	}
}

int
main(int argc, char **argv)
{
	char path[] = "/tmp/differential.XXXXXX";
	struct randcert r;
	size_t n, i;
	int fd;

	if (argc != 3)
		return 2;
	n = strtoul(argv[2], NULL, 10);
	if ((fd = mkstemp(path)) < 0)
		die(path);
	(void)close(fd);
	randcert_init(&r, strtoull(argv[1], NULL, 10));
	while (counts.n < n)
		try(&r, n - counts.n < CHUNK ? n - counts.n : CHUNK, path);
	randcert_clear(&r);
	(void)unlink(path);
	(void)printf("%8zu certificates, %zu of them mutants\n"
		     "%8zu read alike by both\n%8zu refused by both\n",
	    counts.n, counts.n_mutants, counts.n_both, counts.n_neither);
	(void)printf("%8zu otherwise by ssh-keygen: options of a host "
		     "certificate, which lets nobody in\n",
	    counts.n_host);
	for (i = 0; i < N_ROWS; i++)
		(void)printf(
		    "%8zu only by ssh-keygen: %s\n", rows[i].n, rows[i].reason);
	(void)printf("certs: seed %s, %zu tried, %zu failed\n", argv[1],
	    counts.n, counts.n_failed);
	return counts.n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
