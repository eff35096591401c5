#!/usr/bin/env python3
"""Random policies, certificates and logins, and what must come of each.

  random_policy.py SEED N_POLICIES N_LOGINS FOLDER KEYS

Writes to FOLDER:
  certs        lines of ssh-keygen arguments, tab-separated, name first
  N.yaml       policy N
  N.logins     its logins: user, certificate, the reason code that is due

The reasons are worked out here, from the contract and certgate-policy(5)
alone: a second implementation of the decision, of what these policies use.
"""

import random
import sys

NOW_EARLIER = -10 * 86400
AUTHORITIES = {"vault": "vault", "mail": "mail", "corp": "cf"}
USERS = ["jdoe", "alice", "bob", "deploy", "kiosk", "backup-old", "root"]
UIDS = {"root": 0, "backup-old": 450}
IDENTITIES = ["jdoe@example.com", "alice@example.com", "bob@example.org",
              "ci", "deploy", "root@example.com", "mallory@example.com"]
PRINCIPALS = ["jdoe", "alice", "bob", "ci", "deploy", "root", "kiosk",
              "backup-old", "breakglass", "mallory", "jdoe@example.com",
              "alice@example.com", "bob@example.org", "root@example.com",
              "alice#x", "mallory@example.com", "jdoe@example.org"]


def make_certs(r, count):
    certs = []
    for i in range(count):
        c = {
            "name": "c%d" % i,
            "ca": r.choice(["vault", "vault", "mail", "mail", "cf", "cf",
                            "rogue"]),
            "id": r.choice(IDENTITIES + ["somebody"]),
            "principals": r.sample(PRINCIPALS, r.choice([1, 1, 1, 2, 3])),
            "serial": r.randrange(6),
            "when": r.choice(["now"] * 12 + ["long", "expired", "future"]),
            "force": r.random() < 0.15,
            "source": r.choice([None] * 6 + ["127.0.0.0/8", "192.0.2.0/24"]),
            "host": r.random() < 0.03,
        }
        if c["ca"] == "mail":
            c["principals"] = [p for p in c["principals"] if "@" in p] or \
                ["jdoe@example.com"]
        if c["host"]:
            c["force"] = False
            c["source"] = None
        certs.append(c)
    return certs


def cert_line(c):
    valid = {"now": "-5m:+1h", "long": "-10d:+1h", "expired": "-2h:-1h",
             "future": "+1d:+2d"}[c["when"]]
    args = [c["name"], "--ca", c["ca"], "--id", c["id"], "--principals",
            ",".join(c["principals"]), "--serial", str(c["serial"]),
            "--valid", valid]
    if c["force"]:
        args += ["-O", "force-command=id -un"]
    if c["source"]:
        args += ["-O", "source-address=" + c["source"]]
    if c["host"]:
        args += ["--host"]
    return "\t".join(args)


def make_entry(r):
    kind = r.choice(["identity"] * 4 + ["principal"] * 2 +
                    ["group", "any", "same-name"])
    e = {"kind": kind, "from": None, "until": None, "options": None}
    if kind == "identity":
        e["who"] = r.choice(IDENTITIES)
    elif kind == "principal":
        e["who"] = r.choice(["breakglass", "jdoe", "alice", "deploy", "ci",
                             "bob@example.org"])
    elif kind == "group":
        e["who"] = "team"
    else:
        e["who"] = None
    if r.random() < 0.2:
        e["from"] = r.choice(["127.0.0.0/8", "192.0.2.0/24"])
    if r.random() < 0.15:
        e["until"] = r.choice(["2020-01-31", "2099-12-31"])
    if r.random() < 0.15:
        e["options"] = "restrict,pty"
    return e


