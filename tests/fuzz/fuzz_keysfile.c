/*
 * A line that is said to trust a CA says so, it is the first one, and no
 * text in front of such a line hides it.
 */
#include "config.h"

#include "config-gen/keysfile.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TRUSTING "\ncert-authority ssh-ed25519 AAAA\n"
#define WORD "cert-authority"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where line number, from 1, begins and ends. */
static void
find_line(
    const char *text, size_t len, size_t number, size_t *start, size_t *end)
{
	size_t i;

	*start = 0;
	for (i = 0; i < len && number > 1; i++) {
		if (text[i] == '\n') {
			number--;
			*start = i + 1;
		}
	}
	if (number != 1)
		abort();
	for (*end = *start; *end < len && text[*end] != '\n';)
		(*end)++;
}

/* With no key revoked the entries are all; with all, those of no key. */
static bool
is_revoked(void *ctx, struct span key)
{
	if (key.len == 0)
		abort();
	return *(const bool *)ctx;
}

static void
check_entries(const char *text, size_t len)
{
	bool yes = true, no = false;

	if (keysfile_has_good_entry(text, len, is_revoked, &no) !=
	    keysfile_has_entry(text, len))
		abort();
	if (keysfile_has_good_entry(text, len, is_revoked, &yes) &&
	    !keysfile_has_entry(text, len))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len = size + sizeof(TRUSTING) - 1;
	size_t number, start, end, i;
	char *text = malloc(len);

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	check_entries(text, size);
	memcpy(text + size, TRUSTING, sizeof(TRUSTING) - 1);
	if (keysfile_find_authority(text, len) == 0)
		abort();
	number = keysfile_find_authority(text, size);
	if (number != 0) {
		find_line(text, size, number, &start, &end);
		if (keysfile_find_authority(text, start) != 0 ||
		    keysfile_find_authority(text + start, end - start) != 1 ||
		    !keysfile_has_entry(text + start, end - start))
			abort();
		for (i = start; i + strlen(WORD) <= end; i++) {
			if (strncasecmp(text + i, WORD, strlen(WORD)) == 0)
				break;
		}
		if (i + strlen(WORD) > end)
			abort();
	}
	free(text);
	return 0;
}
