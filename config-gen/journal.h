/*
 * journal: what a change under way has to put back if it is interrupted.
 *
 * Text, one statement per line:
 *
 *   certgate journal 1
 *   state swapping
 *   link 3 4 made
 *   file 0644:0:0 0644:0:0 /etc/ssh/sshd_config
 *   file - 0644:0:0 /etc/ssh/sshd_config.d/00-certgate.conf
 *   end
 *
 * link: the generation that `current` named, the one it shall name (0: there
 * is none), and whether that was made by this change (it is then removed
 * with it) or was kept from earlier.  file: mode, owner and group before and
 * after (-: no file), and the path inside the root; the bytes of the file
 * number I, from 0, stand in the folder .undo as I.old and I.new.
 *
 * A change that waits for confirmation is written down in the same way, in
 * the folder .pending, with I.old and I.new beside it.
 *
 * Read by root after a crash.  MUST NOT lead to a write outside sshd's own
 * folders, nor guess: whatever is not exactly as journal_format writes it is
 * an error.
 */
#ifndef CONFIG_GEN_JOURNAL_H
#define CONFIG_GEN_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/err.h"

#define JOURNAL_MAX_BYTES 131072
#define JOURNAL_MAX_FILES 64
/* The longest path in it, with its end. */
#define JOURNAL_PATH_SIZE 1024

/* What a file was or shall be, but for its bytes. */
struct journal_look {
	bool exists;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

struct journal_file {
	char path[JOURNAL_PATH_SIZE];
	struct journal_look before, after;
};

struct journal {
	unsigned long before, after; /* generations; 0: none */
	bool is_made;
	struct journal_file *files;
	size_t n_files;
};

/*
 * Whether a journal may name path, an inside path: below /etc/ssh or
 * /usr/etc/ssh but not in the store, without . or .. or empty components or
 * control characters, and not too long.
 */
bool journal_allows(const char *path);

/* Write j as text, allocated, terminated; the caller frees. */
int journal_format(
    const struct journal *j, char **text, size_t *len, struct err *err);

/* Read text; name is the journal's path for messages (FILE:LINE). */
int journal_parse(struct journal *out, const char *text, size_t len,
    const char *name, struct err *err);

/* Free what j holds. */
void journal_clear(struct journal *j);

#endif
