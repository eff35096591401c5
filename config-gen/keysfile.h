/*
 * keysfile: authorized_keys and principals files, as sshd finds them for a
 * user, read as what they are: files that the user may have made.
 *
 * MUST NOT wait, follow a link that the user made, or read without end.
 */
#ifndef CONFIG_GEN_KEYSFILE_H
#define CONFIG_GEN_KEYSFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "config-gen/people.h"
#include "config-gen/root.h"
#include "lib/err.h"
#include "lib/sshwire.h"

/* Room for a path that a pattern becomes. */
#define KEYSFILE_PATH_SIZE 1024

/* A larger file is not read. */
#define KEYSFILE_MAX (4UL * 1024 * 1024)

/*
 * The path that pattern (one word of AuthorizedKeysFile, as sshd -T shows
 * it) is for p: %%, %h, %u and %U replaced, a relative one below the home.
 * -1: a token that sshd does not know, or too long.
 */
int keysfile_path(
    char out[KEYSFILE_PATH_SIZE], const char *pattern, const struct person *p);

/*
 * The next word of a list as sshd -T shows it, its length in *len; NULL at
 * the end.  *words moves on.
 */
const char *keysfile_next_word(const char **words, size_t *len);

/*
 * keysfile_path of such a word.  1: out is set; 0: `none`, or nothing that
 * could be a path.
 */
int keysfile_word_path(char out[KEYSFILE_PATH_SIZE], const char *word,
    size_t len, const struct person *p);

enum keysfile_state {
	KEYSFILE_READ,
	KEYSFILE_MISSING,
	KEYSFILE_LINK,  /* the file itself is a symbolic link */
	KEYSFILE_OTHER, /* a fifo, a folder, a device */
	KEYSFILE_TOO_LARGE,
	KEYSFILE_UNREADABLE
};

/*
 * Read the file at inside.  *out is allocated, terminated and freed by the
 * caller; it is set with KEYSFILE_READ only.
 */
enum keysfile_state keysfile_read(
    const struct root *root, const char *inside, char **out, size_t *len);

/*
 * The number of the first line, from 1, whose options hold cert-authority:
 * a key by which whoever owns it signs certificates for this account.  0:
 * none.
 */
size_t keysfile_find_authority(const char *bytes, size_t len);

/* Whether some line is neither blank nor a comment. */
bool keysfile_has_entry(const char *bytes, size_t len);

/*
 * The same without the lines of keys that are revoked: is_revoked is asked
 * about each, as a plain public key blob.  What cannot be read as a key
 * counts as an entry.
 */
bool keysfile_has_good_entry(const char *bytes, size_t len,
    bool (*is_revoked)(void *ctx, struct span key), void *ctx);

#endif
