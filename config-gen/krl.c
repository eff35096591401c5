#include "config.h"

#include "config-gen/krl.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config-gen/command.h"
#include "config-gen/krl_check.h"
#include "config-gen/tree.h"
#include "lib/file.h"
#include "lib/sshwire.h"

/* A million keys take a minute. */
#define KEYGEN_TIMEOUT_S 600
#define MAX_LIST (1024UL * 1024 * 1024)
#define MODE_PUBLIC 0644

/* A longer key ID is the index's alone. */
#define KEY_ID_MAX 1024

/* Of serials, see krl_can_list_serials. */
#define BITMAP_GAP 512
#define BITMAP_RANGE 1024
#define BITMAP_MAX 8192

/* PROTOCOL.krl: "SSHKRL\n\0", format 1, then two numbers and a date. */
static const unsigned char magic[] = "SSHKRL\n\0\0\0\0\1";
#define MAGIC_LEN (sizeof(magic) - 1)
#define DATE_AT (MAGIC_LEN + 8)
#define DATE_LEN 8

/* A list in the making. */
struct maker {
	const struct policy *p;
	const struct compile_settings *s;
	char work[PATH_MAX]; /* the folder of what ssh-keygen gets and makes: */
	char spec[PATH_MAX + 8], ca[PATH_MAX + 8];
	char list[PATH_MAX + 8]; /* the list so far */
	bool has_list;
};

bool
krl_can_list(const char *key_id)
{
	size_t i, len = strlen(key_id);

	if (len == 0 || len > KEY_ID_MAX || key_id[0] == ' ' ||
	    key_id[len - 1] == ' ')
		return false;
	for (i = 0; i < len; i++) {
		if (key_id[i] < ' ' || key_id[i] > '~' || key_id[i] == '#')
			return false;
	}
	return true;
}

/*
 * Runs without a gap, or a range, for which anything else than a bitmap is
 * cheaper; the limits leave room for other ways to reckon.
 */
bool
krl_can_list_serials(const struct policy_authority *a)
{
	const struct policy_serials *s = a->revoked_serials;
	uint64_t begin = 0;
	size_t i;

	for (i = 0; i < a->n_revoked_serials; i++) {
		if (i == 0 || s[i].first - s[i - 1].last > BITMAP_GAP ||
		    s[i - 1].last - s[i - 1].first > BITMAP_RANGE)
			begin = s[i].first;
		if (s[i].last - s[i].first <= BITMAP_RANGE &&
		    s[i].last - begin > BITMAP_MAX)
			return false;
	}
	return true;
}

bool
krl_has_certificates(const struct policy *p)
{
	return p->n_revoked <= COMPILE_MAX_REVOKED;
}

static void
put(struct wire *w, const char *text)
{
	wire_put_bytes(w, text, strlen(text));
}

/*
 * One line of the specification.  No zeros stand in front, which would make
 * it octal; serial 0 cannot be said; and a range must have two ends.
 */
static void
put_serials(struct wire *w, const struct policy_serials *s)
{
	uint64_t first = s->first == 0 ? 1 : s->first;
	char line[64];

	if (s->last == 0)
		return;
	if (first == s->last)
		(void)snprintf(
		    line, sizeof(line), "serial: %" PRIu64 "\n", first);
	else
		(void)snprintf(line, sizeof(line),
		    "serial: %" PRIu64 "-%" PRIu64 "\n", first, s->last);
	put(w, line);
}

static void
put_authority(struct wire *w, const struct policy_authority *a)
{
	bool can_list = krl_can_list_serials(a);
	size_t i;

	for (i = 0; i < a->n_revoked_serials && can_list; i++)
		put_serials(w, &a->revoked_serials[i]);
	for (i = 0; i < a->n_revoked_ids; i++) {
		if (!krl_can_list(a->revoked_ids[i].text))
			continue;
		put(w, "id: ");
		put(w, a->revoked_ids[i].text);
		put(w, "\n");
	}
}

static int
out_of_memory(struct err *err)
{
	return err_setf(err, ERR_MEMORY, "out of memory");
}

static int
write_work(const char *path, const struct wire *w, struct err *err)
{
	if (w->has_failed)
		return out_of_memory(err);
	(void)unlink(path);
	return file_create(
	    path, w->p, w->len, 0600, geteuid(), getegid(), err);
}

static int
run_keygen(const char *const *argv, struct err *err)
{
	struct command_result res;

	if (command_run_checked(argv, KEYGEN_TIMEOUT_S,
	        COMPILE_REVOKED ": ssh-keygen refuses to make it", &res,
	        err) < 0)
		return -1;
	command_result_clear(&res);
	return 0;
}

/* Add what the specification says, of the authority's key ca (NULL: none). */
static int
add(struct maker *m, const struct wire *spec, const struct pubkey *ca,
    struct err *err)
{
	const char *argv[12];
	struct wire line = WIRE_INIT;
	size_t n = 0;
	int ret = -1;

