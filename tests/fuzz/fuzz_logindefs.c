/*
 * logindefs: whatever /etc/login.defs holds, it is a user ID or an error that
 * says why; the last UID_MIN counts, and none is seen where there is none.
 */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config-gen/account.h"
#include "lib/sshwire.h"
#include "tests/fuzz/scratch.h"

#define LAST "UID_MIN 2345\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_true)
{
	if (!is_true)
		abort();
}

/* What is found where the file is before, data, then after. */
static int
find(const char *before, const uint8_t *data, size_t size, const char *after,
    uint32_t *out)
{
	struct root root = { .dir = scratch_folder() };
	struct err err = ERR_INIT;
	struct wire w = WIRE_INIT;
	int found;

	wire_put_bytes(&w, before, strlen(before));
	wire_put_bytes(&w, data, size);
	wire_put_bytes(&w, after, strlen(after));
	require(!w.has_failed);
	scratch_put("etc/login.defs", w.p, w.len);
	wire_free(&w);
	found = account_uid_min(&root, out, &err);
	require((found < 0) == (err.code != ERR_NONE));
	return found;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool has_etc;
	uint32_t min, again;
	int found;

	if (size > 65536)
		return 0;
	if (!has_etc)
		scratch_mkdir("etc");
	has_etc = true;
	found = find("", data, size, "", &min);
	require(found != 0 || min == ACCOUNT_UID_MIN);
	require(min <= UINT32_MAX - 1 || found < 0);
	/* NUL bytes are refused wherever they stand. */
	if (found > 0 || (found < 0 && memchr(data, '\0', size) == NULL))
		require(memmem(data, size, "UID_MIN", 7) != NULL);
	if (found < 0) {
		require(find("", data, size, "\n" LAST, &again) < 0);
		return 0;
	}
	require(find("", data, size, "\n" LAST, &again) == 1 && again == 2345);
	require(find(LAST, data, size, "", &again) == 1);
	require(again == (found == 1 ? min : 2345));
	return 0;
}
