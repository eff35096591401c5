/*
 * cdbfile: reads a constant database (cdb), as tinycdb writes it.
 *
 * tinycdb's own reader maps the file.  For the few look-ups of one login
 * that is dear: on a virtual machine the first touch of a mapped page costs
 * as much as ten reads.  And a mapped file that shrinks or cannot be read
 * kills the process by a signal, without a word in the log.  This one reads
 * what it needs; only a walk over the whole file maps it.
 *
 * The file is not trusted: every position and length in it is checked
 * against its size before it is used.
 */
#ifndef LIB_CDBFILE_H
#define LIB_CDBFILE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/sshwire.h"

/* The hash tables' places, and the records that were written first. */
#define CDBFILE_FRONT 2560
/* Room for what else a common login reads, so that it needs no heap. */
#define CDBFILE_ROOM 768

struct cdbfile_room {
	struct cdbfile_room *next;
	unsigned char bytes[];
};

/* Points into itself: must stay where it was opened. */
struct cdbfile {
	int fd;
	uint32_t size; /* of the file */
	const unsigned char *map; /* the whole file; NULL: not mapped */
	struct cdbfile_room *rooms; /* on the heap */
	unsigned char *free; /* where the next record goes */
	size_t n_free; /* bytes from there */
	uint32_t n_front;
	unsigned char front[CDBFILE_FRONT]; /* how the file begins */
	unsigned char room[CDBFILE_ROOM];
};

/*
 * Open the database on descriptor fd, which the caller keeps open until
 * cdbfile_close and closes itself.  -1 where it cannot be one: errno is EIO
 * where it is too short or too long, else the system's.
 */
int cdbfile_open(struct cdbfile *f, int fd);
void cdbfile_close(struct cdbfile *f);

/*
 * Find the record whose key is head and tail together.  1: *value is its
 * value, which lives until cdbfile_close; 0: not there; -1: damaged, or
 * cannot be read.
 */
int cdbfile_find(struct cdbfile *f, struct span head, struct span tail,
    struct span *value);

/*
 * The record that was written first, whose place needs no search, where its
 * key is that.  As above.
 */
int cdbfile_first(struct cdbfile *f, struct span key, struct span *value);

/*
 * What was read since a mark may be overwritten once that is given back: for
 * look-ups whose values nobody needs for long.  Marks end in the order in
 * which a stack would end them.
 */
struct cdbfile_mark {
	unsigned char *free;
	size_t n_free;
	struct cdbfile_room *rooms;
};
struct cdbfile_mark cdbfile_mark(const struct cdbfile *f);
void cdbfile_release(struct cdbfile *f, struct cdbfile_mark mark);

/*
 * Walk over all records, in the order in which they were written.  *cursor
 * begins at 0; key and value live until cdbfile_close.  Maps the file, for
 * later look-ups too.  1, 0 at the end, -1 as above.
 */
int cdbfile_walk(struct cdbfile *f, uint32_t *cursor, struct span *key,
    struct span *value);

#endif