	argv[n++] = m->s->keygen;
	argv[n++] = "-q";
	argv[n++] = "-k";
	argv[n++] = "-f";
	argv[n++] = m->list;
	if (m->has_list)
		argv[n++] = "-u";
	if (ca != NULL) {
		argv[n++] = "-s";
		argv[n++] = m->ca;
		compile_put_key(&line, ca);
		put(&line, "\n");
		if (write_work(m->ca, &line, err) < 0)
			goto out;
	}
	argv[n++] = m->spec;
	argv[n] = NULL;
	if (write_work(m->spec, spec, err) < 0 || run_keygen(argv, err) < 0)
		goto out;
	m->has_list = true;
	ret = 0;
out:
	wire_free(&line);
	return ret;
}

static int
add_keys(struct maker *m, struct wire *spec, struct err *err)
{
	size_t i;

	wire_reset(spec);
	for (i = 0; i < m->p->n_revoked_keys; i++) {
		put(spec, "key: ");
		put(spec, m->p->revoked_keys[i].text);
		put(spec, "\n");
	}
	return spec->len == 0 ? 0 : add(m, spec, NULL, err);
}

/* Serials and key IDs, which a list holds for one key of a CA at a time. */
static int
add_certificates(struct maker *m, struct wire *spec, struct err *err)
{
	const struct policy *p = m->p;
	size_t i, k;

	for (i = 0; i < p->n_authorities; i++) {
		const struct policy_authority *a = &p->authorities[i];

		wire_reset(spec);
		put_authority(spec, a);
		for (k = 0; spec->len != 0 && k < a->n_keys; k++) {
			if (add(m, spec, &a->keys[k], err) < 0)
				return -1;
		}
	}
	return 0;
}

static int
make(struct maker *m, struct err *err)
{
	struct wire spec = WIRE_INIT;
	int ret = 0;

	if (add_keys(m, &spec, err) < 0 ||
	    (krl_has_certificates(m->p) &&
	        add_certificates(m, &spec, err) < 0))
		ret = -1;
	wire_free(&spec);
	return ret;
}

/* Whether there is anything that a list says. */
static bool
is_needed(const struct policy *p)
{
	struct wire spec = WIRE_INIT;
	bool is = p->n_revoked_keys != 0;
	size_t i;

	for (i = 0; i < p->n_authorities && krl_has_certificates(p); i++)
		put_authority(&spec, &p->authorities[i]);
	is = is || spec.len != 0 || spec.has_failed;
	wire_free(&spec);
	return is;
}

/* Take the date out of a list: it is no part of what the policy says. */
static int
undate(char *bytes, size_t len, struct err *err)
{
	if (len < KRL_EMPTY_SIZE || memcmp(bytes, magic, MAGIC_LEN) != 0)
		return err_setf(err, ERR_MALFORMED,
		    COMPILE_REVOKED ": what ssh-keygen made is no list of the "
		                    "format that sshd reads");
	memset(bytes + DATE_AT, 0, DATE_LEN);
	return 0;
}

static int
write_list(const struct compile_settings *s, const char *folder,
    const void *bytes, size_t len, struct err *err)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder,
	        COMPILE_REVOKED) >= sizeof(path))
		return err_setf(err, ERR_LIMIT, "%s: name too long", folder);
	return file_create(
	    path, bytes, len, MODE_PUBLIC, s->owner, s->group, err);
}

static int
write_empty(const struct compile_settings *s, const char *folder,
    struct err *err)
{
	unsigned char bytes[KRL_EMPTY_SIZE] = { 0 };

	memcpy(bytes, magic, MAGIC_LEN);
	return write_list(s, folder, bytes, sizeof(bytes), err);
}

static int
write_made(struct maker *m, const char *folder, struct err *err)
{
	char *bytes = NULL;
	size_t len;
	int ret = -1;

	if (make(m, err) < 0)
		return -1;
	if (file_read(m->list, FILE_ROOTS, MAX_LIST, &bytes, &len, err) == 0 &&
	    undate(bytes, len, err) == 0 &&
	    write_list(m->s, folder, bytes, len, err) == 0)
		ret = krl_check(m->p, m->s->keygen, folder, m->work, err);
	free(bytes);
	return ret;
}

int
krl_write(const struct policy *p, const struct compile_settings *s,
    const char *folder, struct err *err)
{
	struct err own = ERR_INIT;
	struct maker *m;
	bool is_named;
	int ret = -1;

	if (!is_needed(p))
		return write_empty(s, folder, err);
	if (s->keygen == NULL)
		return err_setf(err, ERR_NOT_FOUND,
		    COMPILE_REVOKED ": there is no ssh-keygen to make it; "
		                    "install OpenSSH's client");
	if ((m = calloc(1, sizeof(*m))) == NULL)
		return out_of_memory(err);
	m->p = p;
	m->s = s;
	is_named = (size_t)snprintf(m->work, sizeof(m->work), "%s/.krl",
	               folder) < sizeof(m->work);
	(void)snprintf(m->spec, sizeof(m->spec), "%s/spec", m->work);
	(void)snprintf(m->ca, sizeof(m->ca), "%s/ca.pub", m->work);
	(void)snprintf(m->list, sizeof(m->list), "%s/list", m->work);
	if (!is_named)
		(void)err_setf(err, ERR_LIMIT, "%s: name too long", folder);
	else if (mkdir(m->work, 0700) < 0)
		(void)err_system(err, "%s", m->work);
	else
		ret = write_made(m, folder, err);
	/* It must not become a part of the generation. */
	if (tree_remove(m->work, &own) < 0)
		ret = err_setf(err, own.code, "%s", own.text);
	free(m);
	return ret;
}
