/*
 * store_fixture: a root in a temporary folder, for the tests of what works
 * on the store.
 */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "config-gen/generation.h"
#include "config-gen/root.h"

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* From the root, which is the current folder. */
#define MAIN "etc/ssh/sshd_config"
#define DROPIN "etc/ssh/sshd_config.d/00-certgate.conf"
#define STORE "etc/ssh/certgate"

extern char dir[64];
extern struct root root;

void setup(void);
void teardown(void);

/* Run a shell command, which succeeds. */
void run(const char *command);
void put(const char *path, const char *text);

/* text NULL: there is nothing at path */
void assert_holds(const char *path, const char *text);
/* target NULL: there is no link */
void assert_current(const char *target);
/* There is nothing but what certgate keeps. */
void assert_tidy(void);

unsigned int mode_of(const char *path);
ino_t inode_of(const char *path);

struct generation_store *open_store(void);
/* Begin a generation of two files, ca.pub and principals/u. */
void begin(struct generation_store *s, const char *ca, const char *list);
struct generation_file file_of(const char *path, const char *text);
/* A whole apply.  Returns whether the generation was a new one. */
bool apply(const char *ca, const char *list, const char *main_text,
    const char *dropin);

/* text with each @ replaced by the store's path; for one use at a time */
const char *with_store(const char *text);

#endif
