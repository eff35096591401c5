#include "config.h"

#include "lib/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void append(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
append(struct err *e, const char *fmt, ...)
{
	size_t len = strlen(e->text);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(e->text + len, sizeof(e->text) - len, fmt, ap);
	va_end(ap);
}

int
err_set(struct err *e, enum err_code code, struct place at, const char *what,
    const char *why, const char *fix)
{
	if (e == NULL || e->code != ERR_NONE)
		return -1;
	e->code = code;
	e->text[0] = '\0';
	if (at.file != NULL)
		append(e, "%s:", at.file);
	if (at.line != 0)
		append(e, "%zu:", at.line);
	if (at.line != 0 && at.col != 0)
		append(e, "%zu:", at.col);
	append(e, "%s%s", e->text[0] == '\0' ? "" : " ", what);
	if (why != NULL)
		append(e, ": %s", why);
	if (fix != NULL)
		append(e, "; %s", fix);
	return -1;
}

int
err_setf(struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL || e->code != ERR_NONE)
		return -1;
	e->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return -1;
}

int
err_system(struct err *e, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	if (e == NULL || e->code != ERR_NONE)
		return -1;
	e->code = ERR_SYSTEM;
	va_start(ap, fmt);
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	append(e, ": %s", strerror(saved));
	return -1;
}

void
err_clear(struct err *e)
{
	e->code = ERR_NONE;
	e->text[0] = '\0';
}
