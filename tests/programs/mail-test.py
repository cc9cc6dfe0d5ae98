# SPDX-License-Identifier: AGPL-3.0-or-later
"""A mail goes through twiga: from LMTP through the real layers to an IMAP client. And what both doors say to all else."""
import base64
import contextlib
import imaplib
import os
import pathlib
import re
import shutil
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402
from loopback import ANY_PORT, HOST  # noqa: E402

TWIGA = os.path.abspath(sys.argv[1])
WAIT = 60  # seconds until a test gives up; never what a verdict depends on
MAIL = (
    b"From: Jo <jo@example.org>\r\nTo: someone\r\nSubject: \xe2\x98\x80 first steps\r\nMessage-ID: <1@example.org>\r\n\r\n"
    b"Hello giraffe\r\n.a dot\r\n..two\r\nbare\nLF, 8 bit \xff\r\n"
)


@contextlib.contextmanager
def running(*options):
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        endpoints = place / "endpoints.env"
        command = [TWIGA, "--data-path", str(place / "data"), "--demo", "--endpoints", str(endpoints)]
        command += [f"--lmtp-listen={ANY_PORT}", f"--imap-listen={ANY_PORT}", "--log-level=5", *options]
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


def connect(port):
    client = socket.create_connection((HOST, int(port)), timeout=WAIT)
    return client, client.makefile("rb")


def talk(port, data):
    """Sends all of it and gives all that comes."""
    client, answers = connect(port)
    with client, answers:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        return answers.read().decode("utf-8", "replace")


def stuffed(mail):
    return (b"\r\n" + mail).replace(b"\r\n.", b"\r\n..")[2:]


def deliver(env, mail, *recipients):
    said = talk(
        env["LMTP_PORT"],
        b"LHLO test.example\r\nMAIL FROM:<jo@example.org>\r\n"
        + b"".join(b"RCPT TO:<%s>\r\n" % name.encode() for name in recipients)
        + b"DATA\r\n"
        + stuffed(mail)
        + b".\r\nQUIT\r\n",
    ).splitlines()
    return said[said.index("354 End with CRLF.CRLF") + 1 : -1]


@contextlib.contextmanager
def mailbox(env, number=""):
    client = imaplib.IMAP4(HOST, int(env["IMAP_PORT"]), timeout=WAIT)
    client.login(env["DEMO_USER" + number], env["DEMO_PASS" + number])
    yield client
    client.logout()


def last_mail(client):
    status, (count,) = client.select("INBOX")
    assert status == "OK"
    status, data = client.fetch(count.decode(), "(UID BODY.PEEK[])")
    assert status == "OK", data
    return int(count), data[0][1]


def walk():
    """a mail from LMTP reaches IMAP, the same byte for byte behind its trace lines"""
    with running() as env:
        assert deliver(env, MAIL, env["DEMO_ADDR"], env["DEMO_ADDR2"]) == ["250 2.1.5 Delivered"] * 2
        for number in ("", "2"):
            with mailbox(env, number) as client:
                _, mail = last_mail(client)
                assert mail.endswith(MAIL), mail
                trace = mail[: -len(MAIL)].decode()
                assert trace.startswith("Return-Path: <jo@example.org>\r\nReceived: from test.example ("), trace


def swaks():
    """swaks delivers"""
    if shutil.which("swaks") is None:
        return "no swaks here"
    with running() as env:
        command = ["swaks", "--protocol", "LMTP", "--server", HOST, "--port", env["LMTP_PORT"]]
        command += ["--to", env["DEMO_ADDR3"], "--from", "jo@example.org", "--header", "Subject: by swaks"]
        done = subprocess.run(command, capture_output=True, timeout=WAIT, check=False)
        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
        with mailbox(env, "3") as client:
            assert b"Subject: by swaks" in last_mail(client)[1]
    return None


