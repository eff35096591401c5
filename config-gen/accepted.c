#include "config.h"

#include "config-gen/accepted.h"

#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "config-gen/command.h"
#include "lib/file.h"
#include "lib/sshwire.h"

#define JOURNALCTL "/usr/bin/journalctl"
#define GZIP "/usr/bin/gzip"
#define GZIP_TIMEOUT_S 10
/* Of a packed log. */
#define MAX_PACKED (8UL * 1024 * 1024)
/* Rotated logs of each kind that are read; more are not kept anywhere. */
#define MAX_ROTATED 60
#define JOURNAL_TIMEOUT_S 30
/* log.c:MSGBUFSIZ is 1024. */
#define MAX_MESSAGE 900
#define FINGERPRINT_LEN (sizeof("SHA256:") - 1 + 43)

/* --- one line -------------------------------------------------------------- */

static bool
skip(struct span *s, const char *text)
{
	size_t len = strlen(text);

	if (s->len < len || memcmp(s->p, text, len) != 0)
		return false;
	s->p += len;
	s->len -= len;
	return true;
}

/* n digits, or as many as there are where n is 0; -1 where there are none. */
static int64_t
take_number(struct span *s, size_t n)
{
	int64_t v = 0;
	size_t i;

	for (i = 0; i < s->len && (n == 0 || i < n) && i < 15 &&
	     isdigit(s->p[i]); i++)
		v = v * 10 + (s->p[i] - '0');
	if (i == 0 || (n != 0 && i != n))
		return -1;
	s->p += i;
	s->len -= i;
	return v;
}

static void
skip_fraction(struct span *s)
{
	if (skip(s, "."))
		(void)take_number(s, 0);
}

static bool
take_clock(struct span *s, struct tm *tm)
{
	int64_t h, m, sec;

	if ((h = take_number(s, 2)) < 0 || !skip(s, ":") ||
	    (m = take_number(s, 2)) < 0 || !skip(s, ":") ||
	    (sec = take_number(s, 2)) < 0 || h > 23 || m > 59 || sec > 60)
		return false;
	tm->tm_hour = (int)h;
	tm->tm_min = (int)m;
	tm->tm_sec = (int)sec;
	return true;
}

/* "Z", "+01:00" or "-0100", in seconds; false where it is none. */
static bool
take_offset(struct span *s, int64_t *offset)
{
	int64_t h, m;
	bool is_west;

	*offset = 0;
	if (skip(s, "Z"))
		return true;
	is_west = skip(s, "-");
	if (!is_west && !skip(s, "+"))
		return false;
	if ((h = take_number(s, 2)) < 0)
		return false;
	(void)skip(s, ":");
	if ((m = take_number(s, 2)) < 0 || h > 23 || m > 59)
		return false;
	*offset = (h * 60 + m) * 60;
	if (is_west)
		*offset = -*offset;
	return true;
}

/* "2026-11-22T11:00:00.123456+01:00" */
static int64_t
take_iso_time(struct span *s)
{
	struct tm tm = { 0 };
	int64_t year, month, day, offset;

	if ((year = take_number(s, 4)) < 1970 || !skip(s, "-") ||
	    (month = take_number(s, 2)) < 1 || month > 12 || !skip(s, "-") ||
	    (day = take_number(s, 2)) < 1 || day > 31 || !skip(s, "T") ||
	    !take_clock(s, &tm))
		return -1;
	skip_fraction(s);
	if (!take_offset(s, &offset))
		return -1;
	tm.tm_year = (int)year - 1900;
	tm.tm_mon = (int)month - 1;
	tm.tm_mday = (int)day;
	return (int64_t)timegm(&tm) - offset;
}

/* "Nov  2 11:00:00", which leaves out the year. */
static int64_t
take_syslog_time(struct span *s, int64_t written_at)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct tm tm = { .tm_isdst = -1 };
	time_t written = (time_t)written_at;
	struct tm then;
	int64_t day, at;
	int year;

	while (tm.tm_mon < 12 && !skip(s, months[tm.tm_mon]))
		tm.tm_mon++;
	if (tm.tm_mon == 12 || !skip(s, " "))
		return -1;
	(void)skip(s, " ");
	if ((day = take_number(s, 0)) < 1 || day > 31 || !skip(s, " ") ||
	    !take_clock(s, &tm) || localtime_r(&written, &then) == NULL)
		return -1;
	tm.tm_mday = (int)day;
	/* mktime may move all fields: begin anew for another year. */
	for (year = then.tm_year; year > then.tm_year - 2; year--) {
		struct tm copy = tm;

		copy.tm_year = year;
		/* Clocks differ, and a line may be later than the file. */
		if ((at = (int64_t)mktime(&copy)) <= written_at + 86400)
			return at;
	}
	return -1;
}

