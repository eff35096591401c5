#include "config.h"

#include "config-gen/progress.h"

#include <stdbool.h>
#include <stdio.h>

static bool is_allowed;
static int shown = -1; /* per cent */
static int width;      /* of the line that is shown */

void
progress_allow(void)
{
	is_allowed = true;
}

void
progress_show(const char *what, uint64_t done, uint64_t all)
{
	int percent = done < all ? (int)(done * 100 / all) : 100;

	if (!is_allowed || percent == shown)
		return;
	shown = percent;
	width = fprintf(stderr, "\rcertgate: %s: %d %%", what, percent) - 1;
}

void
progress_end(void)
{
	if (width > 0)
		(void)fprintf(stderr, "\r%*s\r", width, "");
	width = 0;
	shown = -1;
}
