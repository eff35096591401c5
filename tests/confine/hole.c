/*
 * hole: what a login helper that has been taken over could do.
 *
 * Linked with the helper's own source, in whose main part decide() is renamed
 * to hole_decide(): as if a certificate had made it run foreign code.  In
 * open-hole confine_enter() is renamed too, to show that each of these deeds
 * would be done without it.  The account's name is a folder that the process
 * may write, with a file "prey" in it.
 *
 * Prints "DEED: works" or "DEED: ERRNO" for each, and ends.  Never part of the
 * helper that is installed.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/confine.h"
#include "lib/decide.h"

#define PATH_SIZE 512

bool hole_decide(const struct decide_request *r, struct decision *d);
enum confined hole_not_confined(void);

enum confined
hole_not_confined(void)
{
	return CONFINED_BY_LIMITS;
}

static const char *
error_name(int number)
{
	static char other[16];

	switch (number) {
	case EACCES:
		return "EACCES";
	case EAGAIN:
		return "EAGAIN";
	case EMFILE:
		return "EMFILE";
	case EPERM:
		return "EPERM";
	default:
		(void)snprintf(other, sizeof(other), "%d", number);
		return other;
	}
}

static void
tell(const char *deed, long result)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "%s: %s\n", deed,
	    result >= 0 ? "works" : error_name(errno));

	(void)!write(STDOUT_FILENO, line, (size_t)len);
}

static char *
in(char path[PATH_SIZE], struct span folder, const char *name)
{
	(void)snprintf(path, PATH_SIZE, "%.*s/%s", (int)folder.len,
	    (const char *)folder.p, name);
	return path;
}

static void
open_things(struct span folder)
{
	char path[PATH_SIZE];
	int ends[2];

	tell("read a file", open("/etc/passwd", O_RDONLY));
	tell("write a file",
	    open(in(path, folder, "new"), O_WRONLY | O_CREAT, 0600));
	tell("Internet socket", socket(AF_INET, SOCK_STREAM, 0));
	tell("local socket", socket(AF_UNIX, SOCK_STREAM, 0));
	tell("pipe", pipe(ends));
	tell("memory file", syscall(SYS_memfd_create, "m", 0U));
	tell("copy of a descriptor", dup(STDOUT_FILENO));
}

static void
change_things(struct span folder)
{
	char path[PATH_SIZE], other[PATH_SIZE];

	tell("folder", mkdir(in(path, folder, "folder"), 0700));
	tell("symbolic link", symlink("/etc", in(path, folder, "link")));
	tell("rename", rename(in(path, folder, "prey"),
	    in(other, folder, "prey2")));
	tell("remove", unlink(in(path, folder, "prey2")) == 0 ||
	        unlink(in(path, folder, "prey")) == 0
	    ? 0
	    : -1);
}

static void
reach_others(void)
{
	static char shell[] = "/bin/sh", command[] = "-c",
		    script[] = "echo 'execute: works'";
	char *const args[] = { shell, command, script, NULL };
	pid_t pid;

	tell("signal", kill(getppid(), 0));
	if ((pid = fork()) == 0)
		_exit(0);
	tell("process", pid);
	(void)execv(args[0], args);
	tell("execute", -1);
}

bool
hole_decide(const struct decide_request *r, struct decision *d)
{
	char byte;

	(void)d;
	tell("index", pread(r->index->file.fd, &byte, 1, 0) == 1 ? 0 : -1);
	open_things(r->user);
	change_things(r->user);
	reach_others();
	_exit(0);
}
