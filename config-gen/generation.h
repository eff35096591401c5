/*
 * generation: complete sets of generated files, of which exactly one is
 * current.  The only module that swaps.
 *
 *   /etc/ssh/certgate/generations/N/   a generation, N counts from 1
 *   /etc/ssh/certgate/current          -> generations/N, replaced by rename
 *   /etc/ssh/certgate/lock             flock'ed while a command may write
 *   /etc/ssh/certgate/journal          exists while a change is under way
 *   /etc/ssh/certgate/.undo/           what the journal refers to
 *   /etc/ssh/certgate/reload-due       sshd has not yet read a change
 *   /etc/ssh/certgate/removed          certgate remove was the last change
 *   /etc/ssh/certgate/pending          a change waits for confirmation
 *   /etc/ssh/certgate/.pending/        what it would go back to
 *
 * A change swaps the link and then replaces at most two configuration files
 * of sshd's.  Before its first visible step it writes the journal: what each
 * was and what it shall be.  Whoever takes the lock next and finds a journal
 * undoes that change (or finishes it, where only clearing up was left), so
 * that an interrupted run leaves exactly the old or exactly the new.
 */
#ifndef CONFIG_GEN_GENERATION_H
#define CONFIG_GEN_GENERATION_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "config-gen/root.h"
#include "lib/err.h"

struct generation_store; /* the lock is held while one is open */

/*
 * Open the store of a root, made where missing, locked, and with an
 * interrupted change brought to an end (recovered, where not NULL, is then
 * set and the caller says so).  A lock that another certgate holds is waited
 * for at most wait_s seconds, then ERR_REFUSED.
 */
struct generation_store *generation_open(const struct root *root,
    unsigned int wait_s, bool *recovered, struct err *err);
void generation_close(struct generation_store *s);

/*
 * Number of the current generation; 0: there is none.  A `current` that
 * leads anywhere else than to a generation is ERR_UNSAFE.
 */
int generation_current(
    struct generation_store *s, unsigned long *number, struct err *err);

/* The same for who only looks: takes no lock, makes nothing. */
int generation_peek(
    const struct root *root, unsigned long *number, struct err *err);

/*
 * Begin a new generation: an empty folder aside, never named by `current`
 * until generation_commit.  *folder (borrowed from s) is its path on this
 * machine, number its number.  One that is begun and not committed is
 * removed by generation_close.
 */
int generation_begin(struct generation_store *s, const char **folder,
    unsigned long *number, struct err *err);

/* A configuration file to be replaced together with the link. */
struct generation_file {
	const char *path;  /* inside the root; a link is followed and kept */
	const char *bytes; /* NULL: the file shall not exist */
	size_t len;
	/*
	 * What bytes was made from.  Where not NULL and the file holds
	 * something else by now, somebody edited it meanwhile: ERR_REFUSED.
	 */
	const char *was;
	size_t was_len;
	/*
	 * A file on this machine whose mode, owner and extended attributes it
	 * gets; NULL: it keeps its own.
	 */
	const char *like;
};

/*
 * Make the begun generation current and replace files, behind a journal.
 * prove is then called (NULL: nothing to prove); where it returns -1, or
 * anything fails, all goes back and -1 is returned with the first error.
 * Everything is synced before it becomes visible.  A begun generation that
 * is byte for byte the current one is dropped instead, and *is_new false.
 * Where none was begun the link stays and only the files are replaced.
 *
 * Files keep mode, owner and extended attributes; one that did not exist
 * becomes root's, 0644.  They are in /etc/ssh or /usr/etc/ssh, at most
 * JOURNAL_MAX_FILES.  From the first visible step to the last, signals that
 * would end the process wait; one that came is a reason to go back.
 */
int generation_commit(struct generation_store *s,
    const struct generation_file *files, size_t n_files,
    int (*prove)(void *ctx, struct err *err), void *ctx, bool *is_new,
    struct err *err);

/*
 * Make generation *number current again in the same way; 0 stands for the
 * one before the current one, and *number becomes its number.  ERR_NOT_FOUND
 * where there is no such generation.
 */
int generation_rollback(struct generation_store *s, unsigned long *number,
    const struct generation_file *files, size_t n_files,
    int (*prove)(void *ctx, struct err *err), void *ctx, struct err *err);

/*
 * Put aside what generation_commit with these files is about to change, so
 * that the change can go back after it was made, also by another process.
 * It is kept while the record is there (config-gen/pending.h), which the
 * caller writes next.  *link gets the generations before and after (0:
 * none); *differs is false where nothing would change, and nothing is held
 * then.
 */
struct generation_link {
	unsigned long before, after;
};
int generation_hold(struct generation_store *s,
    const struct generation_file *files, size_t n_files,
    struct generation_link *link, bool *differs, struct err *err);

/* What became of the change that is held. */
struct generation_held {
	struct generation_link link;
	bool is_made; /* false: never made, or back already */
	bool has_files; /* it changed configuration files */
};
int generation_held(struct generation_store *s, struct generation_held *out,
    struct err *err);

/*
 * Take back the change that is held, proved as by generation_commit.  A
 * configuration file that somebody edited since goes back as well; it is
 * first copied into the store as edited.N, and *n_edited counts those.
 */
int generation_return(struct generation_store *s,
    int (*prove)(void *ctx, struct err *err), void *ctx, size_t *n_edited,
    struct err *err);

/* Remove the generation that was made by the held change and is not current. */
int generation_discard(struct generation_store *s, struct err *err);

/*
 * The generation that generation_rollback would make current for *number,
 * which is set, and its folder on this machine.
 */
int generation_find(struct generation_store *s, unsigned long *number,
    char folder[PATH_MAX], struct err *err);

/*
 * Whether a configuration file was changed and sshd has not been told, by
 * this command or by one that ended in between.  Who reloaded sshd, or saw
 * that none runs, says so by generation_reload_done.
 */
bool generation_reload_due(const struct generation_store *s);
int generation_reload_done(struct generation_store *s, struct err *err);

/*
 * Note that our directives were taken out of sshd's configuration on purpose,
 * or that they are back, for who finds none of them there.
 */
int generation_set_removed(
    struct generation_store *s, bool is_removed, struct err *err);
int generation_peek_removed(
    const struct root *root, bool *is_removed, struct err *err);

struct generation_info {
	unsigned long number;
	time_t made_at; /* UTC seconds */
	bool is_current;
};

/* All generations, oldest first, in an array that the caller frees. */
int generation_list(struct generation_store *s, struct generation_info **out,
    size_t *n, struct err *err);

/* The same for who only looks: takes no lock, makes nothing. */
int generation_peek_list(const struct root *root, struct generation_info **out,
    size_t *n, struct err *err);

/*
 * Keep the last 10 generations, fewer where they exceed 256 MiB together
 * (a file shared by several counts once); the current one, the one before it
 * and the one that a held change would go back to always stay.
 */
int generation_prune(struct generation_store *s, struct err *err);

#endif
