#include "config.h"

#include "config-gen/takeback.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "config-gen/reload.h"
#include "config-gen/sshd.h"
#include "config-gen/sshdconf.h"
#include "config-gen/waiter.h"
#include "lib/log.h"

#define IDENT "certgate"

struct work {
	struct root root; /* with the sshd that apply was given */
	const char *config;
	bool has_proof;
};

static bool
has_sshd(const struct root *root)
{
	char path[PATH_MAX];

	return access(root_path(root, path, root->sshd), X_OK) == 0;
}

static int
prove(void *ctx, struct err *err)
{
	const struct work *w = ctx;

	return w->has_proof ? sshd_test(&w->root, w->config, err) : 0;
}

/*
 * Where sshd refuses the present configuration as well, its word is no
 * reason to stay with that.
 */
static int
look(struct work *w, const struct root *root, const struct pending *p,
    struct err *err)
{
	struct err ignored = ERR_INIT;

	w->root.dir = root->dir;
	w->root.sshd = p->sshd;
	w->root.service = root->service;
	if ((w->config = sshdconf_main(root, err)) == NULL)
		return -1;
	w->has_proof = has_sshd(&w->root) &&
	    sshd_test(&w->root, w->config, &ignored) == 0;
	return 0;
}

static int
reload(struct generation_store *s, const struct work *w,
    struct takeback *out, struct err *err)
{
	struct sshd_settings settings = { .items = NULL };
	enum reload_outcome outcome;
	int ret = -1;

	/* A SIGHUP with a broken file would end the listener for good. */
	if (sshd_test(&w->root, w->config, err) < 0 ||
	    sshd_effective_user(
	        &w->root, w->config, "root", &settings, err) < 0)
		return -1;
	if (reload_sshd(&w->root, sshd_setting(&settings, "pidfile"), &outcome,
		out->reloaded, sizeof(out->reloaded), err) == 0 &&
	    generation_reload_done(s, err) == 0)
		ret = 0;
	sshd_settings_clear(&settings);
	return ret;
}

/* What comes after the change went back. */
static int
finish(struct generation_store *s, const struct work *w, bool has_no_reload,
    bool has_files, struct takeback *out, struct err *err)
{
	(void)snprintf(out->reloaded, sizeof(out->reloaded), "%s",
	    generation_reload_due(s)
		? "left out; sshd goes on as before until it is reloaded"
		: "not needed, sshd's configuration is as it was");
	if (has_files && generation_reload_due(s) && !has_no_reload &&
	    root_is_host(&w->root) && reload(s, w, out, err) < 0) {
		(void)snprintf(out->reloaded, sizeof(out->reloaded), "failed");
		return -1;
	}
	if (generation_discard(s, err) < 0)
		return -1;
	return pending_remove(s, NULL, err);
}

static int
take_back(struct generation_store *s, const struct work *w, bool has_no_reload,
    struct takeback *out, struct err *err)
{
	struct err own = ERR_INIT;
	struct work copy = *w;
	struct generation_held held;

	if (generation_held(s, &held, err) < 0)
		return -1;
	out->was_made = held.is_made;
	out->link = held.link;
	if (held.is_made &&
	    generation_return(s, prove, &copy, &out->n_edited, err) < 0)
		return -1;
	if (finish(s, w, has_no_reload, held.has_files, out, &own) < 0)
		(void)snprintf(
		    out->rest, sizeof(out->rest), "%.255s", own.text);
	return 0;
}

static void
log_done(const struct takeback *t)
{
	char line[512], current[64] = "none";

	if (t->link.before != 0)
		(void)snprintf(current, sizeof(current), "%lu", t->link.before);
	(void)snprintf(line, sizeof(line),
	    "what apply --confirm made (generation %lu) was taken back; "
	    "current generation: %s; reload: %s",
	    t->link.after, current, t->reloaded);
	log_line(LOG_WARNING, IDENT, line, strlen(line));
}

static void
log_failure(const char *what, const char *why)
{
	char line[sizeof(struct err) + 128];

	(void)snprintf(line, sizeof(line),
	    "what apply --confirm made %s: %s; the next certgate command "
	    "tries again",
	    what, why);
	log_line(LOG_CRIT, IDENT, line, strlen(line));
}

int
takeback_run(struct generation_store *s, const struct root *root,
    const struct pending *p, bool has_no_reload, struct takeback *out,
    struct err *err)
{
	struct err own = ERR_INIT;
	struct work w;

	memset(out, 0, sizeof(*out));
	if (look(&w, root, p, &own) < 0 ||
	    take_back(s, &w, has_no_reload, out, &own) < 0) {
		log_failure("CANNOT BE TAKEN BACK", own.text);
		return err_setf(err, own.code,
		    "what apply --confirm made cannot be taken back: %s",
		    own.text);
	}
	if (out->was_made)
		log_done(out);
	if (out->rest[0] != '\0') {
		log_failure("went back, BUT NOT ALL IS DONE", out->rest);
		return 0;
	}
	if (root_is_host(root))
		waiter_stop();
	return 0;
}
