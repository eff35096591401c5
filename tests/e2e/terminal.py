#!/usr/bin/python3
"""terminal: run a command at a terminal of its own, and answer it.

    terminal.py PROMPT ANSWER COMMAND [ARGUMENT...]

Types ANSWER once the command has written PROMPT. What it writes goes to
standard output; its exit status is ours.
"""
import os
import pty
import sys

prompt, answer, command = sys.argv[1], sys.argv[2], sys.argv[3:]
pid, fd = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
seen = b""
is_answered = False
while True:
    try:
        more = os.read(fd, 4096)
    except OSError:
        break
    if not more:
        break
    seen += more
    sys.stdout.buffer.write(more)
    sys.stdout.buffer.flush()
    if not is_answered and prompt.encode() in seen:
        os.write(fd, answer.encode() + b"\n")
        is_answered = True
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
