#include "config.h"

#include <check.h>

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

static const struct policy_row rows[] = {
	{ "name",
	    RAW("version: 1\n"
		"authorities:\n"
		"  \"a b\": {keys: [\"" KEY_A "\"]}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:3: error: \"a b\" cannot be an authority's "
	    "name; use letters, digits and ._@+-, at most 64, not - "
	    "first\n" },
	{ "empty name",
	    RAW("version: 1\n"
		"authorities:\n"
		"  \"\": {keys: [\"" KEY_A "\"]}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:3: error: \"\" cannot be an authority's name; "
	    "use letters, digits and ._@+-, at most 64, not - first\n" },
	{ "name of 65 bytes",
	    RAW("version: 1\n"
		"authorities:\n"
		"  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaa: {keys: [\"" KEY_A "\"]}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:3: error: "
	    "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaa\" cannot be an authority's name; use letters, "
	    "digits and ._@+-, at most 64, not - first\n" },
	{ "twice",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"]}\n"
		"  ca: {keys: [\"" KEY_B "\"], foo: 1}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:4:3: error: authority \"ca\" stands twice, "
	    "first at policy.yaml:3; keep one of them, or merge them\n" },
	{ "a list",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: [\"" KEY_A "\"]\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:7: error: expected a mapping, found a list\n" },
	{ "null",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:6: error: expected a mapping, found nothing\n" },
	{ "no key",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {principals: email}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:3: error: authority \"ca\" has no key; give "
	    "\"keys\", a \"file\" or a \"url\"\n" },
	{ "keys empty",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: []}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:14: error: \"keys\" is empty\n" },
	{ "keys a text",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: \"" KEY_A "\"}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:14: error: expected a list of public-key "
	    "lines; begin each with \"- \"\n" },
	{ "keys a mapping",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: {a: b}}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:14: error: expected a public-key line, "
	    "found a mapping\n" },
	{ "key a list",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [[a]]}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:15: error: expected a public-key line, "
	    "found a list\n" },
	{ "key empty",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"\"]}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:15: error: expected a public-key line, "
	    "found \"\"\n" },
	{ "key a comment",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"# none\"]}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:15: error: no key; write it as in a .pub " "file\n" },
	{ "several lines in a key",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys:\n"
		"      - |\n"
		"        " KEY_A "\n"
		"        " KEY_B "\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:9: error: more than one line; write one key "
	    "per list item\n" },
	{ "private key",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys:\n"
		"      - |\n"
		"        -----BEGIN OPENSSH PRIVATE KEY-----\n"
		"        b3BlbnNzaC1rZXktdjEAAAAA\n"
		"        -----END OPENSSH PRIVATE KEY-----\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:6: error: this is a private key; give the "
	    "public one, mostly the file that ends in .pub\n" },
	{ "unknown type",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"ssh-foo AAAA\"]}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:15: error: key type \"ssh-foo\" is not known: "
	    "sshd reads a list of CA keys only up to such a line\n" },
	{ "options",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"cert-authority " KEY_A "\"]}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:15: error: \"cert-authority\" stands before "
	    "the key type: sshd reads a list of CA keys only up to "
	    "such a line; begin the line with the key type\n" },
	{ "certificate",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" CERT_B "\"]}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:15: error: this is a certificate; give the "
	    "CA's own public key\n" },
	{ "short RSA key",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_RSA "\"]}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:15: warning: this RSA key has 1024 bits: "
	    "under 2048 are too few today; have the CA make a longer " "one\n" },
	{ "file missing",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {file: none.pub}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:14: error: none.pub: No such file or "
	    "directory\n" },
	{ "file a list",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {file: [a]}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:14: error: expected a file name, found a " "list\n" },
	{ "file without key",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {file: ca.pub}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    "ca.pub",
	    RAW("# nothing\n"
		"\n"),
	    "ca.pub: error: the file holds no key\n" },
	{ "file with errors",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {file: ca.pub}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    "ca.pub",
	    RAW("# CA\n"
		KEY_A "\n"
		"ssh-foo AAAA\n"
		CERT_B "\n"
		"\n"
		KEY_RSA "\n"
		KEY_A " again\n"),
	    "ca.pub:3: error: key type \"ssh-foo\" is not known: sshd "
	    "reads a list of CA keys only up to such a line\n"
	    "ca.pub:4: error: this is a certificate; give the CA's own "
	    "public key\n"
	    "ca.pub:6: warning: this RSA key has 1024 bits: under 2048 "
	    "are too few today; have the CA make a longer one\n"
	    "ca.pub:7: warning: authority \"ca\" has this key twice, "
	    "first at ca.pub:2; remove one of them\n" },
	{ "key IDs that no key ID matches",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    require: {key_id: [\"[a-z]*@x\", \"*@a,*@b\", Identity]}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:24: warning: \"[a-z]*@x\" matches key IDs with a [ "
	    "in them only: only * and ? have a meaning in a glob; write a "
	    "list of globs\n"
	    "policy.yaml:5:36: warning: \"*@a,*@b\" matches key IDs with a , "
	    "in them only: only * and ? have a meaning in a glob; write a "
	    "list, as [A, B]\n"
	    "policy.yaml:5:47: error: \"Identity\" as a glob matches no key ID "
	    "but itself; write key_id: identity, or a glob that holds a *\n" },
	{ "file with a byte order mark",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {file: ca.pub}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    "ca.pub",
	    RAW("\xef\xbb\xbf" KEY_A "\n"),
	    "" },
	{ "file of a private key",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {file: ca}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    "ca",
	    RAW(KEY_A "\n"
		"-----BEGIN OPENSSH PRIVATE KEY-----\n"
		"b3BlbnNzaC1rZXktdjEAAAAA\n"
		"-----END OPENSSH PRIVATE KEY-----\n"),
	    "ca:2: error: this is a private key; give the public one, mostly "
	    "the file that ends in .pub\n" },
	{ "principals",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    principals: email_prefix\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:17: error: \"email_prefix\" is none of "
	    "verbatim, email and email-prefix; did you mean "
	    "\"email-prefix\"?\n" },
	{ "principals unlike any",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    principals: names\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:17: error: \"names\" is none of verbatim, "
	    "email and email-prefix\n" },
	{ "principals a list",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    principals: [email]\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:17: error: expected verbatim, email or "
	    "email-prefix, found a list\n" },
	{ "principals null",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    principals:\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:16: error: expected verbatim, email or "
	    "email-prefix, found nothing\n" },
	{ "domains empty",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    domains: []\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:14: error: \"domains\" is empty: the "
	    "authority could vouch for nobody with an @; name domains, "
	    "or leave the key out for all\n" },
	{ "domains a mapping",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    domains: {a: b}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:14: error: expected a domain, found a " "mapping\n" },
	{ "domain with @",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    domains: [\"@example.com\"]\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:15: error: the domain \"@example.com\" holds "
	    "a @: a domain is what stands after the @ of an identity; "
	    "name each domain in full\n" },
	{ "domain a pattern",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    domains: \"*.example.com\"\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:14: error: the domain \"*.example.com\" holds "
	    "a *: a domain is what stands after the @ of an identity; "
	    "name each domain in full\n" },
	{ "domain with blank",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    domains: \"a b\"\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:14: error: the domain \"a b\" holds white "
	    "space\n" },
	{ "domain in upper case",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    domains: [example.com, Example.org]\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:28: warning: \"Example.org\" holds upper-case "
	    "letters: names are compared byte for byte, as sshd does; "
	    "make sure that identities have it in this very form\n" },
	{ "require a list",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    require: [max_validity]\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:14: error: expected a mapping, found a list\n" },
	{ "require null",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    require:\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:13: error: expected a mapping, found " "nothing\n" },
	{ "max_validity without unit",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    require: {max_validity: 16}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:29: error: expected a duration such as 90s, "
	    "30m, 16h, 2d or 1h30m, found \"16\"\n" },
	{ "max_validity of 0",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    require: {max_validity: 0h}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:29: error: expected a duration such as 90s, "
	    "30m, 16h, 2d or 1h30m, found \"0h\"\n" },
	{ "max_validity backwards",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    require: {max_validity: 30m1h}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:29: error: expected a duration such as 90s, "
	    "30m, 16h, 2d or 1h30m, found \"30m1h\"\n" },
	{ "max_validity twice a unit",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    require: {max_validity: 1h1h}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:29: error: expected a duration such as 90s, "
	    "30m, 16h, 2d or 1h30m, found \"1h1h\"\n" },
	{ "max_validity unknown unit",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    require: {max_validity: 1y}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:29: error: expected a duration such as 90s, "
	    "30m, 16h, 2d or 1h30m, found \"1y\"\n" },
	{ "max_validity too large",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    require: {max_validity: 1000000000s}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:29: error: expected a duration such as 90s, "
	    "30m, 16h, 2d or 1h30m, found \"1000000000s\"\n" },
	{ "max_validity a list",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    require: {max_validity: [1h]}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:29: error: expected a duration such as 90s, "
	    "30m, 16h, 2d or 1h30m, found a list\n" },
	{ "key_id list with identity",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    require: {key_id: [\"*@example.com\", identity]}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:41: error: the word identity in a list of "
	    "globs; write key_id: identity, without a list\n" },
	{ "key_id empty list",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    require: {key_id: []}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:23: error: \"key_id\" is empty\n" },
	{ "key_id empty",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    require: {key_id: \"\"}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:23: error: expected a glob for the key ID, "
	    "found \"\"\n" },
	{ "key_id a mapping",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    require: {key_id: {a: b}}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:23: error: expected a glob for the key ID, "
	    "found a mapping\n" },
	{ "critical option unknown",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    require: {critical_options: [source-adress]}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:34: error: critical option \"source-adress\" "
	    "is not known: sshd refuses certificates with any other "
	    "than force-command, source-address and verify-required; "
	    "did you mean \"source-address\"?\n" },
	{ "critical options empty",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    require: {critical_options: []}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:33: error: \"critical_options\" is empty\n" },
	{ "key type unknown",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    require: {key_types: [ssh-ed25518]}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:27: error: key type \"ssh-ed25518\" is not "
	    "known; did you mean \"ssh-ed25519\"?\n" },
	{ "key type far off",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    require: {key_types: [rsa]}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:27: error: key type \"rsa\" is not known; "
	    "write one of ssh-rsa, ecdsa-sha2-nistp256, "
	    "ecdsa-sha2-nistp384, ecdsa-sha2-nistp521, ssh-ed25519, "
	    "sk-ecdsa-sha2-nistp256@openssh.com, "
	    "sk-ssh-ed25519@openssh.com\n" },
	{ "key type of a certificate",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    require: {key_types: "
		"[ssh-ed25519-cert-v01@openssh.com]}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:27: error: key type "
	    "\"ssh-ed25519-cert-v01@openssh.com\" is not known; did you "
	    "mean \"ssh-ed25519\"?\n" },
	{ "key types empty",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    require: {key_types: []}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:26: error: \"key_types\" is empty\n" },
};

START_TEST(says)
{
	policyfix_check(&rows[_i]);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("policy_authority");

	tcase_add_checked_fixture(tc, policyfix_setup, policyfix_teardown);
	tcase_add_loop_test(tc, says, 0, N_ROWS(rows));
	return run_case("policy_authority", tc);
}
