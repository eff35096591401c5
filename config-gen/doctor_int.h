/*
 * doctor_int: what the doctor_*.c files share among themselves.
 */
#ifndef CONFIG_GEN_DOCTOR_INT_H
#define CONFIG_GEN_DOCTOR_INT_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "config-gen/doctor.h"
#include "config-gen/people.h"
#include "config-gen/reach.h"
#include "config-gen/sshd.h"

/* Of so many accounts sshd's settings are asked, if they differ at all. */
#define DOCTOR_MAX_LOGINS 64
/* The keys files of so many accounts are read. */
#define DOCTOR_MAX_PEOPLE 2000

/* What sshd says it will do for one account. */
struct doctor_login {
	const struct person *person; /* NULL: for nobody in particular */
	bool is_covered;             /* the policy has a rule for it */
	struct sshd_settings settings;
};

struct doctor {
	const struct target *t;
	const struct sshdconf_edit *edit;
	struct doctor_report *report;
	const struct doctor_check *check; /* the one that runs */
	struct people people;
	struct reach reach;
	struct doctor_login *logins; /* [0]: nobody in particular */
	size_t n_logins; /* 0: there is no sshd that could be asked */
};

/* A finding's parts, for doctor_find; all are copied and escaped. */
struct doctor_words {
	const char *file;
	size_t line;
	const char *what, *why, *fix;
	bool is_cured;
};

/* Note a finding of the check that runs, unless it was noted before. */
int doctor_find(struct doctor *d, enum doctor_severity severity,
    const struct doctor_words *w, struct err *err);

/*
 * The same about a line of sshd's configuration.  One that certgate writes
 * itself, or that is a conflict, is cured by an apply.
 */
int doctor_find_line(struct doctor *d, enum doctor_severity severity,
    const struct sshdconf_line *line, const char *what, const char *why,
    const char *fix, struct err *err);

/* stat of an inside path whose links are resolved. */
int doctor_stat(const struct doctor *d, const char *inside, struct stat *st);

/* root_resolve, allocated; NULL where it leads nowhere. */
char *doctor_resolve(const struct doctor *d, const char *inside);

/*
 * Open an inside folder; *out NULL: there is none.  What keeps us from
 * looking is an error: a check that saw nothing must not pass.
 */
int doctor_open_folder(const struct doctor *d, const char *inside, DIR **out,
    struct err *err);

/* Whether sshd is MAJOR.MINOR or newer; false where there is none. */
bool doctor_is_since(
    const struct doctor *d, unsigned int major, unsigned int minor);

/*
 * The lines of keyword (lower case) that sshd may use: the first one of each
 * scope.  *at begins at 0; NULL at the end.
 */
const struct sshdconf_line *doctor_next_line(
    const struct doctor *d, const char *keyword, size_t *at);

/* Settings of the account's, or those of nobody in particular. */
const struct sshd_settings *doctor_settings(
    const struct doctor *d, const struct person *p);

/* Whether a value, as written or as sshd shows it, is `none`. */
bool doctor_is_none(const char *value);

/* The checks. */
int doctor_sshd_version(struct doctor *d, struct err *err);
int doctor_privsep_folder(struct doctor *d, struct err *err);
int doctor_command_line(struct doctor *d, struct err *err);
int doctor_dangling_link(struct doctor *d, struct err *err);
int doctor_config_refused(struct doctor *d, struct err *err);
int doctor_config_size(struct doctor *d, struct err *err);
int doctor_command_user(struct doctor *d, struct err *err);
int doctor_helper(struct doctor *d, struct err *err);
int doctor_ca_elsewhere(struct doctor *d, struct err *err);
int doctor_ca_file(struct doctor *d, struct err *err);
int doctor_list_file(struct doctor *d, struct err *err);
int doctor_revoked_keys(struct doctor *d, struct err *err);
int doctor_keys_command_first(struct doctor *d, struct err *err);
int doctor_command_twice(struct doctor *d, struct err *err);
int doctor_command_comment(struct doctor *d, struct err *err);
int doctor_command_token(struct doctor *d, struct err *err);
int doctor_none_in_match(struct doctor *d, struct err *err);
int doctor_pubkey_off(struct doctor *d, struct err *err);
int doctor_more_methods(struct doctor *d, struct err *err);
int doctor_keys_authority(struct doctor *d, struct err *err);
int doctor_source_penalties(struct doctor *d, struct err *err);
int doctor_pam_environment(struct doctor *d, struct err *err);

#endif
