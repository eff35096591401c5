/*
 * The login helper as sshd starts it: the real program, with a real index;
 * all that it prints, all that it logs, and how it ends.
 *
 * Where it is tested /dev is a folder of the test's own, since the log's
 * socket is everybody's, at a fixed place: without one lines go to standard
 * error.  The helper looks at nothing else there.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "config-gen/compile.h"
#include "lib/base64.h"
#include "lib/certsig.h"
#include "lib/log.h"
#include "tests/unit/certbuild.h"
#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"
#include "tests/unit/program.h"

#define HELPER "helpers/authorized-principals"
#define INDEX "policy.cdb"
#define USAGE \
	"usage: authorized-principals [-i INDEX] -- USER UID " \
	"BASE64-CERTIFICATE\n" \
	"Prints the principals that may log in as USER with this " \
	"certificate.\n" \
	"For sshd_config:\n" \
	"  AuthorizedPrincipalsCommand PATH/authorized-principals -- %u %U " \
	"%k\n"
#define SIGPIPE_STATUS (128 + 13)

/* What it was asked last, and what it did. */
static struct program run;

enum { CORP = 1, LEAVING, STRANGER };

static void
put_key(FILE *f, const char *name, uint8_t ca, bool retires)
{
	char fingerprint[FINGERPRINT_SIZE], text[128];
	struct wire blob = WIRE_INIT;
	struct err err = ERR_INIT;

	certbuild_ca_key(&blob, ca);
	base64_encode(text, blob.p, blob.len);
	(void)fprintf(f,
	    "  %s:\n    keys: [\"ssh-ed25519 %s\"]\n"
	    "    principals: email-prefix\n",
	    name, text);
	ck_assert_int_eq(
	    certsig_fingerprint(fingerprint, wire_span(&blob), &err), 0);
	if (retires)
		(void)fprintf(
		    f, "    retire: {\"%s\": 2099-12-31}\n", fingerprint);
	wire_free(&blob);
}

/* What follows the authorities begins with line 10. */
#define REST \
	"deny: [mallory@example.com]\n" \
	"users:\n" \
	"  johndoe: jdoe@example.com\n" \
	"  kiosk: any\n" \
	"  deploy:\n" \
	"    allow:\n" \
	"      - identity: jdoe@example.com\n" \
	"        options: 'restrict,command=\"/bin/true\"'\n" \
	"        from: [192.0.2.0/24, 2001:db8::/32]\n" \
	"      - principal: breakglass\n" \
	"    authorities: [corp]\n" \
	"  temp:\n" \
	"    allow:\n" \
	"      - principal: jdoe\n" \
	"        until: 2020-01-31\n" \
	"  \"*\":\n" \
	"    allow: same-name\n" \
	"    min_uid: 5000\n"

