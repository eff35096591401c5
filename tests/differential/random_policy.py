#!/usr/bin/env python3
"""Random policies, certificates and logins, and what must come of each.

  random_policy.py SEED N_POLICIES N_LOGINS FOLDER KEYS

Writes to FOLDER:
  certs        lines of ssh-keygen arguments, tab-separated, name first
  N.yaml       policy N
  N.logins     its logins: user, certificate, client's address, the reason
               code that is due

KEYS has the public keys: the authorities' own, and PEOPLE below.

The reasons are worked out here, from the contract and certgate-policy(5)
alone: a second implementation of the decision, of what these policies use.
"""

import base64
import hashlib
import ipaddress
import random
import sys

# Each with its keys; the second is not in every policy.
AUTHORITIES = {"vault": ["vault", "vault2"], "mail": ["mail"], "corp": ["cf"]}
SECOND_KEY = "vault2"
USERS = ["jdoe", "alice", "bob", "deploy", "kiosk", "backup-old", "root"]
UIDS = {"root": 0, "backup-old": 450, "jdoe": 5001, "alice": 5004,
        "bob": 5005, "kiosk": 5008, "deploy": 5009}
UID_MIN = 1000
PEOPLE = {"person": "ssh-ed25519", "other": "ssh-ed25519",
          "ec": "ecdsa-sha2-nistp256"}
ADDRESSES = ["127.0.0.1", "127.9.9.9"]
NETWORKS = ["127.0.0.0/8", "127.9.0.0/16", "127.0.0.1", "192.0.2.0/24"]
COMMANDS = ["id -un", "/usr/bin/id -un"]
# The same principal as jdoe@example.com to email-prefix: only the key ID
# tells the two apart.
TWIN = "jdoe@example.org"
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
            "ca": r.choice(["vault"] * 3 + ["vault2", "mail", "mail", "mail",
                            "cf", "cf", "cf", "rogue"]),
            "key": r.choice(["person"] * 6 + ["other", "ec"]),
            "id": r.choice(IDENTITIES + [TWIN, "somebody"]),
            "principals": r.sample(PRINCIPALS, r.choice([1, 1, 1, 2, 3])),
            "serial": r.randrange(6),
            "when": r.choice(["now"] * 12 + ["long", "expired", "future"]),
            "force": r.choice([None] * 10 + COMMANDS),
            "source": r.choice([None] * 8 + NETWORKS +
                               ["127.0.0.0/24,192.0.2.0/24"]),
            "host": r.random() < 0.03,
        }
        if r.random() < 0.3:
            # As most CAs do it: the key ID is the person's identity.
            c["principals"][0] = c["id"].rsplit("@", 1)[0] \
                if c["ca"] == "cf" else c["id"]
        if c["ca"] == "mail":
            c["principals"] = [p for p in c["principals"] if "@" in p] or \
                ["jdoe@example.com"]
        if c["host"]:
            c["force"] = c["source"] = None
        certs.append(c)
    return certs


def cert_line(c):
    valid = {"now": "-5m:+1h", "long": "-10d:+1h", "expired": "-2h:-1h",
             "future": "+1d:+2d"}[c["when"]]
    args = [c["name"], "--ca", c["ca"], "--key", c["key"], "--id", c["id"],
            "--principals", ",".join(c["principals"]),
            "--serial", str(c["serial"]), "--valid", valid]
    if c["force"]:
        args += ["-O", "force-command=" + c["force"]]
    if c["source"]:
        args += ["-O", "source-address=" + c["source"]]
    if c["host"]:
        args += ["--host"]
    return "\t".join(args)


def make_entry(r, identities):
    kind = r.choice(["identity"] * 4 + ["principal"] * 2 +
                    ["group", "any", "same-name"])
    e = {"kind": kind, "from": None, "until": None, "options": None,
         "command": None}
    if kind == "identity":
        e["who"] = r.choice(identities)
    elif kind == "principal":
        e["who"] = r.choice(["breakglass", "jdoe", "alice", "deploy", "ci",
                             "bob@example.org"])
    elif kind == "group":
        e["who"] = "team"
    else:
        e["who"] = None
    if r.random() < 0.2:
        e["from"] = r.sample(NETWORKS, r.choice([1, 1, 2]))
    if r.random() < 0.15:
        e["until"] = r.choice(["2020-01-31", "2020-01-31T18:00Z",
                               "2099-12-31"])
    if r.random() < 0.15:
        e["options"] = "restrict,pty"
    elif r.random() < 0.12:
        e["command"] = r.choice(COMMANDS)
        e["options"] = r.choice(["", "restrict,"]) + \
            'command="%s"' % e["command"]
    return e


