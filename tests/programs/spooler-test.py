# SPDX-License-Identifier: AGPL-3.0-or-later
"""A message that a mailbox submits goes through twiga, or twiga-spooler, to a mail server; also when the sender is killed.

usage: spooler-test.py TWIGA TWIGA-SPOOLER SUBMIT-MAIL KILL-AT [EACH]

KILL-AT is the library made of kill-at.c. The sender is killed at each EACHth of its writes, 1: at every one.
"""
import contextlib
import os
import pathlib
import signal
import socketserver
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402
from loopback import FAMILY, HOST  # noqa: E402

TWIGA, SPOOLER, SUBMIT, KILL_AT = (os.path.abspath(path) for path in sys.argv[1:5])
EACH = int(sys.argv[5]) if len(sys.argv) > 5 else 7
WAIT = 30  # seconds until a test gives up; never what a verdict depends on


class Sink(socketserver.ThreadingTCPServer):
    """Takes all mail. While it holds, it has mails and answers nothing."""

    daemon_threads = True
    address_family = FAMILY
    allow_reuse_address = True

    def __init__(self):
        super().__init__((HOST, 0), Dialogue)
        self.mails = []
        self.hold = threading.Event()
        self.stop_at = None  # a step at which nothing is answered any more
        self.refuse = b"refused@"  # who is not taken
        self.reached = []
        self.changed = threading.Condition()

    def wait(self, count):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.mails) >= count, WAIT), "waited in vain for a mail"
        return self.mails


    def handle_error(self, request, client_address):
        pass  # a sender that was killed

    def wait_for_step(self, step, process=None):
        """Until that is reached; or, with a process, until that has ended. Says whether it was reached."""
        until = time.monotonic() + WAIT
        with self.changed:
            while step not in self.reached and (process is None or process.poll() is None):
                assert time.monotonic() < until, f"waited in vain for {step}"
                self.changed.wait(0.05)
            return step in self.reached


class Dialogue(socketserver.StreamRequestHandler):
    def stops(self, step):
        """Whether this is where the test wants silence; then the other side is waited for until it is gone."""
        with self.server.changed:
            self.server.reached.append(step)
            self.server.changed.notify_all()
            stop = self.server.stop_at == step
        if stop:
            self.rfile.read()
        return stop

    def handle(self):
        recipients = []
        if self.stops("greeting"):
            return
        self.wfile.write(b"220 sink.test ESMTP\r\n")
        for line in self.rfile:
            verb = line[:4].upper()
            if self.stops(verb.decode()):
                return
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                mail = b"".join(iter(self.rfile.readline, b".\r\n"))
                if self.stops("text"):
                    return
                with self.server.changed:
                    self.server.mails.append((recipients, mail))
                    self.server.changed.notify_all()
                if self.server.hold.is_set():
                    self.rfile.read()
                    return
                recipients = []
                self.wfile.write(b"250 ok\r\n")
                if self.stops("taken"):
                    return
                continue
            elif verb == b"RCPT" and self.server.refuse in line:
                self.wfile.write(b"550 5.1.1 not here\r\n")
                continue
            elif verb == b"RCPT":
                recipients.append(line.split(b"<")[1].split(b">")[0].decode())
            elif verb == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(b"250-sink.test\r\n250 PIPELINING\r\n" if verb == b"EHLO" else b"250 ok\r\n")


@contextlib.contextmanager
def sink():
    with Sink() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@contextlib.contextmanager
def folder():
    """A data folder with the demo company."""
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        with running(place, [TWIGA, "--demo", "--endpoints", str(place / "endpoints.env")], place / "endpoints.env"):
            env = dict(line.split("=", 1) for line in (place / "endpoints.env").read_text().splitlines())
        yield place, env


@contextlib.contextmanager
def running(place, command, ready=None, env=None):
    command = command + ["--data-path", str(place / "data"), "--tmp-path", str(place)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env=env)
    try:
        until = time.monotonic() + WAIT
        while ready is not None and not ready.exists():
            assert process.poll() is None, process.stderr.read().decode()
            assert time.monotonic() < until, "waited in vain for the server"
            time.sleep(0.01)
        yield process
        if process.poll() is None:
            process.terminate()
            assert process.wait(WAIT) == 0, process.returncode
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stderr.close()