/* The folder to work in holds the index and dev/, where nobody listens. */
static void
setup(void)
{
	static const char ended[] =
	    "policy.yaml:24:16: warning: the end \"2020-01-31\" is past: the "
	    "entry lets nobody in; remove the entry, or set another\n";
	struct err err = ERR_INIT;
	struct policy *p;
	char *text = NULL;
	size_t len = 0;
	FILE *f;
	int fd;

	memset(&run, 0, sizeof(run));
	policyfix_setup();
	ck_assert_int_eq(mkdir("dev", 0755), 0);
	ck_assert_ptr_nonnull(f = open_memstream(&text, &len));
	(void)fputs("version: 1\nauthorities:\n", f);
	put_key(f, "corp", CORP, false);
	put_key(f, "leaving", LEAVING, true);
	(void)fputs(REST, f);
	ck_assert_int_eq(fclose(f), 0);
	p = policyfix_load_text(text, ended);
	free(text);
	fd = open(INDEX, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	ck_assert_int_ge(fd, 0);
	ck_assert_msg(
	    compile_index(p, 1000, fd, &err) == 0, "%s", err.text);
	ck_assert_int_eq(close(fd), 0);
	policy_free(p);
}

static void
have_dev(void)
{
	program_have_dev("dev");
}

/* The base64 of a certificate with one principal; the caller frees. */
static char *
encode(const struct certbuild *b)
{
	struct wire blob = WIRE_INIT;
	char *text;

	certbuild_write(&blob, b);
	text = malloc(BASE64_ENCODED_SIZE(blob.len));
	ck_assert_ptr_nonnull(text);
	base64_encode(text, blob.p, blob.len);
	wire_free(&blob);
	return text;
}

static char *
certificate(const char *principal)
{
	struct span name = span_of(principal);
	struct certbuild b = { .ca = CORP, .serial = 7, .type = 1,
		.key_id = "jdoe@example.com", .principals = &name,
		.n_principals = 1, .valid_before = UINT64_MAX };

	return encode(&b);
}

static void
start(const char *user, const char *uid, const char *certificate_text)
{
	static const char *argv[8];

	argv[0] = HELPER;
	argv[1] = "-i";
	argv[2] = INDEX;
	argv[3] = "--";
	argv[4] = user;
	argv[5] = uid;
	argv[6] = certificate_text;
	run.argv = argv;
	run.prepare = have_dev;
	program_start(&run);
}

/*
 * What is logged: before, "authorized-principals[PID]: ", text, after.  The
 * policy's file is written with the folder it is in.
 */
static const char *
line(const char *before, const char *text, const char *after)
{
	static const char file[] = "rule=\"policy.yaml";
	static char out[2 * LOG_LINE_MAX], folder_name[64];
	const char *rest = strstr(text, file);
	size_t len = rest == NULL ? 0 : (size_t)(rest - text) + 6;

	ck_assert_ptr_nonnull(getcwd(folder_name, sizeof(folder_name)));
	(void)snprintf(out, sizeof(out),
	    "%sauthorized-principals[%ld]: %.*s%s%s%s%s", before,
	    (long)run.pid, (int)len, text, len == 0 ? "" : folder_name,
	    len == 0 ? "" : "/", text + len, after);
	return out;
}

static void
ends(const char *name, int status, const char *said, const char *logged)
{
	program_wait(&run);
	program_assert(&run, name, status, said,
	    logged[0] == '\0' ? "" : line("", logged, "\n"));
	program_clear(&run);
}

#define MANY_x "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define ID "jdoe@example.com"
#define NOBODY "principal=\"\" rule=\"-\" identity=\"\" "

static const struct row {
	const char *user, *uid;
	struct certbuild cert; /* but for what is the same in all */
	const char *principal;
	const char *said, *logged;
} rows[] = {
	{ "johndoe", "1000", { .ca = CORP, .serial = 7, .key_id = ID }, "jdoe",
	    "jdoe\n",
	    "allow user=\"johndoe\" reason=allowed serial=7 authority=\"corp\" "
	    "principal=\"jdoe\" rule=\"policy.yaml:12\" "
	    "identity=\"jdoe@example.com\" key_id=\"jdoe@example.com\"" },
	{ "kiosk", "1000",
	    { .ca = CORP, .serial = UINT64_MAX, .key_id = "" }, "somebody",
	    "somebody\n",
	    "allow user=\"kiosk\" reason=allowed serial=18446744073709551615 "
	    "authority=\"corp\" principal=\"somebody\" "
	    "rule=\"policy.yaml:13\" identity=\"\" key_id=\"\"" },
	{ "deploy", "1000", { .ca = CORP, .key_id = ID }, "jdoe",
	    "restrict,command=\"/bin/true\",from=\"192.0.2.0/24,2001:db8::/32\""
	    " jdoe\n",
	    "allow user=\"deploy\" reason=allowed serial=0 authority=\"corp\" "
	    "principal=\"jdoe\" rule=\"policy.yaml:16\" "
	    "identity=\"jdoe@example.com\" key_id=\"jdoe@example.com\"" },
	{ "johndoe", "1000", { .ca = LEAVING, .key_id = ID }, "jdoe",
	    "jdoe\n",
	    "allow user=\"johndoe\" reason=allowed serial=0 "
	    "authority=\"leaving\" principal=\"jdoe\" "
	    "rule=\"policy.yaml:12\" identity=\"jdoe@example.com\" "
	    "key_id=\"jdoe@example.com\" retiring=\"2100-01-01T00:00:00Z\"" },
	{ "jdoe", "5000", { .ca = CORP, .key_id = ID }, "jdoe", "jdoe\n",
	    "allow user=\"jdoe\" reason=allowed serial=0 authority=\"corp\" "
	    "principal=\"jdoe\" rule=\"policy.yaml:26\" identity=\"\" "
	    "key_id=\"jdoe@example.com\"" },
	{ "jdoe", "4999", { .ca = CORP, .key_id = ID }, "jdoe", "",
	    "deny user=\"jdoe\" reason=no-rule serial=0 authority=\"corp\" "
	    NOBODY "key_id=\"jdoe@example.com\"" },
	/* A user's name is whatever the client says. */
	{ "-i", "4999", { .ca = CORP, .key_id = ID }, "jdoe", "",
	    "deny user=\"-i\" reason=no-rule serial=0 authority=\"corp\" "
	    NOBODY "key_id=\"jdoe@example.com\"" },
	{ "", "0", { .ca = CORP, .key_id = ID }, "jdoe", "",
	    "deny user=\"\" reason=no-rule serial=0 authority=\"corp\" "
	    NOBODY "key_id=\"jdoe@example.com\"" },
	{ "x\" reason=allowed\n\x1b\xff\\", "4294967295",
	    { .ca = CORP, .key_id = "\" allow\r\n\t\x07" }, "jdoe", "",
	    "deny user=\"x\\\" reason=allowed\\n\\x1b\\xff\\\\\" "
	    "reason=no-matching-principal serial=0 authority=\"corp\" "
	    "principal=\"\" rule=\"policy.yaml:25\" identity=\"\" "
	    "key_id=\"\\\" allow\\r\\n\\t\\x07\"" },
	{ "johndoe", "1000", { .ca = CORP, .key_id = ID }, "alice", "",
	    "deny user=\"johndoe\" reason=no-matching-principal serial=0 "
	    "authority=\"corp\" principal=\"\" rule=\"policy.yaml:12\" "
	    "identity=\"\" key_id=\"jdoe@example.com\"" },
	{ "kiosk", "1000", { .ca = CORP, .key_id = ID }, "a b", "",
	    "deny user=\"kiosk\" reason=no-matching-principal serial=0 "
	    "authority=\"corp\" principal=\"\" rule=\"policy.yaml:13\" "
	    "identity=\"\" key_id=\"jdoe@example.com\"" },
	{ "temp", "1000", { .ca = CORP, .key_id = ID }, "jdoe", "",
	    "deny user=\"temp\" reason=no-matching-principal serial=0 "
	    "authority=\"corp\" principal=\"\" rule=\"policy.yaml:23\" "
	    "identity=\"\" key_id=\"jdoe@example.com\": the entry that names "
	    "this principal has ended (`until`)" },
	{ "deploy", "1000", { .ca = LEAVING, .key_id = ID }, "jdoe", "",
	    "deny user=\"deploy\" reason=authority-not-allowed-here serial=0 "
	    "authority=\"leaving\" principal=\"\" rule=\"policy.yaml:14\" "
	    "identity=\"\" key_id=\"jdoe@example.com\" "
	    "retiring=\"2100-01-01T00:00:00Z\"" },
	{ "kiosk", "1000", { .ca = CORP, .key_id = "mallory@example.com" },
	    "jdoe", "",
	    "deny user=\"kiosk\" reason=denied-identity serial=0 "
	    "authority=\"corp\" principal=\"\" rule=\"policy.yaml:10\" "
	    "identity=\"\" key_id=\"mallory@example.com\"" },
	{ "kiosk", "1000", { .ca = STRANGER, .key_id = ID }, "jdoe", "",
	    "deny user=\"kiosk\" reason=unknown-authority serial=0 "
	    "authority=\"\" " NOBODY "key_id=\"jdoe@example.com\"" },
	{ "kiosk", "1000", { .ca = CORP, .key_id = ID, .type = 2 }, "jdoe", "",
	    "deny user=\"kiosk\" reason=not-a-user-certificate serial=0 "
	    "authority=\"\" " NOBODY "key_id=\"jdoe@example.com\"" },
	{ "kiosk", "1000", { .ca = CORP, .key_id = ID, .valid_before = 1 },
	    "jdoe", "",
	    "deny user=\"kiosk\" reason=expired serial=0 authority=\"corp\" "
	    "principal=\"\" rule=\"policy.yaml:3\" identity=\"\" "
	    "key_id=\"jdoe@example.com\"" },
	{ "kiosk", "1000",
	    { .ca = CORP, .key_id = ID, .valid_after = UINT64_MAX - 1 },
	    "jdoe", "",
	    "deny user=\"kiosk\" reason=not-yet-valid serial=0 "
	    "authority=\"corp\" principal=\"\" rule=\"policy.yaml:3\" "
	    "identity=\"\" key_id=\"jdoe@example.com\"" },
};

START_TEST(test_decision)
{
	const struct row *r = &rows[_i];
	struct span name = span_of(r->principal);
	struct certbuild b = r->cert;
	char *text;

	b.principals = &name;
	b.n_principals = 1;
	if (b.type == 0)
		b.type = 1;
	if (b.valid_before == 0)
		b.valid_before = UINT64_MAX;
	text = encode(&b);
	start(r->user, r->uid, text);
	ends(r->logged, 0, r->said, r->logged);
	free(text);
}
END_TEST

/* The most that an answer can be, and one name twice. */
START_TEST(test_many_principals)
{
	enum { N = 256 };
	static char names[N][64], want[N * 64];
	struct span spans[N];
	struct certbuild b = { .ca = CORP, .type = 1, .key_id = ID,
		.principals = spans, .n_principals = N,
		.valid_before = UINT64_MAX };
	size_t len = 0;
	char *text;
	int i;

	for (i = 0; i < N; i++) {
		(void)snprintf(names[i], sizeof(names[i]), MANY_x "%d",
		    i == N - 1 ? 0 : i);
		spans[i] = span_of(names[i]);
		if (i < N - 1)
			len += (size_t)snprintf(want + len,
			    sizeof(want) - len, "%s\n", names[i]);
	}
	text = encode(&b);
	start("kiosk", "1000", text);
	ends("many", 0, want,
	    "allow user=\"kiosk\" reason=allowed serial=0 authority=\"corp\" "
	    "principal=\"" MANY_x "0\" rule=\"policy.yaml:13\" identity=\"\" "
	    "key_id=\"jdoe@example.com\"");
	free(text);
}
END_TEST

static const struct {
	const char *text, *why;
} malformed[] = {
	{ "", "certificate: the type name is cut short" },
	{ "!", "certificate: the type name is cut short" },
	{ "AAAA", "certificate: the type name is cut short" },
	{ "AAAAAA==", "certificate: the type \"\" is not known" },
	{ "AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIA==",
	    "certificate: the nonce is cut short" },
};

/* Whatever stands in the certificate's place. */
START_TEST(test_malformed)
{
	char want[LOG_LINE_MAX];

	(void)snprintf(want, sizeof(want),
	    "deny user=\"kiosk\" reason=malformed serial=0 authority=\"\" "
	    NOBODY "key_id=\"\": %s", malformed[_i].why);
	start("kiosk", "1000", malformed[_i].text);
	ends(malformed[_i].text, 0, "", want);
}
END_TEST

/* As long as an argument can be; the line is cut, one line all the same. */
START_TEST(test_long_arguments)
{
	static char user[100001], shown[300];
	char want[1000];
	char *text = certificate("jdoe");

	memset(user, 'u', sizeof(user) - 1);
	memset(shown, 'u', 252);
	(void)snprintf(want, sizeof(want),
	    "deny user=\"%s...\" reason=no-rule serial=7 authority=\"corp\" "
	    NOBODY "key_id=\"jdoe@example.com\"", shown);
	start(user, "1000", text);
	ends("a long user", 0, "", want);
	free(text);
	memset(user, 'A', sizeof(user) - 1);
	start("johndoe", "1000", user);
	ends("a long certificate", 0, "",
	    "deny user=\"johndoe\" reason=malformed serial=0 authority=\"\" "
	    NOBODY "key_id=\"\": certificate: the type \"\" is not known");
}
END_TEST

START_TEST(test_uid)
{
	static const char *const uids[] = { "", "-1", "+1", " 1", "1 ", "0x1",
		"4294967296", "18446744073709551617", "one" };
	char *text = certificate("jdoe");
	size_t i;

	for (i = 0; i < sizeof(uids) / sizeof(uids[0]); i++) {
		start("johndoe", uids[i], text);
		ends(uids[i], 1, "",
		    "deny user=\"johndoe\" reason=index-unreadable: the uid "
		    "is not a number");
	}
	free(text);
}
END_TEST

/* Ways in which an index is none. */
static void
absent(void)
{
	ck_assert_int_eq(unlink(INDEX), 0);
}

static void
linked(void)
{
	ck_assert_int_eq(rename(INDEX, "index"), 0);
	ck_assert_int_eq(symlink("index", INDEX), 0);
}

static void
folder(void)
{
	absent();
	ck_assert_int_eq(mkdir(INDEX, 0755), 0);
}

static void
pipe_in_its_place(void)
{
	absent();
	ck_assert_int_eq(mkfifo(INDEX, 0644), 0);
}

static void
writable(void)
{
	ck_assert_int_eq(chmod(INDEX, 0664), 0);
}

static void
empty(void)
{
	ck_assert_int_eq(truncate(INDEX, 0), 0);
}

static void
foreign(void)
{
	absent();
	policyfix_write_text(INDEX, "a: b\n");
}

/* Its tables are as they were, and its records all of zeros. */
static void
wiped(void)
{
	static char zeros[65536];
	struct stat st;
	int fd = open(INDEX, O_WRONLY | O_CLOEXEC);

	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_gt(st.st_size, 2048);
	ck_assert_int_gt(pwrite(fd, zeros, (size_t)st.st_size - 2048, 2048), 0);
	ck_assert_int_eq(close(fd), 0);
}

static const struct {
	const char *name;
	void (*spoil)(void);
	const char *why;
} spoilt[] = {
	{ "absent", absent, "policy.cdb: No such file or directory" },
	{ "a link", linked,
	    "policy.cdb: a symbolic link; name the file itself" },
	{ "a folder", folder, "policy.cdb: not a regular file" },
	{ "a pipe", pipe_in_its_place, "policy.cdb: not a regular file" },
	{ "anybody's to write", writable,
	    "policy.cdb: mode 0664 lets others than its owner change it; run "
	    "chmod go-w on it" },
	{ "empty", empty, "the index is empty; run certgate apply" },
	{ "another's file", foreign,
	    "the index is not one, or was cut short; run certgate apply" },
	{ "wiped", wiped, "the index has no header; run certgate apply" },
};

START_TEST(test_spoilt_index)
{
	char *text = certificate("jdoe");
	char want[LOG_LINE_MAX];

	spoilt[_i].spoil();
	start("johndoe", "1000", text);
	(void)snprintf(want, sizeof(want),
	    "deny user=\"johndoe\" reason=index-unreadable: %s",
	    spoilt[_i].why);
	ends(spoilt[_i].name, 1, "", want);
	free(text);
}
END_TEST

START_TEST(test_cut_index)
{
	char *text = certificate("jdoe");
	char want[LOG_LINE_MAX];
	struct stat st;

	ck_assert_int_eq(stat(INDEX, &st), 0);
	ck_assert_int_eq(truncate(INDEX, st.st_size - 1), 0);
	(void)snprintf(want, sizeof(want),
	    "deny user=\"johndoe\" reason=index-unreadable: the index has %ld "
	    "bytes and should have %ld; run certgate apply to make it anew",
	    (long)st.st_size - 1, (long)st.st_size);
	start("johndoe", "1000", text);
	ends("cut", 1, "", want);
	free(text);
}
END_TEST

/* Damage that shows only where the record is looked for. */
START_TEST(test_damaged_rule)
{
	static char bytes[65536];
	char *text = certificate("jdoe");
	FILE *f = fopen(INDEX, "r+");
	size_t len;
	char *at;

	ck_assert_ptr_nonnull(f);
	len = fread(bytes, 1, sizeof(bytes), f);
	at = memmem(bytes + 2048, len - 2048, "ujohndoe", 8);
	ck_assert_ptr_nonnull(at);
	/* The last byte of the key: there is no such record any more. */
	ck_assert_int_eq(fseek(f, at + 7 - bytes, SEEK_SET), 0);
	ck_assert_int_eq(fputc('x', f), 'x');
	ck_assert_int_eq(fclose(f), 0);
	start("johndoe", "1000", text);
	ends("a damaged rule", 1, "",
	    "deny user=\"johndoe\" reason=index-unreadable serial=7 "
	    "authority=\"corp\" " NOBODY "key_id=\"jdoe@example.com\": the "
	    "index is damaged; run certgate apply to make it anew");
	start("kiosk", "1000", text);
	ends("another rule", 0, "jdoe\n",
	    "allow user=\"kiosk\" reason=allowed serial=7 authority=\"corp\" "
	    "principal=\"jdoe\" rule=\"policy.yaml:13\" identity=\"\" "
	    "key_id=\"jdoe@example.com\"");
	free(text);
}
END_TEST

#define ALLOWED \
	"allow user=\"johndoe\" reason=allowed serial=7 authority=\"corp\" " \
	"principal=\"jdoe\" rule=\"policy.yaml:12\" " \
	"identity=\"jdoe@example.com\" key_id=\"jdoe@example.com\""

/* An answer that does not get out is a failure, for sshd then has none. */
START_TEST(test_output)
{
	char *text = certificate("jdoe");
	int ends_of[2], full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(full, 0);
	run.out_fd = full;
	start("johndoe", "1000", text);
	ends("a full disk", 1, "", ALLOWED);
	run.out_fd = -1;
	start("johndoe", "1000", text);
	ends("closed", 1, "", ALLOWED);
	ck_assert_int_eq(pipe(ends_of), 0);
	(void)close(ends_of[0]);
	run.out_fd = ends_of[1];
	start("johndoe", "1000", text);
	ends("nobody reads", SIGPIPE_STATUS, "", ALLOWED);
	/* A refusal has nothing to print. */
	run.out_fd = full;
	start("temp", "1000", text);
	program_wait(&run);
	ck_assert_int_eq(run.status, 0);
	program_clear(&run);
	(void)close(ends_of[1]);
	(void)close(full);
	free(text);
}
END_TEST

static const struct sockaddr_un log_address = {
	.sun_family = AF_UNIX,
	.sun_path = "dev/log",
};

/* The log, as the helper has it at /dev/log. */
static int
listen_to_log(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&log_address,
	                     sizeof(log_address)), 0);
	return fd;
}

