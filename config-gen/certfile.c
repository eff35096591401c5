#include "config.h"

#include "config-gen/certfile.h"

#include <stdlib.h>
#include <string.h>

#include "lib/file.h"

#define MAX_FILE (512UL * 1024)

int
certfile_read(struct pubkey *k, const char *path, struct err *err)
{
	char *text = NULL;
	char *line;
	size_t len, line_len, left, n = 0;
	int got = 0;
	int ret = -1;

	if (file_read(path, FILE_ANY, MAX_FILE, &text, &len, err) < 0)
		return -1;
	for (line = text, left = len; left > 0 && got == 0;) {
		const char *end = memchr(line, '\n', left);

		line_len = end == NULL ? left : (size_t)(end - line);
		got = pubkey_parse_line(
		    k, line, line_len, (struct place) { path, ++n, 0 }, err);
		line_len += end == NULL ? 0 : 1;
		line += line_len;
		left -= line_len;
	}
	if (got == 0)
		(void)err_setf(err, ERR_NOT_FOUND,
		    "%s: there is no certificate in it", path);
	else if (got == 1 && !pubkey_is_cert(k))
		(void)err_setf(err, ERR_UNSUPPORTED,
		    "%s:%zu: this is a plain key, not a certificate; "
		    "certificates end in -cert.pub", path, n);
	else if (got == 1)
		ret = 0;
	if (got == 1 && ret < 0)
		pubkey_clear(k);
	free(text);
	return ret;
}
