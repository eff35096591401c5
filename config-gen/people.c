#include "config.h"

#include "config-gen/people.h"

#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <shadow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"

#define DAY_S 86400
/* An account in more groups than these keeps the first ones. */
#define MAX_GROUPS 4096
/* As large as a policy may be. */
#define TABLE_MAX (256UL * 1024 * 1024)

const char *const people_admin_groups[] = { "sudo", "wheel", "admin", NULL };

/* Shells that end at once. */
static const char *const no_shells[] = { "nologin", "false", "sync", "shutdown",
	"halt", NULL };

static int
out_of_memory(struct err *err)
{
	return err_setf(err, ERR_MEMORY, "out of memory");
}

/*
 * A file of the root's /etc, whole in memory: the C library's readers tell
 * an error from the end of a file by nothing, and people who are left out
 * would be locked out unseen.
 */
struct table {
	char *text;
	FILE *f; /* NULL: there is no such file, or nothing in it */
};

static void
table_close(struct table *t)
{
	if (t->f != NULL)
		(void)fclose(t->f);
	free(t->text);
}

static int
table_open(const struct root *root, const char *inside, struct table *out,
    struct err *err)
{
	struct table t = { NULL, NULL };
	struct err mine = ERR_INIT;
	char path[PATH_MAX];
	size_t len;

	*out = t;
	if (file_read(root_path(root, path, inside), FILE_ANY, TABLE_MAX,
		&t.text, &len, &mine) < 0) {
		if (mine.code == ERR_NOT_FOUND)
			return 0;
		return err_setf(err, mine.code, "%s", mine.text);
	}
	if (len > 0 && (t.f = fmemopen(t.text, len, "r")) == NULL) {
		table_close(&t);
		return out_of_memory(err);
	}
	*out = t;
	return 0;
}

/* Whether inside is a program that sshd would start as a shell. */
static bool
shell_works(const struct root *root, const char *inside)
{
	const char *name = strrchr(inside, '/');
	struct stat st;
	char *path;
	size_t i;
	bool works;

	for (i = 0; name != NULL && no_shells[i] != NULL; i++) {
		if (strcmp(name + 1, no_shells[i]) == 0)
			return false;
	}
	/* getpwnam(3) leaves it empty for /bin/sh. */
	if (inside[0] == '\0')
		inside = "/bin/sh";
	if ((path = root_locate(root, inside, NULL)) == NULL)
		return false;
	works = stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & 0111) != 0;
	free(path);
	return works;
}

static enum person_password
password_kind(const char *field)
{
	if (field[0] == '\0')
		return PERSON_EMPTY_PASSWORD;
	if (field[0] == '!')
		return PERSON_LOCKED;
	/* A hash is "$…", or 13 letters of the oldest kind. */
	if (field[0] == '*' || (field[0] != '$' && strlen(field) < 13))
		return PERSON_NO_PASSWORD;
	return PERSON_PASSWORD;
}

static void
person_clear(struct person *p)
{
	size_t i;

	for (i = 0; p->groups != NULL && p->groups[i] != NULL; i++)
		free(p->groups[i]);
	free(p->groups);
	free(p->name);
	free(p->home);
	free(p->shell);
}

static int
person_add(struct people *people, const struct root *root,
    const struct passwd *pw, struct err *err)
{
	size_t n = people->n_items;
	struct person *grown;
	struct person p = { .uid = pw->pw_uid, .gid = pw->pw_gid };

	if ((n & (n - 1)) == 0) {
		grown = realloc(
		    people->items, (n == 0 ? 1 : n * 2) * sizeof(*grown));
		if (grown == NULL)
			return out_of_memory(err);
		people->items = grown;
	}
	p.name = strdup(pw->pw_name);
	p.home = strdup(pw->pw_dir == NULL ? "" : pw->pw_dir);
	p.shell = strdup(pw->pw_shell == NULL ? "" : pw->pw_shell);
	if (p.name == NULL || p.home == NULL || p.shell == NULL) {
		person_clear(&p);
		return out_of_memory(err);
	}
	p.password = password_kind(pw->pw_passwd == NULL ? "*" : pw->pw_passwd);
	/* Most have the shell of the one before. */
	p.has_shell = n > 0 && strcmp(people->items[n - 1].shell, p.shell) == 0
	    ? people->items[n - 1].has_shell
	    : shell_works(root, p.shell);
	people->items[people->n_items++] = p;
	return 0;
}

static int
compare_people(const void *a, const void *b)
{
	const struct person *x = a;
	const struct person *y = b;

	return strcmp(x->name, y->name);
}

static int
load_accounts(struct people *people, const struct root *root, struct err *err)
{
	const struct passwd *pw;
	struct table t;
	size_t i, n = 0;

	if (table_open(root, "/etc/passwd", &t, err) < 0)
		return -1;
	while (t.f != NULL && (pw = fgetpwent(t.f)) != NULL) {
		if (people->n_items == PEOPLE_MAX) {
			people->is_cut = true;
			break;
		}
		if (person_add(people, root, pw, err) < 0) {
			table_close(&t);
			return -1;
		}
	}
	table_close(&t);
	if (people->n_items == 0)
		return 0;
	qsort(people->items, people->n_items, sizeof(*people->items),
	    compare_people);
	for (i = 1; i < people->n_items; i++) {
		if (strcmp(people->items[n].name, people->items[i].name) == 0)
			person_clear(&people->items[i]);
		else
			people->items[++n] = people->items[i];
	}
	people->n_items = n + 1;
	return 0;
}

