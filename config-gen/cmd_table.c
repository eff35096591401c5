#include "config.h"

#include "config-gen/cmd_table.h"

#include "config-gen/cmd.h"

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

const struct cmd_entry cmd_entries[] = {
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
	{ 0 },
};

const struct cmd_flag cmd_flags[] = {
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
	{ 0 },
};

_Static_assert(
    sizeof(cmd_entries) / sizeof(cmd_entries[0]) <= CMD_MAX_ENTRIES,
    "CMD_MAX_ENTRIES is too low");
_Static_assert(sizeof(cmd_flags) / sizeof(cmd_flags[0]) <= CMD_MAX_FLAGS,
    "CMD_MAX_FLAGS is too low");

const unsigned int cmd_changes = ON_CHANGE | ON_CONFIRM;
