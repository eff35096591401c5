/*
 * sshd_settings: what was parsed, printed again, parses to the same.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config-gen/sshd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_true)
{
	if (!is_true)
		abort();
}

static char *
print(const struct sshd_settings *s, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	size_t i;

	require(out != NULL);
	for (i = 0; i < s->n_items; i++)
		(void)fprintf(out, "%s %s\r\n", s->items[i].keyword,
		    s->items[i].value);
	require(fclose(out) == 0);
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sshd_settings s = { NULL, 0 };
	struct sshd_settings again = { NULL, 0 };
	struct err err = ERR_INIT;
	size_t len = 0;
	char *text;
	size_t i;

	if (sshd_settings_parse(&s, (const char *)data, size, &err) < 0) {
		require(err.code != ERR_NONE && s.n_items == 0);
		return 0;
	}
	text = print(&s, &len);
	require(sshd_settings_parse(&again, text, len, &err) == 0);
	require(s.n_items == again.n_items);
	for (i = 0; i < s.n_items; i++) {
		const struct sshd_setting *a = &s.items[i];
		const struct sshd_setting *b = &again.items[i];

		require(strcmp(a->keyword, b->keyword) == 0);
		require(strcmp(a->value, b->value) == 0);
		require(sshd_setting(&s, a->keyword) != NULL);
		require(a->keyword[strspn(a->keyword,
			    "abcdefghijklmnopqrstuvwxyz0123456789")] == '\0');
	}
	free(text);
	sshd_settings_clear(&s);
	sshd_settings_clear(&again);
	return 0;
}
