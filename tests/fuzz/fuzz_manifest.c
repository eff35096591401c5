/*
 * manifest: the input is the manifest of a folder of three files, one of them
 * in a list's folder.  Only the one that manifest_write makes goes without a
 * word; whatever else it holds is told in plain text, each file once.
 */
#include "config.h"

#include "config-gen/manifest.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config-gen/compile.h"
#include "lib/file.h"
#include "tests/fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What manifest_write made of it, without line ends. */
static char *good;
static const char *const files[] = { "ca.pub", "index.cdb",
	COMPILE_LISTS "/jdoe" };
#define N_FILES 3

static void
require(bool is_true)
{
	if (!is_true)
		abort();
}

static void
drop_line_ends(char *text)
{
	char *out = text;

	for (; *text != '\0'; text++)
		if (*text != '\n')
			*out++ = *text;
	*out = '\0';
}

static void
free_good(void)
{
	free(good);
}

static void
make_folder(void)
{
	struct err err = ERR_INIT;
	size_t i, len;

	if (good != NULL)
		return;
	scratch_mkdir(COMPILE_LISTS);
	for (i = 0; i < N_FILES; i++)
		scratch_put(files[i], files[i], strlen(files[i]));
	require(manifest_write(
		    scratch_folder(), geteuid(), getegid(), &err) == 0);
	require(file_read(scratch_path(MANIFEST_FILE), FILE_ANY, 4096, &good,
		    &len, &err) == 0 &&
	    atexit(free_good) == 0);
	drop_line_ends(good);
}

/* How often each file was named. */
struct told {
	int n, n_added, n_missing;
};

static void
note(void *ctx, const char *name, const char *what)
{
	struct told *told = ctx;

	for (; *name != '\0'; name++)
		require(*name >= ' ' && *name <= '~');
	told->n++;
	told->n_added += strcmp(what, "was added") == 0;
	told->n_missing += strcmp(what, "is missing") == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct told told = { 0, 0, 0 };
	char *text;
	int n;

	if (size > 65536)
		return 0;
	make_folder();
	scratch_put(MANIFEST_FILE, data, size);
	n = manifest_check(scratch_folder(), note, &told, &err);
	if ((text = strndup((const char *)data, size)) == NULL)
		return 0;
	drop_line_ends(text);
	if (n >= 0)
		require(n == told.n && (n == 0) == (strcmp(text, good) == 0));
	/* None of the three is added twice, none is more than there. */
	require(told.n_added <= N_FILES &&
	    told.n - told.n_missing <= N_FILES);
	free(text);
	return 0;
}
