/*
 * cmd_table: the subcommands and their options: the one place that says which
 * there are.  Usage, parsing and completion all read these two tables.
 */
#ifndef CONFIG_GEN_CMD_TABLE_H
#define CONFIG_GEN_CMD_TABLE_H

#include <stddef.h>

#include "config-gen/candidates.h"
#include "config-gen/cmd.h"

struct cmd_entry {
	const char *name; /* one word, or a group's and one more */
	const char *args; /* for the usage */
	size_t min_args, max_args;
	unsigned int bit; /* its own */
	int (*run)(struct cmd *c);
	enum candidates_kind values[CMD_MAX_ARGS]; /* what its arguments are */
	const char *help;
};

struct cmd_flag {
	const char *name;
	char letter;
	const char *arg; /* NULL: takes none */
	enum candidates_kind value; /* what that is */
	unsigned int commands; /* bits of those that take it */
	const char *help;
};

/* No table is longer than that, with its end. */
#define CMD_MAX_ENTRIES 32
#define CMD_MAX_FLAGS 64

/* A name that is NULL ends each. */
extern const struct cmd_entry cmd_entries[];
extern const struct cmd_flag cmd_flags[];

/* The commands that change the machine, or what certgate knows. */
extern const unsigned int cmd_changes;

#endif