def make_policy(r):
    p = {"authorities": {}, "users": {}, "deny": [], "revoked": []}
    for name, mode in (("vault", "verbatim"), ("mail", "email"),
                       ("corp", "email-prefix")):
        p["authorities"][name] = {
            "mode": mode,
            "domains": ["example.com"] + (["example.org"]
                                          if r.random() < 0.7 else []),
            "max_validity": r.choice([None, None, "1d", "1h"]),
            "key_id": r.choice([None] * 4 + ["*@example.com"]),
            "critical": r.choice([None] * 8 + ["force-command"]),
            "key_types": r.choice([None] * 8 + ["ssh-rsa", "ssh-ed25519"]),
            "trust": r.choice([None] * 8 + ["2020-01-01..2021-01-01"]),
        }
    p["team"] = r.sample(IDENTITIES[:5], r.choice([1, 2, 3]))
    for user in r.sample(USERS, r.choice([2, 3, 4])) + \
            (["*"] if r.random() < 0.6 else []):
        entries, seen = [], set()
        for _ in range(r.choice([1, 1, 2, 3])):
            e = make_entry(r)
            if (e["kind"], e["who"]) not in seen:
                entries.append(e)
                seen.add((e["kind"], e["who"]))
        # What stands behind an entry that covers it is refused.
        entries.sort(key=lambda e: ["principal", "identity", "group",
                                    "same-name", "any"].index(e["kind"]))
        p["users"][user] = {
            "allow": entries,
            "authorities": r.choice([None] * 5 + [["vault"],
                                                  ["mail", "corp"]]),
        }
    if r.random() < 0.3:
        p["deny"] = [r.choice(IDENTITIES)]
    if r.random() < 0.4:
        p["revoked"].append(("serial", r.choice(list(AUTHORITIES)),
                             r.randrange(1, 6)))
    if r.random() < 0.3:
        p["revoked"].append(("key_id", r.choice(list(AUTHORITIES)),
                             r.choice(IDENTITIES)))
    return p


def quoted(text):
    return '"%s"' % text


def entry_text(e):
    key = e["kind"]
    parts = ["%s: %s" % (key, quoted(e["who"]) if e["who"] else "true")]
    if e["from"]:
        parts.append("from: [%s]" % quoted(e["from"]))
    if e["until"]:
        parts.append("until: " + e["until"])
    if e["options"]:
        parts.append("options: " + quoted(e["options"]))
    return "      - {%s}" % ", ".join(parts)


def policy_text(p, keys):
    out = ["version: 1", "authorities:"]
    for name, a in p["authorities"].items():
        with open("%s/%s.pub" % (keys, AUTHORITIES[name])) as f:
            out += ["  %s:" % name, "    keys: [%s]" % quoted(f.read().strip())]
        out += ["    principals: " + a["mode"],
                "    domains: [%s]" % ", ".join(a["domains"])]
        if a["trust"]:
            out.append("    trust: " + a["trust"])
        require = []
        if a["max_validity"]:
            require.append("      max_validity: " + a["max_validity"])
        if a["key_id"]:
            require.append("      key_id: " + quoted(a["key_id"]))
        if a["critical"]:
            require.append("      critical_options: [%s]" % a["critical"])
        if a["key_types"]:
            require.append("      key_types: [%s]" % a["key_types"])
        if require:
            out += ["    require:"] + require
    out += ["groups:", "  team: [%s]" % ", ".join(map(quoted, p["team"]))]
    if p["deny"]:
        out.append("deny: [%s]" % ", ".join(map(quoted, p["deny"])))
    if p["revoked"]:
        out.append("revoked:")
        for kind, authority, what in p["revoked"]:
            out.append("  - {authority: %s, %s: %s}" % (
                authority, kind, what if kind == "serial" else quoted(what)))
    out.append("users:")
    for user, rule in p["users"].items():
        out.append("  %s:" % quoted(user))
        if any(e["kind"] == "any" for e in rule["allow"]) and \
                user in ("root", "*"):
            out.append("    dangerous: true")
        if rule["authorities"]:
            out.append("    authorities: [%s]" %
                       ", ".join(rule["authorities"]))
        out.append("    allow:")
        out += [entry_text(e) for e in rule["allow"]]
    return "\n".join(out) + "\n"


def may_vouch(a, identity):
    return "@" not in identity or identity.rsplit("@", 1)[1] in a["domains"]


def translate(a, identity):
    """The principal that authority a writes for an identity; None: none."""
    if not may_vouch(a, identity):
        return None
    if a["mode"] == "email-prefix" and "@" in identity:
        return identity.rsplit("@", 1)[0]
    return identity


