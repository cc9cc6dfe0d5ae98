# SPDX-License-Identifier: AGPL-3.0-or-later
"""The delivery agent as mail servers call it: a pipe with options and exit codes, to a server that runs and without one."""
import contextlib
import imaplib
import os
import pathlib
import smtplib
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402
from loopback import ANY_PORT, HOST, LISTEN  # noqa: E402

TWIGA, DAGENT = (os.path.abspath(path) for path in sys.argv[1:3])
WAIT = 60  # seconds until a test gives up; never what a verdict depends on
MAIL = (
    b"From jo@example.org Sat Jan  1 00:00:00 2022\n"
    b"Received: from a by b; Fri, 02 Jan 2026 03:04:05 +0000\n"
    b"From: Jo <jo@example.org>\nTo: alice@demo.example\nSubject: by pipe\n\nHello\n.\n"
)


@contextlib.contextmanager
def running(place):
    endpoints = place / "endpoints.env"
    endpoints.unlink(missing_ok=True)
    command = [TWIGA, "--data-path", str(place / "data"), "--demo", "--endpoints", str(endpoints)]
    command += [f"--lmtp-listen={ANY_PORT}", f"--imap-listen={ANY_PORT}", "--log-level=3"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        until = time.monotonic() + WAIT
        while not endpoints.exists():
            assert process.poll() is None, process.stderr.read().decode()
            assert time.monotonic() < until, "waited in vain for the server"
            time.sleep(0.01)
        yield dict(line.split("=", 1) for line in endpoints.read_text().splitlines())
        process.terminate()
        assert process.wait(WAIT) == 0, process.returncode
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stderr.close()


def pipe(place, *arguments, mail=MAIL, server=f"{LISTEN}:1"):
    command = [DAGENT, "--data-path", str(place / "data"), "--lmtp-server=" + server, *arguments]
    done = subprocess.run(command, input=mail, capture_output=True, timeout=WAIT, check=False)
    return done.returncode, done.stderr.decode()


def mails(env, folder="INBOX"):
    client = imaplib.IMAP4(HOST, int(env["IMAP_PORT"]), timeout=WAIT)
    client.login(env["DEMO_USER"], env["DEMO_PASS"])
    status, data = client.select(f'"{folder}"', readonly=True)
    found = []
    if status == "OK" and int(data[0]) > 0:
        status, data = client.fetch("1:*", "(FLAGS INTERNALDATE BODY.PEEK[])")
        found = [(part[0].decode(), part[1]) for part in data if isinstance(part, tuple)]
    client.logout()
    return found


def to_server():
    """a pipe hands over to the server that runs, with all that it was told"""
    with tempfile.TemporaryDirectory() as name, running(pathlib.Path(name)) as env:
        place, server = pathlib.Path(name), f"{LISTEN}:" + env["LMTP_PORT"]
        before = len(mails(env))
        assert pipe(place, "alice", server=server) == (0, "")
        flags, mail = mails(env)[-1]
        assert len(mails(env)) == before + 1
        assert "2-Jan-2026 03:04:05" in flags and "\\Seen" not in flags, flags
        assert mail.endswith(b"\r\nSubject: by pipe\r\n\r\nHello\r\n.\r\n"), mail
        assert b"Return-Path: <jo@example.org>" in mail, mail
        assert pipe(place, "-n", "-r", "alice@demo.example", server=server)[0] == 0
        flags, _ = mails(env)[-1]
        assert "2-Jan-2026" not in flags and "\\Seen" in flags, flags
        assert pipe(place, "-j", "alice", server=server)[0] == 0
        assert len(mails(env, "Junk E-mail")) == 1
        assert pipe(place, "-C", "-p", "/", "-F", "Lists/A b", "alice", server=server)[0] == 0
        assert len(mails(env, "Lists/A b")) == 1
        assert pipe(place, "-e", "alice@elsewhere.example", server=server)[0] == 0


EXITS = [
    ((), 64),
    (("--nonsense", "alice"), 64),
    (("-F",), 64),
    (("nobody",), 70),
    (("-q", "nobody"), 100),
    (("-R", "alice"), 70),
    (("alice", "nobody"), 70),
    (("--lmtp-max-size=nonsense", "alice"), 75),
    (("-f", "/nowhere", "alice"), 75),
    (("-q", "-f", "/nowhere", "alice"), 111),
    (("a\r\nRSET", "alice"), 70),
]


def exits():
    """exit codes are those of sysexits, or of qmail"""
    with tempfile.TemporaryDirectory() as name, running(pathlib.Path(name)) as env:
        for arguments, wanted in EXITS:
            code, said = pipe(pathlib.Path(name), *arguments, server=f"{LISTEN}:" + env["LMTP_PORT"])
            assert code == wanted, (arguments, code, said)
        assert pipe(pathlib.Path(name), "-s", "nobody", server=f"{LISTEN}:" + env["LMTP_PORT"]) == (70, "")
        # a server that cannot be reached, and a data folder that another program has
        assert pipe(pathlib.Path(name), "alice")[0] == 75
        assert pipe(pathlib.Path(name), "-q", "alice")[0] == 111


def without_server():
    """where no server runs it opens the data folder itself"""
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        assert pipe(place, "alice")[0] == 75
        with running(place) as env:
            before = len(mails(env))
        assert pipe(place, "alice") == (0, "")
        assert pipe(place, "nobody")[0] == 70
        with running(place) as env:
            assert len(mails(env)) == before + 1


def daemon():
    """with -l it speaks LMTP, as smtplib knows it"""
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        with running(place) as env:
            before = len(mails(env))
        path = str(place / "lmtp.sock")
        command = [DAGENT, "-l", "--data-path", str(place / "data"), "--lmtp-listen=unix:" + path, "--log-level=3"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        try:
            until = time.monotonic() + WAIT
            while True:
                with socket.socket(socket.AF_UNIX) as probe:
                    if probe.connect_ex(path) == 0:
                        break
                assert process.poll() is None, process.stderr.read().decode()
                assert time.monotonic() < until, "waited in vain"
                time.sleep(0.01)
            with smtplib.LMTP(path) as client:
                refused = client.sendmail("jo@example.org", ["alice", "nobody"], MAIL)
                assert list(refused) == ["nobody"] and refused["nobody"][0] == 550, refused
            process.terminate()
            assert process.wait(WAIT) == 0
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            process.stderr.close()
        with running(place) as env:
            assert len(mails(env)) == before + 1


tap.run([to_server, exits, without_server, daemon])
