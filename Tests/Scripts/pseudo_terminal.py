"""A program on a pseudo-terminal: what is sent to it, and what it is expected to show.

Nothing sleeps: every step waits for what it expects, with a limit.
"""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

LIMIT_SECONDS = 60


class Failure(Exception):
    """A step did not go as expected."""


class Session:
    """A program on a pseudo-terminal."""

    def __init__(self, arguments, environment, folder, columns=80):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.master, self.text = master, ""
        self.slave = slave
        self.process = subprocess.Popen(
            arguments, stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=folder,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def read(self, deadline):
        """Adds what comes next; False at the end."""
        ready = select.select([self.master], [], [], max(0, min(0.2, deadline - time.monotonic())))
        if not ready[0]:
            return self.process.poll() is None
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.text += data.decode("utf-8", "replace")
        return bool(data)

    def expect(self, pattern):
        """Waits for a pattern and forgets what came before its end."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while True:
            found = re.search(pattern, self.text)
            if found:
                self.text = self.text[found.end():]
                return found
            if time.monotonic() > deadline or not self.read(deadline):
                raise Failure(f"expected {pattern!r}, got {self.text!r}")

    def send(self, text):
        os.write(self.master, text.encode())

    def echo_is_off(self):
        return not termios.tcgetattr(self.slave)[3] & termios.ECHO

    def end(self):
        """Waits for the end; returns the exit status and what was left to read."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while self.process.poll() is None:
            if time.monotonic() > deadline:
                self.process.kill()
                raise Failure(f"does not end, got {self.text!r}")
            self.read(deadline)
        while select.select([self.master], [], [], 0)[0] and self.read(deadline):
            pass
        os.close(self.master)
        os.close(self.slave)
        return self.process.returncode, self.text

    def end_keeping_terminal(self):
        """Waits for the end and looks whether the terminal echoes again."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            self.read(deadline)
        if self.echo_is_off():
            raise Failure("the terminal stays without echo")
        return self.end()
