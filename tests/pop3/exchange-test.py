# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the POP3 door answers: a table of exchanges, good and bad, and cut at every byte; Python's poplib; other doors meanwhile."""
import base64
import contextlib
import imaplib
import os
import pathlib
import poplib
import re
import shutil
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "programs"))
import tap  # noqa: E402
from loopback import ANY_PORT, HOST, LISTEN  # noqa: E402

poplib._MAXLINE = 1 << 20  # one of the mails is one line, to have its end at any place
imaplib.MapCRLF = re.compile(rb"\r\n")  # APPEND bytes as they are, bare LFs too

TWIGA = os.path.abspath(sys.argv[1])
WAIT = 60  # seconds until a test gives up; never what a verdict depends on

MAILS = [
    b"Subject: one\r\n\r\n.dot\r\n..\r\n.\r\nlast\r\n",
    b"Subject: two\r\n\r\n1\r\n\r\n.3\r\n4\r\n",
    b"Subject: \xc3\xbc\r\n\r\nno line end",
    b"Subject: bare\r\n\r\na\n.\r\n+OK forged\r\n",
    b"Subject: large\r\n\r\n" + b"".join(b".%d" % i + b"x" * (i % 90) + b"\r\n" for i in range(9000)),
    b"",
]
EDGE = 65536  # what the door reads of a mail at once
MAILS += [b"S: x\r\n\r\n" + b"y" * (EDGE - 8 + cut) + b"\r\n.\r\n..z\r\n" for cut in (-4, -3, -2, -1, 0)]
MAILS += [b"S: x\r\n\r\n" + b"y" * (EDGE - 10) + b"\r\n"]


@contextlib.contextmanager
def running(*options):
    """A server of one's own; env["LOG"] is where its log will be."""
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        endpoints = place / "endpoints.env"
        command = [TWIGA, "--data-path", str(place / "data"), "--demo", "--endpoints", str(endpoints)]
        command += [f"--imap-listen={ANY_PORT}", f"--lmtp-listen={ANY_PORT}", f"--pop3-listen={ANY_PORT}"]
        command += ["--log-method=file", f"--log-file={place / 'log'}", "--log-level=4", *options]
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        try:
            until = time.monotonic() + WAIT
            while not endpoints.exists():
                assert process.poll() is None, process.stderr.read().decode()
                assert time.monotonic() < until, "waited in vain for the server"
                time.sleep(0.01)
            env = dict(line.split("=", 1) for line in endpoints.read_text().splitlines())
            env["LOG"] = str(place / "log")
            yield env
            process.terminate()
            assert process.wait(WAIT) == 0, process.returncode
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            process.stderr.close()


def pop(env):
    client = poplib.POP3(HOST, int(env["POP3_PORT"]), timeout=WAIT)
    client.user(env["DEMO_USER"])
    client.pass_(env["DEMO_PASS"])
    return client


def imap(env):
    client = imaplib.IMAP4(HOST, int(env["IMAP_PORT"]), timeout=WAIT)
    client.login(env["DEMO_USER"], env["DEMO_PASS"])
    assert client.select("INBOX")[0] == "OK"
    return client


def expunge(client, numbers):
    client.store(numbers, "+FLAGS.SILENT", "(\\Deleted)")
    assert client.expunge()[0] == "OK"


def fill(env, mails):
    """Makes the INBOX hold exactly these."""
    client = imap(env)
    expunge(client, "1:*")
    for mail in mails:
        if mail:
            assert client.append("INBOX", None, None, mail)[0] == "OK"
    client.logout()


def talk(env, said):
    """All of it at once; everything that is answered, until the server or we close."""
    with socket.create_connection((HOST, int(env["POP3_PORT"])), timeout=WAIT) as client:
        client.sendall(said)
        client.shutdown(socket.SHUT_WR)
        with client.makefile("rb") as answers:
            return answers.read()


def login(env):
    return f"USER {env['DEMO_USER']}\r\nPASS {env['DEMO_PASS']}\r\n".encode()


