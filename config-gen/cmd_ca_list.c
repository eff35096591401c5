#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config-gen/accepted.h"
#include "config-gen/cmd.h"
#include "config-gen/standing.h"
#include "lib/certsig.h"
#include "lib/escape.h"
#include "lib/utc.h"

enum {
	AUTHORITY,
	TYPE,
	FINGERPRINT,
	STATE,
	DAYS_LEFT,
	LAST_USED,
	SOURCE,
	N_COLUMNS
};

static const char *const heads[N_COLUMNS] = { "AUTHORITY", "TYPE",
	"FINGERPRINT", "STATE", "DAYS LEFT", "LAST USED", "SOURCE" };

/* Of SOURCE, FILE:LINE; the other columns are shorter. */
#define CELL_SIZE 512

struct row {
	char cells[N_COLUMNS][CELL_SIZE];
	int64_t days_left; /* -1: it has no end */
	int64_t last_used; /* 0: not known */
};

struct listing {
	struct cmd *c;
	const struct policy *p;
	struct accepted used;
	int64_t now_at;
	struct row *rows;
	size_t n_rows;
};

static enum standing_state
state_of(const struct policy_authority *a, size_t k, int64_t now_at)
{
	if (now_at < a->trust_from)
		return STANDING_EARLY;
	if (now_at >= policy_key_end(a, k))
		return STANDING_GONE;
	return a->key_until != NULL && a->key_until[k] != INT64_MAX
	    ? STANDING_RETIRING
	    : STANDING_ACTIVE;
}

static void
set(struct row *row, int column, const char *text)
{
	(void)snprintf(row->cells[column], CELL_SIZE, "%s", text);
}

/* One key, as it is listed. */
static int
describe(const struct listing *l, struct row *row,
    const struct policy_authority *a, size_t k, struct err *err)
{
	struct place at = policy_place(l->p, a->key_places[k]);
	int64_t end = policy_key_end(a, k);
	char text[UTC_SIZE + 32], file[CELL_SIZE - 32];

	set(row, AUTHORITY, a->name);
	set(row, TYPE, pubkey_short_type(&a->keys[k]));
	if (certsig_fingerprint(row->cells[FINGERPRINT],
	        (struct span) { a->keys[k].blob, a->keys[k].blob_len }, err) <
	    0)
		return -1;
	set(row, STATE, standing_word(state_of(a, k, l->now_at)));
	row->days_left =
	    end == INT64_MAX ? -1 : standing_days_left(end, l->now_at);
	(void)snprintf(text, sizeof(text), "%lld", (long long)row->days_left);
	set(row, DAYS_LEFT, row->days_left < 0 ? "-" : text);
	row->last_used = accepted_last(&l->used, row->cells[FINGERPRINT]);
	set(row, LAST_USED,
	    row->last_used == 0 ? "-" : utc_text(text, row->last_used));
	(void)snprintf(row->cells[SOURCE], CELL_SIZE, "%s:%zu",
	    escape_text(file, sizeof(file), at.file), at.line);
	return 0;
}

static int
describe_all(struct listing *l, struct err *err)
{
	size_t i, k, n = 0;

	for (i = 0; i < l->p->n_authorities; i++)
		n += l->p->authorities[i].n_keys;
	if ((l->rows = calloc(n + 1, sizeof(*l->rows))) == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	for (i = 0; i < l->p->n_authorities; i++) {
		const struct policy_authority *a = &l->p->authorities[i];

		for (k = 0; k < a->n_keys; k++) {
			if (describe(l, &l->rows[l->n_rows++], a, k, err) < 0)
				return -1;
		}
	}
	return 0;
}

static void
show_text(const struct listing *l)
{
	size_t width[N_COLUMNS], i, column;

	for (column = 0; column < N_COLUMNS; column++) {
		width[column] = strlen(heads[column]);
		for (i = 0; i < l->n_rows; i++) {
			size_t len = strlen(l->rows[i].cells[column]);

			if (len > width[column])
				width[column] = len;
		}
	}
	for (i = 0; i <= l->n_rows; i++) {
		for (column = 0; column < N_COLUMNS; column++)
			(void)printf("%-*s%s",
			    column + 1 < N_COLUMNS ? (int)width[column] : 0,
			    i == 0 ? heads[column]
			           : l->rows[i - 1].cells[column],
			    column + 1 < N_COLUMNS ? "  " : "\n");
	}
}

static void
show_json(const struct listing *l)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < l->n_rows; i++) {
		const struct row *row = &l->rows[i];
		json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s}", "authority",
		    row->cells[AUTHORITY], "type", row->cells[TYPE],
		    "fingerprint", row->cells[FINGERPRINT], "state",
		    row->cells[STATE], "source", row->cells[SOURCE]);

		if (row->days_left >= 0)
			(void)json_object_set_new(
			    o, "days_left", json_integer(row->days_left));
		if (row->last_used != 0)
			(void)json_object_set_new(o, "last_used",
			    json_string(row->cells[LAST_USED]));
		(void)json_array_append_new(list, o);
	}
	(void)json_object_set_new(l->c->out, "keys", list);
}

static int
list(struct listing *l)
{
	struct err err = ERR_INIT;

	accepted_read(&l->used, &l->c->root);
	if (!l->used.has_log)
		cmd_warn(l->c, "no log of sshd could be read, so that nothing "
		               "is known of when a key was last used");
	if (describe_all(l, &err) < 0)
		return cmd_fail(l->c, &err);
	if (l->c->is_json)
		show_json(l);
	else
		show_text(l);
	return CMD_DONE;
}

int
cmd_ca_list(struct cmd *c)
{
	struct listing *l = NULL;
	struct err err = ERR_INIT;
	struct policy *p = NULL;
	int status = CMD_REFUSED;

	if ((l = calloc(1, sizeof(*l))) == NULL) {
		(void)err_setf(&err, ERR_MEMORY, "out of memory");
		status = cmd_fail(c, &err);
	} else if ((p = cmd_load_policy(c, c->policy)) != NULL) {
		l->c = c;
		l->p = p;
		l->now_at = (int64_t)time(NULL);
		status = list(l);
		free(l->rows);
	}
	policy_free(p);
	free(l);
	return status;
}
