/*
 * What journal_parse accepts is exactly what journal_format writes, and
 * names no file outside sshd's own folders.
 */
#include "config.h"

#include "config-gen/journal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct journal j;
	char *text = NULL;
	size_t len = 0, i;

	if (journal_parse(&j, (const char *)data, size, "journal", &err) ==
	    -1) {
		if (err.code == ERR_NONE)
			abort();
		return 0;
	}
	for (i = 0; i < j.n_files; i++) {
		if (!journal_allows(j.files[i].path))
			abort();
	}
	if (journal_format(&j, &text, &len, &err) == 0 &&
	    (len != size || memcmp(text, data, size) != 0))
		abort();
	free(text);
	journal_clear(&j);
	return 0;
}
