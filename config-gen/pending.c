#include "config.h"

#include "config-gen/pending.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config-gen/store.h"
#include "lib/escape.h"
#include "lib/file.h"

#define FIRST_LINE "certgate pending 1\n"
#define LAST_LINE "end\n"
#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define BOOT_FORM "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
/* Beyond that no clock goes. */
#define MAX_SECONDS INT64_C(999999999999)

bool
pending_time(const char *text, unsigned int *wait_s)
{
	size_t len = strspn(text, "0123456789");
	unsigned long number;

	if (len == 0 || len > 6 || strlen(text) != len + 1)
		return false;
	number = strtoul(text, NULL, 10);
	if (text[len] == 'm')
		number *= 60;
	else if (text[len] == 'h')
		number *= 3600;
	else if (text[len] != 's')
		return false;
	if (number < PENDING_MIN_S || number > PENDING_MAX_S)
		return false;
	*wait_s = (unsigned int)number;
	return true;
}

static bool
is_boot(const char *text)
{
	size_t i;

	for (i = 0; i < PENDING_BOOT_SIZE - 1; i++) {
		if (BOOT_FORM[i] == '-' ? text[i] != '-'
					: text[i] == '\0' ||
			    strchr("0123456789abcdef", text[i]) == NULL)
			return false;
	}
	return text[i] == '\0';
}

/* Where and when this is asked. */
static int
read_clock(char boot[PENDING_BOOT_SIZE], int64_t *now_boot_s, struct err *err)
{
	struct timespec t;
	char line[PENDING_BOOT_SIZE + 1] = "";
	FILE *f;

	if ((f = fopen(BOOT_ID, "re")) == NULL)
		return err_system(err, BOOT_ID);
	if (fgets(line, sizeof(line), f) != NULL)
		line[strcspn(line, "\n")] = '\0';
	(void)fclose(f);
	if (!is_boot(line))
		return err_setf(err, ERR_MALFORMED, BOOT_ID
		    ": not a boot ID, without which certgate could not tell "
		    "whether the machine was rebooted in between");
	if (clock_gettime(CLOCK_BOOTTIME, &t) == -1)
		return err_system(err, "the time since boot");
	(void)memcpy(boot, line, PENDING_BOOT_SIZE);
	*now_boot_s = t.tv_sec;
	return 0;
}

int
pending_extend(struct pending *p, struct err *err)
{
	if (read_clock(p->boot, &p->until_boot_s, err) == -1)
		return -1;
	p->until_boot_s += p->wait_s;
	p->until_at = (int64_t)time(NULL) + p->wait_s;
	return 0;
}

int
pending_begin(struct pending *p, unsigned int wait_s, const char *sshd,
    struct err *err)
{
	memset(p, 0, sizeof(*p));
	p->wait_s = wait_s;
	if (sshd[0] != '/' || strlen(sshd) >= sizeof(p->sshd) ||
	    strpbrk(sshd, "\n\r") != NULL)
		return err_setf(err, ERR_REFUSED,
		    "--confirm needs sshd by its absolute path");
	(void)strcpy(p->sshd, sshd);
	if (session_find(&p->session, err) == -1)
		return -1;
	return pending_extend(p, err);
}

int64_t
pending_left(const struct pending *p, const char *boot, int64_t now_boot_s)
{
	int64_t left_s = p->until_boot_s - now_boot_s;

	/* More than was asked for: that clock is not the one of the record. */
	if (strcmp(p->boot, boot) != 0 || left_s < 0 || left_s > p->wait_s)
		return 0;
	return left_s;
}

int
pending_left_s(const struct pending *p, int64_t *left_s, struct err *err)
{
	char boot[PENDING_BOOT_SIZE];
	int64_t now_boot_s;

	if (read_clock(boot, &now_boot_s, err) == -1)
		return -1;
	*left_s = pending_left(p, boot, now_boot_s);
	return 0;
}

int
pending_format(
    const struct pending *p, char **text, size_t *len, struct err *err)
{
	const struct session *s = &p->session;
	char *out = NULL;
	FILE *f;
	size_t i;
	int rc;

	if ((f = open_memstream(&out, len)) == NULL)
		return err_system(err, "pending");
	(void)fprintf(f,
	    FIRST_LINE "wait %u\nuntil %" PRId64 "\nboot %s %" PRId64
		       "\nlink %lu %lu\n",
	    p->wait_s, p->until_at, p->boot, p->until_boot_s, p->before,
	    p->after);
	if (s->has_audit)
		(void)fprintf(f, "session %" PRIu32 "\n", s->audit);
	else
		(void)fprintf(f, "session -\n");
	for (i = 0; i < s->n_processes; i++)
		(void)fprintf(f, "process %ld %llu\n", s->processes[i].pid,
		    s->processes[i].start);
	(void)fprintf(f, "sshd %s\n" LAST_LINE, p->sshd);
	rc = ferror(f);
	if (fclose(f) == EOF || rc != 0) {
		free(out);
		return err_setf(err, ERR_MEMORY, "pending: out of memory");
	}
	*text = out;
	return 0;
}

