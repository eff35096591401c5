#include "config.h"

#include "config-gen/policyedit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config-gen/lockfile.h"
#include "config-gen/policytext.h"
#include "lib/certsig.h"
#include "lib/escape.h"
#include "lib/file.h"

/* The lock of ".NAME", and how long the writer of another change has. */
#define LOCK_MARK ".certgate-lock"
#define LOCK_WAIT_S 10

/* A change under way. */
struct edit {
	struct policyedit *e;
	const struct policy *p;
	const struct policyedit_change *change;
	const struct policy_authority *a; /* NULL: new, or none */
	struct policytext *t;
	struct err *err;
};

static int
no_memory(struct err *err)
{
	return err_setf(err, ERR_MEMORY, "out of memory");
}

static void
put(struct wire *w, const char *text)
{
	wire_put_bytes(w, text, strlen(text));
}

/* What to write where: the entry's lines, two blanks for each level. */
static void
explain_by_hand(struct wire *out, const char *const *path, const char *block)
{
	size_t i;

	if (path[0] == NULL)
		put(out, "at the top");
	for (i = 0; path[i] != NULL; i++) {
		put(out, i == 0 ? "under " : ", ");
		policytext_put_scalar(out, path[i], '"');
	}
	put(out, ":\n  ");
	for (; *block != '\0'; block++) {
		put(out, *block == '\t' ? "  " : "");
		if (*block != '\t')
			wire_put_bytes(out, block, 1);
		if (*block == '\n' && block[1] != '\0')
			put(out, "  ");
	}
}

/* Put an entry, of which both forms are in wires, at path. */
static int
append(struct edit *d, const char *const *path, struct wire *block,
    struct wire *flow)
{
	struct policytext_entry entry;

	wire_put_u8(block, 0);
	wire_put_u8(flow, 0);
	if (block->has_failed || flow->has_failed)
		return no_memory(d->err);
	entry.block = (const char *)block->p;
	entry.flow = (const char *)flow->p;
	wire_reset(&d->e->by_hand);
	explain_by_hand(&d->e->by_hand, path, entry.block);
	return policytext_append(d->t, path, &entry, &d->e->after, d->err);
}

static void
put_list_item(struct wire *block, struct wire *flow, const char *before,
    const char *value, char quote)
{
	put(block, before);
	put(block, "- ");
	policytext_put_scalar(block, value, quote);
	put(block, "\n");
	/* Between brackets a plain text ends at a comma. */
	policytext_put_scalar(flow, value, quote == 0 ? '"' : quote);
}

/* A key to a list `keys` that is there. */
static int
add_to_keys(struct edit *d, struct wire *block, struct wire *flow)
{
	const char *path[] = { "authorities", d->a->name, "keys", NULL };

	put_list_item(block, flow, "", d->change->key,
	    policytext_quote(d->t, path));
	return append(d, path, block, flow);
}

/* `keys` to an authority that has others from a file. */
static int
add_keys(struct edit *d, struct wire *block, struct wire *flow)
{
	const char *path[] = { "authorities", d->a->name, NULL };

	put(block, "keys:\n");
	put(flow, "keys: [");
	put_list_item(block, flow, "\t", d->change->key, 0);
	put(flow, "]");
	return append(d, path, block, flow);
}

static int
add_authority(struct edit *d, struct wire *block, struct wire *flow)
{
	const char *path[] = { "authorities", NULL };

	policytext_put_scalar(block, d->change->authority, 0);
	put(block, ":\n\tkeys:\n");
	policytext_put_scalar(flow, d->change->authority, 0);
	put(flow, ": {keys: [");
	put_list_item(block, flow, "\t\t", d->change->key, 0);
	put(flow, "]}");
	return append(d, path, block, flow);
}

