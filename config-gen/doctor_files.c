/*
 * The files that sshd reads at each login, and what keeps it from doing so.
 *
 * Source: authfile.c:sshkey_in_file and sshkey_check_revoked, krl.c,
 * auth2-pubkey.c:match_principals_file, misc.c:safe_path_fd.
 */
#include "config.h"

#include "config-gen/doctor_int.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config-gen/keysfile.h"
#include "lib/file.h"
#include "lib/pubkey.h"
#include "lib/sshwire.h"

#define MAX_CA_FILE (64UL * 1024 * 1024)
#define MAX_REVOKED (512UL * 1024 * 1024)

/* PROTOCOL.krl */
#define KRL_MAGIC "SSHKRL\n"

/* Read a file of the administrator's that sshd reads, as sshd sees it. */
static int
read_inside(const struct doctor *d, const char *inside, size_t max, char **out,
    size_t *len, struct err *why)
{
	char *path = root_locate(d->t->root, inside, why);
	int ret;

	if (path == NULL)
		return -1;
	ret = file_read(path, FILE_ANY, max, out, len, why);
	free(path);
	return ret;
}

static bool
is_generated(const char *inside)
{
	return strncmp(inside, ROOT_CURRENT "/", strlen(ROOT_CURRENT) + 1) == 0;
}

/* Whether inside is a link that leads nowhere: 1, 0 or -1. */
static int
is_dangling(const struct doctor *d, const char *inside, struct err *err)
{
	char path[PATH_MAX];
	struct stat st;
	char *resolved;

	if (lstat(root_path(d->t->root, path, inside), &st) < 0)
		return errno == ENOENT ? 0 : err_system(err, "%s", inside);
	if (!S_ISLNK(st.st_mode))
		return 0;
	resolved = doctor_resolve(d, inside);
	free(resolved);
	return resolved == NULL ? 1 : 0;
}

static int
check_folder(struct doctor *d, const char *folder, struct err *err)
{
	bool is_fatal = d->t->conf == NULL;
	char *inside = NULL;
	struct dirent *e;
	DIR *dir;
	int ret = 0;

	if (doctor_open_folder(d, folder, &dir, err) < 0)
		return -1;
	while (dir != NULL && ret == 0) {
		errno = 0;
		if ((e = readdir(dir)) == NULL) {
			if (errno != 0)
				ret = err_system(err, "%s", folder);
			break;
		}
		struct doctor_words w = { NULL, 0, "a link that leads nowhere",
			is_fatal
			    ? "sshd does not start where an Include matches it"
			    : "no Include matches it today; where one does, "
			      "sshd does not start",
			"remove the link", false };

		if (e->d_name[0] == '.' ||
		    asprintf(&inside, "%s/%s", folder, e->d_name) < 0)
			continue;
		w.file = inside;
		if ((ret = is_dangling(d, inside, err)) == 1)
			ret = doctor_find(d,
			    is_fatal ? DOCTOR_FAILURE : DOCTOR_WARNING, &w,
			    err);
		free(inside);
	}
	if (dir != NULL)
		(void)closedir(dir);
	return ret;
}

int
doctor_dangling_link(struct doctor *d, struct err *err)
{
	if (check_folder(d, SSHDCONF_FOLDER, err) < 0)
		return -1;
	return check_folder(d, SSHDCONF_VENDOR ".d", err);
}

/*
 * What sshd makes of line: 1 a key, 0 it skips the line, -1 it reads no
 * further.  Unlike pubkey_parse_line it knows no blank line with a CR, and
 * passes over RSA keys that are too short.
 */
