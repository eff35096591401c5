#include "config.h"

#include "tests/corpus/mix.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void
add(char ***list, size_t *n, const char *p, size_t len)
{
	char **grown = realloc(*list, (*n + 1) * sizeof(**list));

	if (grown == NULL || (grown[*n] = strndup(p, len)) == NULL)
		abort();
	*list = grown;
	(*n)++;
}

static bool
begins(const char *line, const char *word)
{
	line += strspn(line, " \t\"");
	return strncasecmp(line, word, strlen(word)) == 0;
}

void
mix_add(struct mix *m, const char *text)
{
	const char *p = text, *block = NULL;

	for (; *p != '\0'; p += strcspn(p, "\n"), p += *p == '\n') {
		size_t len = strcspn(p, "\n");

		if (begins(p, "match")) {
			if (block != NULL)
				add(&m->blocks, &m->n_blocks, block,
				    (size_t)(p - block));
			block = p;
		} else if (begins(p, "include")) {
			/* Its files are not here; and a block ends too. */
			if (block != NULL)
				add(&m->blocks, &m->n_blocks, block,
				    (size_t)(p - block));
			block = NULL;
		} else if (block == NULL && len != 0) {
			add(&m->lines, &m->n_lines, p, len);
		}
	}
	if (block != NULL)
		add(&m->blocks, &m->n_blocks, block, (size_t)(p - block));
}

void
mix_clear(struct mix *m)
{
	size_t i;

	for (i = 0; i < m->n_lines; i++)
		free(m->lines[i]);
	for (i = 0; i < m->n_blocks; i++)
		free(m->blocks[i]);
	free(m->lines);
	free(m->blocks);
}

/* Lines with the blanks, quotes and ends that sshd lets pass. */
static void
put_line(FILE *f, const char *line, struct random *r)
{
	static const char *const before[] = { "", "", "", " ", "\t", "  \t" };
	static const char *const after[] = { "\n", "\n", "\n", "\r\n", " \n",
		"\n\n", "\n# a comment\n", "\t\r\n" };

	(void)fprintf(f, "%s%s%s", before[random_below(r, 6)], line,
	    after[random_below(r, 8)]);
}

/*
 * One of few settings with one of few values, so that several files set the
 * same one: what stands first counts.
 */
static void
put_setting(FILE *f, struct random *r)
{
	static const char *const settings[] = { "X11Forwarding yes",
		"X11Forwarding no", "MaxAuthTries 2", "MaxAuthTries 5",
		"PrintMotd yes", "PrintMotd no", "loglevel DEBUG",
		"LogLevel=ERROR", "UseDNS yes", "UseDNS no" };

	/* Now and then one of certgate's own: a conflict. */
	static const char *const ours[] = { "TrustedUserCAKeys /etc/ssh/x.pub",
		"trustedusercakeys=\"/etc/ssh/x.pub\"",
		"AuthorizedPrincipalsFile %h/.principals",
		"AuthorizedPrincipalsCommand /bin/true %u",
		"AuthorizedPrincipalsCommandUser nobody",
		"TrustedUserCAKeys none" };

	if (random_once_in(r, 12))
		put_line(f, ours[random_below(r, 6)], r);
	else
		put_line(f, settings[random_below(r, 10)], r);
}

static void
put_pieces(FILE *f, const struct mix *m, struct random *r, bool is_main)
{
	static const char *const includes[] = {
		"Include /etc/ssh/sshd_config.d/*.conf",
		"include sshd_config.d/*.conf",
		"Include=/etc/ssh/sshd_config.d/*.conf",
		"Include \"/etc/ssh/sshd_config.d/*.conf\" /etc/ssh/none*",
		"Include /etc/ssh/sshd_config.d/1?.conf",
		"Include sshd_config.d/10.conf sshd_config.d/[12]*.conf"
	};
	size_t n = random_below(r, 9), n_blocks = random_below(r, 3), i;
	size_t include = is_main ? random_below(r, n + n_blocks + 2) : n + 9;

	for (i = 0; i < n + n_blocks; i++) {
		if (i == include)
			put_line(f, includes[random_below(r, 6)], r);
		if (i < n && random_once_in(r, 2))
			put_setting(f, r);
		else if (i < n)
			put_line(f, m->lines[random_below(r, m->n_lines)], r);
		else
			(void)fprintf(f, "%s%s",
			    m->blocks[random_below(r, m->n_blocks)],
			    random_once_in(r, 8) ? "Match all\n" : "");
	}
	if (i == include)
		put_line(f, includes[random_below(r, 6)], r);
}

static char *
make_file(const struct mix *m, struct random *r, bool is_main)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		abort();
	put_pieces(f, m, r, is_main);
	if (fclose(f) != 0)
		abort();
	/* Now and then the last line has no end. */
	if (len > 0 && text[len - 1] == '\n' && random_once_in(r, 10))
		text[len - 1] = '\0';
	return text;
}

void
mix_make(const struct mix *m, struct random *r, struct mixture *out)
{
	size_t i;

	out->text = make_file(m, r, true);
	for (i = 0; i < MIX_MAX_DROPINS; i++)
		out->dropins[i] =
		    random_once_in(r, 2) ? make_file(m, r, false) : NULL;
}

void
mixture_clear(struct mixture *m)
{
	size_t i;

	free(m->text);
	for (i = 0; i < MIX_MAX_DROPINS; i++)
		free(m->dropins[i]);
}
