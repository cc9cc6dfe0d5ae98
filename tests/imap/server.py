# SPDX-License-Identifier: AGPL-3.0-or-later
"""A server of one's own for the tests of the IMAP door, and the little of a client that they need."""
import contextlib
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "programs"))
from loopback import ANY_PORT, HOST  # noqa: E402

TWIGA = os.path.abspath(sys.argv[1])
WAIT = 60  # seconds until a test gives up; never what a verdict depends on


@contextlib.contextmanager
def serving(place, *options):
    """A server of the data in a folder."""
    endpoints = place / "endpoints.env"
    endpoints.unlink(missing_ok=True)
    command = [TWIGA, "--data-path", str(place / "data"), "--endpoints", str(endpoints)]
    command += [f"--lmtp-listen={ANY_PORT}", f"--imap-listen={ANY_PORT}", "--log-level=4", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        until = time.monotonic() + WAIT
        while not endpoints.exists():
            assert process.poll() is None, process.stderr.read().decode()
            assert time.monotonic() < until, "waited in vain for the server"
            time.sleep(0.01)
        yield dict(line.split("=", 1) for line in endpoints.read_text().splitlines())
        process.terminate()
        assert process.wait(WAIT) == 0, process.stderr.read().decode()
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stderr.close()


@contextlib.contextmanager
def running(*options):
    """A server of the demo company."""
    with tempfile.TemporaryDirectory() as name, serving(pathlib.Path(name), "--demo", *options) as env:
        yield env


class Client:
    """Sends commands one by one; an answer is a list of lines, each with its literals."""

    def __init__(self, env, number="", box="INBOX"):
        self.socket = socket.create_connection((HOST, int(env["IMAP_PORT"])), timeout=WAIT)
        self.file = self.socket.makefile("rb")
        self.tags = 0
        self.greeting = self.line()
        if number is not None:
            self.ok(f"LOGIN {env['DEMO_USER' + number]} {env['DEMO_PASS' + number]}")
            if box:
                self.ok("SELECT " + box)

    def line(self):
        out = b""
        while True:
            part = self.file.readline()
            assert part, "the connection was closed"
            out += part
            literal = re.search(rb"\{(\d+)\}\r\n$", part)
            if literal is None:
                return out
            out += self.file.read(int(literal.group(1)))

    def run(self, command):
        """All untagged lines and the tagged one, last, without its tag."""
        self.tags += 1
        tag = b"t%d " % self.tags
        self.socket.sendall(tag + (command if isinstance(command, bytes) else command.encode()) + b"\r\n")
        lines = []
        while True:
            line = self.line()
            if line.startswith(tag):
                return lines + [line[len(tag) :]]
            lines.append(line)

    def ok(self, command):
        lines = self.run(command)
        assert lines[-1].startswith(b"OK"), (command[:100], lines[-3:])
        return lines

    def append(self, box, mail, flags=""):
        return self.ok(f"APPEND {box} {flags}{{{len(mail)}+}}\r\n".encode() + mail)

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