/* The one line that waits there. */
static void
assert_log(int fd, const char *priority, const char *text)
{
	static char got[2 * LOG_LINE_MAX];
	ssize_t n = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);

	ck_assert_int_gt(n, 0);
	got[n] = '\0';
	ck_assert_str_eq(got, line(priority, text, ""));
	ck_assert_int_eq(recv(fd, got, sizeof(got), MSG_DONTWAIT), -1);
}

/* To authpriv, as info, notice or an error (syslog(3)). */
START_TEST(test_log)
{
	char *text = certificate("jdoe");
	int fd = listen_to_log();

	start("johndoe", "1000", text);
	ends("allowed", 0, "jdoe\n", "");
	assert_log(fd, "<86>", ALLOWED);
	start("nobody", "1000", text);
	ends("denied", 0, "", "");
	assert_log(fd, "<85>",
	    "deny user=\"nobody\" reason=no-rule serial=7 authority=\"corp\" "
	    NOBODY "key_id=\"jdoe@example.com\"");
	start("johndoe", "x", text);
	ends("a failure", 1, "", "");
	assert_log(fd, "<83>",
	    "deny user=\"johndoe\" reason=index-unreadable: the uid is not a "
	    "number");

	/* Its socket stays when it has ended: standard error is left. */
	ck_assert_int_eq(close(fd), 0);
	start("johndoe", "1000", text);
	ends("nobody listens", 0, "jdoe\n", ALLOWED);
	free(text);
}
END_TEST