def make_authority(r, mode):
    return {
        "mode": mode,
        "domains": ["example.com"] + (["example.org"]
                                      if r.random() < 0.7 else []),
        "max_validity": r.choice([None, None, "1d", "1h"]),
        "key_id": r.choice([None] * 4 + [["*@example.com"],
                                         ["*@example.com", "c?"],
                                         "identity", "identity"]),
        "critical": r.choice([None] * 8 + ["force-command"]),
        "key_types": r.choice([None] * 8 + [["ssh-rsa"], ["ssh-ed25519"], [
            "ssh-rsa", "ecdsa-sha2-nistp256"]]),
        "trust": r.choice([None] * 8 + ["2020-01-01..2021-01-01",
                                        "2020-01-01..2099-01-01"]),
        "has_second": r.random() < 0.6,
        "retire": r.choice([None, "2021-01-01", "2099-01-01"]),
    }


def make_rule(r, identities):
    entries, seen = [], set()
    for _ in range(r.choice([1, 1, 2, 3])):
        e = make_entry(r, identities)
        if (e["kind"], e["who"]) not in seen:
            entries.append(e)
            seen.add((e["kind"], e["who"]))
    # What stands behind an entry that covers it is refused.
    entries.sort(key=lambda e: ["principal", "identity", "group",
                                "same-name", "any"].index(e["kind"]))
    return {
        "allow": entries,
        "authorities": r.choice([None] * 5 + [["vault"], ["mail", "corp"]]),
        "min_uid": r.choice([None, None, 400, 5005]),
    }


def make_revoked(r):
    revoked = []
    if r.random() < 0.3:
        revoked.append(("serial", r.choice(list(AUTHORITIES)), r.randrange(6)))
    if r.random() < 0.2:
        first = r.randrange(5)
        revoked.append(("serials", r.choice(list(AUTHORITIES)),
                        (first, first + 1)))
    if r.random() < 0.3:
        revoked.append(("key_id", r.choice(list(AUTHORITIES)),
                        r.choice(IDENTITIES)))
    if r.random() < 0.1:
        revoked.append(("key", None, r.choice(["other", "ec", SECOND_KEY])))
    return revoked


def make_policy(r):
    p = {"authorities": {}, "users": {}, "deny": [],
         "revoked": make_revoked(r)}
    for name, mode in (("vault", "verbatim"), ("mail", "email"),
                       ("corp", "email-prefix")):
        p["authorities"][name] = make_authority(r, mode)
    identities = list(IDENTITIES)
    if p["authorities"]["corp"]["key_id"] == "identity":
        identities.append(TWIN)
    p["team"] = r.sample(identities[:5] + identities[7:], r.choice([1, 2, 3]))
    for user in r.sample(USERS, r.choice([2, 3, 4])) + \
            (["*"] if r.random() < 0.6 else []):
        p["users"][user] = make_rule(r, identities)
    if r.random() < 0.3:
        p["deny"] = r.sample(identities, r.choice([1, 1, 2]))
    return p


def quoted(text):
    return '"%s"' % text


def entry_text(e):
    key = e["kind"]
    parts = ["%s: %s" % (key, quoted(e["who"]) if e["who"] else "true")]
    if e["from"]:
        parts.append("from: [%s]" % ", ".join(map(quoted, e["from"])))
    if e["until"]:
        parts.append("until: " + e["until"])
    if e["options"]:
        parts.append("options: '%s'" % e["options"])
    return "      - {%s}" % ", ".join(parts)


def key_line(keys, name):
    with open("%s/%s.pub" % (keys, name)) as f:
        return f.read().strip()


def fingerprint(keys, name):
    blob = base64.b64decode(key_line(keys, name).split()[1])
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode()
    return "SHA256:" + digest.rstrip("=")


def keys_of(a, name):
    return AUTHORITIES[name][:2 if a["has_second"] else 1]


def require_text(a):
    out = []
    if a["max_validity"]:
        out.append("      max_validity: " + a["max_validity"])
    if a["key_id"] == "identity":
        out.append("      key_id: identity")
    elif a["key_id"]:
        out.append("      key_id: [%s]" % ", ".join(map(quoted, a["key_id"])))
    if a["critical"]:
        out.append("      critical_options: [%s]" % a["critical"])
    if a["key_types"]:
        out.append("      key_types: [%s]" % ", ".join(a["key_types"]))
    return ["    require:"] + out if out else []