static struct person *
find(const struct people *p, const char *name)
{
	size_t low = 0, high = p->n_items;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, p->items[middle].name);

		if (order == 0)
			return &p->items[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static int
load_passwords(struct people *people, const struct root *root, time_t now_at,
    struct err *err)
{
	const struct spwd *sp;
	struct person *p;
	struct table t;

	if (table_open(root, "/etc/shadow", &t, err) < 0)
		return -1;
	while (t.f != NULL && (sp = fgetspent(t.f)) != NULL) {
		if ((p = find(people, sp->sp_namp)) == NULL)
			continue;
		p->password = password_kind(sp->sp_pwdp);
		p->is_expired =
		    sp->sp_expire > 0 && sp->sp_expire <= now_at / DAY_S;
	}
	table_close(&t);
	return 0;
}

/* Put p into a group; once is enough. */
static int
join(struct person *p, const char *group, struct err *err)
{
	char **grown;
	size_t n = 0;

	while (p->groups != NULL && p->groups[n] != NULL) {
		if (strcmp(p->groups[n++], group) == 0)
			return 0;
	}
	if (n >= MAX_GROUPS)
		return 0;
	if ((grown = realloc(p->groups, (n + 2) * sizeof(*grown))) == NULL)
		return out_of_memory(err);
	p->groups = grown;
	p->groups[n + 1] = NULL;
	return (p->groups[n] = strdup(group)) == NULL ? out_of_memory(err) : 0;
}

static int
join_members(struct people *people, const struct group *gr, struct err *err)
{
	struct person *p;
	size_t i;

	for (i = 0; i < people->n_items; i++) {
		if (people->items[i].gid == gr->gr_gid &&
		    join(&people->items[i], gr->gr_name, err) < 0)
			return -1;
	}
	for (i = 0; gr->gr_mem[i] != NULL; i++) {
		if ((p = find(people, gr->gr_mem[i])) != NULL &&
		    join(p, gr->gr_name, err) < 0)
			return -1;
	}
	return 0;
}

static int
load_groups(struct people *people, const struct root *root, struct err *err)
{
	const struct group *gr;
	struct table t;
	int ret = 0;

	if (table_open(root, "/etc/group", &t, err) < 0)
		return -1;
	while (ret == 0 && t.f != NULL && (gr = fgetgrent(t.f)) != NULL)
		ret = join_members(people, gr, err);
	table_close(&t);
	return ret;
}

bool
person_is_in(const struct person *p, const char *group)
{
	size_t i;

	for (i = 0; p->groups != NULL && p->groups[i] != NULL; i++) {
		if (strcmp(p->groups[i], group) == 0)
			return true;
	}
	return false;
}

/*
 * Members of the admin groups that no file knows: on the machine itself
 * a directory service may.
 */
static int
load_remote_admins(
    struct people *people, const struct root *root, struct err *err)
{
	const struct passwd *pw;
	const struct group *gr;
	size_t i, k, n_files = people->n_items;
	int ret = 0;

	for (i = 0; ret == 0 && people_admin_groups[i] != NULL; i++) {
		if ((gr = getgrnam(people_admin_groups[i])) == NULL)
			continue;
		for (k = 0; ret == 0 && gr->gr_mem[k] != NULL; k++) {
			if (find(people, gr->gr_mem[k]) != NULL ||
			    people->n_items - n_files >= MAX_GROUPS ||
			    (pw = getpwnam(gr->gr_mem[k])) == NULL)
				continue;
			ret = person_add(people, root, pw, err);
			/* find() needs the order, and a list is short. */
			qsort(people->items, people->n_items,
			    sizeof(*people->items), compare_people);
		}
		for (k = 0; ret == 0 && gr->gr_mem[k] != NULL; k++) {
			struct person *p = find(people, gr->gr_mem[k]);

			if (p != NULL)
				ret = join(p, people_admin_groups[i], err);
		}
	}
	return ret;
}

/* All groups of an admin, as sshd asks for them. */
static int
join_remote(struct person *p, struct err *err)
{
	gid_t gids[256];
	const struct group *gr;
	int i, n = (int)(sizeof(gids) / sizeof(gids[0]));

	if (getgrouplist(p->name, p->gid, gids, &n) < 0)
		n = (int)(sizeof(gids) / sizeof(gids[0]));
	for (i = 0; i < n; i++) {
		if ((gr = getgrgid(gids[i])) != NULL &&
		    join(p, gr->gr_name, err) < 0)
			return -1;
	}
	return 0;
}

static bool
is_in_admin_group(const struct person *p)
{
	size_t i;

	for (i = 0; people_admin_groups[i] != NULL; i++) {
		if (person_is_in(p, people_admin_groups[i]))
			return true;
	}
	return false;
}

int
people_load(
    struct people *out, const struct root *root, time_t now_at, struct err *err)
{
	size_t i;

	memset(out, 0, sizeof(*out));
	if (load_accounts(out, root, err) < 0 ||
	    load_groups(out, root, err) < 0 ||
	    (root_is_host(root) && load_remote_admins(out, root, err) < 0) ||
	    load_passwords(out, root, now_at, err) < 0)
		return -1;
	for (i = 0; i < out->n_items; i++) {
		struct person *p = &out->items[i];

		p->is_admin = p->uid == 0 || is_in_admin_group(p);
		if (p->is_admin && root_is_host(root) &&
		    join_remote(p, err) < 0)
			return -1;
	}
	return 0;
}

void
people_clear(struct people *p)
{
	size_t i;

	for (i = 0; i < p->n_items; i++)
		person_clear(&p->items[i]);
	free(p->items);
	memset(p, 0, sizeof(*p));
}

const struct person *
people_find(const struct people *p, const char *name)
{
	return find(p, name);
}
