#include "config.h"

#include "tests/fault/listing.h"

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* What differs each time in the record of a change to be confirmed. */
static bool
is_masked(const char *path, const char *line)
{
	static const char *const masked[] = { "until ", "boot ", "process " };
	const char *name = strrchr(path, '/');
	size_t i;

	if (name == NULL || strcmp(name, "/pending") != 0)
		return false;
	for (i = 0; i < sizeof(masked) / sizeof(masked[0]); i++) {
		if (strncmp(line, masked[i], strlen(masked[i])) == 0)
			return true;
	}
	return false;
}

static void
print_bytes(FILE *out, const char *p, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len; i++) {
		if ((p[i] >= ' ' && p[i] <= '~') || p[i] == '\n') {
			(void)putc_unlocked(p[i], out);
			continue;
		}
		(void)putc_unlocked('\\', out);
		(void)putc_unlocked('x', out);
		(void)putc_unlocked(digits[(unsigned char)p[i] >> 4], out);
		(void)putc_unlocked(digits[(unsigned char)p[i] & 15], out);
	}
}

static void
print_content(FILE *out, const char *path)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	FILE *in = fopen(path, "r");

	if (in == NULL)
		err(1, "%s", path);
	while ((n = getline(&line, &size, in)) != -1) {
		(void)fputs("    ", out);
		if (is_masked(path, line))
			(void)fputs("(masked)\n", out);
		else
			print_bytes(out, line, (size_t)n);
	}
	(void)putc('\n', out);
	free(line);
	(void)fclose(in);
}

static void
print_attributes(FILE *out, const char *path)
{
	static char names[4096], value[4096];
	const char *name;
	ssize_t size, len;

	if ((size = llistxattr(path, names, sizeof(names))) == -1)
		return;
	for (name = names; name < names + size; name += strlen(name) + 1) {
		len = lgetxattr(path, name, value, sizeof(value));
		(void)fprintf(out, "  %s=", name);
		print_bytes(out, value, len == -1 ? 0 : (size_t)len);
		(void)putc('\n', out);
	}
}

/* A temporary file has another name each time. */
static void
print_name(FILE *out, const char *path)
{
	const char *mark = strstr(path, ".certgate-");

	if (mark != NULL && strlen(mark) == strlen(".certgate-XXXXXX"))
		(void)fprintf(out, "%.*s.certgate-(any)", (int)(mark - path),
		    path);
	else
		(void)fputs(path, out);
}

static void
print_tree(FILE *out, const char *path, const char *without)
{
	struct dirent **entries = NULL;
	char target[1024] = "";
	char *below = NULL;
	struct stat st;
	int i, n;

	if (without != NULL && strcmp(path, without) == 0)
		return;
	if (lstat(path, &st) == -1)
		err(1, "%s", path);
	if (S_ISLNK(st.st_mode) &&
	    readlink(path, target, sizeof(target) - 1) == -1)
		err(1, "%s", path);
	print_name(out, path);
	(void)fprintf(out, " %o %lu:%lu %s\n", st.st_mode,
	    (unsigned long)st.st_uid, (unsigned long)st.st_gid, target);
	print_attributes(out, path);
	if (S_ISREG(st.st_mode))
		print_content(out, path);
	if (!S_ISDIR(st.st_mode))
		return;
	if ((n = scandir(path, &entries, NULL, alphasort)) == -1)
		err(1, "%s", path);
	for (i = 0; i < n; i++) {
		if (strcmp(entries[i]->d_name, ".") != 0 &&
		    strcmp(entries[i]->d_name, "..") != 0) {
			if (asprintf(&below, "%s/%s", path,
				entries[i]->d_name) == -1)
				err(1, NULL);
			print_tree(out, below, without);
			free(below);
		}
		free(entries[i]);
	}
	free(entries);
}

char *
listing(const char *path, const char *without)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		err(1, NULL);
	print_tree(out, path, without);
	if (fclose(out) == EOF)
		err(1, NULL);
	return text;
}