# What is sent to LMTP, and the begin of each answer behind the greeting.
LMTP = [
    (b"NOOP\r\nQUIT\r\n", ["250 2.0.0", "221 2.0.0"]),
    (b"MAIL FROM:<a@b>\r\n", ["503 5.5.1"]),
    (b"HELO x\r\nEHLO x\r\nNOOP\nVRFY x\r\nSTARTTLS\r\n", ["500", "500", "500", "252", "502"]),
    (b"X" * 9000 + b"\r\nNOOP\r\n", ["500 5.5.2 Line is too long", "250"]),
    (b"DATA\r\nBDAT 6\r\nQUIT\r\nNOOP\r\n", ["503 5.5.1", "503 5.5.1", "250 2.0.0 Still here"]),
    (b"?\r\n" * 30, ["500"] * 20 + ["421 4.7.0"]),
    (b"NOOP", []),
]

MAILING = [
    (b"RCPT TO:<alice>\r\n", ["503"]),
    (b"MAIL FROM:<>\r\nMAIL FROM:<>\r\nRSET\r\nMAIL FROM:<>\r\n", ["250", "503", "250", "250"]),
    (b"MAIL FROM:<> SIZE=99999999999\r\n", ["552 5.3.4"]),
    (b"MAIL FROM:<>\r\nRCPT TO:<nobody@demo.example>\r\nRCPT TO:<@>\r\nDATA\r\n", ["250", "550 5.1.1", "501", "503"]),
    (b"MAIL FROM:<>\r\nRCPT TO:<alice>\r\nBDAT 2\r\na\nBDAT 0 LAST\r\nRSET\r\n", ["250", "250", "250", "250 2.1.5", "250"]),
    (b"MAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<alice>\r\nDATA\r\nBDAT 3 LAST\r\n\0\r\n", ["250", "250", "503", "250 2.1.5"]),
    (b"MAIL FROM:<>\r\nRCPT TO:<alice>\r\nBDAT 1\r\naDATA\r\nRCPT TO:<bob>\r\nRSET\r\n", ["250", "250", "250", "503", "503", "250"]),
    (b"MAIL FROM:<>\r\nRCPT TO:<alice+none@demo.example>\r\nRCPT TO:<team@demo.example>\r\n", ["250", "250", "250"]),
    (b"MAIL FROM:<>\r\n" + b"RCPT TO:<nobody>\r\n" * 9, ["250"] + ["550 5.1.1"] * 8 + ["421 4.7.0"]),
    (b"MAIL FROM:<>\r\n" + b"RCPT TO:<alice>\r\n" * 6, ["250"] + ["250 2.1.5"] * 5 + ["452 4.5.3"]),
    (b"MAIL FROM:<>\r\nRCPT TO:<alice>\r\nDATA\r\na\n.\n.\r\n.\r\nNOOP\r\n", ["250", "250", "354", "250 2.1.5", "250"]),
]


def lmtp():
    """LMTP answers good, bad and strange commands"""
    with running("--lmtp-max-unknown=8", "--lmtp-max-recipients=5") as env:
        for sent, wanted in LMTP + [(b"LHLO x\r\n" + sent, wanted) for sent, wanted in MAILING]:
            lines = [line for line in talk(env["LMTP_PORT"], sent).splitlines()[1:] if line[3:4] != "-"]
            if sent.startswith(b"LHLO"):
                assert lines.pop(0).startswith("250 SIZE "), lines
            assert len(lines) == len(wanted) and all(
                line.startswith(begin) for line, begin in zip(lines, wanted)
            ), (sent[:80], lines)
        with mailbox(env) as client:
            assert last_mail(client)[1].endswith(b"\r\na\n.\n.\r\n"), last_mail(client)


def limits():
    """LMTP keeps its limits: size, rate"""
    with running("--lmtp-max-size=65536", "--lmtp-rate-limit=2") as env:
        assert deliver(env, b"Subject: fits\r\n\r\n" + b"x" * 65000 + b"\r\n", "alice") == ["250 2.1.5 Delivered"]
        assert deliver(env, b"x" * 70000 + b"\r\n", "alice") == ["552 5.3.4 Mail is too big"]
        assert "451 4.7.1 Too many mails in this minute" in talk(env["LMTP_PORT"], b"LHLO x\r\nMAIL FROM:<>\r\n")


