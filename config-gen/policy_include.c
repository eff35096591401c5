/* Files that a policy names: their paths, numbers and errors. */
#include "config.h"

#include "config-gen/policy_parse.h"

#include "lib/escape.h"
#include "lib/file.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char glob_characters[] = "*?[\\";

/* Length of the folder of path with its slash; 0 where it names none. */
static size_t
folder_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}

/*
 * name as seen from the file being read.  Where is_pattern, what stands
 * before it is escaped for glob(3).
 */
static char *
resolve(struct policy_parse *p, const char *name, bool is_pattern)
{
	const char *file = p->policy->files[p->file];
	const char *before = name[0] == '/' ? p->root : file;
	size_t before_len = name[0] == '/' ? strlen(p->root) : folder_len(file);
	size_t n = 0;
	size_t i;
	char *path;

	if ((path = malloc(2 * before_len + strlen(name) + 1)) == NULL) {
		(void)parse_no_memory(p);
		return NULL;
	}
	for (i = 0; i < before_len; i++) {
		if (is_pattern && strchr(glob_characters, before[i]) != NULL)
			path[n++] = '\\';
		path[n++] = before[i];
	}
	memcpy(path + n, name, strlen(name) + 1);
	return path;
}

char *
path_resolve(struct policy_parse *p, const char *name)
{
	return resolve(p, name, false);
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

static void
include_glob(struct policy_parse *p, const char *pattern, struct place at)
{
	char *escaped = resolve(p, pattern, true);
	glob_t found;
	size_t i;
	int ret;

	if (escaped == NULL)
		return;
	memset(&found, 0, sizeof(found));
	ret = glob(escaped, GLOB_NOSORT, glob_failed, &found);
	if (ret == 0) {
		qsort(found.gl_pathv, found.gl_pathc, sizeof(*found.gl_pathv),
		    compare_paths);
		for (i = 0; i < found.gl_pathc; i++) {
			/* A glob may well match the policy itself. */
			if (strcmp(found.gl_pathv[i], p->policy->files[0]) != 0)
				include_file(p, found.gl_pathv[i], at);
		}
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
		if ((path = path_resolve(p, name)) == NULL)
			return;
		if (strcmp(path, p->policy->files[0]) == 0)
			parse_error(
			    p, at, NULL, "take it out", "the policy itself");
		else
			include_file(p, path, at);
		free(path);
	}
}
