/*
 * policyfix: a folder of policy files, and what policy_load says of them.
 */
#ifndef TESTS_UNIT_POLICYFIX_H
#define TESTS_UNIT_POLICYFIX_H

#include <stddef.h>

#include "config-gen/diag.h"
#include "config-gen/policy.h"
#include "lib/sshwire.h"

/* Public keys without a comment. */
#define KEY_A \
	"ssh-ed25519 " \
	"AAAAC3NzaC1lZDI1NTE5AAAAIFUp65QF3J5Pe4C/V9y18r9Hi4jcCdTA2K9xeY2/RZ0J"
#define KEY_B \
	"ssh-ed25519 " \
	"AAAAC3NzaC1lZDI1NTE5AAAAIEGOfSB/h4pmU8JAEC4nqBs2c6ECLdYklyAGmps3lHvZ"
/* An RSA key of 1,024 bits. */
#define KEY_RSA \
	"ssh-rsa " \
	"AAAAB3NzaC1yc2EAAAADAQABAAAAgQDB7Qv2+hVqN5oTRduET2hnckz7uMwu9BeC2T" \
	"XIchExrx+RHpcyevadNs2j5k1Iq6mCSYPxe4ZwshUegZ9uvZI+siAm3lZYdBFI7Toi" \
	"/q5SU5IynoQ4Mer1/PL/922GFub0eh4HW1cYmcrdlDIUsious7UeOmTP1RKacfdtLr" \
	"91Pw=="
/* A certificate for KEY_B by KEY_A. */
#define CERT_B \
	"ssh-ed25519-cert-v01@openssh.com " \
	"AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIAJ4Vxdxt0nLBa" \
	"MK0o4wk6N7jpf2xrwfrc3T3PxAVXCXAAAAIEGOfSB/h4pmU8JAEC4nqBs2c6ECLdYk" \
	"lyAGmps3lHvZAAAAAAAAAAAAAAABAAAAAXgAAAAFAAAAAXkAAAAAAAAAAP////////" \
	"//AAAAAAAAAIIAAAAVcGVybWl0LVgxMS1mb3J3YXJkaW5nAAAAAAAAABdwZXJtaXQt" \
	"YWdlbnQtZm9yd2FyZGluZwAAAAAAAAAWcGVybWl0LXBvcnQtZm9yd2FyZGluZwAAAA" \
	"AAAAAKcGVybWl0LXB0eQAAAAAAAAAOcGVybWl0LXVzZXItcmMAAAAAAAAAAAAAADMA" \
	"AAALc3NoLWVkMjU1MTkAAAAgVSnrlAXcnk97gL9X3LXyv0eLiNwJ1MDYr3F5jb9FnQ" \
	"kAAABTAAAAC3NzaC1lZDI1NTE5AAAAQGX3TA0OuyUxK4CcQYYmZ4HstCZ2i4DMfeeR" \
	"4MxjmAyQMcDHIl7dNuQWQz9r6ZSUw8LlaPdizdsQl+8tJcOXdQE="

/* The lines 1 to 3 of most policies here. */
#define HEAD \
	"version: 1\n" \
	"authorities:\n" \
	"  ca: {keys: [\"" KEY_A "\"]}\n"

/* One policy, perhaps with a second file, and all that is said of it. */
struct policy_row {
	const char *name;
	struct span policy;
	const char *file; /* NULL: none */
	struct span text;
	const char *want; /* messages without source lines; "": none */
};

/* Make a scratch folder the working folder; leave and remove it. */
void policyfix_setup(void);
void policyfix_teardown(void);

/* Write a file with mode 0600; a folder in its name is made. */
void policyfix_write(const char *name, struct span text);
void policyfix_write_text(const char *name, const char *text);

/* All of diag_print, or its lines without source; the caller frees. */
char *policyfix_print(const struct diag_report *r);
char *policyfix_messages(const struct diag_report *r);

/* Load policy.yaml, which must say want and no more. */
struct policy *policyfix_load(const char *want);

/* The same for a text. */
struct policy *policyfix_load_text(const char *text, const char *want);

/* Write the row's files, load, compare; a policy there is unless refused. */
void policyfix_check(const struct policy_row *row);

#endif
