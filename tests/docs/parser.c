/*
 * parser: what the policy's parser knows and says, for tests of documents.
 *
 *   parser -k          every key: where it stands, its name, what its value
 *                      is; with tabs between
 *   parser FOLDER...   load each FOLDER/policy.yaml, and write what is said
 *                      of it to FOLDER/said: nothing, or diagnostics; keys
 *                      that are to be fetched may be missing
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config-gen/diag.h"
#include "config-gen/policy.h"
#include "config-gen/policy_keys.h"

/* As in the source. */
static const char *const places[] = {
	[POLICY_TOP] = "TOP",
	[POLICY_AUTHORITY] = "AUTHORITY",
	[POLICY_REQUIRE] = "REQUIRE",
	[POLICY_GROUP] = "GROUP",
	[POLICY_RULE] = "RULE",
	[POLICY_ENTRY] = "ENTRY",
	[POLICY_REVOKED] = "REVOKED",
};

static void
print_keys(void)
{
	const struct policy_key *k;

	for (k = policy_keys; k->name != NULL; k++)
		printf("%s\t%s\t%s\n", places[k->where], k->name, k->type);
}

static int
load(const char *folder)
{
	struct diag_report r = DIAG_REPORT_INIT;
	char path[4096];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/policy.yaml", folder);
	policy_free(policy_load_to_fetch(path, "", POLICY_MAX_BYTES, &r));
	(void)snprintf(path, sizeof(path), "%s/said", folder);
	if ((f = fopen(path, "w")) == NULL) {
		perror(path);
		return -1;
	}
	diag_print(&r, f, false);
	diag_free(&r);
	return fclose(f);
}

int
main(int argc, char **argv)
{
	int i;

	if (argc == 2 && strcmp(argv[1], "-k") == 0)
		print_keys();
	else
		for (i = 1; i < argc; i++)
			if (load(argv[i]) != 0)
				return EXIT_FAILURE;
	return EXIT_SUCCESS;
}
