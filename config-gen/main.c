/* certgate: turns one YAML policy into sshd's configuration. */
#include "config.h"

#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config-gen/cmd.h"
#include "config-gen/cmd_table.h"
#include "config-gen/pending.h"
#include "config-gen/progress.h"
#include "config-gen/service.h"

/* Whether name is the first of two words: "ca" of "ca list". */
static bool
is_in_group(const struct cmd_entry *cmd, const char *name)
{
	size_t len = strlen(name);

	return strncmp(cmd->name, name, len) == 0 && cmd->name[len] == ' ';
}

static bool
is_group(const char *name)
{
	size_t i;

	for (i = 0; cmd_entries[i].name != NULL; i++) {
		if (is_in_group(&cmd_entries[i], name))
			return true;
	}
	return false;
}

/* The usage of all commands, or of a group's. */
static void
print_usage(FILE *out, const char *group)
{
	const char *before = group == NULL ? "" : " ";
	size_t i;

	if (group == NULL)
		group = "";
	(void)fprintf(out,
	    "usage: certgate%s%s COMMAND [OPTION ...] [ARGUMENT ...]\n"
	    "       certgate%s%s COMMAND --help\n",
	    before, group, before, group);
	(void)fputs(*group == '\0' ? "       certgate --version\n\n" : "\n",
	    out);
	for (i = 0; cmd_entries[i].name != NULL; i++) {
		if (*group != '\0' && !is_in_group(&cmd_entries[i], group))
			continue;
		(void)fprintf(out, "  %-13s  %-16s  %s\n", cmd_entries[i].name,
		    cmd_entries[i].args, cmd_entries[i].help);
	}
	if (*group == '\0')
		(void)fprintf(out, "\nExit status: 0 done or allowed; 1 refused, "
		                   "denied, or failed with nothing changed;\n"
		                   "2 usage; 3 plan or status found a "
		                   "difference.\n");
}

static void
print_command_usage(FILE *out, const struct cmd_entry *cmd)
{
	char name[64];
	size_t i;

	(void)fprintf(out, "usage: certgate %s [OPTION ...]%s%s\n%s\n\n",
	    cmd->name, *cmd->args == '\0' ? "" : " ", cmd->args, cmd->help);
	for (i = 0; cmd_flags[i].name != NULL; i++) {
		if (!(cmd_flags[i].commands & cmd->bit))
			continue;
		(void)snprintf(name, sizeof(name), "--%s%s%s", cmd_flags[i].name,
		    cmd_flags[i].arg == NULL ? "" : " ",
		    cmd_flags[i].arg == NULL ? "" : cmd_flags[i].arg);
		(void)fprintf(out, "  %-20s  %s\n", name, cmd_flags[i].help);
	}
}

static const struct cmd_entry *
find_command(const char *name)
{
	size_t i;

	for (i = 0; cmd_entries[i].name != NULL; i++) {
		if (strcmp(cmd_entries[i].name, name) == 0)
			return &cmd_entries[i];
	}
	return NULL;
}

static const char *
nearest_command(const char *name)
{
	const char *names[CMD_MAX_ENTRIES] = { NULL };
	size_t i;

	for (i = 0; cmd_entries[i].name != NULL; i++)
		names[i] = cmd_entries[i].name;
	return diag_nearest(name, names);
}

/* --root: an absolute path without a final slash, "" for the machine. */
static int
set_root(struct cmd *c, const char *dir)
{
	static char resolved[PATH_MAX];

	if (realpath(dir, resolved) == NULL) {
		perror(dir);
		return -1;
	}
	c->root.dir = strcmp(resolved, "/") == 0 ? "" : resolved;
	return 0;
}

static int
set_format(struct cmd *c, const char *format)
{
	c->is_json = strcmp(format, "json") == 0;
	if (c->is_json || strcmp(format, "text") == 0)
		return 0;
	(void)fprintf(stderr,
	    "certgate: --format is text or json, not this\n");
	return -1;
}

static int
set_confirm(struct cmd *c, const char *text)
{
	if (pending_time(text, &c->confirm_s))
		return 0;
	(void)fprintf(stderr,
	    "certgate: --confirm takes a time from 10s to 24h: a number and "
	    "s, m or h\n");
	return -1;
}

static int
add_repeated(const char **list, size_t *n, const char *arg)
{
	if (*n == CMD_MAX_REPEATED) {
		(void)fprintf(stderr, "certgate: an option is repeated more "
		                      "than %d times\n", CMD_MAX_REPEATED);
		return -1;
	}
	list[(*n)++] = arg;
	return 0;
}

