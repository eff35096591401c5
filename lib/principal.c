#include "config.h"

#include "lib/principal.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* channels.h and misc.h of OpenSSH: NI_MAXHOST, SSH_TUNID_MAX */
#define HOST_MAX 1024
#define TUNNEL_MAX 2147483645UL

enum option_kind {
	OPTION_FLAG,
	OPTION_COMMAND,
	OPTION_PERMITOPEN,
	OPTION_PERMITLISTEN,
	OPTION_TUNNEL,
	OPTION_REFUSED
};

/* What auth-options.c:sshauthopt_parse knows, in 8.7 to 10.5 alike. */
static const struct option {
	const char *name;
	enum option_kind kind;
	const char *refusal;
} known[] = {
	{ "agent-forwarding", OPTION_FLAG, NULL },
	{ "no-agent-forwarding", OPTION_FLAG, NULL },
	{ "no-port-forwarding", OPTION_FLAG, NULL },
	{ "no-pty", OPTION_FLAG, NULL },
	{ "no-touch-required", OPTION_FLAG, NULL },
	{ "no-user-rc", OPTION_FLAG, NULL },
	{ "no-verify-required", OPTION_FLAG, NULL },
	{ "no-x11-forwarding", OPTION_FLAG, NULL },
	{ "port-forwarding", OPTION_FLAG, NULL },
	{ "pty", OPTION_FLAG, NULL },
	{ "restrict", OPTION_FLAG, NULL },
	{ "touch-required", OPTION_FLAG, NULL },
	{ "user-rc", OPTION_FLAG, NULL },
	{ "verify-required", OPTION_FLAG, NULL },
	{ "x11-forwarding", OPTION_FLAG, NULL },
	{ "command", OPTION_COMMAND, NULL },
	{ "permitlisten", OPTION_PERMITLISTEN, NULL },
	{ "permitopen", OPTION_PERMITOPEN, NULL },
	{ "tunnel", OPTION_TUNNEL, NULL },
	{ "cert-authority", OPTION_REFUSED,
	    "hold cert-authority, which sshd refuses beside a principal" },
	{ "environment", OPTION_REFUSED,
	    "hold environment=, which sshd ignores without a word unless "
	    "PermitUserEnvironment allows it" },
	{ "expiry-time", OPTION_REFUSED,
	    "hold expiry-time=; write `until:` beside them instead" },
	{ "from", OPTION_REFUSED,
	    "hold from=; write `from:` beside them instead" },
	{ "principals", OPTION_REFUSED,
	    "hold principals=, which sshd refuses beside a principal" },
};

const char *
principal_refusal(struct span name)
{
	size_t i;

	if (name.len == 0)
		return "is empty";
	if (name.len > PRINCIPAL_MAX)
		return "is longer than 1,024 bytes";
	for (i = 0; i < name.len; i++) {
		unsigned char c = name.p[i];

		if (c == ' ' || (c >= '\t' && c <= '\r'))
			return "holds white space";
		if (c == '#')
			return "holds a #";
		if (c == '"' || c == '\'')
			return "holds a quote";
		if (c < 0x20 || c == 0x7f)
			return "holds a control character";
	}
	return NULL;
}

static const struct option *
find_option(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i].name) == len &&
		    strncasecmp(known[i].name, name, len) == 0)
			return &known[i];
	return NULL;
}

/* Decimal digits that make a number from min to max. */
static bool
is_number(struct span s, unsigned long min, unsigned long max)
{
	unsigned long n = 0;
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || n > max / 10)
			return false;
		n = n * 10 + (unsigned long)(s.p[i] - '0');
	}
	return s.len != 0 && n >= min && n <= max;
}

/*
 * HOST:PORT as auth-options.c:handle_permit splits it.  sshd looks words for
 * a port up in the server's own services file; that is not for a policy.
 */
static bool
is_permit(struct span s, bool has_bare_port)
{
	struct span port = s;
	size_t i = 0;

	if (has_bare_port && memchr(s.p, ':', s.len) == NULL)
		return span_is(port, "*") || is_number(port, 1, 65535);
	if (s.len != 0 && s.p[0] == '[') {
		while (i < s.len && s.p[i] != ']')
			i++;
		i++;
	} else {
		while (i < s.len && s.p[i] != ':' && s.p[i] != '/')
			i++;
	}
	if (i >= s.len || i > HOST_MAX || (s.p[i] != ':' && s.p[i] != '/'))
		return false;
	port.p += i + 1;
	port.len -= i + 1;
	return span_is(port, "*") || is_number(port, 1, 65535);
}