static int
add_revoked(struct edit *d, struct wire *block, struct wire *flow)
{
	const char *list[] = { "revoked", NULL };
	const char *top[] = { NULL };

	/* A single item may stand without the brackets. */
	if (policytext_kind(d->t, list) == POLICYTEXT_MAPPING)
		return err_setf(d->err, ERR_REFUSED,
		    "\"revoked\" is one entry and no list; put it into "
		    "brackets, revoked: [{...}], and try again");
	if (policytext_kind(d->t, list) == POLICYTEXT_NONE) {
		put(block, "revoked:\n\t- ");
		put(flow, "revoked: [");
		put(flow, d->change->entry);
		put(flow, "]");
	} else {
		put(block, "- ");
		put(flow, d->change->entry);
	}
	put(block, d->change->entry);
	put(block, "\n");
	return append(d,
	    policytext_kind(d->t, list) == POLICYTEXT_NONE ? top : list, block,
	    flow);
}

/* A key's line under `retire`, which is made if need be. */
static int
retire_key(struct edit *d)
{
	const char *key[] = { "authorities", d->a->name, "retire",
		d->change->key, NULL };
	const char *list[] = { "authorities", d->a->name, "retire", NULL };
	const char *top[] = { "authorities", d->a->name, NULL };
	bool has_list = policytext_kind(d->t, list) != POLICYTEXT_NONE;
	struct wire block = WIRE_INIT, flow = WIRE_INIT;
	int ret;

	if (policytext_kind(d->t, key) != POLICYTEXT_NONE)
		return policytext_set(
		    d->t, key, d->change->date, &d->e->after, d->err);
	if (!has_list) {
		put(&block, "retire:\n\t");
		put(&flow, "retire: {");
	}
	policytext_put_scalar(&block, d->change->key, '"');
	put(&block, ": ");
	policytext_put_scalar(&block, d->change->date, 0);
	put(&block, "\n");
	policytext_put_scalar(&flow, d->change->key, '"');
	put(&flow, ": ");
	policytext_put_scalar(&flow, d->change->date, 0);
	if (!has_list)
		put(&flow, "}");
	ret = append(d, has_list ? list : top, &block, &flow);
	wire_free(&block);
	wire_free(&flow);
	return ret;
}

static int
add(struct edit *d)
{
	struct wire block = WIRE_INIT, flow = WIRE_INIT;
	int ret;

	if (d->change->kind == POLICYEDIT_REVOKE) {
		ret = add_revoked(d, &block, &flow);
	} else if (d->a == NULL) {
		ret = add_authority(d, &block, &flow);
	} else {
		const char *path[] = { "authorities", d->a->name, "keys",
			NULL };

		ret = policytext_kind(d->t, path) == POLICYTEXT_NONE
		    ? add_keys(d, &block, &flow)
		    : add_to_keys(d, &block, &flow);
	}
	wire_free(&block);
	wire_free(&flow);
	return ret;
}

/* The line under `retire` of a key that was taken out. */
static int
remove_retired(struct edit *d, const char *fingerprint)
{
	const char *key[] = { "authorities", d->a->name, "retire", fingerprint,
		NULL };
	const char *list[] = { "authorities", d->a->name, "retire", NULL };
	struct wire text = d->e->after;
	int ret = 0;

	if (policytext_kind(d->t, key) == POLICYTEXT_NONE)
		return 0;
	d->e->after = (struct wire)WIRE_INIT;
	policytext_free(d->t);
	d->t = policytext_new((const char *)text.p, text.len, d->err);
	if (d->t == NULL)
		ret = -1;
	else
		ret = policytext_remove_key(d->t,
		    policytext_count(d->t, list) == 1 ? list : key,
		    &d->e->after, d->err);
	policytext_free(d->t);
	d->t = NULL;
	wire_free(&text);
	return ret;
}

static int
remove_key(struct edit *d)
{
	const struct pubkey *k = &d->a->keys[d->change->number];
	char fingerprint[FINGERPRINT_SIZE];
	const char *path[] = { "authorities", d->a->name, "keys", NULL };
	struct place at =
	    policy_place(d->p, d->a->key_places[d->change->number]);
	char file[256];
	long item;

	item = policytext_item_at(d->t, path, at.line, at.col);
	if (strcmp(at.file, d->e->file) != 0 || item < 0)
		return err_setf(d->err, ERR_REFUSED,
		    "the key is not written in the policy itself, but comes "
		    "from %s:%zu; take it out there",
		    escape_text(file, sizeof(file), at.file), at.line);
	if (certsig_fingerprint(fingerprint,
	        (struct span) { k->blob, k->blob_len }, d->err) < 0 ||
	    (policytext_count(d->t, path) == 1
	            ? policytext_remove_key(
	                  d->t, path, &d->e->after, d->err)
	            : policytext_remove_item(d->t, path, (size_t)item,
	                  &d->e->after, d->err)) < 0)
		return -1;
	return remove_retired(d, fingerprint);
}

