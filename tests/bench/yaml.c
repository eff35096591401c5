/*
 * yaml: all events of a YAML file, by libyaml, and nothing done with them.
 *
 *   yaml FILE
 *
 * The least that anything can cost which reads a policy with libyaml.
 */
#include "config.h"

#include <err.h>
#include <stdbool.h>
#include <stdio.h>

#include <yaml.h>

int
main(int argc, char **argv)
{
	yaml_parser_t parser;
	yaml_event_t event;
	bool has_ended = false;
	FILE *in;

	if (argc != 2)
		errx(2, "usage: yaml FILE");
	if ((in = fopen(argv[1], "re")) == NULL)
		err(1, "%s", argv[1]);
	if (!yaml_parser_initialize(&parser))
		errx(1, "out of memory");
	yaml_parser_set_input_file(&parser, in);
	while (!has_ended) {
		if (!yaml_parser_parse(&parser, &event))
			errx(1, "%s: %s", argv[1], parser.problem);
		has_ended = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	(void)fclose(in);
	return 0;
}
