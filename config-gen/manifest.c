#include "config.h"

#include "config-gen/manifest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "config-gen/compile.h"
#include "lib/escape.h"
#include "lib/file.h"
#include "lib/sshwire.h"

#define HASH_LEN 32
#define HEX_LEN (2 * HASH_LEN)
#define MODE_LEN 4
#define MAX_MANIFEST (1024UL * 1024)
#define CHUNK (256UL * 1024)

/* The files below a folder, in the order of their names. */
struct listing {
	char **names;
	size_t n_names;
};

static void
listing_clear(struct listing *l)
{
	size_t i;

	for (i = 0; i < l->n_names; i++)
		free(l->names[i]);
	free(l->names);
	*l = (struct listing) { NULL, 0 };
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
listing_add(struct listing *l, const char *prefix, const char *name)
{
	char **grown = realloc(l->names, (l->n_names + 1) * sizeof(*grown));

	if (grown == NULL)
		return -1;
	l->names = grown;
	if (asprintf(&grown[l->n_names], "%s%s", prefix, name) < 0)
		return -1;
	l->n_names++;
	return 0;
}

/* Add the files of folder/prefix; folders are entered by listing_read. */
static int
listing_scan(struct listing *l, const char *folder, const char *prefix,
    struct err *err)
{
	char *path = NULL;
	struct dirent *e;
	DIR *d = NULL;
	int ret = -1;

	if (asprintf(&path, "%s/%s", folder, prefix) < 0)
		return err_setf(err, ERR_MEMORY, "out of memory");
	if ((d = opendir(path)) == NULL) {
		ret = errno == ENOENT ? 0 : err_system(err, "%s", path);
		goto out;
	}
	for (;;) {
		errno = 0;
		if ((e = readdir(d)) == NULL)
			break;
		if (strcmp(e->d_name, ".") == 0 ||
		    strcmp(e->d_name, "..") == 0 ||
		    strcmp(e->d_name, MANIFEST_FILE) == 0 ||
		    (prefix[0] == '\0' &&
		        strcmp(e->d_name, COMPILE_LISTS) == 0))
			continue;
		if (listing_add(l, prefix, e->d_name) < 0) {
			(void)err_setf(err, ERR_MEMORY, "out of memory");
			goto out;
		}
	}
	/* Half a list would pass for all there is. */
	ret = errno == 0 ? 0 : err_system(err, "%s", path);
out:
	if (d != NULL)
		(void)closedir(d);
	free(path);
	return ret;
}

static int
listing_read(struct listing *l, const char *folder, struct err *err)
{
	*l = (struct listing) { NULL, 0 };
	if (listing_scan(l, folder, "", err) < 0 ||
	    listing_scan(l, folder, COMPILE_LISTS "/", err) < 0) {
		listing_clear(l);
		return -1;
	}
	if (l->n_names > 0)
		qsort(l->names, l->n_names, sizeof(*l->names), compare_names);
	return 0;
}

static int
hash_fd(int fd, EVP_MD_CTX *ctx, unsigned char *buffer, char hex[HEX_LEN + 1])
{
	unsigned char hash[HASH_LEN];
	ssize_t n;
	size_t i;

	if (EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
		return -1;
	while ((n = read(fd, buffer, CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || EVP_DigestUpdate(ctx, buffer, (size_t)n) != 1)
			return -1;
	}
	if (EVP_DigestFinal_ex(ctx, hash, NULL) != 1)
		return -1;
	for (i = 0; i < HASH_LEN; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	return 0;
}

/* The manifest's line for a file, "HASH MODE", and its owner. */
static int
describe(const char *folder, const char *name, char out[HEX_LEN + MODE_LEN + 2],
    uid_t *owner, struct err *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char *buffer = malloc(CHUNK);
	char hex[HEX_LEN + 1];
	char *path = NULL;
	struct stat st;
	int fd = -1;
	int ret = -1;

	if (ctx == NULL || buffer == NULL ||
	    asprintf(&path, "%s/%s", folder, name) < 0) {
		path = NULL;
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto out;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    hash_fd(fd, ctx, buffer, hex) < 0) {
		if (fd >= 0 && errno == 0)
			errno = EIO;
		(void)err_system(err, "%s", path);
		goto out;
	}
	(void)snprintf(out, HEX_LEN + MODE_LEN + 2, "%s %04o", hex,
	    (unsigned int)(st.st_mode & 07777));
	*owner = st.st_uid;
	ret = 0;
out:
	if (fd >= 0)
		(void)close(fd);
	EVP_MD_CTX_free(ctx);
	free(buffer);
	free(path);
	return ret;
}

int
manifest_write(
    const char *folder, uid_t owner, gid_t group, struct err *err)
{
	char line[HEX_LEN + MODE_LEN + 2];
	struct wire w = WIRE_INIT;
	struct listing l;
	char *path = NULL;
	uid_t its_owner;
	int ret = -1;
	size_t i;

	if (listing_read(&l, folder, err) < 0)
		return -1;
	for (i = 0; i < l.n_names; i++) {
		if (describe(folder, l.names[i], line, &its_owner, err) < 0)
			goto out;
		wire_put_bytes(&w, line, strlen(line));
		wire_put_bytes(&w, " ", 1);
		wire_put_bytes(&w, l.names[i], strlen(l.names[i]));
		wire_put_bytes(&w, "\n", 1);
	}
	if (w.has_failed ||
	    asprintf(&path, "%s/%s", folder, MANIFEST_FILE) < 0) {
		path = NULL;
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto out;
	}
	ret = file_create(path, w.p, w.len, 0644, owner, group, err);
out:
	free(path);
	wire_free(&w);
	listing_clear(&l);
	return ret;
}

/* A comparison under way: both lists are in the order of names. */
struct check {
	const char *folder;
	struct listing there;
	size_t i; /* of there: what comes next */
	void (*found)(void *ctx, const char *name, const char *what);
	void *ctx;
	int n_found;
};

static void
report(struct check *c, const char *name, const char *what)
{
	char shown[512];

	c->n_found++;
	c->found(c->ctx, escape_text(shown, sizeof(shown), name), what);
}

/* Report the files before name (NULL: all that are left). */
static void
report_added(struct check *c, const char *name)
{
	while (c->i < c->there.n_names &&
	    (name == NULL || strcmp(c->there.names[c->i], name) < 0))
		report(c, c->there.names[c->i++], "was added");
}

/* One line of the manifest: "HASH MODE NAME". */
static int
check_line(struct check *c, char *line)
{
	char now[HEX_LEN + MODE_LEN + 2];
	char *name = line + HEX_LEN + 1 + MODE_LEN + 1;
	uid_t owner;

	if (strlen(line) <= HEX_LEN + 1 + MODE_LEN + 1 ||
	    line[HEX_LEN] != ' ' || name[-1] != ' ')
		return -1;
	name[-1] = '\0';
	report_added(c, name);
	if (c->i >= c->there.n_names ||
	    strcmp(c->there.names[c->i], name) != 0) {
		report(c, name, "is missing");
		return 0;
	}
	c->i++;
	if (describe(c->folder, name, now, &owner, NULL) < 0)
		report(c, name, "cannot be read");
	else if (memcmp(now, line, HEX_LEN) != 0)
		report(c, name, "was changed");
	else if (strcmp(now, line) != 0)
		report(c, name, "has another mode");
	else if (owner != 0 && owner != geteuid())
		report(c, name, "belongs to somebody else");
	return 0;
}

static int
check_text(struct check *c, char *text, struct err *err)
{
	char *line, *rest = NULL;

	for (line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (check_line(c, line) < 0)
			return err_setf(err, ERR_MALFORMED,
			    "%s/%s: is damaged", c->folder, MANIFEST_FILE);
	}
	report_added(c, NULL);
	return 0;
}

int
manifest_check(const char *folder,
    void (*found)(void *ctx, const char *name, const char *what), void *ctx,
    struct err *err)
{
	struct check c = { .folder = folder, .found = found, .ctx = ctx };
	char *path = NULL, *text = NULL;
	size_t len;
	int ret = -1;

	if (asprintf(&path, "%s/%s", folder, MANIFEST_FILE) < 0)
		return err_setf(err, ERR_MEMORY, "out of memory");
	if (file_read(path, FILE_ROOTS, MAX_MANIFEST, &text, &len, err) == 0 &&
	    listing_read(&c.there, folder, err) == 0 &&
	    check_text(&c, text, err) == 0)
		ret = c.n_found;
	listing_clear(&c.there);
	free(text);
	free(path);
	return ret;
}
