#include "config.h"

#include <time.h>

#include "config-gen/cmd.h"
#include "config-gen/deploy.h"
#include "config-gen/waiter.h"

/* So soon a process that waits sees that there is nothing to wait for. */
#define LOOK_S 2
/* Where taking back failed, so often and so soon it is tried again. */
#define RETRY_S 30
#define MAX_RETRIES 120

static void
wait_s(int64_t seconds)
{
	struct timespec t = { .tv_sec = (time_t)seconds };

	(void)nanosleep(&t, NULL);
}

/* 1: it is over; 0: there is nothing (any more) to wait for; -1. */
static int
wait_for_end(const struct cmd *c, struct err *err)
{
	struct pending p;
	int64_t left_s;
	int found;

	for (;;) {
		if ((found = pending_peek(&c->root, &p, err)) <= 0)
			return found;
		if (pending_left_s(&p, &left_s, err) < 0)
			return -1;
		if (left_s == 0)
			return 1;
		wait_s(left_s < LOOK_S ? left_s : LOOK_S);
	}
}

/*
 * One that waited for the lock may find that the deadline has moved: then
 * it waits on.
 */
static int
expire(struct cmd *c, struct err *err)
{
	struct deploy d;
	int found, rc;

	for (;;) {
		if ((found = wait_for_end(c, err)) <= 0)
			return found;
		rc = deploy_lock(&d, c, DEPLOY_LEAVE, err);
		if (rc == 0 && d.back.rest[0] != '\0')
			rc = err_setf(err, ERR_REFUSED,
			    "it went back, but not all is done: %s",
			    d.back.rest);
		deploy_close(&d);
		if (rc < 0 || !d.is_pending)
			return rc;
	}
}

/* systemd starts a unit that failed again; elsewhere nobody would. */
static int
run_expire(struct cmd *c)
{
	struct err err = ERR_INIT;
	unsigned int i;
	int rc;

	rc = expire(c, &err);
	for (i = 0; rc < 0 && !waiter_has_systemd() && i < MAX_RETRIES; i++) {
		(void)cmd_fail(c, &err);
		err_clear(&err);
		wait_s(RETRY_S);
		rc = expire(c, &err);
	}
	return rc < 0 ? cmd_fail(c, &err) : CMD_DONE;
}

static int
check_session(const struct cmd *c, const struct pending *p, struct err *err)
{
	struct session now;

	if (c->is_same_session)
		return 0;
	if (session_find(&now, err) < 0)
		return -1;
	if (!session_is_same(&now, &p->session))
		return 0;
	return err_setf(err, ERR_REFUSED,
	    "this is the session that ran apply, and an open session proves "
	    "nothing; leave it open, log in anew by ssh, and run certgate "
	    "confirm there (or give --same-session)");
}

static int
confirm(struct deploy *d, struct cmd *c, struct err *err)
{
	struct err left = ERR_INIT;

	if (deploy_lock(d, c, DEPLOY_LEAVE, err) < 0)
		return -1;
	if (!d->is_pending && d->has_taken_back)
		return err_setf(err, ERR_NOT_FOUND,
		    "too late: it was taken back; run certgate apply again");
	if (!d->is_pending)
		return err_setf(err, ERR_NOT_FOUND,
		    "nothing waits for confirmation");
	if (check_session(c, d->pending, err) < 0)
		return -1;
	if (generation_set_removed(d->store, false, err) < 0 ||
	    pending_remove(d->store, &left, err) < 0)
		return -1;
	if (left.code != ERR_NONE)
		cmd_warn(c,
		    "it is confirmed, but not all is cleared up: %s; run "
		    "certgate status to see that nothing waits any more",
		    left.text);
	return 0;
}

int
cmd_confirm(struct cmd *c)
{
	struct err err = ERR_INIT;
	struct deploy d;
	int status = CMD_REFUSED;

	if (c->is_expire)
		return run_expire(c);
	if (confirm(&d, c, &err) < 0) {
		(void)cmd_fail(c, &err);
	} else {
		if (root_is_host(&c->root))
			waiter_stop();
		cmd_say(c, "confirmed", "generation %lu stays current",
		    d.previous);
		if (c->is_json)
			(void)json_object_set_new(c->out, "generation",
			    json_integer((json_int_t)d.previous));
		status = CMD_DONE;
	}
	deploy_close(&d);
	return status;
}
