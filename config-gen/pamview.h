/*
 * pamview: what the PAM stacks of a root do with pam_certgate.so, and with
 * all other modules: service by service, as libpam would go through them.
 */
#ifndef CONFIG_GEN_PAMVIEW_H
#define CONFIG_GEN_PAMVIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "config-gen/pamstack.h"
#include "config-gen/root.h"
#include "lib/err.h"

#define PAMVIEW_MODULE "pam_certgate.so"

/* Where the session is looked at, and who takes a certificate. */
#define PAMVIEW_SSHD "sshd"
#define PAMVIEW_SUDO "sudo"
#define PAMVIEW_SUDO_I "sudo-i"

/* Of one file of pam.d. */
#define PAMVIEW_MAX_FILE (256UL * 1024)
/* Services that are looked at. */
#define PAMVIEW_MAX_SERVICES 1000

/* One stack: a service and a type. */
struct pamview_stack {
	char *service;
	enum pamstack_type type;
	char *others; /* the other modules that are reached, by blanks */
	char *place; /* "common-auth:17" where ours is reached; else NULL */
	char *forger; /* where, before ours, users write to PAM's environment */
	bool is_avoided; /* it can end well without ours */
	char *broken; /* why it could not be read; else NULL */
};

struct pamview {
	struct pamview_stack *items;
	size_t n_items;
};

/*
 * Look at all services of root.  End by pamview_clear, also after a failure.
 */
int pamview_load(struct pamview *v, const struct root *root, struct err *err);
void pamview_clear(struct pamview *v);

/* The same of one service; one without a file has no modules. */
int pamview_load_service(struct pamview *v, const struct root *root,
    const char *service, struct err *err);

/* NULL: no such service. */
const struct pamview_stack *pamview_find(const struct pamview *v,
    const char *service, enum pamstack_type type);

/* A stack in which our module is asked; NULL: none. */
const struct pamview_stack *pamview_ours(const struct pamview *v);

/*
 * sshd's stack by which users can write what sshd says in PAM's environment
 * (SSH_AUTH_INFO_0, SSH_CONNECTION) before our module reads it: pam_env(8)
 * with user_readenv=1 takes it from a file in the user's home.  NULL: none.
 */
const struct pamview_stack *pamview_forged(const struct pamview *v);

/*
 * 0 where every stack of before comes to the same other modules in after; -1
 * with ERR_REFUSED, which names the first that does not.
 */
int pamview_same_others(const struct pamview *before,
    const struct pamview *after, struct err *err);

/*
 * 0 where the module is asked by sshd's sessions, all of them, by sudo's
 * authentication where has_sudo (and there is a sudo), and nowhere else, and
 * no stack is forged.
 */
int pamview_judge(const struct pamview *v, bool has_sudo, struct err *err);

#endif