static int
remove_authority(struct edit *d)
{
	const char *path[] = { "authorities", d->a->name, NULL };
	const char *all[] = { "authorities", NULL };

	/* The only one in its file: others stand in other files. */
	return policytext_remove_key(d->t,
	    policytext_count(d->t, all) == 1 ? all : path, &d->e->after,
	    d->err);
}

static int
change_text(struct edit *d)
{
	switch (d->change->kind) {
	case POLICYEDIT_ADD_KEY:
	case POLICYEDIT_REVOKE:
		return add(d);
	case POLICYEDIT_REMOVE_KEY:
		return remove_key(d);
	case POLICYEDIT_RETIRE_KEY:
		return retire_key(d);
	case POLICYEDIT_REMOVE_AUTHORITY:
		return remove_authority(d);
	}
	return -1;
}

/* The file to change: the authority's; for a new one, one that has any. */
static const char *
choose_file(const struct edit *d)
{
	size_t i;

	if (d->change->kind == POLICYEDIT_REVOKE)
		return d->p->files[0];
	if (d->a != NULL)
		return d->p->files[d->a->at.file];
	for (i = 0; i < d->p->n_authorities; i++) {
		if (d->p->authorities[i].at.file == 0)
			return d->p->files[0];
	}
	return d->p->files[d->p->authorities[0].at.file];
}

/* "line 4: why", or "why", as "FILE:4: why". */
static int
with_file(struct err *err, const char *file, const struct err *inner)
{
	char shown[256];
	const char *text = inner->text;

	(void)escape_text(shown, sizeof(shown), file);
	if (strncmp(text, "line ", 5) == 0)
		return err_setf(
		    err, inner->code, "%s:%s", shown, text + 5);
	return err_setf(err, inner->code, "%s: %s", shown, text);
}

/*
 * A key may stand twice, under `keys` or there and in `file`: with one of the
 * two gone it would be accepted as before, and without its end at that.
 */
static int
check_gone(const struct edit *d, struct err *err)
{
	const struct pubkey *k = &d->a->keys[d->change->number];
	const struct policy *made = d->e->policy;
	const struct policy_authority *a = NULL;
	struct place at;
	char file[256];
	size_t i;

	for (i = 0; i < made->n_authorities; i++)
		if (strcmp(made->authorities[i].name, d->a->name) == 0)
			a = &made->authorities[i];
	for (i = 0; a != NULL && i < a->n_keys; i++) {
		if (a->keys[i].blob_len != k->blob_len ||
		    memcmp(a->keys[i].blob, k->blob, k->blob_len) != 0)
			continue;
		at = policy_place(made, a->key_places[i]);
		return err_setf(err, ERR_REFUSED,
		    "the key stands twice: without this one it would still "
		    "be accepted, by %s:%zu; take one of the two out by hand, "
		    "and try again",
		    escape_text(file, sizeof(file), at.file), at.line);
	}
	return 0;
}

static int
edit_file(struct edit *d, const char *root, struct diag_report *report,
    struct err *err)
{
	struct policy_instead instead = { d->e->file, NULL, 0 };
	struct err why = ERR_INIT;

	d->err = &why;
	d->t = policytext_new(
	    (const char *)d->e->before.p, d->e->before.len, &why);
	if (d->t == NULL || change_text(d) < 0)
		return with_file(err, d->e->file, &why);
	instead.text = d->e->after.p;
	instead.len = d->e->after.len;
	d->e->policy = policy_load_instead(
	    d->p->files[0], root, POLICY_MAX_BYTES, &instead, report);
	if (d->e->policy == NULL)
		return err_setf(err, ERR_REFUSED,
		    "with this change the policy could not be used");
	return d->change->kind == POLICYEDIT_REMOVE_KEY ? check_gone(d, err)
							: 0;
}

