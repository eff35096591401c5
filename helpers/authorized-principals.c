/*
 * authorized-principals: tells sshd which principals may log in as a user.
 *
 * sshd's AuthorizedPrincipalsCommand.  Threat model: anybody who has seen a
 * certificate of a trusted authority can make sshd run this, hundreds of
 * times on one connection, before proving that the key is theirs.
 *
 *  - It MUST NOT print anything but the answer, nor before all is decided.
 *  - It MUST deny where anything is unreadable, broken or unexpected.
 *  - It MUST NOT change anything, look anybody up, or wait for anybody.
 *  - It MUST NOT log text of the certificate unescaped.
 *  - It MUST NOT parse the certificate before it has given up all that a
 *    look-up, an answer and a log line do not need (lib/confine.h).
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "lib/base64.h"
#include "lib/confine.h"
#include "lib/decide.h"
#include "lib/escape.h"
#include "lib/file.h"
#include "lib/index.h"
#include "lib/log.h"
#include "lib/utc.h"

#define IDENT "authorized-principals"
#define DEFAULT_INDEX "/etc/ssh/certgate/current/policy.cdb"

/* How much of one of the certificate's texts a log line shows. */
#define SHOWN 256

static const char usage_text[] =
    "usage: authorized-principals [-i INDEX] -- USER UID BASE64-CERTIFICATE\n"
    "Prints the principals that may log in as USER with this certificate.\n"
    "For sshd_config:\n"
    "  AuthorizedPrincipalsCommand PATH/authorized-principals -- %u %U %k\n";

/*
 * Texts are put together without printf and mostly without the heap: sshd
 * runs this twice per login, and each page that is touched first costs more
 * than all that is written to it.
 */
static void
put(struct wire *w, const char *text)
{
	wire_put_bytes(w, text, strlen(text));
}

static void
put_number(struct wire *w, uint64_t v)
{
	char digits[20];
	size_t i = sizeof(digits);

	do
		digits[--i] = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	wire_put_bytes(w, digits + i, sizeof(digits) - i);
}

static void
put_shown(struct wire *w, const char *before, struct span s)
{
	char shown[SHOWN];

	put(w, before);
	put(w, escape_bytes(shown, sizeof(shown), s.p, s.len));
}

static void
send_log(const struct log *log, struct wire *w, int priority)
{
	log_put(log, priority, IDENT, (const char *)w->p, w->len);
	wire_free(w);
}

static void
log_failure(const char *user, const struct err *err)
{
	struct log log;
	unsigned char room[LOG_LINE_MAX];
	struct wire w = WIRE_ON(room);

	put_shown(&w, "deny user=\"", span_of(user));
	put(&w, "\" reason=");
	put(&w, reason_code(REASON_INDEX_UNREADABLE));
	put(&w, ": ");
	put(&w, err->text);
	log_open(&log);
	send_log(&log, &w, LOG_ERR);
}

/* The rule's place, "FILE:LINE", or "-" where no line of the policy decided. */
static void
put_rule(struct wire *w, struct index *x, const struct decision *d)
{
	struct span name;

	put(w, "\" rule=\"");
	if (d->line == 0 || index_file(x, d->file, &name, NULL) != 1) {
		put(w, "-");
		return;
	}
	put_shown(w, "", name);
	put(w, ":");
	put_number(w, d->line);
}

static void
log_decision(const struct log *log, const char *user, struct index *x,
    const struct decision *d)
{
	static const struct decide_line nobody;
	bool is_allowed = d->reason == REASON_ALLOWED;
	const struct decide_line *line = is_allowed ? &d->lines[0] : &nobody;
	unsigned char room[LOG_LINE_MAX];
	struct wire w = WIRE_ON(room);
	char retires[UTC_SIZE];

	put(&w, is_allowed ? "allow" : "deny");
	put_shown(&w, " user=\"", span_of(user));
	put(&w, "\" reason=");
	put(&w, reason_code(d->reason));
	put(&w, " serial=");
	put_number(&w, d->cert.serial);
	put_shown(&w, " authority=\"", d->authority.name);
	put_shown(&w, "\" principal=\"", line->principal);
	put_rule(&w, x, d);
	put_shown(&w, "\" identity=\"", line->identity);
	put_shown(&w, "\" key_id=\"", d->cert.key_id);
	put(&w, "\"");
	if (d->is_retiring) {
		put(&w, " retiring=\"");
		put(&w, utc_text(retires, d->authority.key_until));
		put(&w, "\"");
	}
	if (d->detail.code != ERR_NONE) {
		put(&w, ": ");
		put(&w, d->detail.text);
	}
	send_log(log, &w, is_allowed ? LOG_INFO : LOG_NOTICE);
}

