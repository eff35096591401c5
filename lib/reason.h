/* reason: why a login was decided as it was; codes are stable. */
#ifndef LIB_REASON_H
#define LIB_REASON_H

/* In the order of checking. */
enum reason {
	REASON_ALLOWED = 0,
	REASON_MALFORMED,
	REASON_NOT_A_USER_CERTIFICATE,
	REASON_UNKNOWN_AUTHORITY,
	REASON_REVOKED,
	REASON_AUTHORITY_OUT_OF_TRUST,
	REASON_NOT_YET_VALID,
	REASON_EXPIRED,
	REASON_VALIDITY_TOO_LONG,
	REASON_KEY_ID_MISMATCH,
	REASON_MISSING_CRITICAL_OPTION,
	REASON_KEY_TYPE_REFUSED,
	REASON_DENIED_IDENTITY,
	REASON_NO_RULE,
	REASON_AUTHORITY_NOT_ALLOWED_HERE,
	REASON_SOURCE_ADDRESS,
	REASON_NO_MATCHING_PRINCIPAL,
	REASON_INDEX_UNREADABLE /* none of the above could be asked */
};

#define N_REASONS (REASON_INDEX_UNREADABLE + 1)

/* "allowed", "no-rule", …: stable, for logs, JSON and manuals. */
const char *reason_code(enum reason reason);

/* One sentence on what the reason means, for people. */
const char *reason_text(enum reason reason);

#endif
