/*
 * log: one line to the system log, without waiting for it.
 *
 * syslog(3) may block for ever on a full log socket and keeps state; a login
 * must not hang because a log daemon does.  A line is sent as one datagram
 * in RFC 3164's form without a time (the receiver has one); where nothing
 * listens, it goes to standard error, which sshd -d, -e and -E show.
 */
#ifndef LIB_LOG_H
#define LIB_LOG_H

#include <stddef.h>
#include <sys/types.h>

/* The longest text; a longer one is cut. */
#define LOG_LINE_MAX 2048

/*
 * The way to the log, opened ahead by a program that afterwards can open
 * nothing more (lib/confine.h).  fd is -1 where nothing listens.
 */
struct log {
	int fd;
	pid_t pid;
};
void log_open(struct log *l);
void log_close(struct log *l);

/* As log_line, by a way that is open. */
void log_put(const struct log *l, int priority, const char *ident,
    const char *text, size_t len);

/*
 * Log len bytes of text under ident to LOG_AUTHPRIV with priority (LOG_INFO
 * ...).  They are escaped already where they hold anything from outside
 * (lib/escape.h).  ident has 40 bytes at most.  Never fails, waits 500 ms
 * at most.
 */
void log_line(int priority, const char *ident, const char *text, size_t len);

/*
 * The same for code in other people's programs, which must not write to
 * their standard error: where nothing listens the line is lost, and -1 is
 * returned.
 */
int log_send(int priority, const char *ident, const char *text, size_t len);

#endif
