#include "config.h"

#include "tests/unit/program.h"

#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a child that does not get to be the program ends with. */
#define NOT_STARTED 99

static char folder[PATH_MAX];

void
program_init(void)
{
	if (getcwd(folder, sizeof(folder)) == NULL)
		abort();
}

static void
must(bool is_done, const char *what)
{
	if (is_done)
		return;
	perror(what);
	_exit(NOT_STARTED);
}

static void
use_as(int fd, int as)
{
	if (fd == -1)
		(void)close(as);
	else
		must(dup2(fd, as) == as, "dup2");
}

static FILE *
file_of(const void *p, size_t len)
{
	FILE *f = tmpfile();

	ck_assert_ptr_nonnull(f);
	if (len != 0)
		ck_assert_uint_eq(fwrite(p, 1, len, f), len);
	rewind(f);
	return f;
}

void
program_start(struct program *p)
{
	static char path[2 * PATH_MAX];
	FILE *input = NULL;
	int null;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, p->argv[0]);
	if (p->input != NULL)
		input = file_of(p->input, p->input_len);
	p->said_file = file_of(NULL, 0);
	p->errors_file = file_of(NULL, 0);
	(void)fflush(NULL);
	p->pid = fork();
	ck_assert_int_ge(p->pid, 0);
	if (p->pid == 0) {
		if (p->prepare != NULL)
			p->prepare();
		null = open("/dev/null", O_RDONLY | O_CLOEXEC);
		use_as(fileno(p->errors_file), STDERR_FILENO);
		use_as(p->out_fd != 0 ? p->out_fd : fileno(p->said_file),
		    STDOUT_FILENO);
		use_as(p->in_fd != 0 ? p->in_fd
		        : input != NULL ? fileno(input)
		                        : null,
		    STDIN_FILENO);
		if (p->main != NULL)
			exit(p->main(1, (char **)(uintptr_t)p->argv));
		(void)execv(path, (char *const *)(uintptr_t)p->argv);
		must(false, path);
	}
	if (input != NULL)
		(void)fclose(input);
}

/* All of a file; the caller frees. */
static char *
text_in(FILE *f)
{
	char *text = NULL;
	size_t len = 0;
	char bytes[4096];
	size_t n;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	rewind(f);
	while ((n = fread(bytes, 1, sizeof(bytes), f)) > 0)
		ck_assert_uint_eq(fwrite(bytes, 1, n, out), n);
	ck_assert_int_eq(fclose(out), 0);
	(void)fclose(f);
	return text;
}

void
program_wait(struct program *p)
{
	int status;

	ck_assert_int_eq(waitpid(p->pid, &status, 0), p->pid);
	p->status = WIFEXITED(status) ? WEXITSTATUS(status)
	                              : 128 + WTERMSIG(status);
	p->said = text_in(p->said_file);
	p->errors = text_in(p->errors_file);
}

void
program_clear(struct program *p)
{
	free(p->said);
	free(p->errors);
	p->said = p->errors = NULL;
}

void
program_assert(const struct program *p, const char *name, int status,
    const char *said, const char *errors)
{
	ck_assert_msg(p->status == status &&
	        strcmp(p->said, said) == 0 && strcmp(p->errors, errors) == 0,
	    "%s: status %d, wanted %d\n--- said\n%.800s\n--- wanted\n%.800s\n"
	    "--- errors\n%.800s\n--- wanted\n%.800s\n---",
	    name, p->status, status, p->said, said, p->errors, errors);
}

static void
put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text),
	    path);
	(void)close(fd);
}

/* A user namespace, in which we are that user. */
static void
unshare_as(int also, unsigned int uid)
{
	uid_t own_uid = geteuid();
	gid_t own_gid = getegid();
	char map[64];

	must(unshare(CLONE_NEWUSER | also) == 0, "unshare");
	put("/proc/self/setgroups", "deny");
	(void)snprintf(map, sizeof(map), "%u %u 1", uid, (unsigned int)own_uid);
	put("/proc/self/uid_map", map);
	(void)snprintf(map, sizeof(map), "%u %u 1", uid, (unsigned int)own_gid);
	put("/proc/self/gid_map", map);
}

void
program_be_nobody(void)
{
	if (geteuid() == 0)
		unshare_as(0, 65534);
}

void
program_have_dev(const char *dev)
{
	char null[PATH_MAX];
	int fd;

	(void)snprintf(null, sizeof(null), "%s/null", dev);
	fd = open(null, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	must(fd >= 0, null);
	(void)close(fd);
	if (geteuid() == 0)
		must(unshare(CLONE_NEWNS) == 0, "unshare");
	else
		unshare_as(CLONE_NEWNS, geteuid());
	must(mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
	        mount("/dev/null", null, "none", MS_BIND, NULL) == 0 &&
	        mount(dev, "/dev", "none", MS_BIND | MS_REC, NULL) == 0,
	    "mount");
}

bool
program_may(void (*prepare)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		prepare();
		_exit(0);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid &&
	    WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
