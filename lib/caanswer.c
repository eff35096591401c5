#include "config.h"

#include "lib/caanswer.h"

#include "lib/base64.h"
#include "lib/escape.h"
#include "lib/sshwire.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_json(const char *p, size_t len)
{
	while (len != 0 && is_space(*p)) {
		p++;
		len--;
	}
	return len != 0 && (*p == '{' || *p == '[');
}

/* Whether brackets stand in no more than CAANSWER_MAX_DEPTH others. */
static bool
is_shallow(const char *p, size_t len)
{
	bool is_text = false;
	size_t i, depth = 0;

	for (i = 0; i < len; i++) {
		if (is_text) {
			if (p[i] == '\\')
				i++;
			else if (p[i] == '"')
				is_text = false;
		} else if (p[i] == '"') {
			is_text = true;
		} else if (p[i] == '{' || p[i] == '[') {
			if (++depth > CAANSWER_MAX_DEPTH)
				return false;
		} else if ((p[i] == '}' || p[i] == ']') && depth > 0) {
			depth--;
		}
	}
	return true;
}

/* NULL with err where it is no JSON that we read. */
static json_t *
load(const char *answer, size_t len, struct err *err)
{
	json_error_t e;
	json_t *root;

	if (!is_shallow(answer, len)) {
		(void)err_setf(err, ERR_LIMIT,
		    "the answer is JSON nested deeper than %d",
		    CAANSWER_MAX_DEPTH);
		return NULL;
	}
	root = json_loadb(answer, len, JSON_REJECT_DUPLICATES, &e);
	if (root == NULL)
		(void)err_setf(err, ERR_MALFORMED,
		    "the answer is broken JSON, line %d column %d", e.line,
		    e.column);
	return root;
}

/* One line in a JSON text. */
static int
add_line(struct keyset *ks, const json_t *value, size_t number, const char *name,
    struct err *err)
{
	struct place at = { name, number, 0 };
	const char *line = json_string_value(value);
	size_t len = json_string_length(value);
	int found;

	if (line == NULL)
		return err_set(err, ERR_MALFORMED, at,
		    "expected a text with a public key", NULL, NULL);
	while (len != 0 && is_space(line[len - 1]))
		len--;
	if (memchr(line, '\n', len) != NULL)
		return err_set(err, ERR_MALFORMED, at,
		    "more than one line where one key belongs", NULL, NULL);
	if ((found = keyset_add_line(ks, line, len, at, err)) == 0)
		return err_set(err, ERR_MALFORMED, at, "an empty text", NULL,
		    NULL);
	return found < 0 ? -1 : 0;
}

/* A key blob: its type, which stands first in it, makes it a line. */
static int
add_blob(struct keyset *ks, const json_t *value, size_t number,
    struct err *err)
{
	struct place at = { "userKey", number, 0 };
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);
	unsigned char *blob = NULL;
	char *line = NULL;
	struct span rest, type = { NULL, 0 };
	long n;
	int ret = -1;

	if (text == NULL)
		return err_set(err, ERR_MALFORMED, at,
		    "expected a text with a public key", NULL, NULL);
	if ((blob = malloc(BASE64_DECODED_MAX(len) + 1)) == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	n = base64_decode(blob, text, len);
	rest = (struct span) { blob, n < 0 ? 0 : (size_t)n };
	if (wire_get_string(&rest, &type) < 0 || span_has_nul(type)) {
		(void)err_set(err, ERR_MALFORMED, at,
		    "this is no public key in base64", NULL, NULL);
		goto out;
	}
	if (asprintf(&line, "%.*s %s", (int)type.len, (const char *)type.p,
		text) < 0) {
		line = NULL;
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto out;
	}
	if (keyset_add_line(ks, line, strlen(line), at, err) == 1)
		ret = 0;
	else
		(void)err_set(err, ERR_MALFORMED, at,
		    "this is no public key in base64", NULL, NULL);
out:
	free(blob);
	free(line);
	return ret;
}

