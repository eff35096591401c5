#include "config.h"

#include "config-gen/krl_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config-gen/command.h"
#include "config-gen/compile.h"
#include "config-gen/krl.h"
#include "config-gen/policy_memory.h"
#include "lib/certsig.h"
#include "lib/escape.h"
#include "lib/file.h"
#include "lib/pubkey.h"

#define TIMEOUT_S 600
#define MAX_NEIGHBOURS 8
#define SHOWN 160

/* What is revoked, a line for each: "[CA's fingerprint] serial: 100-199". */
struct lines {
	char **items;
	size_t n, room;
	bool has_failed;
};

static void
lines_add(struct lines *l, const char *section, const char *text, size_t len)
{
	char *line;

	if (vector_grow((void **)&l->items, &l->room, l->n,
	        sizeof(*l->items)) < 0 ||
	    asprintf(&line, "%s%s%.*s", section, section[0] == '\0' ? "" : " ",
	        (int)len, text) < 0)
		l->has_failed = true;
	else
		l->items[l->n++] = line;
}

static void
lines_clear(struct lines *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free(l->items[i]);
	free(l->items);
}

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
lines_sort(struct lines *l)
{
	if (l->n > 1)
		qsort(l->items, l->n, sizeof(*l->items), compare_lines);
}

static void
expect_range(
    struct lines *l, const char *section, uint64_t first, uint64_t last)
{
	char text[64];

	if (first == 0)
		first = 1;
	if (last == 0)
		return;
	if (first == last)
		(void)snprintf(text, sizeof(text), "serial: %" PRIu64, first);
	else
		(void)snprintf(text, sizeof(text),
		    "serial: %" PRIu64 "-%" PRIu64, first, last);
	lines_add(l, section, text, strlen(text));
}

/* Ranges that touch are one in a list. */
static void
expect_serials(
    struct lines *l, const char *section, const struct policy_authority *a)
{
	const struct policy_serials *s = a->revoked_serials;
	size_t i, begin;

	if (!krl_can_list_serials(a))
		return;
	for (i = 0; i < a->n_revoked_serials; i++) {
		begin = i;
		while (i + 1 < a->n_revoked_serials &&
		    s[i + 1].first == s[i].last + 1)
			i++;
		expect_range(l, section, s[begin].first, s[i].last);
	}
}

static void
expect_key_ids(
    struct lines *l, const char *section, const struct policy_authority *a)
{
	char text[2048];
	size_t i;

	for (i = 0; i < a->n_revoked_ids; i++) {
		if (!krl_can_list(a->revoked_ids[i].text))
			continue;
		(void)snprintf(
		    text, sizeof(text), "id: %s", a->revoked_ids[i].text);
		lines_add(l, section, text, strlen(text));
	}
}

static int
expect_keys(struct lines *l, const struct policy *p, struct err *err)
{
	char print[FINGERPRINT_SIZE], text[FINGERPRINT_SIZE + 8];
	struct pubkey k;
	int ret = 0;
	size_t i;

	for (i = 0; i < p->n_revoked_keys && ret == 0; i++) {
		const char *line = p->revoked_keys[i].text;

		if (pubkey_parse_line(
		        &k, line, strlen(line), NO_PLACE, err) != 1)
			return -1;
		ret = certsig_fingerprint(
		    print, (struct span) { k.blob, k.blob_len }, err);
		pubkey_clear(&k);
		(void)snprintf(text, sizeof(text), "hash: %s", print);
		lines_add(l, "", text, strlen(text));
	}
	return ret;
}

/* All that the list must say. */
static int
expect(struct lines *l, const struct policy *p, struct err *err)
{
	char section[FINGERPRINT_SIZE];
	size_t i, k;

	if (expect_keys(l, p, err) < 0)
		return -1;
	for (i = 0; i < p->n_authorities && krl_has_certificates(p); i++) {
		const struct policy_authority *a = &p->authorities[i];

		for (k = 0; k < a->n_keys; k++) {
			const struct span blob = { a->keys[k].blob,
				a->keys[k].blob_len };

			if (certsig_fingerprint(section, blob, err) < 0)
				return -1;
			expect_serials(l, section, a);
			expect_key_ids(l, section, a);
		}
	}
	return 0;
}

/*
 * Read what ssh-keygen -Q -l says.  "# CA key TYPE FINGERPRINT" begins what
 * is said of a CA; a key is "hash: FINGERPRINT # TYPE".
 */
static void
read_text(struct lines *l, const char *text)
{
	static const char ca[] = "# CA key ";
	static const char any_ca[] = "# Wildcard CA";
	char section[FINGERPRINT_SIZE] = "";
	size_t len, shown;
	const char *word;

	for (; *text != '\0'; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (strncmp(text, ca, strlen(ca)) == 0) {
			word = (const char *)memrchr(text, ' ', len) + 1;
			(void)snprintf(section, sizeof(section), "%.*s",
			    (int)(len - (size_t)(word - text)), word);
			continue;
		}
		if (strncmp(text, any_ca, strlen(any_ca)) == 0)
			(void)strcpy(section, "any CA's");
		if (len == 0 || text[0] == '#')
			continue;
		shown = len;
		word = memmem(text, len, " # ", 3);
		if (word != NULL && strncmp(text, "hash: ", 6) == 0)
			shown = (size_t)(word - text);
		lines_add(l, section, text, shown);
	}
}

