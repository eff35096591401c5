/*
 * replay: gives files to a fuzz target that is built without libFuzzer.
 *
 *   fuzz_X [FILE | FOLDER]…
 *
 * Without arguments, as `make check` runs it, the folder is the target's own
 * corpus, $srcdir/tests/fuzz/corpus/X.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t n_inputs;

static int
failed(const char *path)
{
	(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
	return -1;
}

/* The input is copied to just its size, for the sanitizers to see. */
static int
replay_file(const char *path, size_t size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(size == 0 ? 1 : size);
	int ret = -1;

	if (f == NULL || data == NULL || fread(data, 1, size, f) != size) {
		(void)failed(path);
	} else {
		(void)LLVMFuzzerTestOneInput(data, size);
		n_inputs++;
		ret = 0;
	}
	free(data);
	if (f != NULL)
		(void)fclose(f);
	return ret;
}

static int
replay_path(const char *path, int depth)
{
	struct dirent *entry;
	char inner[PATH_MAX];
	struct stat st;
	int ret = 0;
	DIR *folder;

	if (stat(path, &st) < 0)
		return failed(path);
	if (S_ISREG(st.st_mode))
		return replay_file(path, (size_t)st.st_size);
	if (!S_ISDIR(st.st_mode) || depth == 0)
		return 0;
	if ((folder = opendir(path)) == NULL)
		return failed(path);
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(
		    inner, sizeof(inner), "%s/%s", path, entry->d_name);
		if (replay_path(inner, depth - 1) < 0)
			ret = -1;
	}
	(void)closedir(folder);
	return ret;
}

/* Of "…/fuzz_X" the folder of X. */
static int
replay_corpus(const char *program)
{
	const char *srcdir = getenv("srcdir");
	const char *name = strstr(program, "fuzz_");
	char path[PATH_MAX];

	if (name == NULL) {
		(void)fprintf(stderr, "%s: not named fuzz_…\n", program);
		return -1;
	}
	(void)snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s",
	    srcdir == NULL ? "." : srcdir, name + strlen("fuzz_"));
	return replay_path(path, 1);
}

int
main(int argc, char **argv)
{
	const char *program = strrchr(argv[0], '/');
	int ret = 0;
	int i;

	if (argc == 1)
		ret = replay_corpus(program == NULL ? argv[0] : program + 1);
	for (i = 1; i < argc; i++)
		if (replay_path(argv[i], 1) < 0)
			ret = -1;
	(void)printf("%zu inputs replayed\n", n_inputs);
	return ret < 0 || n_inputs == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