def secured():
    """LMTP is secured by STARTTLS, and forgets what was said before"""
    if shutil.which("openssl") is None:
        return "no openssl here"
    with tempfile.TemporaryDirectory() as name:
        pem = os.path.join(name, "tls.pem")
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        command += ["-subj", "/CN=localhost", "-keyout", pem + ".key", "-out", pem]
        subprocess.run(command, check=True, capture_output=True)
        with running("--lmtp-tls-certificate-file=" + pem, "--lmtp-tls-private-key-file=" + pem + ".key") as env:
            with smtplib.LMTP(HOST, int(env["LMTP_PORT"])) as client:
                assert client.ehlo()[0] == 250 and client.has_extn("starttls")
                client.mail("jo@example.org")
                context = ssl._create_unverified_context()
                assert client.starttls(context=context)[0] == 220
                assert client.docmd("RCPT", "TO:<alice>")[0] == 503
                assert client.docmd("MAIL", "FROM:<>")[0] == 503
                assert client.ehlo()[0] == 250 and not client.has_extn("starttls")
                assert client.sendmail("jo@example.org", ["alice"], MAIL) == {}
            with mailbox(env) as client:
                assert b"with LMTPS;" in last_mail(client)[1]
            # commands behind STARTTLS in the clear are no commands
            said = talk(env["LMTP_PORT"], b"LHLO x\r\nSTARTTLS\r\nMAIL FROM:<>\r\n")
            assert "220 2.0.0 Go ahead" in said and "250 2.1.0" not in said, said
    return None


def large():
    """a mail of 25 MiB comes back as it was, and costs little memory"""
    with running() as env:
        mail = b"Subject: large\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        mail += base64.encodebytes(os.urandom(18 << 20)).replace(b"\n", b"\r\n")
        status = pathlib.Path("/proc", env["PID"], "status")
        before = int(re.search(r"RssAnon:\s+(\d+)", status.read_text())[1])
        assert deliver(env, mail, "alice") == ["250 2.1.5 Delivered"]
        after = int(re.search(r"RssAnon:\s+(\d+)", status.read_text())[1])
        print(f"# {after - before} KiB more than before, which the sanitizers' own make-up is part of")
        with mailbox(env) as client:
            assert last_mail(client)[1].endswith(mail)


def lmtp_cut():
    """a delivery cut at any byte is whole or nothing, and never without an answer"""
    sent = b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<alice>\r\nDATA\r\nSubject: cut\r\n\r\nx\r\n.\r\n"
    with running() as env:
        with mailbox(env) as client:
            before = last_mail(client)[0]
        answered = sum("250 2.1.5 Delivered" in talk(env["LMTP_PORT"], sent[:n]) for n in range(len(sent) + 1))
        with mailbox(env) as client:
            assert last_mail(client)[0] == before + answered
        assert answered == 1