static int64_t
take_time(struct span *s, int64_t written_at)
{
	struct span number = *s;
	int64_t at;

	if (s->len > 0 && !isdigit(s->p[0]))
		return take_syslog_time(s, written_at);
	if ((at = take_number(&number, 0)) >= 0 && number.len > 0 &&
	    (number.p[0] == '.' || number.p[0] == ' ')) {
		*s = number;
		skip_fraction(s);
		return at;
	}
	return take_iso_time(s);
}

/* " HOST sshd[12]: ", of the processes that write these lines. */
static bool
skip_sender(struct span *s)
{
	if (!skip(s, " "))
		return false;
	while (s->len > 0 && s->p[0] != ' ') {
		s->p++;
		s->len--;
	}
	return (skip(s, " sshd-session[") || skip(s, " sshd[")) &&
	    take_number(s, 0) >= 0 && skip(s, "]: ");
}

static bool
is_fingerprint(struct span s)
{
	size_t i;

	if (s.len != FINGERPRINT_LEN || memcmp(s.p, "SHA256:", 7) != 0)
		return false;
	for (i = 7; i < s.len; i++) {
		if (!isalnum(s.p[i]) && s.p[i] != '+' && s.p[i] != '/')
			return false;
	}
	return true;
}

/*
 * The end of the line, " (serial N) CA TYPE SHA256:…".  The key ID before it
 * is whatever the CA was asked to write, so nothing else in the line is
 * believed; nor is a line so long that sshd or syslog may have cut it, since
 * then that could be the key ID's own text.
 */
static bool
take_ca(struct span s, struct accepted_key *out)
{
	struct span fp;
	size_t i;

	if (s.len < FINGERPRINT_LEN + 6 || s.len > MAX_MESSAGE)
		return false;
	fp = (struct span) { s.p + s.len - FINGERPRINT_LEN, FINGERPRINT_LEN };
	i = s.len - FINGERPRINT_LEN;
	if (!is_fingerprint(fp) || s.p[--i] != ' ')
		return false;
	while (i > 0 && (isupper(s.p[i - 1]) || isdigit(s.p[i - 1]) ||
	                    s.p[i - 1] == '-'))
		i--;
	if (i < 5 || memcmp(s.p + i - 5, ") CA ", 5) != 0)
		return false;
	for (i -= 5; i > 0 && isdigit(s.p[i - 1]); i--)
		;
	if (i < 9 || memcmp(s.p + i - 9, " (serial ", 9) != 0)
		return false;
	memcpy(out->fingerprint, fp.p, fp.len);
	out->fingerprint[fp.len] = '\0';
	return true;
}

int
accepted_line(struct accepted_key *out, const char *line, size_t len,
    int64_t written_at)
{
	struct span s = { (const unsigned char *)line, len };
	struct accepted_key key = { "", 0 };

	while (s.len > 0 && strchr("\r \t", s.p[s.len - 1]) != NULL &&
	    s.p[s.len - 1] != '\0')
		s.len--;
	key.at = take_time(&s, written_at);
	if (key.at < 0 || !skip_sender(&s) ||
	    !skip(&s, "Accepted publickey for ") || !take_ca(s, &key))
		return 0;
	*out = key;
	return 1;
}

/* --- logs ------------------------------------------------------------------ */

static void
note(struct accepted *a, const struct accepted_key *key)
{
	size_t i = 0;

	while (i < a->n && strcmp(a->keys[i].fingerprint, key->fingerprint) != 0)
		i++;
	if (i == ACCEPTED_MAX_KEYS)
		return;
	if (i == a->n)
		a->keys[a->n++] = *key;
	else if (key->at > a->keys[i].at)
		a->keys[i].at = key->at;
}