static int
set_flag(struct cmd *c, int letter, const char *arg)
{
	switch (letter) {
	case 'a':
		c->at = arg;
		break;
	case 'A':
		c->authority = arg;
		break;
	case 'K':
		c->key_id = arg;
		break;
	case 'N':
		c->serial = arg;
		break;
	case 'c':
		return set_confirm(c, arg);
	case 'd':
		return add_repeated(c->despite, &c->n_despite, arg);
	case 'x':
		c->is_expire = true;
		break;
	case 'f':
		return set_format(c, arg);
	case 'F':
		c->from = arg;
		break;
	case 'l':
		return add_repeated(
		    c->allow_lockout, &c->n_allow_lockout, arg);
	case 'n':
		c->has_no_reload = true;
		break;
	case 'Y':
		c->has_apply = true;
		break;
	case 'P':
		return add_repeated(c->pins, &c->n_pins, arg);
	case 'p':
		c->policy = arg;
		break;
	case 'e':
		c->has_rehearse = true;
		break;
	case 'E':
		c->has_no_rehearse = true;
		break;
	case 'U':
		c->has_no_sudo = true;
		break;
	case 'R':
		c->has_replace_conflicts = true;
		break;
	case 'r':
		return set_root(c, arg);
	case 'S':
		c->is_same_session = true;
		break;
	case 's':
		c->root.sshd = arg;
		break;
	case 'u':
		c->uid = arg;
		break;
	case 'v':
		c->is_verbose = true;
		break;
	default:
		return -1;
	}
	return 0;
}

/* Returns -1 to go on, else the exit status. */
static int
parse(struct cmd *c, const struct cmd_entry *cmd, int argc, char **argv)
{
	struct option options[CMD_MAX_FLAGS] = { 0 };
	size_t i, n = 0;
	int letter;

	for (i = 0; cmd_flags[i].name != NULL; i++) {
		if (!(cmd_flags[i].commands & cmd->bit))
			continue;
		options[n].name = cmd_flags[i].name;
		options[n].has_arg =
		    cmd_flags[i].arg == NULL ? no_argument : required_argument;
		options[n++].val = cmd_flags[i].letter;
	}
	while ((letter = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (letter == 'h') {
			print_command_usage(stdout, cmd);
			return CMD_DONE;
		}
		if (set_flag(c, letter, optarg) < 0) {
			print_command_usage(stderr, cmd);
			return CMD_USAGE;
		}
	}
	c->n_args = (size_t)(argc - optind);
	if (c->n_args < cmd->min_args || c->n_args > cmd->max_args) {
		print_command_usage(stderr, cmd);
		return CMD_USAGE;
	}
	c->words = (const char *const *)argv + optind;
	for (i = 0; i < c->n_args && i < CMD_MAX_ARGS; i++)
		c->args[i] = c->words[i];
	return -1;
}

static int
run(const struct cmd_entry *cmd, struct cmd *c)
{
	struct service service;
	struct err err = ERR_INIT;
	int status;

	if (c->is_json && (c->out = json_object()) == NULL)
		return CMD_REFUSED;
	c->root.service = &service;
	status = service_read(&c->root, &service, &err) < 0 ? cmd_fail(c, &err)
							    : cmd->run(c);
	service_clear(&service);
	if (c->is_json) {
		(void)json_dumpf(c->out, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
		(void)putchar('\n');
		json_decref(c->out);
	}
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	perror("certgate: standard output");
	/* A change that was made stands, whoever could not be told. */
	if (status == CMD_DONE && (cmd->bit & cmd_changes) != 0) {
		(void)fprintf(stderr,
		    "certgate: warning: %s is done, only its report could not "
		    "be written\n",
		    cmd->name);
		return CMD_DONE;
	}
	/* An answer that could not be written is none. */
	return CMD_REFUSED;
}

static bool
asks_for_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
	    strcmp(word, "help") == 0;
}

/*
 * Find the command that the first words name, and return how many words
 * those are.  *out stays NULL where there is none: *status is the program's.
 */
static int
find_words(int argc, char **argv, const struct cmd_entry **out, int *status)
{
	const char *group = NULL;
	const char *nearest;
	char name[64];
	int n = 1;

	*out = NULL;
	*status = CMD_USAGE;
	if (argc > 1 && is_group(argv[1])) {
		group = argv[1];
		n = 2;
	}
	if (argc <= n) {
		print_usage(stderr, group);
		return n;
	}
	if (asks_for_help(argv[n])) {
		print_usage(stdout, group);
		*status = CMD_DONE;
		return n;
	}
	(void)snprintf(name, sizeof(name), "%s%s%s", group == NULL ? "" : group,
	    group == NULL ? "" : " ", argv[n]);
	if ((*out = find_command(name)) != NULL)
		return n;
	nearest = nearest_command(name);
	(void)fprintf(stderr, "certgate: no such command%s%s%s\n\n",
	    nearest == NULL ? "" : "; did you mean \"",
	    nearest == NULL ? "" : nearest, nearest == NULL ? "" : "\"?");
	print_usage(stderr, group);
	return n;
}

int
main(int argc, char **argv)
{
	struct cmd c = { 0 };
	const struct cmd_entry *cmd;
	int n_words, status;

	/* A reader that goes away is an error of output, told at the end. */
	(void)signal(SIGPIPE, SIG_IGN);
	c.root.dir = "";
	c.root.sshd = DEFAULT_SSHD;
	if (isatty(STDERR_FILENO)) {
		progress_allow();
		c.has_colour = getenv("NO_COLOR") == NULL;
	}

	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		(void)printf("certgate %s\n", PROJECT_VERSION);
		return CMD_DONE;
	}
	n_words = find_words(argc, argv, &cmd, &status);
	if (cmd == NULL)
		return status;
	argv[n_words] = argv[0];
	status = parse(&c, cmd, argc - n_words, argv + n_words);
	return status >= 0 ? status : run(cmd, &c);
}
