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
#include "config-gen/pending.h"
#include "config-gen/service.h"

/* The subcommands, as bits, for the table of options. */
enum {
	ON_CHECK = 1 << 0,
	ON_PLAN = 1 << 1,
	ON_APPLY = 1 << 2,
	ON_EXPLAIN = 1 << 3,
	ON_CLIENT_CONFIG = 1 << 4,
	ON_REMOVE = 1 << 5,
	ON_ROLLBACK = 1 << 6,
	ON_STATUS = 1 << 7,
	ON_DOCTOR = 1 << 8,
	ON_CONFIRM = 1 << 9,
	ON_CA_LIST = 1 << 10,
	ON_CA_ADD = 1 << 11,
	ON_CA_RETIRE = 1 << 12,
	ON_CA_REMOVE = 1 << 13,
	ON_REVOKE = 1 << 14,
	ON_CA_FETCH = 1 << 15,
	ON_ALL = (1 << 16) - 1,
	ON_CA = ON_CA_LIST | ON_CA_ADD | ON_CA_RETIRE | ON_CA_REMOVE |
	    ON_CA_FETCH,
	/* Those that change the machine. */
	ON_CHANGE = ON_APPLY | ON_REMOVE | ON_ROLLBACK | ON_REVOKE
};

static const struct command {
	const char *name; /* one word, or a group's and one more */
	const char *args; /* for the usage */
	size_t min_args, max_args;
	unsigned int bit;
	int (*run)(struct cmd *);
	const char *help;
} commands[] = {
	{ "check", "[POLICY]", 0, 1, ON_CHECK, cmd_check,
	    "validate the policy, nothing else" },
	{ "plan", "[POLICY]", 0, 1, ON_PLAN, cmd_plan,
	    "show what apply would change" },
	{ "apply", "[POLICY]", 0, 1, ON_APPLY, cmd_apply,
	    "make it so, prove it with sshd, reload sshd" },
	{ "confirm", "", 0, 0, ON_CONFIRM, cmd_confirm,
	    "keep what apply --confirm made" },
	{ "rollback", "[GENERATION]", 0, 1, ON_ROLLBACK, cmd_rollback,
	    "make the previous or a named generation current again" },
	{ "remove", "", 0, 0, ON_REMOVE, cmd_remove,
	    "take certgate's directives out of sshd_config again" },
	{ "status", "", 0, 0, ON_STATUS, cmd_status,
	    "is the machine as apply left it" },
	{ "doctor", "", 0, 0, ON_DOCTOR, cmd_doctor,
	    "look for what makes sshd fail without a word" },
	{ "explain", "USER CERTIFICATE", 2, 2, ON_EXPLAIN, cmd_explain,
	    "would this login succeed, and which rule says so" },
	{ "ca list", "", 0, 0, ON_CA_LIST, cmd_ca_list,
	    "the authorities' keys: how they stand, and where" },
	{ "ca add", "NAME KEYFILE", 2, 2, ON_CA_ADD, cmd_ca_add,
	    "write a key, or a new authority, into the policy" },
	{ "ca retire", "NAME FINGERPRINT DATE", 3, 3, ON_CA_RETIRE,
	    cmd_ca_retire, "write into the policy when a key goes" },
	{ "ca remove", "NAME [FINGERPRINT]", 1, 2, ON_CA_REMOVE, cmd_ca_remove,
	    "take an authority, or a key of it, out of the policy" },
	{ "ca fetch", "[NAME]", 0, 1, ON_CA_FETCH, cmd_ca_fetch,
	    "ask the CAs' services for their keys" },
	{ "revoke", "[CERTIFICATE]", 0, 1, ON_REVOKE, cmd_revoke,
	    "add to the policy what gets in no more, and apply it" },
	{ "client-config", "HOSTNAME", 1, 1, ON_CLIENT_CONFIG,
	    cmd_client_config,
	    "the ssh_config block for people who connect through cloudflared" },
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct flag {
	const char *name;
	char letter;
	const char *arg; /* NULL: takes none */
	unsigned int commands;
	const char *help;
} flags[] = {
	{ "allow-lockout", 'l', "NAME", ON_PLAN | ON_CHANGE,
	    "let this user lose the last way in (may be repeated)" },
	{ "apply", 'Y', NULL, ON_CA_FETCH,
	    "apply the policy afterwards, whatever was fetched" },
	{ "authority", 'A', "NAME", ON_REVOKE,
	    "whose serial or key ID it is" },
	{ "at", 'a', "TIME", ON_EXPLAIN,
	    "ask for another time: 2027-01-31T18:00:00Z, or UTC seconds" },
	{ "confirm", 'c', "TIME", ON_APPLY,
	    "go back after TIME (90s, 5m, 1h) unless certgate confirm comes" },
	{ "despite", 'd', "CODE",
	    ON_PLAN | ON_APPLY | ON_ROLLBACK | ON_REVOKE,
	    "go on although doctor finds this (may be repeated)" },
	{ "expire", 'x', NULL, ON_CONFIRM,
	    "wait until the time to confirm is over, then take back" },
	{ "format", 'f', "FORMAT", ON_ALL & ~(unsigned int)ON_CLIENT_CONFIG,
	    "text (default) or json" },
	{ "from", 'F', "ADDRESS", ON_EXPLAIN, "the client's address" },
	{ "help", 'h', NULL, ON_ALL, "this help" },
	{ "key-id", 'K', "ID", ON_REVOKE, "revoke certificates by key ID" },
	{ "no-reload", 'n', NULL, ON_CHANGE | ON_CA_FETCH,
	    "do not reload sshd" },
	{ "no-rehearse", 'E', NULL, ON_APPLY,
	    "do not try logins before the first apply" },
	{ "pin", 'P', "FINGERPRINT", ON_CA_FETCH,
	    "take this new key without asking (may be repeated)" },
	{ "policy", 'p', "POLICY", ON_EXPLAIN | ON_CA | ON_REVOKE,
	    "this policy; explain: instead of what is applied" },
	{ "rehearse", 'e', NULL, ON_APPLY,
	    "try logins by the real sshd first" },
	{ "replace-conflicts", 'R', NULL,
	    ON_PLAN | ON_APPLY | ON_ROLLBACK | ON_REVOKE,
	    "comment out what of sshd's configuration stands in the way" },
	{ "root", 'r', "DIR", ON_ALL & ~(unsigned int)ON_CLIENT_CONFIG,
	    "work on an image or chroot" },
	{ "same-session", 'S', NULL, ON_CONFIRM,
	    "confirm from the session that ran apply" },
	{ "serial", 'N', "SERIAL", ON_REVOKE, "revoke the certificate by serial" },
	{ "sshd", 's', "PATH", ON_PLAN | ON_CHANGE | ON_DOCTOR | ON_CA_FETCH,
	    "sshd to ask, by default " DEFAULT_SSHD },
	{ "uid", 'u', "UID", ON_EXPLAIN, "the user's uid, by default looked up" },
	{ "verbose", 'v', NULL, ON_PLAN | ON_DOCTOR,
	    "show every user, every check" },
};

#define N_FLAGS (sizeof(flags) / sizeof(flags[0]))

/* Whether name is the first of two words: "ca" of "ca list". */
static bool
is_in_group(const struct command *cmd, const char *name)
{
	size_t len = strlen(name);

	return strncmp(cmd->name, name, len) == 0 && cmd->name[len] == ' ';
}

static bool
is_group(const char *name)
{
	size_t i;

	for (i = 0; i < N_COMMANDS; i++) {
		if (is_in_group(&commands[i], name))
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
	for (i = 0; i < N_COMMANDS; i++) {
		if (*group != '\0' && !is_in_group(&commands[i], group))
			continue;
		(void)fprintf(out, "  %-13s  %-16s  %s\n", commands[i].name,
		    commands[i].args, commands[i].help);
	}
	if (*group == '\0')
		(void)fprintf(out, "\nExit status: 0 done or allowed; 1 refused, "
		                   "denied, or failed with nothing changed;\n"
		                   "2 usage; 3 plan or status found a "
		                   "difference.\n");
}

static void
print_command_usage(FILE *out, const struct command *cmd)
{
	char name[64];
	size_t i;

	(void)fprintf(out, "usage: certgate %s [OPTION ...]%s%s\n%s\n\n",
	    cmd->name, *cmd->args == '\0' ? "" : " ", cmd->args, cmd->help);
	for (i = 0; i < N_FLAGS; i++) {
		if (!(flags[i].commands & cmd->bit))
			continue;
		(void)snprintf(name, sizeof(name), "--%s%s%s", flags[i].name,
		    flags[i].arg == NULL ? "" : " ",
		    flags[i].arg == NULL ? "" : flags[i].arg);
		(void)fprintf(out, "  %-20s  %s\n", name, flags[i].help);
	}
}

static const struct command *
find_command(const char *name)
{
	size_t i;

	for (i = 0; i < N_COMMANDS; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}

static const char *
nearest_command(const char *name)
{
	const char *names[N_COMMANDS + 1] = { NULL };
	size_t i;

	for (i = 0; i < N_COMMANDS; i++)
		names[i] = commands[i].name;
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
parse(struct cmd *c, const struct command *cmd, int argc, char **argv)
{
	struct option options[N_FLAGS + 1] = { 0 };
	size_t i, n = 0;
	int letter;

	for (i = 0; i < N_FLAGS; i++) {
		if (!(flags[i].commands & cmd->bit))
			continue;
		options[n].name = flags[i].name;
		options[n].has_arg =
		    flags[i].arg == NULL ? no_argument : required_argument;
		options[n++].val = flags[i].letter;
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
	for (i = 0; i < c->n_args; i++)
		c->args[i] = argv[optind + (int)i];
	return -1;
}

static int
run(const struct command *cmd, struct cmd *c)
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
	if (status == CMD_DONE && (cmd->bit & (ON_CHANGE | ON_CONFIRM)) != 0) {
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
find_words(int argc, char **argv, const struct command **out, int *status)
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
	const struct command *cmd;
	int n_words, status;

	/* A reader that goes away is an error of output, told at the end. */
	(void)signal(SIGPIPE, SIG_IGN);
	c.root.dir = "";
	c.root.sshd = DEFAULT_SSHD;
	c.has_colour =
	    isatty(STDERR_FILENO) && getenv("NO_COLOR") == NULL;

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
