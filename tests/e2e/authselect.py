#!/usr/bin/python3
"""A stand-in for authselect(8) where there is none, by its manual pages.

It knows what certgate uses: current, check, create-profile and select; what
administrators use beside it: enable-feature and disable-feature; and in
templates {include if "FEATURE"}.  Profiles are in /usr/share/authselect/default
and /etc/authselect/custom; /etc/pam.d has links to what it makes.
"""
import os
import re
import shutil
import sys

CONF = "/etc/authselect"
DEFAULT = "/usr/share/authselect/default"
PAM = ["system-auth", "password-auth"]


def fail(status, text):
    print("[error] " + text, file=sys.stderr)
    sys.exit(status)


def folder_of(profile):
    path = os.path.join(CONF if profile.startswith("custom/") else DEFAULT,
                        profile)
    if not os.path.isdir(path):
        fail(2, "Unable to find profile [%s]" % profile)
    return path


def selected():
    try:
        with open(CONF + "/authselect.conf") as f:
            return f.read().split()
    except FileNotFoundError:
        fail(2, "No existing configuration detected.")


def render(profile, features, name):
    lines = []
    with open(os.path.join(folder_of(profile), name)) as f:
        for line in f:
            found = re.search(r'\s*\{include if "([^"]+)"\}', line)
            if found and found.group(1) not in features:
                continue
            lines.append(re.sub(r'\s*\{include if "[^"]+"\}', "", line))
    return "".join(lines)


def is_valid():
    words = selected()
    for name in PAM:
        with open(os.path.join(CONF, name)) as f:
            if f.read() != render(words[0], words[1:], name):
                return False
    return True


def select(words):
    features = [w for w in words[1:] if not w.startswith("-")]
    folder = folder_of(words[0])
    known = ""
    for name in PAM:
        with open(os.path.join(folder, name)) as f:
            known += f.read()
    for feature in features:
        if '"%s"' % feature not in known:
            fail(1, "Unknown profile feature [%s]" % feature)
    if not is_valid():
        fail(4, "File [%s] was modified outside authselect!" % CONF)
    for name in PAM:
        with open(os.path.join(CONF, name), "w") as f:
            f.write(render(words[0], features, name))
    with open(CONF + "/authselect.conf", "w") as f:
        f.write("\n".join([words[0]] + features) + "\n")


def create(words):
    path = os.path.join(CONF, "custom", words[0])
    base = words[words.index("--base-on") + 1]
    if os.path.exists(path):
        fail(1, "Profile [%s] already exists" % words[0])
    os.makedirs(os.path.dirname(path), exist_ok=True)
    shutil.copytree(folder_of(base), path)


def main():
    command = sys.argv[1]
    if command == "current":
        print(" ".join(selected()))
    elif command == "check":
        if not is_valid():
            fail(3, "Current configuration is not valid. It was probably "
                 "modified outside authselect.")
    elif command == "create-profile":
        create(sys.argv[2:])
    elif command == "select":
        select(sys.argv[2:])
    elif command == "enable-feature":
        select(selected() + sys.argv[2:])
    elif command == "disable-feature":
        select([w for w in selected() if w != sys.argv[2]])
    else:
        fail(1, "Unknown command " + command)


main()