/* What sscanf lets pass beyond the form is seen when it is written again. */
static void
parse_session(struct session *s, const char **text)
{
	struct session_process p;
	const char *at = *text;
	int used = 0;

	if (sscanf(at, "session %10" SCNu32 "%n", &s->audit, &used) == 1)
		s->has_audit = true;
	at += strcspn(at, "\n");
	at += *at == '\n' ? 1 : 0;
	while (s->n_processes < SESSION_MAX) {
		used = 0;
		if (sscanf(at, "process %10ld %19llu%n", &p.pid, &p.start,
			&used) != 2 ||
		    at[used] != '\n')
			break;
		s->processes[s->n_processes++] = p;
		at += used + 1;
	}
	*text = at;
}

static void
parse(struct pending *p, const char *text)
{
	const char *at;
	int used = 0;

	memset(p, 0, sizeof(*p));
	if (sscanf(text,
		FIRST_LINE "wait %5u until %12" SCNd64 " boot %36s %12" SCNd64
			   " link %15lu %15lu %n",
		&p->wait_s, &p->until_at, p->boot, &p->until_boot_s, &p->before,
		&p->after, &used) != 6)
		return;
	at = text + used;
	parse_session(&p->session, &at);
	(void)sscanf(at, "sshd %1023[^\n]", p->sshd);
}

static bool
is_sound(const struct pending *p)
{
	return p->wait_s >= PENDING_MIN_S && p->wait_s <= PENDING_MAX_S &&
	    p->until_at >= 0 && p->until_at <= MAX_SECONDS &&
	    p->until_boot_s >= 0 && p->until_boot_s <= MAX_SECONDS &&
	    is_boot(p->boot) && p->session.n_processes > 0 &&
	    p->sshd[0] == '/';
}

int
pending_parse(struct pending *out, const char *text, size_t len,
    const char *name, struct err *err)
{
	struct pending p;
	char *again = NULL;
	size_t again_len;
	bool is_same;

	if (strncmp(text, "certgate pending ", 17) == 0 &&
	    strncmp(text, FIRST_LINE, sizeof(FIRST_LINE) - 1) != 0)
		return err_setf(err, ERR_UNSUPPORTED,
		    "%s: of another version of certgate; run the certgate that "
		    "wrote it",
		    name);
	parse(&p, text);
	if (pending_format(&p, &again, &again_len, err) == -1)
		return -1;
	is_same = again_len == len && memcmp(again, text, len) == 0;
	free(again);
	if (!is_same || !is_sound(&p))
		return err_setf(err, ERR_MALFORMED,
		    "%s: certgate did not write this, so it cannot tell what "
		    "waits for confirmation; see that sshd's configuration is "
		    "in order, then remove it",
		    name);
	*out = p;
	return 0;
}

static int
read_record(const char *path, struct pending *out, struct err *err)
{
	struct err own = ERR_INIT;
	char shown[300];
	char *text = NULL;
	size_t len;
	int ret;

	if (file_read(path, FILE_ROOTS, PENDING_MAX_BYTES, &text, &len, &own) ==
	    -1) {
		if (own.code == ERR_NOT_FOUND)
			return 0;
		return err_setf(err, own.code, "%s", own.text);
	}
	ret = pending_parse(
	    out, text, len, escape_text(shown, sizeof(shown), path), err);
	free(text);
	return ret == -1 ? -1 : 1;
}

int
pending_read(struct generation_store *s, struct pending *out, struct err *err)
{
	char path[STORE_PATH_SIZE];

	return read_record(store_path(s, path, STORE_PENDING), out, err);
}

int
pending_peek(const struct root *root, struct pending *out, struct err *err)
{
	char *path = NULL;
	int ret = store_find(root, STORE_PENDING, &path, err);

	if (ret == 1)
		ret = read_record(path, out, err);
	free(path);
	return ret;
}

int
pending_write(
    struct generation_store *s, const struct pending *p, struct err *err)
{
	char path[STORE_PATH_SIZE];
	char *text = NULL;
	size_t len;
	int ret;

	if (pending_format(p, &text, &len, err) == -1)
		return -1;
	ret = file_replace(store_path(s, path, STORE_PENDING), text, len, 0600,
	    geteuid(), getegid(), err);
	free(text);
	return ret;
}

int
pending_remove(struct generation_store *s, struct err *left, struct err *err)
{
	struct err ignored = ERR_INIT;

	/* What is left to be undone needs what the sweep removes. */
	if (faccessat(s->dir_fd, STORE_JOURNAL, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return err_setf(
		    err, ERR_REFUSED, "a change is still to be undone");
	if (errno != ENOENT)
		return store_fail(s, STORE_JOURNAL, err);
	if (unlinkat(s->dir_fd, STORE_PENDING, 0) == -1 && errno != ENOENT)
		return store_fail(s, STORE_PENDING, err);
	(void)store_sweep(s, left == NULL ? &ignored : left);
	return 0;
}