static int
differs(const char *line, const char *how, struct err *err)
{
	char shown[SHOWN];

	return err_setf(err, ERR_REFUSED,
	    COMPILE_REVOKED ": what ssh-keygen made %s \"%s\"; please report "
	                    "this",
	    how, escape_text(shown, sizeof(shown), line));
}

/* Both are sorted. */
static int
compare(const struct lines *wanted, const struct lines *got, struct err *err)
{
	size_t i;
	int order;

	for (i = 0; i < wanted->n || i < got->n; i++) {
		if (i == wanted->n)
			order = 1;
		else if (i == got->n)
			order = -1;
		else
			order = strcmp(wanted->items[i], got->items[i]);
		if (order < 0)
			return differs(
			    wanted->items[i], "does not revoke", err);
		if (order > 0)
			return differs(
			    got->items[i], "revokes, but should not,", err);
	}
	return 0;
}

int
krl_check_text(const struct policy *p, const char *text, struct err *err)
{
	struct lines wanted = { NULL, 0, 0, false };
	struct lines got = { NULL, 0, 0, false };
	int ret = -1;

	if (expect(&wanted, p, err) < 0)
		goto out;
	read_text(&got, text);
	if (wanted.has_failed || got.has_failed) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto out;
	}
	lines_sort(&wanted);
	lines_sort(&got);
	ret = compare(&wanted, &got, err);
out:
	lines_clear(&wanted);
	lines_clear(&got);
	return ret;
}

static int
check_listing(const struct policy *p, const char *keygen, const char *list,
    struct err *err)
{
	const char *argv[] = { keygen, "-Q", "-l", "-f", list, NULL };
	struct command_result res;
	int ret;

	if (command_run_checked(argv, TIMEOUT_S,
	        COMPILE_REVOKED ": ssh-keygen cannot read it back", &res,
	        err) < 0)
		return -1;
	ret = krl_check_text(p, res.out, err);
	command_result_clear(&res);
	return ret;
}

/* Whether the list revokes the key of that line, as it should or not. */
static int
check_key(const char *keygen, const char *list, const char *path,
    const char *line, bool should, struct err *err)
{
	const char *argv[] = { keygen, "-Q", "-f", list, path, NULL };
	struct command_result res = { 0 };
	int ret = -1;

	(void)unlink(path);
	if (file_create(path, line, strlen(line), 0600, geteuid(), getegid(),
	        err) < 0 ||
	    command_run(NULL, argv, TIMEOUT_S, &res, err) < 0)
		return -1;
	if (res.status == (should ? 1 : 0) &&
	    (strstr(res.out, ": REVOKED") != NULL) == should)
		ret = 0;
	else
		(void)differs(line,
		    should ? "does not revoke" : "revokes, but should not,",
		    err);
	command_result_clear(&res);
	return ret;
}

static int
check_neighbour(const char *keygen, const char *list, const char *path,
    const struct pubkey *k, struct err *err)
{
	struct wire line = WIRE_INIT;
	int ret;

	compile_put_key(&line, k);
	wire_put_u8(&line, '\0');
	ret = line.has_failed
	    ? err_setf(err, ERR_MEMORY, "out of memory")
	    : check_key(keygen, list, path, (const char *)line.p, false, err);
	wire_free(&line);
	return ret;
}

static int
check_keys(const struct policy *p, const char *keygen, const char *list,
    const char *path, struct err *err)
{
	const struct policy_name *keys = p->revoked_keys;
	size_t i, k, n = p->n_revoked_keys, n_asked = 0;

	if (n != 0 &&
	    (check_key(keygen, list, path, keys[0].text, true, err) < 0 ||
	        check_key(keygen, list, path, keys[n - 1].text, true, err) <
	            0))
		return -1;
	for (i = 0; i < p->n_authorities; i++) {
		const struct policy_authority *a = &p->authorities[i];

		for (k = 0; k < a->n_keys && n_asked < MAX_NEIGHBOURS; k++) {
			if (policy_key_is_revoked(p, &a->keys[k]))
				continue;
			if (check_neighbour(keygen, list, path, &a->keys[k],
			        err) < 0)
				return -1;
			n_asked++;
		}
	}
	return 0;
}

int
krl_check(const struct policy *p, const char *keygen, const char *folder,
    const char *work, struct err *err)
{
	char *list = NULL, *path = NULL;
	int ret = -1;

	if (asprintf(&list, "%s/%s", folder, COMPILE_REVOKED) < 0 ||
	    asprintf(&path, "%s/sample.pub", work) < 0)
		(void)err_setf(err, ERR_MEMORY, "out of memory");
	else if (p->n_revoked > KRL_CHECK_MAX ||
	    check_listing(p, keygen, list, err) == 0)
		ret = check_keys(p, keygen, list, path, err);
	free(list);
	free(path);
	return ret;
}
