/* Files that a policy names: their paths, numbers and errors. */
#include "config.h"

#include "config-gen/policy_parse.h"

#include "config-gen/folder.h"
#include "config-gen/root.h"
#include "lib/escape.h"
#include "lib/file.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char glob_characters[] = "*?[\\";

/* Length of the folder of path with its slash; 0 where it names none. */
static size_t
folder_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

/* path, then name; path is escaped for glob(3). */
static char *
escape_before(const char *path, size_t len, const char *name)
{
	size_t n = 0;
	size_t i;
	char *out;

	if ((out = malloc(2 * len + strlen(name) + 1)) == NULL)
		return NULL;
	for (i = 0; i < len; i++) {
		if (strchr(glob_characters, path[i]) != NULL)
			out[n++] = '\\';
		out[n++] = path[i];
	}
	memcpy(out + n, name, strlen(name) + 1);
	return out;
}

/* The folder of the file being read, with its slash: what name is below. */
static const char *
folder_before(const struct policy_parse *p, const char *name, size_t *len)
{
	const char *file = p->policy->files[p->file];

	*len = name[0] == '/' ? 0 : folder_len(file);
	return file;
}

/* Path, which is freed, with a slash at its end unless it is empty. */
static char *
with_slash(char *path, struct err *err)
{
	size_t len = strlen(path);
	char *out = NULL;

	if (len == 0 || path[len - 1] == '/')
		return path;
	if (asprintf(&out, "%s/", path) < 0) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		out = NULL;
	}
	free(path);
	return out;
}

/*
 * name as path_resolve has it where there is a root: inside of it, or, where
 * the policy itself is not, inside of the policy's folder.
 */
static char *
confine(struct policy_parse *p, const char *name, bool is_folder,
    struct err *err)
{
	const char *file = p->policy->files[p->file];
	size_t root_len = strlen(p->root);
	bool is_of_root = name[0] == '/' ||
	    (strncmp(file, p->root, root_len) == 0 && file[root_len] == '/');
	const char *from = is_of_root ? file + root_len : file;
	size_t from_len = name[0] == '/' ? 0 : folder_len(from);
	struct root base = { .dir = p->root };
	char *dir = NULL, *inside = NULL, *path = NULL;

	if (is_of_root) {
		if (asprintf(
			&inside, "%.*s%s", (int)from_len, from, name) < 0)
			inside = NULL;
	} else {
		dir = strndup(from_len == 0 ? "." : from,
		    from_len > 1 ? from_len - 1 : 1);
		base.dir = dir;
		if (asprintf(&inside, "/%s", name) < 0)
			inside = NULL;
	}
	if (inside == NULL || base.dir == NULL)
		(void)err_setf(err, ERR_MEMORY, "out of memory");
	else
		path = is_folder ? root_locate(&base, inside, err)
				 : root_locate_file(&base, inside, err);
	/* Names are shown as they are written. */
	if (path != NULL && dir != NULL && from_len == 0)
		memmove(path, path + 2, strlen(path + 2) + 1);
	free(inside);
	free(dir);
	return path == NULL || !is_folder ? path : with_slash(path, err);
}

char *
path_resolve(struct policy_parse *p, const char *name, struct place at)
{
	struct err err = ERR_INIT;
	const char *before;
	char *path = NULL;
	size_t len;

	if (p->root[0] == '\0') {
		before = folder_before(p, name, &len);
		if (asprintf(&path, "%.*s%s", (int)len, before, name) >= 0)
			return path;
		(void)parse_no_memory(p);
		return NULL;
	}
	if ((path = confine(p, name, false, &err)) == NULL)
		path_error(p, at, name, &err);
	return path;
}

void
path_error(struct policy_parse *p, struct place at, const char *path,
    const struct err *err)
{
	char what[sizeof(err->text)];
	char shown[300];
	size_t len;
	char *fix;

	if (err->code == ERR_MEMORY)
		(void)parse_no_memory(p);
	/* lib/file's texts are "PATH: WHAT; FIX". */
	(void)snprintf(what, sizeof(what), "%s", err->text);
	(void)escape_text(shown, sizeof(shown), path);
	len = strlen(shown);
	if (at.line == 0 && strncmp(what, shown, len) == 0 &&
	    strncmp(what + len, ": ", 2) == 0)
		memmove(what, what + len + 2, strlen(what + len + 2) + 1);
	if ((fix = strrchr(what, ';')) != NULL && fix[1] == ' ') {
		*fix = '\0';
		fix += 2;
	} else {
		fix = NULL;
	}
	parse_error(p, at, NULL, fix, "%s", what);
}

/* One folder may be above all files. */
static bool
is_said(const struct policy_parse *p, const char *text)
{
	size_t i;

	for (i = 0; i < p->unsafe.n && i < DIAG_MAX; i++) {
		if (strcmp(p->unsafe.items[i], text) == 0)
			return true;
	}
	return i == DIAG_MAX;
}

