/* Where an authority's keys are fetched from, and which of them count. */
#include "config.h"

#include "config-gen/policy_parse.h"

#include "lib/certsig.h"
#include "lib/url.h"

#include <stdlib.h>
#include <string.h>

void
read_authority_url(struct policy_parse *p, void *into)
{
	struct policy_authority *a = into;
	struct place at = p->event.at;
	struct err err = ERR_INIT;
	struct url url;
	const char *text;

	if ((text = parse_text(p, "an address")) == NULL)
		return;
	if (url_parse(&url, (struct span) {
	        (const unsigned char *)text, p->event.len }, &err) < 0) {
		parse_error_unquoted(p, at, err.text);
		return;
	}
	a->url_at = place_pack(p, at);
	a->url = parse_keep(p, text, p->event.len);
}

static void
read_pin(struct policy_parse *p, void *into)
{
	struct words *pins = into;
	const char *text;
	size_t i;

	if ((text = parse_text(p, "a fingerprint")) == NULL)
		return;
	if (!certsig_is_fingerprint(text)) {
		parse_error(p, p->event.at, NULL,
		    "write SHA256: and 43 characters, as ssh-keygen -l prints "
		    "them",
		    "\"%s\" is no fingerprint of a key", show(text).text);
		return;
	}
	for (i = 0; i < pins->n; i++) {
		if (strcmp(pins->items[i], text) == 0) {
			parse_warning(p, p->event.at, NULL, "take it out",
			    "this pin stands twice");
			return;
		}
	}
	(void)words_add(p, pins, parse_keep(p, text, p->event.len));
}

void
read_authority_pins(struct policy_parse *p, void *into)
{
	struct policy_authority *a = into;
	struct words pins = WORDS_INIT;
	struct place at = p->event.at;

	if (parse_list(p, "a fingerprint", read_pin, &pins) == 0)
		parse_error(p, at, "no key would ever be taken",
		    "name fingerprints, or leave the key out",
		    "\"pins\" is empty");
	(void)words_move(p, &pins, &a->pins, &a->n_pins);
}

/* The file is opened by who fetches, not here: only root may read it. */
static const char *
read_path(struct policy_parse *p)
{
	const char *kept = NULL;
	char *path = NULL;

	if (parse_text(p, "a file name") != NULL &&
	    (path = path_resolve(p, p->event.text, p->event.at)) != NULL)
		kept = parse_keep(p, path, strlen(path));
	free(path);
	return kept;
}

void
read_authority_token_file(struct policy_parse *p, void *into)
{
	struct policy_authority *a = into;

	a->token_file = read_path(p);
}

void
read_authority_ca_file(struct policy_parse *p, void *into)
{
	struct policy_authority *a = into;

	a->ca_file = read_path(p);
}

void
check_url(struct policy_parse *p, const struct policy_authority *a,
    const struct place *at)
{
	const char *key = a->n_pins != 0 ? "pins" :
	    a->token_file != NULL	 ? "token_file" :
	    a->ca_file != NULL		 ? "ca_file" :
					   NULL;

	if (a->url == NULL && key != NULL)
		parse_error(p, *at, NULL,
		    "say by \"url\" where the keys come from, or take it out",
		    "authority \"%s\" has \"%s\" without a \"url\"",
		    show(a->name).text, key);
}

bool
policy_is_pinned(const struct policy_authority *a, const struct pubkey *k)
{
	char fingerprint[FINGERPRINT_SIZE];
	size_t i;

	if (a->n_pins == 0)
		return true;
	if (certsig_fingerprint(fingerprint,
		(struct span) { k->blob, k->blob_len }, NULL) < 0)
		return false;
	for (i = 0; i < a->n_pins; i++) {
		if (strcmp(a->pins[i], fingerprint) == 0)
			return true;
	}
	return false;
}
