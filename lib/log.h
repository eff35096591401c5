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

/* The longest text; a longer one is cut. */
#define LOG_LINE_MAX 2048

/*
 * Log len bytes of text under ident to LOG_AUTHPRIV with priority (LOG_INFO
 * ...).  They are escaped already where they hold anything from outside
 * (lib/escape.h).  Never fails, waits 500 ms at most.
 */
void log_line(int priority, const char *ident, const char *text, size_t len);

/*
 * The same for code in other people's programs, which must not write to
 * their standard error: where nothing listens the line is lost, and -1 is
 * returned.
 */
int log_send(int priority, const char *ident, const char *text, size_t len);

#endif