static int
read_key_line(const char *line, size_t len, struct err *why)
{
	struct err mine = ERR_INIT;
	struct pubkey k;
	size_t i = 0;
	int is_key;

	while (i < len && (line[i] == ' ' || line[i] == '\t'))
		i++;
	if (i == len || line[i] == '#')
		return 0;
	if (line[i] == '\r')
		return err_setf(
		    why, ERR_MALFORMED, "a blank line that ends in CR LF");
	is_key = pubkey_parse_line(&k, line, len, NO_PLACE, &mine);
	if (is_key == 1)
		pubkey_clear(&k);
	if (is_key == -1 && strstr(mine.text, "are the least") != NULL)
		return 0;
	if (is_key == -1)
		(void)err_setf(why, mine.code, "%s", mine.text);
	return is_key;
}

static int
check_ca_bytes(struct doctor *d, struct doctor_words *w, const char *bytes,
    size_t len, struct err *err)
{
	char what[700];
	struct err why = ERR_INIT;
	const char *line = bytes, *end = bytes + len, *next;
	size_t number = 0, n_after = 0;
	int is_key;

	for (; line < end; line = next) {
		next = memchr(line, '\n', (size_t)(end - line));
		next = next == NULL ? end : next + 1;
		number++;
		is_key = read_key_line(line,
		    (size_t)(next - line) - (next[-1] == '\n' ? 1 : 0), &why);
		if (is_key < 0 && w->line == 0)
			w->line = number;
		else if (is_key == 1 && w->line != 0)
			n_after++;
	}
	if (w->line == 0)
		return 0;
	(void)snprintf(what, sizeof(what),
	    "sshd reads CA keys no further than this line, and not the %zu "
	    "after it: %s",
	    n_after, why.text);
	w->what = what;
	w->why = "certificates of those authorities are refused, and only "
		 "LogLevel DEBUG2 tells why";
	w->fix = "mend or remove the line";
	return doctor_find(d, DOCTOR_FAILURE, w, err);
}

/* Names of the files that a keyword's lines name, line by line. */
static int
each_file(struct doctor *d, const char *keyword,
    int (*check)(
	struct doctor *, struct doctor_words *, const char *, struct err *),
    struct err *err)
{
	const struct sshdconf_line *line;
	size_t i, at = 0;
	char **args;
	int ret = 0;

	while (ret == 0 && (line = doctor_next_line(d, keyword, &at)) != NULL) {
		if ((args = sshdconf_args(line->rest, NO_PLACE, err)) == NULL)
			return -1;
		for (i = 0; ret == 0 && args[i] != NULL; i++) {
			struct doctor_words w = {
				d->t->conf->files[line->file].path, line->line,
				NULL, NULL, NULL, is_generated(args[i])
			};

			/* A relative one depends on where sshd was started. */
			if (args[i][0] == '/')
				ret = check(d, &w, args[i], err);
		}
		free(args);
	}
	return ret;
}

static int
check_ca_file(struct doctor *d, struct doctor_words *w, const char *inside,
    struct err *err)
{
	char what[600];
	struct err why = ERR_INIT;
	char *bytes = NULL;
	size_t len;
	int ret;

	if (read_inside(d, inside, MAX_CA_FILE, &bytes, &len, &why) == 0) {
		w->file = inside;
		w->line = 0;
		ret = check_ca_bytes(d, w, bytes, len, err);
		free(bytes);
		return ret;
	}
	(void)snprintf(what, sizeof(what),
	    "the file of CA keys cannot be read: %s", why.text);
	w->what = what;
	w->why = "sshd refuses every certificate then, or waits for ever where "
		 "it is a pipe; sshd -t does not look";
	w->fix = w->is_cured ? "certgate apply makes it anew"
			     : "put it there, or remove the line";
	return doctor_find(d, DOCTOR_FAILURE, w, err);
}

int
doctor_ca_file(struct doctor *d, struct err *err)
{
	return each_file(d, "trustedusercakeys", check_ca_file, err);
}

