#include "config.h"

#include "lib/cdbfile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The format: 256 pairs (position, number of slots) of the hash tables; the
 * records, each its key's and its value's length, key, value; the tables,
 * of slots (hash, position of the record, 0: free slot).  All numbers have
 * 32 bits, the lowest first.
 */
#define PAIR 8
#define N_TABLES 256
#define HEAD (N_TABLES * PAIR)

/* Slots that one read takes; mostly the first or second is the one. */
#define SLOTS_READ 8
/* What is read of a value together with its key; mostly it is all. */
#define VALUE_READ 512
/* Room that is added at least. */
#define ROOM_MORE 16384

struct pair {
	uint32_t a, b;
};

static uint32_t
number(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

static struct pair
pair(const unsigned char *p)
{
	return (struct pair) { number(p), number(p + 4) };
}

static int
add_room(struct cdbfile *f, size_t len)
{
	struct cdbfile_room *room;

	if (len < ROOM_MORE)
		len = ROOM_MORE;
	if ((room = malloc(sizeof(*room) + len)) == NULL)
		return -1;
	room->next = f->rooms;
	f->rooms = room;
	f->free = room->bytes;
	f->n_free = len;
	return 0;
}

static int
read_at(int fd, unsigned char *p, size_t len, uint32_t at)
{
	size_t got = 0;
	ssize_t n;

	while (got < len) {
		n = pread(fd, p + got, len - got, (off_t)at + (off_t)got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0)
			return -1;
		got += (size_t)n;
	}
	return 0;
}

/*
 * The len bytes at position at; NULL where the file has them not.  What was
 * read for it is overwritten by the next call, unless it is kept.
 */
static const unsigned char *
fetch(struct cdbfile *f, uint32_t at, uint64_t len)
{
	if (at > f->size || len > f->size - at)
		return NULL;
	if (f->map != NULL)
		return f->map + at;
	if (at + len <= f->n_front)
		return f->front + at;
	if (len > f->n_free && add_room(f, (size_t)len) < 0)
		return NULL;
	if (read_at(f->fd, f->free, (size_t)len, at) < 0)
		return NULL;
	return f->free;
}

/* Keep the first len bytes at p, which fetch gave last. */
static void
keep(struct cdbfile *f, const unsigned char *p, size_t len)
{
	if (p != f->free)
		return;
	f->free += len;
	f->n_free -= len;
}

int
cdbfile_open(struct cdbfile *f, int fd)
{
	struct stat st;

	f->fd = fd;
	f->size = 0;
	f->map = NULL;
	f->rooms = NULL;
	f->free = f->room;
	f->n_free = sizeof(f->room);
	if (fstat(fd, &st) < 0)
		return -1;
	if ((uint64_t)st.st_size <= UINT32_MAX)
		f->size = (uint32_t)st.st_size;
	if (f->size < HEAD) {
		errno = EIO;
		return -1;
	}
	f->n_front =
	    f->size < sizeof(f->front) ? f->size : (uint32_t)sizeof(f->front);
	return read_at(fd, f->front, f->n_front, 0);
}

void
cdbfile_close(struct cdbfile *f)
{
	struct cdbfile_room *room;

	if (f->map != NULL)
		(void)munmap((void *)(uintptr_t)f->map, f->size);
	while ((room = f->rooms) != NULL) {
		f->rooms = room->next;
		free(room);
	}
}

struct cdbfile_mark
cdbfile_mark(const struct cdbfile *f)
{
	return (struct cdbfile_mark) { f->free, f->n_free, f->rooms };
}

void
cdbfile_release(struct cdbfile *f, struct cdbfile_mark mark)
{
	struct cdbfile_room *room;

	while ((room = f->rooms) != mark.rooms) {
		f->rooms = room->next;
		free(room);
	}
	f->free = mark.free;
	f->n_free = mark.n_free;
}

static uint32_t
hash_add(uint32_t hash, struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		hash = (hash + (hash << 5)) ^ s.p[i];
	return hash;
}

/*
 * How much is read of a record at position at whose key and lengths take that
 * much: some of its value too, but not so much that it needs the heap.
 */
static uint64_t
read_with(const struct cdbfile *f, uint32_t at, uint64_t known)
{
	uint64_t more = known + VALUE_READ;

	if (at + known <= f->n_front)
		return more < f->n_front - at ? more : f->n_front - at;
	if (more > f->n_free)
		more = f->n_free;
	if (more > f->size - at)
		more = f->size - at;
	return more > known ? more : known;
}

static bool
is_key(const unsigned char *p, struct span head, struct span tail)
{
	return memcmp(p, head.p, head.len) == 0 &&
	    (tail.len == 0 || memcmp(p + head.len, tail.p, tail.len) == 0);
}

/* Whether the record at position at has that key.  1, 0, -1, as for find. */
static int
try_record(struct cdbfile *f, uint32_t at, struct span head, struct span tail,
    struct span *value)
{
	uint64_t key_len = (uint64_t)head.len + tail.len;
	uint64_t known = PAIR + key_len, all;
	const unsigned char *p;
	struct pair lens;

	if (at > f->size || known > f->size - at)
		return -1;
	known = read_with(f, at, known);
	if ((p = fetch(f, at, known)) == NULL)
		return -1;
	lens = pair(p);
	all = (uint64_t)PAIR + lens.a + lens.b;
	if (all > f->size - at)
		return -1;
	if (lens.a != key_len || !is_key(p + PAIR, head, tail))
		return 0;
	if (all > known && (p = fetch(f, at, all)) == NULL)
		return -1;
	keep(f, p, (size_t)all);
	*value = (struct span) { p + PAIR + lens.a, lens.b };
	return 1;
}

int
cdbfile_first(struct cdbfile *f, struct span key, struct span *value)
{
	struct span no_tail = { NULL, 0 };

	return try_record(f, HEAD, key, no_tail, value);
}

/*
 * Look among the records that were read with the file's beginning.  The
 * first of those that have a key is the one that counts, so that one found
 * here saves the tables' reading.
 */
static bool
find_in_front(const struct cdbfile *f, struct span head, struct span tail,
    struct span *value)
{
	/* The first table follows the last record. */
	uint32_t at = HEAD, end = number(f->front);
	struct pair lens;
	uint64_t all;

	if (end > f->n_front)
		end = f->n_front;
	while (at < end && end - at >= PAIR) {
		lens = pair(f->front + at);
		all = (uint64_t)PAIR + lens.a + lens.b;
		if (all > end - at)
			return false;
		if (lens.a == (uint64_t)head.len + tail.len &&
		    is_key(f->front + at + PAIR, head, tail)) {
			*value = (struct span) {
				f->front + at + PAIR + lens.a, lens.b };
			return true;
		}
		at += (uint32_t)all;
	}
	return false;
}

int
cdbfile_find(struct cdbfile *f, struct span head, struct span tail,
    struct span *value)
{
	uint32_t hash = hash_add(hash_add(5381, head), tail);
	const unsigned char *p;
	struct pair table, slots[SLOTS_READ];
	uint32_t i, k, n, n_seen;
	int r;

	if (find_in_front(f, head, tail, value))
		return 1;
	if ((p = fetch(f, hash % N_TABLES * PAIR, PAIR)) == NULL)
		return -1;
	table = pair(p);
	if (table.b == 0)
		return 0;
	if (table.a > f->size || table.b > (f->size - table.a) / PAIR)
		return -1;
	i = (hash >> 8) % table.b;
	for (n_seen = 0; n_seen < table.b; n_seen += n) {
		n = table.b - i < SLOTS_READ ? table.b - i : SLOTS_READ;
		if ((p = fetch(f, table.a + i * PAIR,
		         (uint64_t)n * PAIR)) == NULL)
			return -1;
		for (k = 0; k < n; k++)
			slots[k] = pair(p + k * PAIR);
		for (k = 0; k < n; k++) {
			if (slots[k].b == 0)
				return 0;
			if (slots[k].a != hash)
				continue;
			r = try_record(f, slots[k].b, head, tail, value);
			if (r != 0)
				return r;
		}
		i = (i + n) % table.b;
	}
	return 0;
}

static int
map_file(struct cdbfile *f)
{
	void *p;

	if (f->map != NULL)
		return 0;
	p = mmap(NULL, f->size, PROT_READ, MAP_SHARED, f->fd, 0);
	if (p == MAP_FAILED)
		return -1;
	f->map = p;
	return 0;
}

int
cdbfile_walk(struct cdbfile *f, uint32_t *cursor, struct span *key,
    struct span *value)
{
	uint32_t at = *cursor == 0 ? HEAD : *cursor;
	uint32_t end;
	uint64_t all;
	struct pair lens;

	if (map_file(f) < 0)
		return -1;
	/* The first table follows the last record. */
	end = number(f->map);
	if (end < HEAD || end > f->size || at > end)
		return -1;
	if (at == end)
		return 0;
	if (end - at < PAIR)
		return -1;
	lens = pair(f->map + at);
	all = (uint64_t)PAIR + lens.a + lens.b;
	if (all > end - at)
		return -1;
	*key = (struct span) { f->map + at + PAIR, lens.a };
	*value = (struct span) { f->map + at + PAIR + lens.a, lens.b };
	*cursor = at + (uint32_t)all;
	return 1;
}
