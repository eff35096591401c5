/*
 * url: what is accepted is read by libcurl as the same https address of the
 * same host and port, so that what was judged is what is asked.
 */
#include "config.h"

#include "lib/url.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_true)
{
	if (!is_true)
		abort();
}

static char *
part(CURLU *u, CURLUPart what)
{
	char *text = NULL;

	require(curl_url_get(u, what, &text, CURLU_DEFAULT_PORT) == CURLUE_OK);
	return text;
}

static void
compare(const struct url *mine, const char *text)
{
	CURLU *u = curl_url();
	char host[URL_HOST_MAX + 3], port[8];
	char *s;

	require(u != NULL);
	require(curl_url_set(u, CURLUPART_URL, text, 0) == CURLUE_OK);
	s = part(u, CURLUPART_SCHEME);
	require(strcmp(s, "https") == 0);
	curl_free(s);
	(void)snprintf(host, sizeof(host), "%s%.*s%s",
	    mine->is_ip6 ? "[" : "", (int)mine->host.len,
	    (const char *)mine->host.p, mine->is_ip6 ? "]" : "");
	s = part(u, CURLUPART_HOST);
	/* libcurl writes IPv6 in its shortest form. */
	require(mine->is_ip6 ? s[0] == '[' : strcasecmp(s, host) == 0);
	curl_free(s);
	(void)snprintf(port, sizeof(port), "%u", (unsigned int)mine->port);
	s = part(u, CURLUPART_PORT);
	require(strcmp(s, port) == 0);
	curl_free(s);
	s = NULL;
	require(curl_url_get(u, CURLUPART_USER, &s, 0) == CURLUE_NO_USER);
	require(curl_url_get(u, CURLUPART_PASSWORD, &s, 0) ==
	    CURLUE_NO_PASSWORD);
	require(curl_url_get(u, CURLUPART_FRAGMENT, &s, 0) ==
	    CURLUE_NO_FRAGMENT);
	curl_url_cleanup(u);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { data, size };
	struct err e = ERR_INIT;
	struct url u, again;
	char *copy;

	if (url_parse(&u, text, &e) < 0) {
		require(e.code != ERR_NONE && e.text[0] != '\0');
		return 0;
	}
	require(e.code == ERR_NONE && u.port != 0);
	require(u.host.len > 0 && u.host.len <= URL_HOST_MAX);
	require(u.path.p + u.path.len == data + size);
	copy = malloc(size + 1);
	require(copy != NULL);
	memcpy(copy, data, size);
	copy[size] = '\0';
	require(strlen(copy) == size);
	compare(&u, copy);
	require(url_parse(&again, span_of(copy), NULL) == 0);
	require(url_same_server(&u, &again));
	free(copy);
	return 0;
}
