#include "config.h"

#include "lib/reason.h"

static const struct {
	const char *code;
	const char *text;
} reasons[] = {
	[REASON_ALLOWED] = { "allowed", "the policy lets this certificate in" },
	[REASON_MALFORMED] = { "malformed",
	    "this is no certificate that sshd can use" },
	[REASON_NOT_A_USER_CERTIFICATE] = { "not-a-user-certificate",
	    "the certificate is for a host, not for a person" },
	[REASON_UNKNOWN_AUTHORITY] = { "unknown-authority",
	    "no authority of the policy signed this certificate" },
	[REASON_REVOKED] = { "revoked", "the policy revokes this certificate" },
	[REASON_AUTHORITY_OUT_OF_TRUST] = { "authority-out-of-trust",
	    "the authority, or the key of it that signed the certificate, is "
	    "not trusted at this time" },
	[REASON_NOT_YET_VALID] = { "not-yet-valid",
	    "the certificate's time has not come" },
	[REASON_EXPIRED] = { "expired", "the certificate's time is over" },
	[REASON_VALIDITY_TOO_LONG] = { "validity-too-long",
	    "the certificate was issued for longer than the authority's "
	    "max_validity" },
	[REASON_KEY_ID_MISMATCH] = { "key-id-mismatch",
	    "the certificate's key ID is not what the authority's key_id "
	    "asks for" },
	[REASON_MISSING_CRITICAL_OPTION] = { "missing-critical-option",
	    "the certificate lacks a critical option that the authority "
	    "requires" },
	[REASON_KEY_TYPE_REFUSED] = { "key-type-refused",
	    "the certificate's key is of a type that the authority does not "
	    "allow" },
	[REASON_DENIED_IDENTITY] = { "denied-identity",
	    "the policy denies this identity everywhere" },
	[REASON_NO_RULE] = { "no-rule",
	    "the policy has no rule for this user" },
	[REASON_AUTHORITY_NOT_ALLOWED_HERE] = { "authority-not-allowed-here",
	    "the user's rule does not take certificates of this authority" },
	[REASON_SOURCE_ADDRESS] = { "source-address",
	    "the client's address is not one of those allowed" },
	[REASON_NO_MATCHING_PRINCIPAL] = { "no-matching-principal",
	    "no principal of the certificate is allowed as this user" },
	[REASON_INDEX_UNREADABLE] = { "index-unreadable",
	    "the policy index cannot be used" },
};

const char *
reason_code(enum reason reason)
{
	return reasons[reason].code;
}

const char *
reason_text(enum reason reason)
{
	return reasons[reason].text;
}