/* Print all lines at once; half an answer must not be taken for one. */
static int
print_lines(const struct decision *d)
{
	unsigned char room[1024];
	struct wire w = WIRE_ON(room);
	int ret = -1;
	size_t i;

	for (i = 0; i < d->n_lines; i++)
		decide_render_line(d, i, true, &w);
	if (!w.has_failed &&
	    (w.len == 0 || write(STDOUT_FILENO, w.p, w.len) == (ssize_t)w.len))
		ret = 0;
	wire_free(&w);
	return ret;
}

/* Digits only, as sshd writes %U. */
static int
parse_uid(uint32_t *uid, const char *text)
{
	unsigned long long v;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -1;
	errno = 0;
	v = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || v > UINT32_MAX)
		return -1;
	*uid = (uint32_t)v;
	return 0;
}

/*
 * The time by a plain system call: a process that asks once pays more for
 * finding the vDSO's clock.
 */
static int64_t
now_at(void)
{
#ifdef SYS_clock_gettime
	struct timespec t;

	/* Elsewhere the call may not fill the struct as this C library has it. */
	if (sizeof(t.tv_sec) == sizeof(long) &&
	    syscall(SYS_clock_gettime, CLOCK_REALTIME, &t) == 0)
		return (int64_t)t.tv_sec;
#endif
	return (int64_t)time(NULL);
}

/*
 * Decide and answer.  The certificate is decoded in place.  One that is no
 * base64 reaches decide() with no bytes, and is malformed there.  All that is
 * needed is open before: from here on nothing can be opened.
 */
static int
answer(struct index *x, const char *user, uint32_t uid, char *text)
{
	static struct decision d;
	struct decide_request r = { 0 };
	struct log log;
	long len;

	log_open(&log);
	r.now_at = now_at();
	(void)confine_enter();

	len = base64_decode((unsigned char *)text, text, strlen(text));
	r.index = x;
	r.user = span_of(user);
	r.uid = uid;
	r.cert = (struct span) { (unsigned char *)text,
		len < 0 ? 0 : (size_t)len };

	(void)decide(&r, &d);
	log_decision(&log, user, x, &d);
	if (d.reason == REASON_INDEX_UNREADABLE)
		return 1;
	return print_lines(&d) < 0 ? 1 : 0;
}

static int
run(const char *index_path, char **args)
{
	struct err err = ERR_INIT;
	static struct index x;
	uint32_t uid;
	int fd;

	if (parse_uid(&uid, args[1]) < 0) {
		(void)err_setf(&err, ERR_MALFORMED, "the uid is not a number");
		log_failure(args[0], &err);
		return 1;
	}
	fd = file_open(index_path, FILE_ROOTS, UINT32_MAX, NULL, &err);
	if (fd < 0) {
		log_failure(args[0], &err);
		return 1;
	}
	if (index_open(&x, fd, &err) < 0) {
		log_failure(args[0], &err);
		(void)close(fd);
		return 1;
	}
	/* Its end closes all that is open. */
	return answer(&x, args[0], uid, args[2]);
}

int
main(int argc, char **argv)
{
	const char *index_path = DEFAULT_INDEX;
	int c;

	while ((c = getopt(argc, argv, "hi:")) != -1) {
		switch (c) {
		case 'h':
			(void)fputs(usage_text, stdout);
			return 0;
		case 'i':
			index_path = optarg;
			break;
		default:
			(void)fputs(usage_text, stderr);
			return 2;
		}
	}
	if (argc - optind != 3) {
		(void)fputs(usage_text, stderr);
		return 2;
	}
	/* Nothing is left to flush; exit() would touch memory to find out. */
	_exit(run(index_path, argv + optind));
}
