#include "config.h"

#include "config-gen/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config-gen/process.h"

#define AUDIT_SESSION "/proc/self/sessionid"
#define AUDIT_NONE UINT32_MAX

/* A kernel without audit has no such file. */
static void
find_audit(struct session *s)
{
	char line[32] = "";
	unsigned long number;
	char *end;
	FILE *f;

	if ((f = fopen(AUDIT_SESSION, "re")) == NULL)
		return;
	if (fgets(line, sizeof(line), f) != NULL) {
		number = strtoul(line, &end, 10);
		if (end != line && number < AUDIT_NONE) {
			s->has_audit = true;
			s->audit = (uint32_t)number;
		}
	}
	(void)fclose(f);
}

static void
add(struct session *s, pid_t pid)
{
	struct process look;
	struct session_process *p = &s->processes[s->n_processes++];

	p->pid = pid;
	p->start = pid > 0 && process_look(pid, &look) == 0 ? look.start : 0;
}

int
session_find(struct session *out, struct err *err)
{
	struct process look;
	pid_t pid;

	memset(out, 0, sizeof(*out));
	find_audit(out);
	if (process_look(getpid(), &look) < 0)
		return err_setf(err, ERR_SYSTEM,
		    "/proc does not say which session this is, so nobody "
		    "could tell whether another one confirms");
	add(out, look.session);
	/* What lies above the sshd that listens is every login's ancestor. */
	for (pid = look.parent;
	     pid > 1 && out->n_processes < SESSION_MAX &&
	     process_is_listener(pid) != 1;
	     pid = look.parent) {
		add(out, pid);
		if (process_look(pid, &look) < 0)
			break;
	}
	return 0;
}

static bool
is_same_process(
    const struct session_process *a, const struct session_process *b)
{
	return a->pid == b->pid &&
	    (a->start == b->start || a->start == 0 || b->start == 0);
}

bool
session_is_same(const struct session *a, const struct session *b)
{
	size_t i, j;

	if (a->has_audit && b->has_audit && a->audit == b->audit)
		return true;
	for (i = 0; i < a->n_processes; i++) {
		for (j = 0; j < b->n_processes; j++) {
			if (is_same_process(
				&a->processes[i], &b->processes[j]))
				return true;
		}
	}
	return false;
}
