/*
 * policy_input: the bytes of a YAML file on their way to libyaml.  Internal.
 */
#ifndef CONFIG_GEN_POLICY_INPUT_H
#define CONFIG_GEN_POLICY_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include <yaml.h>

#include "config-gen/policy_parse.h"

enum input_refusal {
	INPUT_GOOD,
	INPUT_UNREADABLE,
	INPUT_TOO_LARGE,
	INPUT_ODD_BREAK
};

struct policy_input {
	int fd;
	size_t n_read, max_bytes;
	size_t size; /* of the file, as far as it is known */
	uint32_t last_bytes; /* of what was read, the last in the low bits */
	enum input_refusal refusal;
	size_t refused_at; /* offset in bytes */
	int refused_errno;
};

/* libyaml's yaml_read_handler_t for a struct policy_input. */
int input_feed(
    void *input, unsigned char *buffer, size_t size, size_t *size_read);

/* Bytes of the byte order mark that fd begins with: 3 or 0. */
size_t input_bom(int fd);

/*
 * Look through fd, which is read from its beginning and stays where it is,
 * for what libyaml MUST NOT see: a private key, and %TAG, for which its time
 * grows with their number squared.  0, or -1 (reported).
 */
int input_look(struct policy_parse *p, int fd);

/* Set fd to what follows the mark.  0, or -1 (reported). */
int input_rewind(struct policy_parse *p, int fd);

/* Report the error that ended parser, which reads from in. */
void input_report(struct policy_parse *p, const struct policy_input *in,
    const yaml_parser_t *parser);

#endif