/* A log that nobody reads holds no login up. */
START_TEST(test_full_log)
{
	char *text = certificate("jdoe");
	int fd = listen_to_log();
	int other = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(other, 0);
	while (sendto(other, "x", 1, MSG_DONTWAIT,
	           (const struct sockaddr *)&log_address,
	           sizeof(log_address)) == 1)
		;
	ck_assert_int_eq(errno, EAGAIN);
	start("johndoe", "1000", text);
	ends("a full log", 0, "jdoe\n", ALLOWED);
	(void)close(other);
	(void)close(fd);
	free(text);
}
END_TEST

static const struct {
	const char *argv[7];
	int status;
	bool is_said;
} calls[] = {
	{ { HELPER, "-h" }, 0, true },
	{ { HELPER, "-h", "-i", "x", "--", "a" }, 0, true },
	{ { HELPER }, 2, false },
	{ { HELPER, "--", "johndoe", "1000" }, 2, false },
	{ { HELPER, "--", "johndoe", "1000", "AAAA", "more" }, 2, false },
	{ { HELPER, "-i", INDEX, "--" }, 2, false },
};

START_TEST(test_usage)
{
	run.argv = calls[_i].argv;
	program_start(&run);
	program_wait(&run);
	program_assert(&run, "usage", calls[_i].status,
	    calls[_i].is_said ? USAGE : "", calls[_i].is_said ? "" : USAGE);
	program_clear(&run);
}
END_TEST

