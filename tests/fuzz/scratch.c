#include "config.h"

#include "tests/fuzz/scratch.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
/* What is in it, in the order in which it was made. */
static char *made[SCRATCH_MAX];
static size_t n_made;

static void
require(bool is_true)
{
	if (!is_true)
		abort();
}

static void
remove_all(void)
{
	while (n_made > 0) {
		(void)remove(scratch_path(made[--n_made]));
		free(made[n_made]);
	}
	(void)rmdir(folder);
}

const char *
scratch_folder(void)
{
	if (folder[0] == '\0') {
		(void)strcpy(folder, "/tmp/fuzz.XXXXXX");
		require(mkdtemp(folder) != NULL && atexit(remove_all) == 0);
	}
	return folder;
}

const char *
scratch_path(const char *name)
{
	static char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", scratch_folder(), name);
	return path;
}

static void
note(const char *name)
{
	size_t i;

	for (i = 0; i < n_made; i++)
		if (strcmp(made[i], name) == 0)
			return;
	require(n_made < SCRATCH_MAX);
	require((made[n_made++] = strdup(name)) != NULL);
}

void
scratch_mkdir(const char *name)
{
	require(mkdir(scratch_path(name), 0700) == 0);
	note(name);
}

void
scratch_put(const char *name, const void *bytes, size_t len)
{
	FILE *f = fopen(scratch_path(name), "w");

	require(f != NULL && fchmod(fileno(f), 0600) == 0);
	require(len == 0 || fwrite(bytes, 1, len, f) == len);
	require(fclose(f) == 0);
	note(name);
}
