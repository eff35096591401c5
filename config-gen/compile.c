#include "config.h"

#include "config-gen/compile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config-gen/krl.h"
#include "config-gen/manifest.h"
#include "config-gen/overlap.h"
#include "lib/base64.h"
#include "lib/escape.h"
#include "lib/file.h"
#include "lib/principal.h"
#include "lib/sshwire.h"

/* The folder of lists can be entered by all, as sshd reads them as the user
 * who logs in, but not listed. */
#define MODE_LISTS 0711
#define MODE_PUBLIC 0644
#define MODE_INDEX 0640

static int
out_of_memory(struct err *err)
{
	return err_setf(err, ERR_MEMORY, "out of memory");
}

void
compile_put_key(struct wire *w, const struct pubkey *k)
{
	char *text = malloc(BASE64_ENCODED_SIZE(k->blob_len));

	if (text == NULL) {
		w->has_failed = true;
		return;
	}
	base64_encode(text, k->blob, k->blob_len);
	wire_put_bytes(w, k->type, strlen(k->type));
	wire_put_bytes(w, " ", 1);
	wire_put_bytes(w, text, strlen(text));
	free(text);
}

/* One canonical line: type, base64, the authority's name. */
static void
put_key(struct wire *w, const struct pubkey *k, const char *name)
{
	char shown[256];

	compile_put_key(w, k);
	wire_put_bytes(w, " ", 1);
	(void)escape_text(shown, sizeof(shown), name);
	wire_put_bytes(w, shown, strlen(shown));
	wire_put_bytes(w, "\n", 1);
}

static int
create(const char *folder, const char *name, const struct wire *w, mode_t mode,
    uid_t owner, gid_t group, struct err *err)
{
	char *path;
	int ret;

	if (w->has_failed || asprintf(&path, "%s/%s", folder, name) < 0)
		return out_of_memory(err);
	ret = file_create(path, w->p, w->len, mode, owner, group, err);
	free(path);
	return ret;
}

static int
write_ca_file(const struct policy *p, const struct compile_settings *s,
    const char *folder, struct err *err)
{
	struct wire w = WIRE_INIT;
	size_t i, k;
	int ret;

	for (i = 0; i < p->n_authorities; i++) {
		const struct policy_authority *a = &p->authorities[i];

		for (k = 0; k < a->n_keys; k++) {
			if (!policy_key_is_in_force(a, k, s->now_at))
				continue;
			/* Whoever holds it, sshd shall not even look it up. */
			if (!policy_key_is_revoked(p, &a->keys[k]))
				put_key(&w, &a->keys[k], a->name);
		}
	}
	ret = create(folder, COMPILE_CA_FILE, &w, MODE_PUBLIC, s->owner,
	    s->group, err);
	wire_free(&w);
	return ret;
}

static void
put_line(struct wire *w, const char *options, struct span principal)
{
	if (options != NULL) {
		wire_put_bytes(w, options, strlen(options));
		wire_put_bytes(w, " ", 1);
	}
	wire_put_bytes(w, principal.p, principal.len);
	wire_put_bytes(w, "\n", 1);
}

/*
 * Lines of `same-name`; compile_needs_helper has seen to it that the
 * authorities agree.
 */
static void
put_same_name(struct wire *w, const struct policy *p, const char *options,
    const char *user)
{
	const struct policy_authority *a = &p->authorities[0];
	char address[2 * PRINCIPAL_MAX];
	size_t i;

	if (a->principals != PRINCIPALS_EMAIL) {
		put_line(w, options, span_of(user));
		return;
	}
	for (i = 0; i < a->n_domains; i++) {
		(void)snprintf(address, sizeof(address), "%s@%s", user,
		    a->domains[i]);
		put_line(w, options, span_of(address));
	}
}

static void
put_list(struct wire *w, const struct policy *p, const struct policy_rule *r)
{
	enum principals_mode mode = p->authorities[0].principals;
	size_t i, k;

	for (i = 0; i < r->n_grants; i++) {
		const struct policy_grant *g = &r->grants[i];
		const char *options = p->terms[g->terms].options;

		if (g->kind == GRANT_SAME_NAME) {
			put_same_name(w, p, options, r->user);
		} else if (g->kind == GRANT_GROUP) {
			const struct policy_group *group =
			    &p->groups[g->group];

			for (k = 0; k < group->n_members; k++)
				put_line(w, options,
				    identity_principal(
				        span_of(group->members[k].text), mode));
		} else if (g->kind == GRANT_IDENTITY) {
			put_line(w, options,
			    identity_principal(span_of(g->name.text), mode));
		} else {
			put_line(w, options, span_of(g->name.text));
		}
	}
}

/* What stands in folder already says whether lists may have to wait. */
static int
write_lists(struct policy *p, const struct compile_settings *s,
    const char *folder, struct err *err)
{
	char lists[PATH_MAX];
	struct wire w = WIRE_INIT;
	int ret = -1;
	int takes;
	size_t i;

	if ((takes = overlap_takes_away(s->before, folder, err)) < 0)
		return -1;
	if ((size_t)snprintf(lists, sizeof(lists), "%s/%s", folder,
	        COMPILE_LISTS) >= sizeof(lists))
		return err_setf(err, ERR_LIMIT, "%s: name too long", folder);
	if (mkdir(lists, MODE_LISTS) < 0 || chmod(lists, MODE_LISTS) < 0)
		return err_system(err, "%s", lists);
	for (i = 0; i < p->n_rules; i++) {
		struct policy_rule *r = &p->rules[i];

		r->waits = false;
		if (compile_needs_helper(p, r) != NULL)
			continue;
		wire_reset(&w);
		put_list(&w, p, r);
		if (takes && !w.has_failed) {
			int adds = overlap_adds(
			    s->before, r->user, w.p, w.len, err);

			if (adds < 0)
				goto out;
			if ((r->waits = adds))
				continue;
		}
		if (create(lists, r->user, &w, MODE_PUBLIC, s->owner,
		        s->group, err) < 0)
			goto out;
	}
	ret = file_sync_folder(lists, err);
out:
	wire_free(&w);
	return ret;
}

static int
write_index_file(const struct policy *p, const struct compile_settings *s,
    const char *folder, struct err *err)
{
	char path[PATH_MAX];
	int ret = -1;
	int fd = -1;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder,
	        COMPILE_INDEX) >= sizeof(path))
		return err_setf(err, ERR_LIMIT, "%s: name too long", folder);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    MODE_INDEX);
	if (fd < 0)
		return err_system(err, "%s", path);
	if (compile_index(p, s->uid_min, fd, err) < 0)
		goto out;
	/* The group last: until then nobody else can read what is half there. */
	if (fchown(fd, s->owner, s->index_group) < 0 ||
	    fchmod(fd, MODE_INDEX) < 0 || fsync(fd) < 0) {
		(void)err_system(err, "%s", path);
		goto out;
	}
	ret = 0;
out:
	(void)close(fd);
	return ret;
}

int
compile_write(struct policy *p, const struct compile_settings *s,
    const char *folder, struct err *err)
{
	if (write_ca_file(p, s, folder, err) < 0 ||
	    krl_write(p, s, folder, err) < 0 ||
	    write_lists(p, s, folder, err) < 0 ||
	    write_index_file(p, s, folder, err) < 0 ||
	    manifest_write(folder, s->owner, s->group, err) < 0)
		return -1;
	return 0;
}
