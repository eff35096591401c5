#include "config.h"

#include <stdio.h>
#include <string.h>

#include "config-gen/cmd.h"
#include "lib/certsig.h"
#include "lib/escape.h"

/* The columns. */
enum { AUTHORITY, TYPE, FINGERPRINT, SOURCE, N_COLUMNS };

static const char *const heads[N_COLUMNS] = { "AUTHORITY", "TYPE",
	"FINGERPRINT", "SOURCE" };

struct row {
	const char *authority;
	const char *type;
	char fingerprint[FINGERPRINT_SIZE];
	char source[1024]; /* FILE:LINE, escaped */
};

/* One key, as it is listed. */
static int
describe(struct row *row, const struct policy *p,
    const struct policy_authority *a, size_t key, struct err *err)
{
	const struct pubkey *k = &a->keys[key];
	struct place at = policy_place(p, a->key_places[key]);
	char file[960];

	row->authority = a->name;
	row->type = pubkey_short_type(k);
	(void)snprintf(row->source, sizeof(row->source), "%s:%zu",
	    escape_text(file, sizeof(file), at.file), at.line);
	return certsig_fingerprint(row->fingerprint,
	    (struct span) { k->blob, k->blob_len }, err);
}

static void
show_json(struct cmd *c, const struct row *row)
{
	json_t *list = json_object_get(c->out, "keys");

	(void)json_array_append_new(list,
	    json_pack("{s:s, s:s, s:s, s:s}", "authority", row->authority,
	        "type", row->type, "fingerprint", row->fingerprint, "source",
	        row->source));
}

static void
show_text(const char *const cells[N_COLUMNS], const size_t width[N_COLUMNS])
{
	size_t i;

	for (i = 0; i + 1 < N_COLUMNS; i++)
		(void)printf("%-*s  ", (int)width[i], cells[i]);
	(void)printf("%s\n", cells[i]);
}

static void
widen(size_t *width, const char *cell)
{
	if (strlen(cell) > *width)
		*width = strlen(cell);
}

static void
measure(const struct policy *p, size_t width[N_COLUMNS])
{
	size_t i, k;

	for (i = 0; i < N_COLUMNS; i++)
		width[i] = strlen(heads[i]);
	width[FINGERPRINT] = FINGERPRINT_SIZE - 1;
	for (i = 0; i < p->n_authorities; i++) {
		const struct policy_authority *a = &p->authorities[i];

		widen(&width[AUTHORITY], a->name);
		for (k = 0; k < a->n_keys; k++)
			widen(&width[TYPE], pubkey_short_type(&a->keys[k]));
	}
}

static void
show_key(struct cmd *c, const struct row *row, const size_t width[N_COLUMNS])
{
	const char *cells[N_COLUMNS] = { row->authority, row->type,
		row->fingerprint, row->source };

	if (c->is_json)
		show_json(c, row);
	else
		show_text(cells, width);
}

static int
list(struct cmd *c, const struct policy *p, struct err *err)
{
	size_t width[N_COLUMNS];
	struct row row;
	size_t i, k;

	measure(p, width);
	if (c->is_json)
		(void)json_object_set_new(c->out, "keys", json_array());
	else
		show_text(heads, width);
	for (i = 0; i < p->n_authorities; i++) {
		for (k = 0; k < p->authorities[i].n_keys; k++) {
			if (describe(&row, p, &p->authorities[i], k, err) < 0)
				return -1;
			show_key(c, &row, width);
		}
	}
	return 0;
}

int
cmd_ca_list(struct cmd *c)
{
	struct err err = ERR_INIT;
	struct policy *p;
	int status = CMD_DONE;

	if ((p = cmd_load_policy(c, c->policy)) == NULL)
		return CMD_REFUSED;
	if (list(c, p, &err) < 0)
		status = cmd_fail(c, &err);
	policy_free(p);
	return status;
}
