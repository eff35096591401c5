/*
 * cakeys: whether the machine's sshd takes the authorities' keys as CAs.
 */
#ifndef CONFIG_GEN_CAKEYS_H
#define CONFIG_GEN_CAKEYS_H

#include "config-gen/policy.h"
#include "config-gen/sshd.h"
#include "config-gen/target.h"
#include "lib/err.h"

/*
 * 0 where each key of p that is in force at now_at can sign by an algorithm
 * of sshd's CASignatureAlgorithms; else -1, and err names the keys' places.
 * RequiredRSASize is not asked: sshd holds it against the key of a
 * certificate, never against the one that signed it.
 */
int cakeys_judge(const struct policy *p, const struct sshd_settings *settings,
    int64_t now_at, struct err *err);

/* The same by what t's sshd says; 0 where t has none. */
int cakeys_check(
    const struct target *t, const struct policy *p, struct err *err);

#endif