def authority_text(name, a, keys):
    out = ["  %s:" % name, "    keys:"]
    out += ["      - " + quoted(key_line(keys, k)) for k in keys_of(a, name)]
    out += ["    principals: " + a["mode"],
            "    domains: [%s]" % ", ".join(a["domains"])]
    if a["trust"]:
        out.append("    trust: " + a["trust"])
    if a["retire"] and SECOND_KEY in keys_of(a, name):
        out.append("    retire: {%s: %s}" % (
            quoted(fingerprint(keys, SECOND_KEY)), a["retire"]))
    return out + require_text(a)


def revoked_text(entry, keys):
    kind, authority, what = entry
    if kind == "key":
        return "  - {key: %s}" % quoted(key_line(keys, what))
    if kind == "serials":
        what = "%d-%d" % what
    elif kind == "key_id":
        what = quoted(what)
    return "  - {authority: %s, %s: %s}" % (authority, kind, what)


def rule_text(user, rule):
    out = ["  %s:" % quoted(user)]
    if any(e["kind"] == "any" for e in rule["allow"]) and user in ("root", "*"):
        out.append("    dangerous: true")
    if user == "*" and rule["min_uid"]:
        out.append("    min_uid: %d" % rule["min_uid"])
    if rule["authorities"]:
        out.append("    authorities: [%s]" % ", ".join(rule["authorities"]))
    return out + ["    allow:"] + [entry_text(e) for e in rule["allow"]]


def policy_text(p, keys):
    out = ["version: 1", "authorities:"]
    for name, a in p["authorities"].items():
        out += authority_text(name, a, keys)
    out += ["groups:", "  team: [%s]" % ", ".join(map(quoted, p["team"]))]
    if p["deny"]:
        out.append("deny: [%s]" % ", ".join(map(quoted, p["deny"])))
    if p["revoked"]:
        out.append("revoked:")
        out += [revoked_text(entry, keys) for entry in p["revoked"]]
    out.append("users:")
    for user, rule in p["users"].items():
        out += rule_text(user, rule)
    return "\n".join(out) + "\n"


def domain_of(identity):
    return identity.rsplit("@", 1)[1] if "@" in identity else None


def translate(a, identity):
    """The principal that authority a writes for an identity; None: none."""
    if "@" not in identity:
        return identity
    if domain_of(identity) not in a["domains"]:
        return None
    if a["mode"] == "email-prefix":
        return identity.rsplit("@", 1)[0]
    return identity


def can_carry(principal):
    return "#" not in principal


def fits_name(p, a, e, user, principal):
    """For whom entry e takes a principal; an empty list where it does not."""
    if e["kind"] in ("identity", "group"):
        named = p["team"] if e["kind"] == "group" else [e["who"]]
        return [i for i in named if translate(a, i) == principal]
    if e["kind"] == "principal":
        return [e["who"]] if e["who"] == principal else []
    if e["kind"] == "same-name":
        if a["mode"] == "email":
            if principal.rsplit("@", 1)[0] != user or \
                    domain_of(principal) not in a["domains"]:
                return []
        elif principal != user:
            return []
    return [None]


def is_by_key_id(a, c, identity, principal):
    """With key_id: identity, whether the key ID bears the identity out."""
    if a["key_id"] != "identity":
        return True
    if identity is None:
        return domain_of(c["id"]) in a["domains"] and \
            translate(a, c["id"]) == principal
    return c["id"] == identity


def is_revoked(p, name, c):
    for kind, authority, what in p["revoked"]:
        if kind == "key":
            if what in (c["key"], c["ca"]):
                return True
        elif authority == name and (
                (kind == "serial" and what == c["serial"]) or
                (kind == "serials" and
                 what[0] <= c["serial"] <= what[1]) or
                (kind == "key_id" and what == c["id"])):
            return True
    return False


def glob_fits(glob, text):
    if glob == "*@example.com":
        return text.endswith("@example.com")
    return len(text) == 2 and text[0] == "c"


def meets(a, c):
    """The first of the requirements that c does not meet."""
    lasts = {"now": 65 * 60, "long": 10 * 86400 + 3600}[c["when"]]
    if a["max_validity"] and lasts > {"1d": 86400, "1h": 3600}[
            a["max_validity"]]:
        return "validity-too-long"
    if a["key_id"] == "identity":
        if not any(q in (translate(a, c["id"]), c["id"])
                   for q in c["principals"]):
            return "key-id-mismatch"
    elif a["key_id"] and not any(glob_fits(g, c["id"]) for g in a["key_id"]):
        return "key-id-mismatch"
    if a["critical"] and not c["force"]:
        return "missing-critical-option"
    if a["key_types"] and PEOPLE[c["key"]] not in a["key_types"]:
        return "key-type-refused"
    return None


