/*
 * doctor: the ways in which sshd fails without a word, each looked for.
 *
 * sshd -t accepts all of them; what then happens at a login (nobody gets in,
 * or somebody who should not) is known from sshd's source and was seen with
 * a real one.  `certgate doctor` lists what it finds; apply and rollback
 * stop where their own logins would fail or the policy be gone round.
 */
#ifndef CONFIG_GEN_DOCTOR_H
#define CONFIG_GEN_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "config-gen/sshdconf.h"
#include "config-gen/target.h"
#include "lib/err.h"

/* Findings kept at most; further ones are only counted. */
#define DOCTOR_MAX 200

enum doctor_severity { DOCTOR_WARNING, DOCTOR_FAILURE };

struct doctor;

/* One check.  Its code is stable and is what people see. */
struct doctor_check {
	const char *code;
	const char *about;     /* what it looks for */
	bool may_be_overruled; /* by apply --despite CODE */
	int (*run)(struct doctor *d, struct err *err);
};

/* All checks, in the order in which they run: the one place of the codes. */
extern const struct doctor_check doctor_checks[];
extern const size_t doctor_n_checks;

/* NULL: there is no such check. */
const struct doctor_check *doctor_check_by_code(const char *code);

/* Texts are owned by the report, escaped. */
struct doctor_finding {
	const struct doctor_check *check;
	enum doctor_severity severity;
	char *file;  /* NULL: none */
	size_t line; /* 0: none */
	char *what;
	char *why;
	char *fix;
	bool is_cured; /* by the next apply, without further words */
};

struct doctor_report {
	struct doctor_finding *items;
	size_t n_items;
	size_t n_failures, n_warnings; /* counted on past DOCTOR_MAX */
	bool has_no_sshd;    /* what only sshd can tell was not looked at */
	struct err no_index; /* the generation's index cannot be read */
};

/*
 * Run all checks on what target_look found.  edit (NULL: none) is the change
 * of sshd's configuration that is planned, folder the generation whose users
 * count (on this machine; NULL: there is none).  -1: it could not be done.
 * End by doctor_report_clear, also after a failure.
 */
int doctor_run(const struct target *t, const struct sshdconf_edit *edit,
    const char *folder, struct doctor_report *out, struct err *err);
void doctor_report_clear(struct doctor_report *r);

/*
 * Whether a finding stands against an apply: a failure that it does not cure
 * by itself and that none of the n overruled codes names.
 */
bool doctor_is_in_the_way(
    const struct doctor_finding *f, const char *const *overruled, size_t n);

/*
 * Print a finding for people:
 *   /etc/ssh/sshd_config:20: failure: WHAT [CODE]
 *       WHY
 *       do: FIX
 */
void doctor_print(const struct doctor_finding *f, FILE *out);

/* {"code", "severity", "file", "line", "what", "why", "fix", "cured"}; new. */
json_t *doctor_json(const struct doctor_finding *f);

#endif
