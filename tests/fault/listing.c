#include "config.h"

#include "tests/fault/listing.h"

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
print_content(FILE *out, const char *path)
{
	char line[4096];
	FILE *in = fopen(path, "r");

	if (in == NULL)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), in) != NULL)
		(void)fprintf(out, "    %s", line);
	(void)fclose(in);
}

static void
print_tree(FILE *out, const char *path)
{
	struct dirent **entries = NULL;
	char target[1024] = "";
	char *below = NULL;
	struct stat st;
	int i, n;

	if (lstat(path, &st) == -1)
		err(1, "%s", path);
	if (S_ISLNK(st.st_mode) &&
	    readlink(path, target, sizeof(target) - 1) == -1)
		err(1, "%s", path);
	(void)fprintf(out, "%s %o %lu:%lu %s\n", path, st.st_mode,
	    (unsigned long)st.st_uid, (unsigned long)st.st_gid, target);
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
			print_tree(out, below);
			free(below);
		}
		free(entries[i]);
	}
	free(entries);
}

char *
listing(const char *path)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		err(1, NULL);
	print_tree(out, path);
	if (fclose(out) == EOF)
		err(1, NULL);
	return text;
}
