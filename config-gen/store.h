/*
 * store: the folder of the generations, its lock and its link.
 *
 * Only for generation.c, held.c, history.c, change.c and pending.c.
 */
#ifndef CONFIG_GEN_STORE_H
#define CONFIG_GEN_STORE_H

#include <limits.h>
#include <stdbool.h>

#include "config-gen/root.h"
#include "lib/err.h"

/* Names in the store. */
#define STORE_GENERATIONS "generations"
#define STORE_CURRENT "current"
#define STORE_JOURNAL "journal"
#define STORE_UNDO ".undo"
#define STORE_STAGE ".stage" /* stage.c's, under the lock */
#define STORE_RELOAD_DUE "reload-due"
#define STORE_REMOVED "removed" /* `certgate remove` was the last change */
#define STORE_PENDING "pending"
#define STORE_HELD ".pending"

/* Room for "generations/.N.new". */
#define STORE_NAME_SIZE 48

/* The longest path in a store, or of a configuration file, with its end. */
#define STORE_PATH_SIZE 1280

struct generation_store {
	const struct root *root;
	char dir[STORE_PATH_SIZE - STORE_NAME_SIZE]; /* on this machine */
	int dir_fd;
	int lock_fd;
	unsigned long begun;          /* 0: none */
	bool is_settled; /* begun was set beside the current one */
	char folder[STORE_PATH_SIZE]; /* of the one begun, on this machine */
	char inside[PATH_MAX], outside[PATH_MAX]; /* for one call at a time */
};

/*
 * Open the store, made where missing, and lock it (generation_open says how
 * long it waits).  What is in it is not looked at.
 */
struct generation_store *store_open(
    const struct root *root, unsigned int wait_s, struct err *err);

/* Unlock.  A store that holds nothing is removed again. */
void store_close(struct generation_store *s);

/*
 * For who only looks: the store's folder on this machine, and in it name.
 * 1 and *out, allocated; 0 where the root has none.
 */
int store_find(const struct root *root, const char *name, char **out,
    struct err *err);

/* Path on this machine of a name in the store.  Returns out. */
char *store_path(const struct generation_store *s, char out[STORE_PATH_SIZE],
    const char *name);

/* "generations/N", and the same while it is made and when it is removed. */
enum store_stage { STORE_STAGED, STORE_WHOLE, STORE_GONE };
char *store_generation(
    char out[STORE_NAME_SIZE], unsigned long number, enum store_stage stage);

/* Whether name is a generation's number, as certgate writes it. */
bool store_number(const char *name, unsigned long *number);

/* Set err to "PATH: strerror(errno)" for a name in the store; -1. */
int store_fail(
    const struct generation_store *s, const char *name, struct err *err);

/* The generation that `current` in the folder dir names; 0: no link. */
int store_current(const char *dir, unsigned long *number, struct err *err);

/* Make `current` name a generation (0: none) by one step, and sync that. */
int store_switch(
    struct generation_store *s, unsigned long number, struct err *err);

/* Rename inside the store, and sync. */
int store_rename(struct generation_store *s, const char *from, const char *to,
    struct err *err);

/*
 * Remove what interrupted commands left.  Not while there is a journal: it
 * refers to some of that.
 */
int store_sweep(struct generation_store *s, struct err *err);

#endif