# What is sent to IMAP, logged on with INBOX selected, and the last line that comes.
IMAP = [
    (b"x NOOP\r\n", "x OK"),
    (b"x noop \r\n", "x BAD"),
    (b"x CAPABILITY\r\n", "x OK"),
    (b"x STATUS INBOX (MESSAGES UNSEEN)\r\n", "x OK"),
    (b"x STATUS INBOX (NONSENSE)\r\n", "x BAD"),
    (b"x STATUS nowhere (MESSAGES)\r\n", "x NO [NONEXISTENT]"),
    (b"x SELECT nowhere\r\n", "x NO [NONEXISTENT]"),
    (b"x SELECT {5}\r\nINBOX\r\n", "x OK [READ-WRITE]"),
    (b"x SELECT {5+}\r\nINBOX\r\n", "x OK [READ-WRITE]"),
    (b'x EXAMINE "inbox"\r\n', "x OK [READ-ONLY]"),
    (b'x LIST "" "*"\r\n', "x OK"),
    (b'x LIST "" ""\r\n', "x OK"),
    (b"x LIST\r\n", "x BAD"),
    (b"x FETCH 1:* (FLAGS UID INTERNALDATE RFC822.SIZE)\r\n", "x OK"),
    (b"x FETCH 99 FLAGS\r\n", "x BAD"),
    (b"x FETCH 0 FLAGS\r\n", "x BAD"),
    (b"x FETCH 1 (FLAGS\r\n", "x BAD"),
    (b"x FETCH 1 BODY[1.2.3\r\n", "x BAD"),
    (b"x FETCH 1 BODY.PEEK[]<0.0>\r\n", "x BAD"),
    (b"x FETCH 1 (" + b"FLAGS " * 70 + b"UID)\r\n", "x OK"),
    (b"x FETCH 1 (" + b"BODY.PEEK[1] " * 70 + b"UID)\r\n", "x BAD"),
    (b"x UID FETCH 1:* FAST\r\n", "x OK"),
    (b"x UID FETCH 4000:5000 FLAGS\r\n", "x OK"),
    (b"x UID NONSENSE\r\n", "x BAD"),
    (b"x IDLE\r\nDONE\r\n", "x OK"),
    (b"x IDLE\r\nLOGOUT\r\n", "x BAD"),
    (b"x CLOSE\r\n", "x OK"),
    (b"x LOGIN a b\r\n", "x BAD"),
    (b"x NONSENSE\r\n", "x BAD"),
    (b"x\r\n", "* BAD"),
    (b"\r\n", "* BAD"),
    (b"x LOGIN {99999999999}\r\n", "x BAD Command is too long"),
    (b"x NOOP {1100000+}\r\n" + b"y" * 1100000 + b"\r\nz NOOP\r\n", "z OK"),
    (b"x " + b"y" * 70000 + b"\r\nx LOGOUT\r\n", "* BYE"),
    (b"x LOGOUT\r\n", "x OK"),
]


def imap():
    """IMAP answers good, bad and strange commands"""
    with running() as env:
        begin = f"a LOGIN {env['DEMO_USER']} {env['DEMO_PASS']}\r\nb SELECT INBOX\r\n".encode()
        for sent, wanted in IMAP:
            lines = talk(env["IMAP_PORT"], begin + sent).splitlines()
            assert lines[-1].startswith(wanted), (sent[:80], lines[-3:])
        for sent in (b"a SELECT INBOX\r\n", b"a LOGIN alice\r\n", b"a FETCH 1 FLAGS\r\n"):
            assert talk(env["IMAP_PORT"], sent).splitlines()[-1].startswith("a BAD"), sent
        for sent in (b"a LOGIN alice wrong\r\n", b"a LOGIN nobody wrong\r\n", b"a AUTHENTICATE PLAIN AGEAYg==\r\n"):
            last = talk(env["IMAP_PORT"], sent).splitlines()[-1]
            assert last == "a NO [AUTHENTICATIONFAILED] Log-on failed", last


def idle():
    """who waits in IDLE is told of new mail at once"""
    with running() as env:
        client, answers = connect(env["IMAP_PORT"])
        with client, answers:
            client.sendall(f"a LOGIN {env['DEMO_USER']} {env['DEMO_PASS']}\r\nb SELECT INBOX\r\nc IDLE\r\n".encode())
            lines = iter(answers.readline, b"")
            count = next(int(line.split()[1]) for line in lines if line.endswith(b"EXISTS\r\n"))
            next(line for line in lines if line.startswith(b"+"))
            deliver(env, MAIL, "alice")
            assert next(lines) == b"* %d EXISTS\r\n" % (count + 1)
            assert next(lines).endswith(b" RECENT\r\n")
            client.sendall(b"DONE\r\n")
            assert next(lines).startswith(b"c OK")


tap.run([walk, swaks, lmtp, limits, secured, large, lmtp_cut, imap, idle])