def helper(place, *words):
    done = subprocess.run([SUBMIT, str(place / "data"), *words], capture_output=True, timeout=WAIT, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().split()


def expect(place, env, subject, wanted):
    found = helper(place, "state", env["DEMO_USER"], subject)
    assert found == wanted.split(), found


def by_server():
    """twiga sends what waits in the queue when it starts"""
    with folder() as (place, env), sink() as server:
        helper(place, "submit", env["DEMO_USER"], "jo@example.net", "By the server")
        relay = [f"--smtp-server={HOST}", f"--smtp-port={server.server_address[1]}"]
        with running(place, [TWIGA, *relay]):
            recipients, mail = server.wait(1)[0]
        assert recipients == ["jo@example.net"], recipients
        assert b"Subject: By the server\r\n" in mail, mail
        assert b"From: " in mail and env["DEMO_ADDR"].encode() in mail, mail
        expect(place, env, "By the server", "queue 0 sent 1 reports 0")


def by_itself():
    """twiga-spooler sends to the server of its argument, and refuses a folder that is open"""
    with folder() as (place, env), sink() as server:
        helper(place, "submit", env["DEMO_USER"], "jo@example.net", "By itself")
        command = [SPOOLER, HOST, "--port", str(server.server_address[1])]
        with running(place, command):
            assert b"Subject: By itself\r\n" in server.wait(1)[0][1]
            second = subprocess.run([*command, "--data-path", str(place / "data")], capture_output=True, timeout=WAIT, check=False)
            assert second.returncode != 0
        expect(place, env, "By itself", "queue 0 sent 1 reports 0")


def killed():
    """killed while the mail server has the mail and did not answer: sent again once, and the log says so"""
    with folder() as (place, env), sink() as server:
        helper(place, "submit", env["DEMO_USER"], "jo@example.net", "Twice")
        command = [SPOOLER, HOST, "--port", str(server.server_address[1])]
        server.hold.set()
        with running(place, command) as process:
            server.wait(1)
            process.kill()
            process.wait()
        expect(place, env, "Twice", "queue 1 sent 0 reports 0")
        server.hold.clear()
        with running(place, command) as process:
            mails = server.wait(2)
            process.terminate()
            assert process.wait(WAIT) == 0
            assert b"maybe-twice" in process.stderr.read()
        ids = [[line for line in mail.split(b"\r\n") if line.startswith(b"Message-ID:")] for _, mail in mails]
        assert len(mails) == 2 and ids[0] == ids[1] and len(ids[0]) == 1, ids
        expect(place, env, "Twice", "queue 0 sent 1 reports 0")


def killed_at_each_step():
    """killed at each step of the dialogue: nothing is lost, and only what the mail server may have taken goes twice"""
    steps = {"greeting": 1, "EHLO": 1, "MAIL": 1, "RCPT": 1, "DATA": 1, "text": 1, "taken": 2}
    with folder() as (place, env), sink() as server:
        command = [SPOOLER, HOST, "--port", str(server.server_address[1])]
        for step, most in steps.items():
            subject = f"Killed at {step}"
            helper(place, "submit", env["DEMO_USER"], "jo@example.net", subject)
            server.reached, server.stop_at = [], step
            with running(place, command) as process:
                server.wait_for_step(step)
                process.kill()
                process.wait()
            server.stop_at, before = None, len(server.mails)
            waits = helper(place, "state", env["DEMO_USER"], subject)[1] == "1"
            assert waits or step == "taken", step
            if waits:
                with running(place, command):
                    server.wait(before + 1)
            expect(place, env, subject, "queue 0 sent 1 reports 0")
            count = sum(f"Subject: {subject}\r\n".encode() in mail for _, mail in server.mails)
            assert 1 <= count <= most, (step, count)


def kill_once(place, env, server, at, recipient):
    """Killed at one write, then sent to the end. Says whether it was killed, and how often the mail server took the mail."""
    subject, said = f"To {recipient}, killed at write {at}.", b""
    command = [SPOOLER, HOST, "--port", str(server.server_address[1])]
    helper(place, "submit", env["DEMO_USER"], recipient, subject)
    options = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    killer = {**os.environ, "LD_PRELOAD": KILL_AT, "KILL_AT": str(at), "ASAN_OPTIONS": options}
    server.reached = []
    with running(place, command, env=killer) as process:
        server.wait_for_step("QUIT", process)
        process.terminate()
        was_killed = process.wait(WAIT) != 0
        assert not was_killed or process.returncode == -signal.SIGKILL, process.stderr.read()
    if helper(place, "state", env["DEMO_USER"], subject)[1] == "1":
        server.reached = []
        with running(place, command) as process:
            server.wait_for_step("QUIT")
            process.terminate()
            assert process.wait(WAIT) == 0
            said = process.stderr.read()
    refused = recipient.startswith("refused")
    expect(place, env, subject, f"queue 0 sent 1 reports {int(refused)}")
    count = sum(f"Subject: {subject}\r\n".encode() in mail for _, mail in server.mails)
    assert count == 0 if refused else count == 1 or (count == 2 and was_killed and b"maybe-twice" in said), (at, count, said)
    return was_killed, count


def killed_at_each_write():
    """killed before its writes, one after the other: each mail goes, or is reported on once; those that go twice are in the log"""
    with folder() as (place, env), sink() as server:
        for recipient in ("jo@example.net", "refused@example.net"):
            at, was_killed, twice = 1, True, 0
            while was_killed:
                was_killed, count = kill_once(place, env, server, at, recipient)
                twice += count == 2
                at += EACH
            assert at > 20 and twice < at / EACH / 2, (at, twice)
            print(f"# to {recipient}: killed at each {EACH}. of {at - EACH} writes; {twice} went twice, as logged")


tap.run([by_server, by_itself, killed, killed_at_each_step, killed_at_each_write])
