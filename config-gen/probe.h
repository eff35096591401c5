/*
 * probe: what sshd says it will do for a sample of logins.
 *
 * Asked before a change and after it (sshd -T -C): afterwards sshd must use
 * our values for every user asked, and nothing else may have moved.
 */
#ifndef CONFIG_GEN_PROBE_H
#define CONFIG_GEN_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "config-gen/policy.h"
#include "config-gen/target.h"
#include "lib/err.h"

/* More users than these are asked about by a sample. */
#define PROBE_MAX_USERS 200
#define PROBE_MAX_COMPARED 16

struct probe;

/*
 * Ask about root, about a user that no policy names, and about the policy's
 * users (none where it is NULL), as sshd is configured now.  Users whose
 * names -C cannot carry (a comma, a blank) are left out.
 *
 * Where there are more than PROBE_MAX_COMPARED users, only so many are asked
 * about before the change too, and just one where no Match block tells them
 * apart; afterwards all are.
 */
struct probe *probe_new(
    const struct target *t, const struct policy *p, struct err *err);

/* Users asked about. */
size_t probe_n_users(const struct probe *probe);

/* sshd's PidFile, as it was at first; NULL: none. */
const char *probe_pid_file(const struct probe *probe);

/*
 * Ask again.  0 where sshd now uses our directives for all of them, or with
 * is_removal for none, and all else is as before; else -1, and err names the
 * user, the directive and the file and line that won over ours, or what else
 * changed.
 */
int probe_check(struct probe *probe, bool is_removal, struct err *err);

void probe_free(struct probe *probe);

#endif