static void
judge_folder(struct policy_parse *p, const char *folder, struct place at)
{
	struct err err = ERR_INIT;
	char *copy;

	if (p->judged != NULL && strcmp(p->judged, folder) == 0)
		return;
	if (folder_judge(folder, &err) < 0 && !is_said(p, err.text)) {
		(void)words_add(p, &p->unsafe,
		    parse_keep(p, err.text, strlen(err.text)));
		path_error(p, at, folder, &err);
	}
	if ((copy = strdup(folder)) == NULL)
		(void)parse_no_memory(p);
	free(p->judged);
	p->judged = copy;
}

void
path_judge(struct policy_parse *p, const char *path, struct place at)
{
	char *folder = strndup(path, folder_len(path));

	if (folder == NULL)
		(void)parse_no_memory(p);
	else
		judge_folder(p, folder, at);
	free(folder);
}

int
file_add(struct policy_parse *p, const char *path, uint16_t *number)
{
	struct policy *policy = p->policy;
	const char *copy;

	if (policy->n_files == POLICY_MAX_FILES) {
		parse_error(p, (struct place) { path, 0, 0 }, NULL, NULL,
		    "more than %d files make up the policy", POLICY_MAX_FILES);
		return -1;
	}
	if ((copy = parse_keep(p, path, strlen(path))) == NULL)
		return -1;
	if (vector_grow((void **)&policy->files, &p->files_room,
		policy->n_files, sizeof(*policy->files)) < 0)
		return parse_no_memory(p);
	*number = (uint16_t)policy->n_files;
	policy->files[policy->n_files++] = copy;
	return 0;
}

/* The text that stands for a file, as a file of its own. */
static int
open_instead(const struct policy_instead *instead, struct err *err)
{
	const char *p = instead->text;
	size_t left = instead->len;
	ssize_t n;
	int fd = memfd_create("policy", MFD_CLOEXEC);

	if (fd < 0)
		return err_system(err, "policy");
	for (; left > 0; left -= (size_t)n, p += n) {
		if ((n = write(fd, p, left)) < 0) {
			(void)err_system(err, "policy");
			(void)close(fd);
			return -1;
		}
	}
	if (lseek(fd, 0, SEEK_SET) != 0) {
		(void)err_system(err, "policy");
		(void)close(fd);
		return -1;
	}
	return fd;
}

int
open_policy_file(const struct policy_parse *p, const char *path, size_t max,
    size_t *size, struct err *err)
{
	int fd;

	/* Opened all the same: its owner and mode are judged. */
	fd = file_open(path, FILE_ROOTS, max, size, err);
	if (fd < 0 || p->instead == NULL ||
	    strcmp(path, p->instead->file) != 0)
		return fd;
	(void)close(fd);
	*size = p->instead->len;
	return open_instead(p->instead, err);
}

static void
read_pattern(struct policy_parse *p, void *into)
{
	const char *text;

	(void)into;
	if ((text = parse_text(p, "a file name or glob")) == NULL)
		return;
	if (vector_grow((void **)&p->include_places, &p->include_places_room,
		p->includes.n, sizeof(*p->include_places)) < 0) {
		(void)parse_no_memory(p);
		return;
	}
	p->include_places[p->includes.n] = p->event.at;
	(void)words_add(p, &p->includes, parse_keep(p, text, p->event.len));
}

void
read_include(struct policy_parse *p, void *into)
{
	if (p->file != 0) {
		parse_error(p, p->event.at, NULL,
		    "name the file under \"include\" of the policy itself",
		    "\"include\" in an included file");
		event_skip(p);
		return;
	}
	(void)parse_list(p, "a file name or glob", read_pattern, into);
}

/* Whether path is the policy itself, under whatever name. */
static bool
is_policy(const struct policy_parse *p, const char *path)
{
	struct stat a, b;

	return strcmp(path, p->policy->files[0]) == 0 ||
	    (lstat(path, &a) == 0 && lstat(p->policy->files[0], &b) == 0 &&
		a.st_dev == b.st_dev && a.st_ino == b.st_ino);
}

/* Read one file that `include` means. */
static void
include_file(struct policy_parse *p, const char *path, struct place at)
{
	struct err err = ERR_INIT;
	size_t size;
	int fd;

	/* Two globs may match it. */
	if (name_find(&p->included_table, words_array(&p->included),
		name_key(path)) != NAME_NONE)
		return;
	if (words_add(p, &p->included, parse_keep(p, path, strlen(path))) < 0 ||
	    name_add(&p->included_table, name_key(path),
		(uint32_t)(p->included.n - 1)) < 0) {
		(void)parse_no_memory(p);
		return;
	}
	if ((fd = open_policy_file(
		 p, path, p->max_bytes, &size, &err)) < 0) {
		p->is_incomplete = true;
		path_error(p, at, path, &err);
	} else if (file_add(p, path, &p->file) == 0) {
		path_judge(p, path, at);
		(void)read_file(p, fd, size);
	}
	p->file = 0;
}