# Said one after the other with a mailbox of two mails; how the answer begins, or all of it.
EXCHANGES = [
    ("NOOP", b"+OK"),
    ("STAT", b"+OK 2 63"),
    ("LIST", b"+OK 2 messages\r\n1 35\r\n2 28\r\n."),
    ("LIST 2", b"+OK 2 28"),
    ("LIST 3", b"-ERR No such message"),
    ("LIST 0", b"-ERR No such message"),
    ("LIST x", b"-ERR Arguments"),
    ("UIDL 3", b"-ERR No such message"),
    ("RETR 1", b"+OK 35 octets\r\nSubject: one\r\n\r\n..dot\r\n...\r\n..\r\nlast\r\n."),
    ("RETR 4294967295", b"-ERR No such message"),
    ("RETR", b"-ERR Arguments"),
    ("TOP 2 0", b"+OK Its top\r\nSubject: two\r\n\r\n."),
    ("TOP 2 3", b"+OK Its top\r\nSubject: two\r\n\r\n1\r\n\r\n..3\r\n."),
    ("TOP 2 99", b"+OK Its top\r\nSubject: two\r\n\r\n1\r\n\r\n..3\r\n4\r\n."),
    ("TOP 2", b"-ERR Arguments"),
    ("dele 1", b"+OK"),
    ("DELE 1", b"-ERR No such message"),
    ("RETR 1", b"-ERR No such message"),
    ("STAT", b"+OK 1 28"),
    ("LIST", b"+OK 1 messages\r\n2 28\r\n."),
    ("RSET", b"+OK"),
    ("STAT", b"+OK 2 63"),
    ("USER jo", b"-ERR You are logged on"),
    ("STLS", b"-ERR You are logged on"),
    ("APOP jo 0123", b"-ERR Unknown command"),
    ("", b"-ERR Unknown command"),
    ("QUIT", b"+OK Bye"),
]


def exchanges():
    """each command, good and bad, all of them pipelined"""
    with running() as env:
        fill(env, MAILS[:2])
        said = talk(env, login(env) + b"".join(line.encode() + b"\r\n" for line, _ in EXCHANGES))
        wanted = b"".join(
            re.escape(answer) + (rb"\r\n" if answer.endswith(b".") else rb"[^\r]*\r\n") for _, answer in EXCHANGES
        )
        assert re.fullmatch(rb"\+OK Twiga\r\n\+OK [^\r]*\r\n\+OK 2 messages\r\n" + wanted, said), said
        assert b"-ERR Log on first" in talk(env, b"STAT\r\n")
        assert b"-ERR USER comes first" in talk(env, b"PASS x\r\n")
        said = talk(env, b"x\r\n" * 30 + b"NOOP\r\n")
        assert said.count(b"-ERR") == 10, said
        assert talk(env, b"USER " + b"x" * 9000 + b"\r\n").endswith(b"-ERR Line is too long\r\n")


def cut():
    """a dialogue cut at any byte ends without deleting anything, unless QUIT was whole"""
    with running() as env:
        fill(env, MAILS[:2])
        begin = login(env)
        dialogue = b"STAT\r\nUIDL\r\nRETR 1\r\nTOP 2 1\r\nDELE 1\r\nRSET\r\nDELE 2\r\nQUIT\r\n"
        for end in range(len(dialogue)):
            said = talk(env, begin + dialogue[:end])
            assert said.count(b"\r\n+OK") >= 1 + dialogue[:end].count(b"\n"), (end, said)
        client = pop(env)
        assert client.stat() == (2, 63)
        client.quit()
        assert talk(env, begin + dialogue).endswith(b"+OK Bye\r\n")
        client = pop(env)
        assert client.stat() == (1, 35)
        client.quit()


def wanted_lines(mail):
    """What poplib makes of a mail."""
    lines = [line.rstrip(b"\r") for line in mail.split(b"\n")]
    return lines[:-1] if mail.endswith(b"\n") else lines


