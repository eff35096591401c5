/*
 * record: how processes are counted that do not end as the compiler expects.
 *
 * Part of all programs of an --enable-coverage build, and of no other.  gcc
 * writes a process's counts when exit() is called.  Those that end by _exit()
 * are made to write them before; the linker leads calls of it here (--wrap).
 * Those that give up opening files (lib/confine, lib/sandbox) leave it to a
 * recorder: a second process with the same memory, begun before the first is
 * confined, which is itself confined by nothing.  It waits for the first to
 * end, or to be killed, and writes the counts that it sees.
 */
#ifndef TESTS_COVERAGE_RECORD_H
#define TESTS_COVERAGE_RECORD_H

/* Begin the recorder.  Without one the process is counted until now. */
void record_begin(void);

#endif
