#!/usr/bin/python3
"""drive: let bash or zsh complete command lines at a terminal.

    drive.py SHELL SETUP <LINES

SETUP is a file for the shell to read first. Each of LINES is KEY, a tab, and
what to type. KEY is "tab", or "all" for the key that puts all completions on
the line. The line is then run, where certgate is a function of ours: what
arguments it got is printed, those that were typed in full left out.
"""
import os
import pty
import select
import sys
import tempfile

READY = "ready."
KEYS = {
    "tab": b"\t",
    # insert-completions of readline; for zsh SETUP binds it.
    "all": b"\x1b*",
}
PATIENCE_S = 60


class Shell:
    def __init__(self, command, setup):
        self.folder = tempfile.mkdtemp()
        self.answers = os.path.join(self.folder, "answers")
        os.mkfifo(self.answers)
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execvp(command[0], command)
        # Both ends: it shall not end between two answers.
        self.fifo = os.open(self.answers, os.O_RDWR)
        self.held = b""
        self.seen = b""
        self.type(f". {setup}; certgate() {{ printf '%s\\0' \"$@\" "
                  f"{READY} >{self.answers}; }}; certgate\n".encode())
        self.answer()

    def type(self, keys):
        os.write(self.terminal, keys)

    def fail(self, why):
        sys.stderr.write(f"drive: {why}; the terminal shows:\n")
        sys.stderr.write(self.seen[-2000:].decode(errors="replace") + "\n")
        sys.exit(1)

    def answer(self):
        """The arguments of the next certgate."""
        end = f"{READY}\0".encode()
        while end not in self.held:
            ready, _, _ = select.select(
                [self.fifo, self.terminal], [], [], PATIENCE_S)
            if not ready:
                self.fail("no answer")
            if self.terminal in ready:
                try:
                    self.seen += os.read(self.terminal, 65536)
                except OSError:
                    self.fail("the shell ended")
            if self.fifo in ready:
                self.held += os.read(self.fifo, 65536)
        said, self.held = self.held.split(end, 1)
        return said.decode().split("\0")[:-1]

    def close(self):
        os.close(self.terminal)
        os.waitpid(self.pid, 0)
        os.close(self.fifo)
        os.unlink(self.answers)
        os.rmdir(self.folder)


def main():
    shells = {
        "bash": ["bash", "--noprofile", "--norc", "-i"],
        "zsh": ["zsh", "-f", "-i"],
    }
    shell = Shell(shells[sys.argv[1]], sys.argv[2])
    for line in sys.stdin:
        key, typed = line.rstrip("\n").split("\t")
        shell.type(typed.encode() + KEYS[key] + b"\n")
        words = typed.split(" ")[1:]
        got = shell.answer()[len(words) - 1:]
        # The word as it was typed: nothing was found.
        if got == [words[-1]] and key == "all":
            got = []
        print(typed, " ".join(sorted(got)), sep="\t")
    shell.close()


main()