def is_from(networks, address):
    return any(ipaddress.ip_address(address) in ipaddress.ip_network(n)
               for n in networks)


def is_denied(p, a, c):
    """An identity that is denied: by the key ID, or by a principal."""
    for i in p["deny"]:
        if i == c["id"] or i in c["principals"]:
            return True
        if a["key_id"] != "identity" and translate(a, i) in c["principals"]:
            return True
    return False


def rule_for(p, user):
    rule = p["users"].get(user)
    if rule is None and "*" in p["users"] and user != "root":
        rule = p["users"]["*"]
        if UIDS[user] < (rule["min_uid"] or UID_MIN):
            rule = None
    return rule


def judge_certificate(p, name, c):
    """What keeps c out whoever wants to log in; None: nothing."""
    a = p["authorities"][name]
    if is_revoked(p, name, c):
        return "revoked"
    if a["trust"] == "2020-01-01..2021-01-01" or \
            (c["ca"] == SECOND_KEY and a["retire"] == "2021-01-01"):
        return "authority-out-of-trust"
    if c["when"] in ("expired", "future"):
        return "expired" if c["when"] == "expired" else "not-yet-valid"
    missing = meets(a, c)
    if missing:
        return missing
    return "denied-identity" if is_denied(p, a, c) else None


def judge_entry(e, c, address):
    """What comes of it where e is the first entry that fits."""
    if e["from"] and not is_from(e["from"], address):
        return "source-address:from"
    if c["force"] and e["command"] and c["force"] != e["command"]:
        return "forced-commands-differ"
    return "allowed:" + " ".join([e["kind"]] + [
        term for term in ("from", "until", "options") if e[term]])


def decide(p, user, c, address):
    """The reason code, and behind ":" what brought it about."""
    if c["host"]:
        return "not-a-user-certificate"
    name = next((n for n, a in p["authorities"].items()
                 if c["ca"] in keys_of(a, n)), None)
    if name is None:
        return "unknown-authority"
    a = p["authorities"][name]
    reason = judge_certificate(p, name, c)
    if reason:
        return reason
    rule = rule_for(p, user)
    if rule is None:
        return "no-rule"
    if rule["authorities"] and name not in rule["authorities"]:
        return "authority-not-allowed-here"
    if c["source"] and not is_from(c["source"].split(","), address):
        return "source-address"
    is_named = has_ended = False
    for e in rule["allow"]:
        for principal in filter(can_carry, c["principals"]):
            for identity in fits_name(p, a, e, user, principal):
                if not is_by_key_id(a, c, identity, principal):
                    is_named = True
                elif e["until"] and e["until"] != "2099-12-31":
                    has_ended = True
                else:
                    return judge_entry(e, c, address)
    if is_named:
        return "key-id-mismatch:entry"
    return "no-matching-principal" + (":ended" if has_ended else "")


def choose_logins(r, p, certs, n):
    """n of them: half get in, where some do.  Each way in, and each way to
    be refused, is as likely as any other, since most logins take few."""
    ways = {}
    for c in r.sample(certs, min(60, len(certs))):
        for user in USERS:
            address = r.choice(ADDRESSES)
            way = decide(p, user, c, address)
            ways.setdefault(way, []).append(
                (user, c["name"], address, way.split(":")[0]))
    inside = sorted(w for w in ways if w.startswith("allowed"))
    outside = sorted(w for w in ways if not w.startswith("allowed"))
    return [r.choice(ways[r.choice(inside if i % 2 and inside else outside)])
            for i in range(n)]


def main():
    seed, n_policies, n_logins, folder, keys = sys.argv[1:]
    r = random.Random(int(seed))
    certs = make_certs(r, 80 + int(n_policies) // 8)
    with open(folder + "/certs", "w") as f:
        f.writelines(cert_line(c) + "\n" for c in certs)
    for i in range(int(n_policies)):
        p = make_policy(r)
        with open("%s/%d.yaml" % (folder, i), "w") as f:
            f.write(policy_text(p, keys))
        with open("%s/%d.logins" % (folder, i), "w") as f:
            f.writelines("%s\t%s\t%s\t%s\n" % x
                         for x in choose_logins(r, p, certs, int(n_logins)))


main()