static const char *
value_refusal(enum option_kind kind, struct span value)
{
	switch (kind) {
	case OPTION_PERMITOPEN:
		return is_permit(value, false)
		    ? NULL
		    : "hold a permitopen= that is not \"host:port\", the "
		      "port a number or *";
	case OPTION_PERMITLISTEN:
		return is_permit(value, true)
		    ? NULL
		    : "hold a permitlisten= that is not \"[host:]port\", the "
		      "port a number or *";
	case OPTION_TUNNEL:
		if ((value.len == 3 &&
			strncasecmp((const char *)value.p, "any", 3) == 0) ||
		    is_number(value, 0, TUNNEL_MAX))
			return NULL;
		return "hold a tunnel= that is neither a number nor \"any\"";
	case OPTION_COMMAND:
	case OPTION_FLAG:
	case OPTION_REFUSED:
		break;
	}
	return NULL;
}

/* Take `="…"` from s; \" does not end it. */
static const char *
take_value(struct span *s, struct span *value)
{
	size_t i;

	if (s->len < 2 || s->p[0] != '=' || s->p[1] != '"')
		return "hold a value that does not begin with a quote";
	for (i = 2; i < s->len && s->p[i] != '"'; i++)
		if (s->p[i] == '\\' && i + 1 < s->len && s->p[i + 1] == '"')
			i++;
	if (i >= s->len)
		return "end inside quotes";
	*value = (struct span) { s->p + 2, i - 2 };
	s->p += i + 1;
	s->len -= i + 1;
	return NULL;
}

/* Take one option from s; command gets the value of command="…". */
static const char *
take_option(struct span *s, struct span *command)
{
	const struct option *option;
	struct span value;
	const char *refusal;
	size_t len = 0;

	while (len < s->len && memchr("=,\" ", s->p[len], 4) == NULL)
		len++;
	if (len < s->len && s->p[len] == ' ')
		return "hold a blank outside quotes";
	if (len == 0)
		return "hold an empty option";
	option = find_option((const char *)s->p, len);
	if (option == NULL)
		return "hold an option that sshd does not know";
	s->p += len;
	s->len -= len;
	if (option->kind == OPTION_REFUSED)
		return option->refusal;
	if (option->kind == OPTION_FLAG)
		return s->len == 0 || s->p[0] == ','
		    ? NULL
		    : "hold a value for an option that takes none";
	if ((refusal = take_value(s, &value)) != NULL)
		return refusal;
	if (option->kind == OPTION_COMMAND && command->p != NULL)
		return "hold command= twice, which sshd refuses";
	if (option->kind == OPTION_COMMAND)
		*command = value;
	return value_refusal(option->kind, value);
}

const char *
principal_options_refusal(struct span options)
{
	struct span command = { NULL, 0 };
	const char *refusal;
	size_t i;

	if (options.len == 0)
		return "are empty";
	if (options.len > PRINCIPAL_OPTIONS_MAX)
		return "are longer than 8,192 bytes";
	for (i = 0; i < options.len; i++) {
		if (options.p[i] == '#')
			return "hold a #, where sshd cuts the line, even in "
			       "quotes";
		if (options.p[i] < 0x20 || options.p[i] == 0x7f)
			return "hold a control character";
	}
	for (;;) {
		if ((refusal = take_option(&options, &command)) != NULL)
			return refusal;
		if (options.len == 0)
			return NULL;
		if (options.p[0] == ' ')
			return "hold a blank outside quotes";
		if (options.p[0] != ',')
			return "hold text behind a closing quote";
		options.p++;
		options.len--;
	}
}

/* Whether value, in which \" stands for ", says other. */
static bool
is_quoted(struct span value, struct span other)
{
	size_t i, k = 0;

	for (i = 0; i < value.len; i++, k++) {
		if (value.p[i] == '\\' && i + 1 < value.len &&
		    value.p[i + 1] == '"')
			i++;
		if (k == other.len || value.p[i] != other.p[k])
			return false;
	}
	return k == other.len;
}

bool
principal_options_differ(struct span options, struct span command)
{
	struct span own = { NULL, 0 };

	while (options.len > 0 && take_option(&options, &own) == NULL &&
	    options.len > 0) {
		options.p++;
		options.len--;
	}
	return own.p != NULL && command.p != NULL && !is_quoted(own, command);
}
