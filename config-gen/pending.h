/*
 * pending: a change that goes back unless somebody confirms it in time.
 *
 * Text in the store, one statement per line:
 *
 *   certgate pending 1
 *   wait 300
 *   until 1790000000
 *   boot 8f5c3f0a-6d0c-4b7e-9d43-0c8a52f5d1be 86700
 *   link 3 4
 *   session 12
 *   process 815 60321
 *   sshd /usr/sbin/sshd
 *   end
 *
 * wait: seconds, as asked for.  until: the deadline in UTC, to be shown.
 * boot: the running kernel's boot ID, and the deadline in seconds since that
 * boot, which no change of the clock moves; after another boot it is over at
 * once.  link: the generations before and after (0: none).  session: the
 * audit session that applied (-: none), process: see session.h.  sshd: the
 * one to ask.  What is to be put back is held by generation_hold.
 *
 * Whatever is not exactly as pending_format writes it is an error.
 */
#ifndef CONFIG_GEN_PENDING_H
#define CONFIG_GEN_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config-gen/generation.h"
#include "config-gen/session.h"
#include "lib/err.h"

#define PENDING_MIN_S 10
#define PENDING_MAX_S 86400
#define PENDING_MAX_BYTES 8192
#define PENDING_SSHD_SIZE 1024

/* A boot ID, with its end. */
#define PENDING_BOOT_SIZE 37

struct pending {
	unsigned int wait_s;
	int64_t until_at; /* UTC seconds */
	char boot[PENDING_BOOT_SIZE];
	int64_t until_boot_s; /* seconds since that boot */
	unsigned long before, after; /* generations; 0: none */
	struct session session;
	char sshd[PENDING_SSHD_SIZE]; /* inside the root */
};

/* A time as people write it, 90s, 5m or 24h.  False: it is not one. */
bool pending_time(const char *text, unsigned int *wait_s);

/*
 * Fill p: wait_s from now, for this session.  before and after are 0 until
 * generation_hold says them.
 */
int pending_begin(struct pending *p, unsigned int wait_s, const char *sshd,
    struct err *err);

/* Set the deadline anew, from now. */
int pending_extend(struct pending *p, struct err *err);

/*
 * Seconds left, 0: it is over.  boot and now_boot_s: the boot ID and time
 * since boot at which it is asked.
 */
int64_t pending_left(
    const struct pending *p, const char *boot, int64_t now_boot_s);

/*
 * The same, at the present time.  -1 where that cannot be told: then nobody
 * knows that it is over, and what waits must not go back for it.
 */
int pending_left_s(const struct pending *p, int64_t *left_s, struct err *err);

/* Write p as text, allocated, terminated; the caller frees. */
int pending_format(
    const struct pending *p, char **text, size_t *len, struct err *err);

/* Read text; name is the record's path for messages. */
int pending_parse(struct pending *out, const char *text, size_t len,
    const char *name, struct err *err);

/* 1: there is a record, 0: there is none, -1: it cannot be read. */
int pending_read(
    struct generation_store *s, struct pending *out, struct err *err);

/* The same for who only looks: takes no lock, makes nothing. */
int pending_peek(
    const struct root *root, struct pending *out, struct err *err);

/* Write the record by one step, synced. */
int pending_write(
    struct generation_store *s, const struct pending *p, struct err *err);

/*
 * Remove the record, and then what was held.  Not while there is a journal.
 * Where the record is gone it is 0: what is left over the next command
 * removes.  left (NULL: never mind) is set where that failed, and then the
 * record might even come back after a power cut.
 */
int pending_remove(
    struct generation_store *s, struct err *left, struct err *err);

#endif
