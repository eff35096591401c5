#include "config.h"

#include "tests/unit/policyfix.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/harness.h"

static char folder[64];

void
policyfix_setup(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/certgate-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
}

static int
remove_entry(
    const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

void
policyfix_teardown(void)
{
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(
	    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void
policyfix_write(const char *name, struct span text)
{
	const char *slash = strchr(name, '/');
	char dir[64];
	FILE *f;

	if (slash != NULL) {
		(void)snprintf(
		    dir, sizeof(dir), "%.*s", (int)(slash - name), name);
		(void)mkdir(dir, 0700);
	}
	f = fopen(name, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fchmod(fileno(f), 0600), 0);
	if (text.len != 0)
		ck_assert_uint_eq(fwrite(text.p, 1, text.len, f), text.len);
	ck_assert_int_eq(fclose(f), 0);
}

void
policyfix_write_text(const char *name, const char *text)
{
	policyfix_write(name, span_of(text));
}

char *
policyfix_print(const struct diag_report *r)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(f);
	diag_print(r, f, false);
	ck_assert_int_eq(fclose(f), 0);
	return text;
}

char *
policyfix_messages(const struct diag_report *r)
{
	char *text = policyfix_print(r);
	char *out = text;
	char *line, *end;

	for (line = text; *line != '\0'; line = end) {
		end = strchr(line, '\n') + 1;
		/* "   14 | source", and the caret under it */
		if (strncmp(line + strspn(line, " 0123456789"), "| ", 2) == 0)
			continue;
		memmove(out, line, (size_t)(end - line));
		out += end - line;
	}
	*out = '\0';
	return text;
}

static void
copy(FILE *from, const char *dir, const char *name)
{
	char path[300], bytes[4096];
	size_t n;
	FILE *to;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	to = fopen(path, "w");
	ck_assert_ptr_nonnull(from);
	ck_assert_ptr_nonnull(to);
	while ((n = fread(bytes, 1, sizeof(bytes), from)) > 0)
		ck_assert_uint_eq(fwrite(bytes, 1, n, to), n);
	ck_assert_int_eq(fclose(to), 0);
	ck_assert_int_eq(fclose(from), 0);
}

/*
 * For whoever wants to know what is taken and what is refused: the policy,
 * and what was said of it, in a new folder below the one that is named in the
 * environment.
 */
static void
keep(char *said)
{
	const char *below = getenv("POLICYFIX_KEEP");
	char dir[256];
	static int n;

	if (below == NULL || access("policy.yaml", F_OK) < 0)
		return;
	(void)snprintf(dir, sizeof(dir), "%s/%d-%d", below, (int)getpid(), n++);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	copy(fopen("policy.yaml", "r"), dir, "policy.yaml");
	/* A stream cannot be made of no bytes. */
	copy(said[0] == '\0' ? fopen("/dev/null", "r")
			     : fmemopen(said, strlen(said), "r"),
	    dir, "said");
}

struct policy *
policyfix_load(const char *want)
{
	struct diag_report r = DIAG_REPORT_INIT;
	struct policy *p = policy_load("policy.yaml", "", POLICY_MAX_BYTES, &r);
	char *said = policyfix_messages(&r);

	ck_assert_str_eq(said, want);
	ck_assert_int_eq(p == NULL, diag_has_errors(&r));
	keep(said);
	free(said);
	diag_free(&r);
	return p;
}

struct policy *
policyfix_load_text(const char *text, const char *want)
{
	policyfix_write_text("policy.yaml", text);
	return policyfix_load(want);
}

void
policyfix_check(const struct policy_row *row)
{
	policyfix_write("policy.yaml", row->policy);
	if (row->file != NULL)
		policyfix_write(row->file, row->text);
	policy_free(policyfix_load(row->want));
}
