#include "config.h"

#include "helpers/download.h"

#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/url.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#define SHOWN_SIZE 200

struct transfer {
	CURL *curl;
	struct curl_slist *headers;
	char curl_error[CURL_ERROR_SIZE];
	int64_t deadline_ms;
	size_t n_taken; /* of headers and body, over all redirects */
	bool is_too_much;
	char *bytes;
	size_t len;
};

static size_t
take(struct transfer *t, size_t len)
{
	if (len > DOWNLOAD_MAX_BYTES - t->n_taken) {
		t->is_too_much = true;
		return 0;
	}
	t->n_taken += len;
	return len;
}

static size_t
on_header(char *p, size_t size, size_t n, void *ctx)
{
	(void)p;
	return take(ctx, size * n);
}

static size_t
on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	size_t len = size * n;

	if (take(t, len) != len)
		return 0;
	memcpy(t->bytes + t->len, p, len);
	t->len += len;
	return len;
}

int
download_init(struct err *err)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_setf(err, ERR_SYSTEM, "libcurl cannot be used");
	return 0;
}

void
download_trust(const char **file, const char **folder)
{
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);

	*file = *folder = NULL;
#if LIBCURL_VERSION_NUM >= 0x074600
	if (v->age >= CURLVERSION_SEVENTH) {
		*file = v->cainfo;
		*folder = v->capath;
	}
#else
	(void)v;
#endif
}

static CURLcode
set_protocols(CURL *c)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	return curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
#else
	return curl_easy_setopt(c, CURLOPT_PROTOCOLS, CURLPROTO_HTTPS);
#endif
}

/* What libcurl must not be left to choose. */
static int
set_options(struct transfer *t, const struct download *d, struct err *err)
{
	CURL *c = t->curl;
	bool is_set = set_protocols(c) == CURLE_OK;

#define SET(option, value) \
	(is_set = is_set && curl_easy_setopt(c, option, value) == CURLE_OK)
	SET(CURLOPT_ERRORBUFFER, t->curl_error);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_USERAGENT, "certgate/" PROJECT_VERSION);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	SET(CURLOPT_HEADERDATA, t);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, t);
	if (d->ca_file != NULL) {
		SET(CURLOPT_CAINFO, d->ca_file);
		SET(CURLOPT_CAPATH, NULL);
	}
	if (t->headers != NULL)
		SET(CURLOPT_HTTPHEADER, t->headers);
#undef SET
	if (!is_set)
		return err_setf(
		    err, ERR_SYSTEM, "this libcurl lacks what is needed");
	return 0;
}

/* The token becomes a header, and leaves no copy of ours behind. */
static int
set_token(struct transfer *t, const char *token, struct err *err)
{
	char *header = NULL;
	int len;

	if (token == NULL)
		return 0;
	if ((len = asprintf(&header, "Authorization: Bearer %s", token)) < 0)
		return err_setf(err, ERR_MEMORY, "out of memory");
	t->headers = curl_slist_append(NULL, header);
	explicit_bzero(header, (size_t)len);
	free(header);
	if (t->headers == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	return 0;
}

static int
fail(const struct transfer *t, CURLcode code, struct err *err)
{
	char shown[SHOWN_SIZE];

	if (t->is_too_much)
		return err_setf(err, ERR_LIMIT,
		    "the answer is longer than the %d bytes allowed",
		    DOWNLOAD_MAX_BYTES);
	if (code == CURLE_OPERATION_TIMEDOUT)
		return err_setf(err, ERR_LIMIT, "not done after %d seconds",
		    DOWNLOAD_MAX_S);
	(void)escape_text(shown, sizeof(shown),
	    t->curl_error[0] != '\0' ? t->curl_error :
				       curl_easy_strerror(code));
	return err_setf(err, ERR_REFUSED, "%s", shown);
}

/* Ask url once, within what is left of the time. */
static int
ask(struct transfer *t, const char *url, struct err *err)
{
	int64_t left_ms = t->deadline_ms - clock_now_ms();
	CURLcode code;

	if (left_ms <= 0)
		return fail(t, CURLE_OPERATION_TIMEDOUT, err);
	t->len = 0;
	t->curl_error[0] = '\0';
	if (curl_easy_setopt(t->curl, CURLOPT_URL, url) != CURLE_OK ||
	    curl_easy_setopt(t->curl, CURLOPT_TIMEOUT_MS, (long)left_ms) !=
		CURLE_OK)
		return err_setf(err, ERR_MEMORY, "out of memory");
	code = curl_easy_perform(t->curl);
	return code == CURLE_OK ? 0 : fail(t, code, err);
}

/*
 * Where the answer sends us: 1 with *next, which the caller frees; 0: it is
 * the answer itself.  Only to the same host and port, over https.
 */
static int
find_redirect(struct transfer *t, const struct url *first, long status,
    char **next, struct err *err)
{
	char *target = NULL;
	struct url url;

	if (status < 300 || status > 399 ||
	    curl_easy_getinfo(t->curl, CURLINFO_REDIRECT_URL, &target) !=
		CURLE_OK ||
	    target == NULL)
		return 0;
	if (url_parse(&url, span_of(target), NULL) < 0)
		return err_setf(err, ERR_REFUSED,
		    "the service redirects to what is no address over https");
	if (!url_same_server(&url, first))
		return err_setf(err, ERR_REFUSED,
		    "the service redirects to another host or port; if that "
		    "is right, write its address into the policy");
	if ((*next = strdup(target)) == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	return 1;
}

static int
follow(struct transfer *t, const struct download *d, long *status,
    struct err *err)
{
	char *url = NULL, *next = NULL;
	struct url first;
	int n = 0, found = -1;

	if (url_parse(&first, span_of(d->url), err) < 0)
		return -1;
	if ((url = strdup(d->url)) == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	for (;;) {
		found = -1;
		if (ask(t, url, err) < 0)
			break;
		(void)curl_easy_getinfo(
		    t->curl, CURLINFO_RESPONSE_CODE, status);
		found = find_redirect(t, &first, *status, &next, err);
		if (found <= 0)
			break;
		free(url);
		url = next;
		next = NULL;
		if (++n > DOWNLOAD_MAX_REDIRECTS) {
			found = err_setf(err, ERR_REFUSED,
			    "the service redirects more than %d times",
			    DOWNLOAD_MAX_REDIRECTS);
			break;
		}
	}
	free(url);
	return found;
}

int
download_get(const struct download *d, struct download_answer *out,
    struct err *err)
{
	struct transfer t;
	long status = 0;
	int ret = -1;

	memset(&t, 0, sizeof(t));
	t.deadline_ms = clock_now_ms() + (int64_t)DOWNLOAD_MAX_S * 1000;
	if ((t.bytes = malloc(DOWNLOAD_MAX_BYTES)) == NULL ||
	    (t.curl = curl_easy_init()) == NULL) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto out;
	}
	if (set_token(&t, d->token, err) < 0 || set_options(&t, d, err) < 0 ||
	    follow(&t, d, &status, err) < 0)
		goto out;
	out->status = status;
	out->bytes = t.bytes;
	out->len = t.len;
	t.bytes = NULL;
	ret = 0;
out:
	if (t.curl != NULL)
		curl_easy_cleanup(t.curl);
	curl_slist_free_all(t.headers);
	free(t.bytes);
	return ret;
}

void
download_clear(struct download_answer *a)
{
	free(a->bytes);
	a->bytes = NULL;
	a->len = 0;
}
