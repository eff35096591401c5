/*
 * sshdconf: sshd_config and its included files, read as sshd reads them and
 * edited without losing a byte.
 *
 * The only editor of sshd's configuration.  Source: sshd_config(5),
 * servconf.c:load_server_config and misc.c:argv_split of OpenSSH 8.7 to 10.5;
 * what differs between those is read the strict way.
 */
#ifndef CONFIG_GEN_SSHDCONF_H
#define CONFIG_GEN_SSHDCONF_H

#include <stdbool.h>
#include <stddef.h>

#include "config-gen/root.h"
#include "lib/err.h"

/* Where our drop-in stands, and the main file of /usr/etc layouts (SUSE). */
#define SSHDCONF_FOLDER "/etc/ssh/sshd_config.d"
#define SSHDCONF_DROPIN_PATH SSHDCONF_FOLDER "/00-certgate.conf"
#define SSHDCONF_VENDOR "/usr/etc/ssh/sshd_config"

/* The largest file, and the most directives of all files together. */
#define SSHDCONF_MAX_BYTES (16UL * 1024 * 1024)
#define SSHDCONF_MAX_LINES 1000000UL

/* One directive, where it stands. */
struct sshdconf_line {
	size_t file; /* index in files */
	size_t line; /* from 1 */
	size_t offset, len; /* the raw line in that file, with its line end */
	char *keyword; /* lower case, unquoted */
	char *rest; /* what follows keyword and separator, trimmed */
	size_t match; /* index of the scope in matches; 0: global */
	size_t include, n_includes; /* in includes, for an Include line */
	bool is_ours; /* inside our block or our drop-in */
	bool is_replaced; /* an administrator's line that we commented out;
			   * sshd does not see it */
};

/* A Match scope.  matches[0] is the global scope. */
struct sshdconf_match {
	size_t file, line; /* of the Match line; 0: global */
	char *criteria; /* as written */
	size_t outer; /* the scope that its file is included in */
};

/* What one argument of an Include line brought in. */
struct sshdconf_include {
	char *pattern; /* absolute, without "//" and "/./" */
	size_t file; /* index in files; SIZE_MAX: it matches nothing */
	size_t first_line, n_lines; /* in lines, nested includes' as well */
};

struct sshdconf_file {
	char *path; /* inside the root */
	char *bytes; /* terminated */
	size_t len;
};

/* All files in the order in which sshd reads them, lines likewise. */
struct sshdconf {
	struct sshdconf_file *files; /* [0]: the main file */
	size_t n_files;
	struct sshdconf_line *lines; /* in order of evaluation: those of a
				      * file included twice are there twice */
	size_t n_lines;
	struct sshdconf_match *matches;
	size_t n_matches;
	struct sshdconf_include *includes;
	size_t n_includes;
	struct sshdconf_file stray; /* SSHDCONF_DROPIN_PATH where it exists
				     * but nothing includes it; else NULLs */
};

/*
 * The main file that sshd reads: that of the service's -f, ERR_REFUSED where
 * certgate may not change it; else /etc/ssh/sshd_config, else
 * SSHDCONF_VENDOR, ERR_NOT_FOUND where there is neither.  A constant, or the
 * service's.
 */
const char *sshdconf_main(const struct root *root, struct err *err);

/*
 * Read the main file (a path inside the root) and all it includes, as sshd
 * does at start.  Errors: what sshd itself refuses to start with (16 nested
 * includes, a dangling link that a glob matches, an unterminated quote …), a
 * NUL byte (sshd glues the next line on), an unreadable file, a file over
 * SSHDCONF_MAX_BYTES; the text says FILE:LINE.
 */
struct sshdconf *sshdconf_read(
    const struct root *root, const char *path, struct err *err);

/* The same for one file in memory, whose Include lines match nothing. */
struct sshdconf *sshdconf_parse(
    const char *path, const char *bytes, size_t len, struct err *err);

void sshdconf_free(struct sshdconf *c);

