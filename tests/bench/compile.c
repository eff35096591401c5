/*
 * compile: the two halves of what `certgate apply` does before it swaps.
 *
 *   compile POLICY FOLDER    write the policy's files into the empty FOLDER
 *
 * Prints: seconds to load the policy, seconds to write the files, peak
 * memory in kB, number of users.
 */
#include "config.h"

#include <sys/resource.h>

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "config-gen/compile.h"
#include "config-gen/policy.h"

static double
now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	struct compile_settings settings = { .uid_min = 1000,
		.owner = geteuid(), .group = getegid(),
		.index_group = getegid() };
	struct diag_report report = DIAG_REPORT_INIT;
	struct err err = ERR_INIT;
	struct rusage usage;
	struct policy *policy;
	double began_at, loaded_at, ended_at;

	if (argc != 3)
		errx(2, "usage: compile POLICY FOLDER");
	began_at = now_s();
	policy = policy_load(argv[1], "", POLICY_MAX_BYTES, &report);
	loaded_at = now_s();
	if (policy == NULL) {
		diag_print(&report, stderr, false);
		return 1;
	}
	if (compile_write(policy, &settings, argv[2], &err) < 0)
		errx(1, "%s", err.text);
	ended_at = now_s();
	(void)getrusage(RUSAGE_SELF, &usage);
	printf("%.3f %.3f %ld %zu\n", loaded_at - began_at,
	    ended_at - loaded_at, usage.ru_maxrss, policy->n_rules);
	policy_free(policy);
	diag_free(&report);
	return 0;
}