/* Whether a KRL's sections add up: NULL, or what is wrong. */
static const char *
krl_fault(struct span in)
{
	struct span text;
	uint32_t version;
	uint64_t number;
	uint8_t type;

	in.p += strlen(KRL_MAGIC) + 1;
	in.len -= strlen(KRL_MAGIC) + 1;
	if (wire_get_u32(&in, &version) < 0 || version != 1)
		return "a KRL of another format";
	if (wire_get_u64(&in, &number) < 0 || wire_get_u64(&in, &number) < 0 ||
	    wire_get_u64(&in, &number) < 0 || wire_get_string(&in, &text) < 0 ||
	    wire_get_string(&in, &text) < 0)
		return "a KRL that is cut short";
	while (in.len != 0) {
		if (wire_get_u8(&in, &type) < 0 ||
		    wire_get_string(&in, &text) < 0)
			return "a KRL that is cut short";
	}
	return NULL;
}

/* Whether sshd can use the bytes: NULL, or what is wrong; *line: where. */
static const char *
revoked_fault(const char *bytes, size_t len, size_t *number, struct err *why)
{
	const char *line = bytes, *end = bytes + len, *next;
	size_t line_len;

	if (len > strlen(KRL_MAGIC) &&
	    memcmp(bytes, KRL_MAGIC, strlen(KRL_MAGIC) + 1) == 0)
		return krl_fault(
		    (struct span){ (const unsigned char *)bytes, len });
	for (*number = 1; line < end; line = next, (*number)++) {
		next = memchr(line, '\n', (size_t)(end - line));
		next = next == NULL ? end : next + 1;
		line_len = (size_t)(next - line) - (next[-1] == '\n' ? 1 : 0);
		if (read_key_line(line, line_len, why) < 0)
			return why->text;
	}
	*number = 0;
	return NULL;
}

#define WHY_REVOKED                                                            \
	"sshd refuses every key and every certificate of everybody for whom "  \
	"this line counts; sshd -t does not look"

static int
check_revoked_file(struct doctor *d, struct doctor_words *w, const char *inside,
    struct err *err)
{
	char what[1024];
	struct err why = ERR_INIT;
	const char *fault;
	char *bytes = NULL;
	size_t len, number = 0;

	w->what = what;
	w->why = WHY_REVOKED;
	w->fix = w->is_cured
	    ? "certgate apply makes it anew"
	    : "put the file there (an empty one revokes nothing), or remove "
	      "the line";
	if (read_inside(d, inside, MAX_REVOKED, &bytes, &len, &why) < 0) {
		(void)snprintf(what, sizeof(what),
		    "the RevokedKeys file cannot be read: %s", why.text);
		return doctor_find(d, DOCTOR_FAILURE, w, err);
	}
	if (len == 0) {
		free(bytes);
		(void)snprintf(what, sizeof(what),
		    "the RevokedKeys file %.400s is empty", inside);
		if (w->is_cured) {
			w->why = "sshd revokes nothing; certgate never makes "
				 "an empty one";
			return doctor_find(d, DOCTOR_FAILURE, w, err);
		}
		w->why = "nothing is revoked; a KRL that was cut to nothing "
			 "looks the same";
		w->fix = "leave it so if nothing is to be revoked, else put "
			 "the list back";
		return doctor_find(d, DOCTOR_WARNING, w, err);
	}
	fault = revoked_fault(bytes, len, &number, &why);
	free(bytes);
	if (fault == NULL)
		return 0;
	if (number == 0)
		(void)snprintf(what, sizeof(what),
		    "the RevokedKeys file %.400s is %s", inside, fault);
	else
		(void)snprintf(what, sizeof(what),
		    "line %zu of the RevokedKeys file %.400s: %s", number,
		    inside, fault);
	if (!w->is_cured)
		w->fix = "make the file anew: write it aside, then rename it";
	return doctor_find(d, DOCTOR_FAILURE, w, err);
}

int
doctor_revoked_keys(struct doctor *d, struct err *err)
{
	return each_file(d, "revokedkeys", check_revoked_file, err);
}