/*
 * Where our directives stand, or shall stand.
 *  SSHDCONF_DROPIN: SSHDCONF_DROPIN_PATH, possible where the main file's
 *    first directive is an Include that covers it, the folder is there, and
 *    no line that is read before it sets a directive of ours or
 *    AuthorizedKeysCommand (8.7 to 9.3 then drop ours) or opens a Match;
 *  SSHDCONF_BLOCK: a marked block at the top of the main file.
 */
enum sshdconf_where { SSHDCONF_DROPIN, SSHDCONF_BLOCK };

/* One file that an edit is about. */
struct sshdconf_change {
	char *path; /* inside the root */
	char *bytes; /* its new content; NULL: it shall not exist */
	size_t len;
	const char *old; /* borrowed from struct sshdconf; NULL: not there */
	size_t old_len;
	bool is_changed; /* unlike what is on disk */
};

struct sshdconf_edit {
	enum sshdconf_where where;
	struct sshdconf_change *files; /* [0]: where our directives stand;
					* all others are changed */
	size_t n_files;
};

/*
 * Work out the edit that makes directives (n_directives whole lines without
 * line ends) take effect first.  Nothing is written.  Outside what is ours no
 * byte changes; with n_directives == 0 what is ours is taken out again and
 * every file is byte for byte what it was before.  The block takes the line
 * ends (LF or CRLF) of the file that it stands in.
 *
 * with_replace also comments out, marked, every line of sshdconf_conflicts;
 * lines so marked stay it while they would be conflicts, and are restored
 * otherwise.
 *
 * Errors: something of ours was damaged by hand in a way that leaves open
 * what is ours (ERR_MALFORMED with FILE:LINE and the cure), or there is no
 * place where ours could win (ERR_REFUSED).
 */
int sshdconf_edit(const struct sshdconf *c, const struct root *root,
    const char *const *directives, size_t n_directives, bool with_replace,
    struct sshdconf_edit *out, struct err *err);
void sshdconf_edit_clear(struct sshdconf_edit *e);

/*
 * The files by which sshd can be asked about an edit before it is made:
 * (*out)[0] is a main file for `sshd -t -f` that has just the effect that
 * the edited files will have, the others are what it includes in place of
 * files that change.  Their paths are in folder (inside the root, absolute);
 * the caller writes them there and frees them by sshdconf_files_free.
 */
int sshdconf_stage(const struct sshdconf *c, const struct sshdconf_edit *e,
    const char *folder, struct sshdconf_file **out, size_t *n_out,
    struct err *err);
void sshdconf_files_free(struct sshdconf_file *files, size_t n_files);

/*
 * The lines, ours left out, that set one of keywords (lower case, NULL
 * ends): candidates for having won over ours.  Fills at most max pointers
 * into c, returns how many there are.
 */
size_t sshdconf_find(const struct sshdconf *c, const char *const *keywords,
    const struct sshdconf_line **out, size_t max);

/*
 * The administrator's lines that ours would silently beat, or that would
 * beat ours: those that set, globally or in a Match, a directive by which
 * certificates are mapped, or any that is in directives.  As sshdconf_find.
 * AuthorizedKeysCommand is none of them: it takes effect beside ours once
 * ours stand before it.
 */
size_t sshdconf_conflicts(const struct sshdconf *c,
    const char *const *directives, size_t n_directives,
    const struct sshdconf_line **out, size_t max);

/*
 * One line for people, escaped: FILE:LINE: KEYWORD REST, and the scope:
 *   /etc/ssh/sshd_config:14: trustedusercakeys /x (for everybody)
 *   /etc/ssh/sshd_config:20: trustedusercakeys /y (in "Match user a,b")
 * Returns out.
 */
char *sshdconf_describe(const struct sshdconf *c,
    const struct sshdconf_line *line, char *out, size_t out_len);

/*
 * Split what follows a keyword into its arguments, quotes and backslashes
 * resolved, up to a comment.  Returns a NULL-terminated list in one
 * allocation, or NULL with err (out of memory, an open quote).
 */
char **sshdconf_args(const char *rest, struct place at, struct err *err);

#endif
