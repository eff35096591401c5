/*
 * krl: what ssh-keygen says of a list.  One that is taken says all that the
 * policy revokes; with one line more it is not taken; and a refusal is plain
 * text.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config-gen/krl_check.h"
#include "tests/unit/certbuild.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_true)
{
	if (!is_true)
		abort();
}

static int
check(const struct policy *p, const char *text)
{
	struct err err = ERR_INIT;
	int ret = krl_check_text(p, text, &err);
	size_t i;

	require((ret == 0) == (err.text[0] == '\0'));
	for (i = 0; err.text[i] != '\0'; i++)
		require(err.text[i] >= ' ' && err.text[i] <= '~');
	return ret;
}

static void
ask(const struct policy *p, const char *text)
{
	char *more;

	if (check(p, text) != 0)
		return;
	require(strstr(text, "serial: 5-6") != NULL);
	require(strstr(text, "serial: 9") != NULL);
	require(strstr(text, "id: a b") != NULL);
	require(strstr(text, "# CA key ") != NULL);
	require(asprintf(&more, "%s\nserial: 77\n", text) > 0);
	require(check(p, more) == -1);
	free(more);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct policy_serials serials[] = { { 5, 5, { 1, 0, 0 } },
		{ 6, 6, { 1, 0, 0 } }, { 9, 9, { 1, 0, 0 } } };
	static struct policy_name ids[] = { { "a b", { 1, 0, 0 } },
		{ "not#listed", { 1, 0, 0 } } };
	struct wire blob = WIRE_INIT;
	struct pubkey key = { 0 };
	struct policy_authority a = { .name = "ca", .keys = &key, .n_keys = 1,
		.revoked_serials = serials, .n_revoked_serials = 3,
		.revoked_ids = ids, .n_revoked_ids = 2 };
	struct policy p = { .authorities = &a, .n_authorities = 1,
		.n_revoked = 5, .n_unlistable = 1 };
	char *text = malloc(size + 1);

	require(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	certbuild_ca_key(&blob, 1);
	key.blob = blob.p;
	key.blob_len = blob.len;
	ask(&p, text);
	wire_free(&blob);
	free(text);
	return 0;
}
