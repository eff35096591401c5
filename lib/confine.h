/*
 * confine: what the login helper gives up once it has opened what it needs.
 *
 * From then on a helper that a hostile certificate or index has taken over
 * can read the index, write its answer and its log line, and exit:
 *
 *   no new privileges   set-user-ID programs and file capabilities count no
 *                       more
 *   limits              no further descriptor, so no file, socket, pipe or
 *                       memory file; no further process (but for root, for
 *                       whom that limit does not count)
 *   Landlock            no path is opened, executed, made, renamed or
 *                       removed; from ABI 4 (Linux 6.7) no TCP connection,
 *                       from ABI 6 (6.12) no signal and no abstract socket to
 *                       the outside; no other process is traced
 *   seccomp             where there is no Landlock: all system calls but
 *                       those that the helper makes fail with EPERM
 *
 * A Unix datagram socket that is open, as that to the log, can still be sent
 * from to any path that the user may write to: Landlock has no right for that
 * up to ABI 7, and seccomp does not see an address.
 *
 * Landlock comes first since it is the cheaper of the two by far: a filter is
 * compiled anew at each start.  Both together would take longer than all that
 * the helper does.  seccomp's strict mode is no way out: it has no pread(2),
 * and which records a login needs is known only when the hostile bytes have
 * been parsed.
 */
#ifndef LIB_CONFINE_H
#define LIB_CONFINE_H

enum confined {
	CONFINED_BY_LIMITS, /* the kernel has neither of the others */
	CONFINED_BY_LANDLOCK,
	CONFINED_BY_SECCOMP
};

/*
 * Enter it, for good; descriptors that are open stay.  Says what the kernel
 * had.  What it lacks is no error: that a login is served as safely as the
 * kernel can is no reason to serve none.
 */
enum confined confine_enter(void);

#endif