static void
read_lines(struct accepted *a, const char *text, size_t len, int64_t written_at)
{
	const char *end = text + len;
	struct accepted_key key;
	const char *eol;

	for (; text < end; text = eol + 1) {
		if ((eol = memchr(text, '\n', (size_t)(end - text))) == NULL)
			eol = end;
		if (accepted_line(
		        &key, text, (size_t)(eol - text), written_at) == 1)
			note(a, &key);
	}
	a->has_log = true;
}

/* The end of a text file; a first line that is cut is no login's. */
static void
read_path(struct accepted *a, const char *path)
{
	struct stat st;
	char *text;
	off_t skipped;
	ssize_t n;
	int fd;

	fd = file_open(path, FILE_ANY, SIZE_MAX / 2, NULL, NULL);
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 &&
	    (text = malloc((size_t)ACCEPTED_MAX_BYTES)) != NULL) {
		skipped = st.st_size > ACCEPTED_MAX_BYTES
		    ? st.st_size - ACCEPTED_MAX_BYTES
		    : 0;
		n = pread(fd, text, (size_t)ACCEPTED_MAX_BYTES, skipped);
		if (n >= 0)
			read_lines(a, text, (size_t)n, (int64_t)st.st_mtime);
		free(text);
	}
	(void)close(fd);
}

/* A log that logrotate has packed; gzip kept the time of its last line. */
static void
read_packed(struct accepted *a, const char *path)
{
	static const char *const argv[] = { GZIP, "-dc", NULL };
	struct command_guest guest = { .max_output = ACCEPTED_MAX_BYTES };
	struct command_result res = { 0 };
	char *bytes = NULL;
	struct stat st;

	if (access(GZIP, X_OK) < 0 || stat(path, &st) < 0 ||
	    file_read(path, FILE_ANY, MAX_PACKED, &bytes, &guest.in_len,
	        NULL) < 0)
		return;
	guest.in = bytes;
	if (command_run_guest(&guest, argv, GZIP_TIMEOUT_S, &res, NULL) == 0) {
		if (res.status == 0)
			read_lines(a, res.out, res.out_len,
			    (int64_t)st.st_mtime);
		command_result_clear(&res);
	}
	free(bytes);
}

/* What logrotate left: auth.log.1, auth.log.2.gz; secure-20261115. */
static void
read_rotated(struct accepted *a, const char *pattern)
{
	size_t i, len;
	glob_t found;

	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (i = 0; i < found.gl_pathc && i < MAX_ROTATED; i++) {
		len = strlen(found.gl_pathv[i]);
		if (len > 3 && strcmp(found.gl_pathv[i] + len - 3, ".gz") == 0)
			read_packed(a, found.gl_pathv[i]);
		else
			read_path(a, found.gl_pathv[i]);
	}
	globfree(&found);
}

/* Fields with an underscore are the journal's own: nobody can fake them. */
static void
read_journal(struct accepted *a)
{
	static const char *const argv[] = { JOURNALCTL, "--quiet", "--no-pager",
		"--reverse", "--output=short-unix",
		"--lines=" ACCEPTED_MAX_LOGINS,
		"--grep=^Accepted publickey for .* CA ", "_UID=0", "_COMM=sshd",
		"+", "_UID=0", "_COMM=sshd-session", NULL };
	struct command_result res = { 0 };

	if (access(JOURNALCTL, X_OK) < 0 ||
	    command_run(NULL, argv, JOURNAL_TIMEOUT_S, &res, NULL) < 0)
		return;
	if (res.status == 0)
		read_lines(a, res.out, res.out_len, 0);
	command_result_clear(&res);
}

void
accepted_read(struct accepted *a, const struct root *root)
{
	static const char *const files[] = { "/var/log/auth.log",
		"/var/log/secure" };
	static const char *const rotated[] = { "/var/log/auth.log.*",
		"/var/log/secure-*" };
	char path[PATH_MAX];
	size_t i;

	memset(a, 0, sizeof(*a));
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		read_path(a, root_path(root, path, files[i]));
	for (i = 0; i < sizeof(rotated) / sizeof(rotated[0]); i++)
		read_rotated(a, root_path(root, path, rotated[i]));
	if (root_is_host(root))
		read_journal(a);
}

int64_t
accepted_last(const struct accepted *a, const char *fingerprint)
{
	size_t i;

	for (i = 0; i < a->n; i++) {
		if (strcmp(a->keys[i].fingerprint, fingerprint) == 0)
			return a->keys[i].at;
	}
	return 0;
}
