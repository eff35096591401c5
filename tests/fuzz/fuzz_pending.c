/*
 * pending: a record of a change that waits for confirmation is taken only as
 * certgate writes it, to the last byte; never waits longer than was asked,
 * and not at all after a reboot.  A record put together from the input's
 * bytes is read as it was written.
 */
#include "config.h"

#include "config-gen/pending.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOOT "01234567-89ab-cdef-0123-456789abcdef"
#define OTHER_BOOT "01234567-89ab-cdef-0123-456789abcdee"
#define MAX_SECONDS INT64_C(999999999999)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_true)
{
	if (!is_true)
		abort();
}

static bool
is_written_as(const struct pending *p, const char *text, size_t len)
{
	struct err err = ERR_INIT;
	char *again = NULL;
	size_t again_len;
	bool ret;

	require(pending_format(p, &again, &again_len, &err) == 0);
	ret = again_len == len && memcmp(again, text, len) == 0;
	free(again);
	return ret;
}

static void
check_time(const struct pending *p)
{
	static const int64_t offsets[] = { -MAX_SECONDS, -1, 0, 1, 10, 86400,
		86401, MAX_SECONDS };
	const char *other =
	    strcmp(p->boot, BOOT) == 0 ? OTHER_BOOT : BOOT;
	int64_t left_s, now_s;
	size_t i;

	for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		now_s = p->until_boot_s - offsets[i];
		left_s = pending_left(p, p->boot, now_s);
		require(left_s >= 0 && left_s <= p->wait_s);
		require(left_s == 0 || left_s == offsets[i]);
		require(pending_left(p, other, now_s) == 0);
	}
}

/* As read_record() gives it: with an end. */
static void
check_text(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct pending p;
	char *text = malloc(size + 1);

	require(text != NULL);
	if (size != 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (pending_parse(&p, text, size, "/p", &err) == 0) {
		require(is_written_as(&p, text, size));
		require(p.sshd[0] == '/' && strchr(p.sshd, '\n') == NULL);
		require(p.session.n_processes > 0 &&
		    p.session.n_processes <= SESSION_MAX);
		require(p.wait_s >= PENDING_MIN_S &&
		    p.wait_s <= PENDING_MAX_S);
		check_time(&p);
	} else {
		require(err.code == ERR_MALFORMED ||
		    err.code == ERR_UNSUPPORTED);
	}
	free(text);
}

static uint64_t
take(const uint8_t **data, size_t *size, uint64_t max)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < 8 && *size > 0; i++, (*size)--)
		n = n << 8 | *(*data)++;
	return n % (max + 1);
}

static void
check_record(const uint8_t *data, size_t size)
{
	struct pending p, again;
	struct err err = ERR_INIT;
	char *text = NULL;
	size_t len, i;

	memset(&p, 0, sizeof(p));
	p.wait_s = PENDING_MIN_S + (unsigned int)take(&data, &size, 86390);
	p.until_at = (int64_t)take(&data, &size, MAX_SECONDS);
	p.until_boot_s = (int64_t)take(&data, &size, MAX_SECONDS);
	(void)strcpy(p.boot, BOOT);
	p.before = take(&data, &size, 999999999999999);
	p.after = take(&data, &size, 999999999999999);
	p.session.has_audit = take(&data, &size, 1);
	if (p.session.has_audit)
		p.session.audit = (uint32_t)take(&data, &size, UINT32_MAX);
	p.session.n_processes = 1 + take(&data, &size, SESSION_MAX - 1);
	for (i = 0; i < p.session.n_processes; i++) {
		p.session.processes[i].pid = (long)take(&data, &size, 4194304);
		p.session.processes[i].start =
		    take(&data, &size, 9999999999999999999U);
	}
	(void)snprintf(p.sshd, sizeof(p.sshd), "/%.*s",
	    (int)(size < 1000 ? size : 1000), (const char *)data);
	require(pending_format(&p, &text, &len, &err) == 0);
	if (pending_parse(&again, text, len, "/p", &err) == 0)
		require(is_written_as(&again, text, len));
	else
		/* Only a line end in sshd's path is beyond the form. */
		require(strchr(p.sshd, '\n') != NULL || len > PENDING_MAX_BYTES);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > PENDING_MAX_BYTES)
		return 0;
	check_text(data, size);
	check_record(data, size);
	return 0;
}