static int
add_user_keys(struct keyset *ks, const json_t *list, struct err *err)
{
	size_t i;

	if (!json_is_array(list))
		return err_setf(err, ERR_MALFORMED,
		    "\"userKey\" of the answer is no list");
	for (i = 0; i < json_array_size(list); i++) {
		if (add_blob(ks, json_array_get(list, i), i + 1, err) < 0)
			return -1;
	}
	return 0;
}

/* Cloudflare's, of one application or of a list of them. */
static int
add_result(struct keyset *ks, const json_t *result, struct err *err)
{
	size_t i;

	if (json_is_object(result))
		return add_line(ks, json_object_get(result, "public_key"), 1,
		    "result.public_key", err);
	if (!json_is_array(result))
		return err_setf(err, ERR_MALFORMED,
		    "\"result\" of the answer is neither an object nor a list");
	for (i = 0; i < json_array_size(result); i++) {
		if (add_line(ks,
			json_object_get(
			    json_array_get(result, i), "public_key"),
			i + 1, "result.public_key", err) < 0)
			return -1;
	}
	return 0;
}

static void
find_reason(char out[CAANSWER_REASON_SIZE], const json_t *root)
{
	const json_t *errors = json_object_get(root, "errors");
	const json_t *first = json_array_get(errors, 0);
	const char *text = json_string_value(first);

	if (text == NULL)
		text = json_string_value(json_object_get(first, "message"));
	if (text == NULL)
		text = json_string_value(json_object_get(root, "message"));
	(void)escape_text(
	    out, CAANSWER_REASON_SIZE, text == NULL ? "" : text);
}

static int
refuse_shape(const json_t *root, struct err *err)
{
	char reason[CAANSWER_REASON_SIZE];

	find_reason(reason, root);
	if (reason[0] != '\0')
		return err_setf(err, ERR_REFUSED, "the service says \"%s\"",
		    reason);
	if (json_object_get(root, "hostKey") != NULL)
		return err_setf(err, ERR_UNSUPPORTED,
		    "the answer holds keys for hosts only (\"hostKey\"): this "
		    "CA signs no certificates of users");
	return err_setf(err, ERR_UNSUPPORTED,
	    "the answer is JSON with neither \"userKey\" nor \"result\": not "
	    "what step-ca or Cloudflare send");
}

static int
add_json(struct keyset *ks, const json_t *root, struct err *err)
{
	const json_t *keys = json_object_get(root, "userKey");
	const json_t *result = json_object_get(root, "result");
	const json_t *success = json_object_get(root, "success");

	if (success != NULL && !json_is_true(success)) {
		char reason[CAANSWER_REASON_SIZE];

		find_reason(reason, root);
		return err_setf(err, ERR_REFUSED,
		    "the service says that it failed%s%s%s",
		    reason[0] == '\0' ? "" : ": \"", reason,
		    reason[0] == '\0' ? "" : "\"");
	}
	if (keys != NULL && result != NULL)
		return err_setf(err, ERR_MALFORMED,
		    "the answer has both \"userKey\" and \"result\"");
	if (keys != NULL)
		return add_user_keys(ks, keys, err);
	if (result != NULL)
		return add_result(ks, result, err);
	return refuse_shape(root, err);
}

int
caanswer_parse(
    struct keyset *ks, const char *answer, size_t len, struct err *err)
{
	json_t *root;
	int ret;

	if (len > CAANSWER_MAX_BYTES)
		return err_setf(err, ERR_LIMIT,
		    "the answer is longer than the %d bytes allowed",
		    CAANSWER_MAX_BYTES);
	if (is_json(answer, len)) {
		if ((root = load(answer, len, err)) == NULL)
			return -1;
		ret = add_json(ks, root, err);
		json_decref(root);
	} else {
		ret = keyset_read(ks, answer, len, "answer", err);
	}
	if (ret == 0 && ks->n == 0)
		return err_setf(
		    err, ERR_NOT_FOUND, "the answer holds no key");
	return ret;
}

char *
caanswer_reason(char out[CAANSWER_REASON_SIZE], const char *answer, size_t len)
{
	json_t *root = NULL;

	out[0] = '\0';
	if (len <= CAANSWER_MAX_BYTES && is_json(answer, len))
		root = load(answer, len, NULL);
	if (root != NULL)
		find_reason(out, root);
	json_decref(root);
	return out;
}