def can_carry(principal):
    return "#" not in principal


def fits(p, a, e, user, principal):
    """Whether entry e lets a certificate's principal in as user."""
    if e["kind"] == "identity":
        return translate(a, e["who"]) == principal
    if e["kind"] == "group":
        return any(translate(a, i) == principal for i in p["team"])
    if e["kind"] == "principal":
        return e["who"] == principal
    if e["kind"] == "any":
        return True
    if a["mode"] == "email":
        return "@" in principal and principal.rsplit("@", 1)[0] == user and \
            principal.rsplit("@", 1)[1] in a["domains"]
    return principal == user


def is_revoked(p, name, c):
    return any(authority == name and (
        (kind == "serial" and what == c["serial"]) or
        (kind == "key_id" and what == c["id"]))
        for kind, authority, what in p["revoked"])


def meets(a, c):
    """The first of the requirements that c does not meet."""
    lasts = {"now": 65 * 60, "long": 10 * 86400 + 3600}[c["when"]]
    if a["max_validity"] and lasts > {"1d": 86400, "1h": 3600}[
            a["max_validity"]]:
        return "validity-too-long"
    if a["key_id"] and not c["id"].endswith("@example.com"):
        return "key-id-mismatch"
    if a["critical"] and not c["force"]:
        return "missing-critical-option"
    if a["key_types"] == "ssh-rsa":
        return "key-type-refused"
    return None


def is_from_here(network):
    return network == "127.0.0.0/8"


def is_denied(p, a, c):
    """An identity that is denied: by the key ID, or by a principal."""
    return any(i == c["id"] or translate_denied(a, i) in c["principals"]
               for i in p["deny"])


def translate_denied(a, identity):
    if a["mode"] == "email-prefix" and "@" in identity:
        return identity.rsplit("@", 1)[0]
    return identity


def decide(p, user, c):
    if c["host"]:
        return "not-a-user-certificate"
    name = {v: k for k, v in AUTHORITIES.items()}.get(c["ca"])
    if name is None:
        return "unknown-authority"
    a = p["authorities"][name]
    if is_revoked(p, name, c):
        return "revoked"
    if a["trust"]:
        return "authority-out-of-trust"
    if c["when"] in ("expired", "future"):
        return "expired" if c["when"] == "expired" else "not-yet-valid"
    missing = meets(a, c)
    if missing:
        return missing
    if is_denied(p, a, c):
        return "denied-identity"
    uid = UIDS.get(user, 5000)
    rule = p["users"].get(user)
    if rule is None and uid >= 1000:
        rule = p["users"].get("*")
    if rule is None:
        return "no-rule"
    if rule["authorities"] and name not in rule["authorities"]:
        return "authority-not-allowed-here"
    if c["source"] and not is_from_here(c["source"]):
        return "source-address"
    for e in rule["allow"]:
        if e["until"] == "2020-01-31":
            continue
        for principal in c["principals"]:
            if can_carry(principal) and fits(p, a, e, user, principal):
                if e["from"] and not is_from_here(e["from"]):
                    return "source-address"
                return "allowed"
    return "no-matching-principal"


def main():
    seed, n_policies, n_logins, folder, keys = sys.argv[1:]
    r = random.Random(int(seed))
    certs = make_certs(r, 80)
    with open(folder + "/certs", "w") as f:
        f.writelines(cert_line(c) + "\n" for c in certs)
    for i in range(int(n_policies)):
        p = make_policy(r)
        with open("%s/%d.yaml" % (folder, i), "w") as f:
            f.write(policy_text(p, keys))
        with open("%s/%d.logins" % (folder, i), "w") as f:
            # Half of them are sought among those that get in.
            logins = [(u, c) for u in USERS for c in certs]
            inside = [x for x in logins if decide(p, *x) == "allowed"]
            half = int(n_logins) // 2
            chosen = r.sample(inside, min(half, len(inside)))
            chosen += r.sample(logins, int(n_logins) - len(chosen))
            f.writelines("%s\t%s\t%s\n" % (u, c["name"], decide(p, u, c))
                         for u, c in chosen)


main()