int
policyedit_make(struct policyedit *e, const struct policy *p,
    const char *root, const struct policyedit_change *change,
    struct diag_report *report, struct err *err)
{
	struct edit d = { .e = e, .p = p, .change = change };
	char *text = NULL;
	size_t i, len;
	int ret = -1;

	for (i = 0; i < p->n_authorities && change->authority != NULL; i++) {
		if (strcmp(p->authorities[i].name, change->authority) == 0)
			d.a = &p->authorities[i];
	}
	e->file = choose_file(&d);
	if (file_read(e->file, FILE_ROOTS, POLICY_MAX_BYTES, &text, &len,
	        err) == 0) {
		wire_put_bytes(&e->before, text, len);
		ret = e->before.has_failed ? no_memory(err)
		                           : edit_file(&d, root, report, err);
	}
	wire_put_u8(&e->by_hand, 0);
	if (e->by_hand.has_failed)
		ret = no_memory(err);
	policytext_free(d.t);
	free(text);
	return ret;
}

/* Whether the file says what it is to say, however that came to be. */
static bool
is_written(const struct policyedit *e)
{
	char *text = NULL;
	size_t len;
	bool is_same;

	if (file_read(e->file, FILE_ROOTS, POLICY_MAX_BYTES, &text, &len,
	        NULL) < 0)
		return false;
	is_same = len == e->after.len && memcmp(text, e->after.p, len) == 0;
	free(text);
	return is_same;
}

/* The lock is a file of its own beside the policy, which everybody may open. */
static char *
lock_path(const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *name = slash == NULL ? file : slash + 1;
	char *path;

	if (asprintf(&path, "%.*s.%s" LOCK_MARK, (int)(name - file), file,
	        name) < 0)
		return NULL;
	return path;
}

/* Keep other certgates from writing it. */
static int
lock(struct lockfile *l, const char *file, struct err *err)
{
	char *path = lock_path(file);
	int ret;

	if (path == NULL)
		return no_memory(err);
	ret = lockfile_take(l, path, LOCK_WAIT_S, err);
	free(path);
	return ret;
}

/* Nothing that fails here matters: the next one tries again. */
static void
tidy_file(const char *file)
{
	struct lockfile l = LOCKFILE_INIT;
	char *path = lock_path(file);
	struct stat st;

	/* Who writes it takes the lock before anything else. */
	if (path != NULL && lstat(path, &st) == 0 &&
	    lockfile_take(&l, path, 0, NULL) == 0) {
		(void)file_remove_temporaries(file, NULL);
		lockfile_drop(&l);
	}
	free(path);
}

void
policyedit_tidy(const struct policy *p)
{
	size_t i;

	for (i = 0; i < p->n_files; i++)
		tidy_file(p->files[i]);
}

int
policyedit_write(const struct policyedit *e, bool *written, struct err *err)
{
	struct lockfile l = LOCKFILE_INIT;
	char shown[256];
	char *text = NULL;
	struct stat st;
	size_t len;
	int ret = -1;

	*written = false;
	(void)escape_text(shown, sizeof(shown), e->file);
	if (lock(&l, e->file, err) == -1 ||
	    file_read(e->file, FILE_ROOTS, POLICY_MAX_BYTES, &text, &len,
	        err) < 0)
		goto out;
	if (stat(e->file, &st) < 0) {
		(void)err_system(err, "%s", shown);
		goto out;
	}
	if (len != e->before.len || memcmp(text, e->before.p, len) != 0) {
		(void)err_setf(err, ERR_REFUSED,
		    "%s: somebody changed it meanwhile; try again", shown);
		goto out;
	}
	if (file_remove_temporaries(e->file, err) < 0)
		goto out;
	ret = file_replace(e->file, e->after.p, e->after.len,
	    st.st_mode & 07777, st.st_uid, st.st_gid, err);
	*written = ret == 0 || is_written(e);
out:
	lockfile_drop(&l);
	free(text);
	return ret;
}

void
policyedit_clear(struct policyedit *e)
{
	wire_free(&e->before);
	wire_free(&e->after);
	wire_free(&e->by_hand);
	policy_free(e->policy);
	e->policy = NULL;
}