static int
compare_paths(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* glob(3)'s: a folder that is not there matches nothing. */
static int
glob_failed(const char *path, int error)
{
	(void)path;
	return error != ENOENT && error != ENOTDIR;
}

/*
 * The pattern for glob(3); NULL where nothing can match, or for an error
 * (reported).  *fixed_len gets the length of the folder in it that is no
 * pattern, where there is a root.
 */
static char *
glob_pattern(struct policy_parse *p, const char *pattern, struct place at,
    size_t *fixed_len)
{
	size_t len = strcspn(pattern, glob_characters);
	struct err err = ERR_INIT;
	char *fixed, *folder = NULL, *out = NULL;
	const char *before;

	*fixed_len = 0;
	if (p->root[0] == '\0') {
		before = folder_before(p, pattern, &len);
		if ((out = escape_before(before, len, pattern)) == NULL)
			(void)parse_no_memory(p);
		return out;
	}
	while (len > 0 && pattern[len - 1] != '/')
		len--;
	fixed = strndup(pattern, len);
	if (fixed != NULL)
		folder = confine(p, fixed, true, &err);
	free(fixed);
	if (folder == NULL) {
		/* A folder that is not there matches nothing. */
		if (err.code != ERR_NOT_FOUND)
			path_error(p, at, pattern, &err);
		return NULL;
	}
	*fixed_len = strlen(folder);
	if ((out = escape_before(folder, *fixed_len, pattern + len)) == NULL)
		(void)parse_no_memory(p);
	free(folder);
	return out;
}

/*
 * Whether path, which a glob matched, is where it seems to be: folders that
 * the pattern stands for are no links, and none is `..`.
 */
static bool
is_straight(char *path, size_t fixed_len)
{
	char *slash = path + fixed_len;
	bool is_good = true;
	struct stat st;
	char *name;

	for (name = slash; is_good && (slash = strchr(name, '/')) != NULL;
	     name = slash + 1) {
		*slash = '\0';
		is_good = strcmp(name, "..") != 0 && lstat(path, &st) == 0 &&
		    S_ISDIR(st.st_mode);
		*slash = '/';
	}
	return is_good;
}

/*
 * What editors keep beside a file.  Whoever watches the policy for changes
 * (packaging/systemd/apply-changed) passes over the same names.
 */
static bool
is_editors(const char *path)
{
	const char *name = path + folder_len(path);
	size_t len = strlen(name);

	return name[0] == '.' || name[0] == '#' ||
	    (len > 0 && name[len - 1] == '~');
}

static void
include_match(struct policy_parse *p, char *path, size_t fixed_len,
    struct place at)
{
	if (is_editors(path))
		return;
	/* A glob may well match the policy itself. */
	if (is_policy(p, path))
		return;
	if (p->root[0] == '\0' || is_straight(path, fixed_len)) {
		include_file(p, path, at);
		return;
	}
	p->is_incomplete = true;
	parse_error(p, at, "it could lead out of the root",
	    "write folders by their names",
	    "\"%s\": a link or .. behind a pattern", show(path).text);
}

/*
 * Judge the folders in which pattern looks for files: a file that somebody
 * took away would be missed by nobody.
 */
static void
judge_globbed(struct policy_parse *p, char *pattern, struct place at)
{
	char *end = pattern + folder_len(pattern);
	char kept = *end;
	glob_t found;
	size_t i;
	int ret;

	*end = '\0';
	memset(&found, 0, sizeof(found));
	ret = glob(pattern, GLOB_NOSORT | GLOB_NOCHECK, glob_failed, &found);
	if (ret == GLOB_NOSPACE)
		(void)parse_no_memory(p);
	for (i = 0; ret == 0 && i < found.gl_pathc; i++)
		judge_folder(p, found.gl_pathv[i], at);
	*end = kept;
	globfree(&found);
}

static void
include_glob(struct policy_parse *p, const char *pattern, struct place at)
{
	glob_t found;
	size_t i, fixed_len;
	char *escaped = glob_pattern(p, pattern, at, &fixed_len);
	int ret;

	if (escaped == NULL)
		return;
	judge_globbed(p, escaped, at);
	memset(&found, 0, sizeof(found));
	ret = glob(escaped, GLOB_NOSORT, glob_failed, &found);
	if (ret == 0) {
		qsort(found.gl_pathv, found.gl_pathc, sizeof(*found.gl_pathv),
		    compare_paths);
		for (i = 0; i < found.gl_pathc; i++)
			include_match(p, found.gl_pathv[i], fixed_len, at);
	} else if (ret == GLOB_NOSPACE) {
		(void)parse_no_memory(p);
	} else if (ret != GLOB_NOMATCH) {
		p->is_incomplete = true;
		parse_error(p, at, NULL, NULL, "\"%s\": cannot be searched: %s",
		    show(pattern).text, strerror(errno));
	}
	globfree(&found);
	free(escaped);
}

void
read_included(struct policy_parse *p)
{
	size_t i;

	for (i = 0; i < p->includes.n; i++) {
		const char *name = p->includes.items[i];
		struct place at = p->include_places[i];
		char *path;

		if (strpbrk(name, glob_characters) != NULL) {
			include_glob(p, name, at);
			continue;
		}
		if ((path = path_resolve(p, name, at)) == NULL) {
			p->is_incomplete = true;
			continue;
		}
		if (is_policy(p, path))
			parse_error(
			    p, at, NULL, "take it out", "the policy itself");
		else
			include_file(p, path, at);
		free(path);
	}
}
