#!/usr/bin/env python3
"""report.py JSON SRCDIR ARGUED: what gcovr counted, against what is asked for.

Prints a table by folder and, worst file first, the lines that no test runs
and nobody argues for. Fails where a folder has less than LINES or BRANCHES
(per cent), where a line is not argued for, or where ARGUED argues for lines
that run, or are no more.

ARGUED: FILE, TEXT and REASON, a line each, indented after the first. TEXT is
the code line before the first of the lines that do not run: mostly the
condition that nothing makes true. It stands for all lines up to the next one
that runs. A REASON that begins with "By chance:" is for lines that some runs
reach and others do not; it may argue for lines that did run.
"""
import json
import os
import sys

LINES = 95
BRANCHES = 85
FOLDERS = ("lib", "helpers", "pam")


class File:
    """A source file: which lines are code, and which of them ran."""

    def __init__(self, found, srcdir):
        self.name = found["file"]
        with open(os.path.join(srcdir, self.name), encoding="utf-8") as f:
            self.text = [line.strip() for line in f]
        code = [line for line in found["lines"]
                if not line.get("gcovr/noncode")
                and not line.get("gcovr/excluded")]
        self.counts = {line["line_number"]: line["count"] for line in code}
        branches = [b for line in code for b in line["branches"]]
        self.n_branches = len(branches)
        self.n_taken = sum(b["count"] > 0 for b in branches)

    def n_run(self):
        return sum(count > 0 for count in self.counts.values())

    def code_lines(self):
        return {self.text[number - 1] for number in self.counts}

    def blocks(self):
        """(text before, [line number...]) for each run of lines not run."""
        before, block = "", []
        for number in sorted(self.counts):
            if self.counts[number] == 0:
                block.append(number)
                continue
            if block:
                yield before, block
            # A condition of several lines ends where its last one does.
            before, block = self.text[number - 1], []
        if block:
            yield before, block


def read_argued(path):
    """{(file, text): reason} of the file's entries."""
    argued, entry = {}, []
    with open(path, encoding="utf-8") as f:
        lines = [line.rstrip("\n") for line in f if line[0] not in "#\n"]
    for line in lines:
        if line[0] != "\t":
            entry = []
        entry.append(line.strip())
        if len(entry) == 3:
            argued[(entry[0], entry[1])] = entry[2]
        elif len(entry) > 3:
            argued[(entry[0], entry[1])] += " " + line.strip()
    return argued


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def print_table(files, argued_lines):
    """The figures of each folder; whether one has too little."""
    is_low = False
    print("folder    lines                   branches                argued")
    for folder in FOLDERS:
        own = [f for f in files if f.name.startswith(folder + "/")]
        run, lines = sum(f.n_run() for f in own), sum(len(f.counts) for f in own)
        taken = sum(f.n_taken for f in own)
        branches = sum(f.n_branches for f in own)
        by_line, by_branch = percent(run, lines), percent(taken, branches)
        print("%-8s  %5.1f %% (%d of %d)\t%5.1f %% (%d of %d)\t%d lines" % (
            folder, by_line, run, lines, by_branch, taken, branches,
            argued_lines[folder]))
        if not own or by_line < LINES or by_branch < BRANCHES:
            is_low = True
    return is_low


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        files = [File(found, sys.argv[2]) for found in json.load(f)["files"]]
    argued, used = read_argued(sys.argv[3]), set()
    argued_lines = dict.fromkeys(FOLDERS, 0)
    open_lines = []
    for source in files:
        for before, block in source.blocks():
            key = (source.name, before)
            if key in argued:
                used.add(key)
                argued_lines[source.name.split("/")[0]] += len(block)
            else:
                open_lines += [(source, number) for number in block]
    is_low = print_table(files, argued_lines)
    for source, number in open_lines:
        print("%s:%d: runs in no test: %s" % (
            source.name, number, source.text[number - 1]))
    by_chance = {
        (source.name, text) for source in files
        for text in source.code_lines()
        if argued.get((source.name, text), "").startswith("By chance:")}
    stale = sorted(set(argued) - used - by_chance)
    for name, text in stale:
        print("argued: %s: no line that does not run follows: %s" % (
            name, text))
    print("coverage: %d lines run in no test and are not argued for, "
          "%d arguments are stale, at least %d %% of lines and %d %% of "
          "branches: %s" % (len(open_lines), len(stale), LINES, BRANCHES,
                            "no" if is_low else "yes"))
    return 1 if is_low or open_lines or stale else 0


sys.exit(main())