def python_client():
    """Python's poplib gets every mail as it was put in, in its size, and by an id that stays"""
    with running() as env:
        fill(env, MAILS)
        mails = [mail for mail in MAILS if mail]
        client = pop(env)
        capa = client.capa()
        for name in ("TOP", "UIDL", "USER", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING"):
            assert name in capa, capa
        assert capa["SASL"] == ["PLAIN", "LOGIN"] and capa["EXPIRE"] == ["NEVER"] and "STLS" not in capa
        assert client.stat() == (len(mails), sum(map(len, mails)))
        assert client.list()[1] == [b"%d %d" % (i, len(mail)) for i, mail in enumerate(mails, 1)]
        for number, mail in enumerate(mails, 1):
            assert client.retr(number)[1] == wanted_lines(mail), (number, mail[:40])
        ids = dict(line.split() for line in client.uidl()[1])
        assert len(set(ids.values())) == len(mails)
        client.dele(1)
        client.dele(3)
        client.quit()
        client = pop(env)
        left = [ids[b"%d" % i] for i in range(1, len(mails) + 1) if i not in (1, 3)]
        assert [line.split()[1] for line in client.uidl()[1]] == left
        client.quit()


def log_on(env, *lines):
    """The last answer."""
    return talk(env, b"".join(line + b"\r\n" for line in lines)).split(b"\r\n")[-2]


def mechanisms():
    """AUTH PLAIN and LOGIN, with an initial response and without, good and bad"""
    with running() as env:
        user, password = env["DEMO_USER"].encode(), env["DEMO_PASS"].encode()
        plain = base64.b64encode(b"\0" + user + b"\0" + password)
        name, secret = base64.b64encode(user), base64.b64encode(password)
        for lines in (
            [b"AUTH PLAIN " + plain],
            [b"auth plain", plain],
            [b"AUTH LOGIN", name, secret],
            [b"AUTH LOGIN " + name, secret],
            [b"UTF8", b"AUTH PLAIN " + plain],
        ):
            assert re.match(rb"\+OK \d+ messages", log_on(env, *lines)), lines
        for lines in (
            [b"AUTH PLAIN", b"*"],
            [b"AUTH PLAIN ="],
            [b"AUTH PLAIN AGE="],
            [b"AUTH PLAIN " + plain[:-1]],
            [b"AUTH PLAIN", b"\xff\xff"],
            [b"AUTH PLAIN " + base64.b64encode(b"\0" + user + b"\0" + password + b"\0x")],
            [b"AUTH LOGIN", b"", b""],
            [b"AUTH CRAM-MD5"],
            [b"AUTH"],
        ):
            assert log_on(env, *lines).startswith(b"-ERR"), lines
        # what was begun is over after a failure: the next line is a command
        assert log_on(env, b"AUTH LOGIN", name, b"!", b"AUTH PLAIN " + plain).startswith(b"+OK")


def refused():
    """a wrong password and an unknown user: the same words; a line in the log for each"""
    with running() as env:
        assert log_on(env, b"USER " + env["DEMO_USER"].encode(), b"PASS x") == b"-ERR [AUTH] Log-on failed"
        assert log_on(env, b"USER nobody", b"PASS x") == b"-ERR [AUTH] Log-on failed"
        said = talk(env, b"USER nobody\r\nPASS x\r\n" * 5)
        assert said.count(b"[AUTH]") == 3, said
        log = pathlib.Path(env["LOG"]).read_text()
        assert len(re.findall(r"pop3-logon-failed user=\"?nobody\"? .*peer=\"?" + re.escape(HOST) + r"\"?", log)) == 4, log


def waits():
    """after failures the answer comes later, pipelined commands behind it, and then logs on who knows the password"""
    with running() as env:
        for _ in range(6):
            assert b"[AUTH]" in talk(env, f"USER {env['DEMO_USER']}\r\nPASS x\r\n".encode())
        began = time.monotonic()
        assert talk(env, login(env) + b"NOOP\r\nQUIT\r\n").endswith(b" messages\r\n+OK\r\n+OK Bye\r\n")
        print(f"# the log-on took {time.monotonic() - began:.1f} s")
        assert "pop3-logon-failed" in pathlib.Path(env["LOG"]).read_text()


def meanwhile():
    """two sessions on one mailbox, and IMAP and LMTP beside them: numbers stay, what is gone is an error"""
    with running() as env:
        fill(env, MAILS[:4])
        first, second = pop(env), pop(env)
        mails = [len(mail) for mail in MAILS[:4]]
        with smtplib.LMTP(HOST, int(env["LMTP_PORT"])) as sender:
            sender.ehlo()
            assert sender.sendmail("jo@example.org", [env["DEMO_ADDR"]], MAILS[1]) == {}
        other = imap(env)
        expunge(other, "2")
        assert first.stat() == second.stat() == (4, sum(mails))
        for client in (first, second):
            try:
                client.retr(2)
                raise AssertionError("a message that is gone was sent")
            except poplib.error_proto as error:
                assert error.args[0].startswith(b"-ERR"), error
            assert client.retr(3)[2] > 0
        first.dele(1)
        first.dele(2)
        assert second.retr(1)[1] == wanted_lines(MAILS[0])
        assert first.quit().startswith(b"+OK")
        second.dele(1)
        second.dele(4)
        assert second.quit().startswith(b"+OK")
        client = pop(env)
        assert client.stat()[0] == 2
        assert client.retr(1)[1] == wanted_lines(MAILS[2])
        ids = [line.split()[1] for line in client.uidl()[1]]
        client.close()
        # moved away and back, a message keeps its id
        other.create("aside")
        assert other.uid("MOVE", "1:*", "aside")[0] == "OK"
        assert other.select("aside")[0] == "OK" and other.uid("MOVE", "1:*", "INBOX")[0] == "OK"
        client = pop(env)
        assert sorted(line.split()[1] for line in client.uidl()[1]) == sorted(ids)
        client.quit()
        other.logout()


def secured():
    """STLS, TLS from the first byte, and no passwords without either where they are forbidden"""
    if shutil.which("openssl") is None:
        return "no openssl here"
    with tempfile.TemporaryDirectory() as name:
        pem = os.path.join(name, "tls.pem")
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        command += ["-subj", "/CN=localhost", "-keyout", pem + ".key", "-out", pem]
        subprocess.run(command, check=True, capture_output=True)
        tls = ["--ssl-certificate-file=" + pem, "--ssl-private-key-file=" + pem + ".key"]
        with running(f"--pop3s-listen={ANY_PORT}", *tls) as env:
            fill(env, MAILS[:5])
            context = ssl._create_unverified_context()
            client = poplib.POP3(HOST, int(env["POP3_PORT"]), timeout=WAIT)
            assert "STLS" in client.capa()
            client.user(env["DEMO_USER"])
            client.stls(context=context)
            assert "STLS" not in client.capa()
            try:
                client.pass_(env["DEMO_PASS"])  # USER was said before, in the clear
                raise AssertionError("what was said in the clear was kept")
            except poplib.error_proto:
                pass
            client.user(env["DEMO_USER"])
            client.pass_(env["DEMO_PASS"])
            assert client.retr(5)[1] == wanted_lines(MAILS[4])
            client.quit()
            # a command behind STLS in the clear is no command
            assert talk(env, b"STLS\r\nCAPA\r\n").endswith(b"+OK Go on with TLS\r\n")
            ports = re.findall(r'listening listener="?' + re.escape(LISTEN) + r':(\d+)"? msg="?pop3s', pathlib.Path(env["LOG"]).read_text())
            client = poplib.POP3_SSL(HOST, int(ports[0]), timeout=WAIT, context=context)
            client.user(env["DEMO_USER"])
            client.pass_(env["DEMO_PASS"])
            assert client.stat()[0] == 5
            client.quit()
    return None


tap.run([exchanges, cut, python_client, mechanisms, refused, waits, meanwhile, secured])
