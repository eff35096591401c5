/*
 * pamkeep: the files that a change of PAM's configuration touches, kept as
 * they were before it and after it, so that it can be undone exactly.
 *
 *   /var/lib/certgate/pam/mechanism   what was asked for: written first
 *   /var/lib/certgate/pam/before/NAME
 *   /var/lib/certgate/pam/after/NAME
 *   /var/lib/certgate/pam/enabled     written last: the change is whole
 *
 * Copies have the mode and owner of the file itself; for a file that was not
 * there, NAME.absent says so.  Where both are missing, nothing is restored.
 */
#ifndef CONFIG_GEN_PAMKEEP_H
#define CONFIG_GEN_PAMKEEP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "config-gen/root.h"
#include "lib/err.h"

#define PAMKEEP_FOLDER "/var/lib/certgate/pam"
#define PAMKEEP_MAX_FILE (4UL * 1024 * 1024)
#define PAMKEEP_TEXT_SIZE 1024
#define PAMKEEP_MAX_FILES 32

enum pamkeep_when { PAMKEEP_BEFORE, PAMKEEP_AFTER };

struct pamkeep_file {
	const char *name; /* of the copy */
	const char *path; /* inside the root */
};

struct pamkeep {
	const struct root *root;
	const struct pamkeep_file *files;
	size_t n_files;
	char folder[PATH_MAX - 256]; /* PAMKEEP_FOLDER on this machine */
};

enum pamkeep_state {
	PAMKEEP_NONE,
	PAMKEEP_HALF, /* a change was interrupted */
	PAMKEEP_WHOLE
};

/*
 * Find out what is kept.  mechanism gets the text that pamkeep_begin was
 * given, "" where there is none.  k->files is not needed.
 */
int pamkeep_look(struct pamkeep *k, const struct root *root,
    enum pamkeep_state *state, char mechanism[PAMKEEP_TEXT_SIZE],
    struct err *err);

/* Keep the files as they are before the change; mechanism has one line. */
int pamkeep_begin(
    struct pamkeep *k, const char *mechanism, struct err *err);

/* Keep the files as they are after it. */
int pamkeep_end(struct pamkeep *k, struct err *err);

/* Whether a file is as it was then: 1, 0, or -1 with err. */
int pamkeep_is_as(const struct pamkeep *k, size_t i, enum pamkeep_when when,
    struct err *err);

/* Make a file what it was before. */
int pamkeep_restore(const struct pamkeep *k, size_t i, struct err *err);

/* Forget all. */
int pamkeep_forget(const struct pamkeep *k, struct err *err);

#endif