/* Before the usage getopt(3) names the option, in the C library's words. */
START_TEST(test_unknown_option)
{
	static const char *const argv[] = { HELPER, "-x", "--", "a", "1", "b",
		NULL };
	static const char *const without[] = { HELPER, "-i", NULL };
	char *at;

	for (run.argv = argv; run.argv != NULL;
	     run.argv = run.argv == argv ? without : NULL) {
		program_start(&run);
		program_wait(&run);
		ck_assert_int_eq(run.status, 2);
		ck_assert_str_eq(run.said, "");
		at = strchr(run.errors, '\n');
		ck_assert_ptr_nonnull(at);
		ck_assert_str_eq(at + 1, USAGE);
		program_clear(&run);
	}
}
END_TEST

static char probed[] = "/tmp/certgate-test-XXXXXX";

static void
probe(void)
{
	program_have_dev(probed);
}

/* Whether /dev can be another folder here. */
static bool
may_have_dev(void)
{
	char null[sizeof(probed) + 8];
	bool may;

	if (mkdtemp(probed) == NULL)
		abort();
	may = program_may(probe);
	(void)snprintf(null, sizeof(null), "%s/null", probed);
	(void)unlink(null);
	(void)rmdir(probed);
	return may;
}

int
main(void)
{
	TCase *tc = tcase_create("authorized_principals");
	bool has_dev = may_have_dev();

	program_init();
	tcase_add_checked_fixture(tc, setup, policyfix_teardown);
	tcase_add_loop_test(tc, test_usage, 0, N_ROWS(calls));
	tcase_add_test(tc, test_unknown_option);
	if (has_dev) {
		tcase_add_loop_test(tc, test_decision, 0, N_ROWS(rows));
		tcase_add_test(tc, test_many_principals);
		tcase_add_loop_test(tc, test_malformed, 0, N_ROWS(malformed));
		tcase_add_test(tc, test_long_arguments);
		tcase_add_test(tc, test_uid);
		tcase_add_loop_test(tc, test_spoilt_index, 0, N_ROWS(spoilt));
		tcase_add_test(tc, test_cut_index);
		tcase_add_test(tc, test_damaged_rule);
		tcase_add_test(tc, test_output);
		tcase_add_test(tc, test_log);
		tcase_add_test(tc, test_full_log);
	}
	if (run_case("authorized_principals", tc) != EXIT_SUCCESS)
		return EXIT_FAILURE;
	/* Without a /dev of its own it would write to this machine's log. */
	return has_dev ? EXIT_SUCCESS : 77;
}
