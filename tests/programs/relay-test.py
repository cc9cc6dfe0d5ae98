# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mail from LMTP through a rule or an absent user to a mail server; and that server over TLS that is checked, with each way to log on."""
import base64
import contextlib
import hashlib
import hmac
import os
import pathlib
import socket
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402
from loopback import ANY_PORT, FAMILY, HOST, NAME  # noqa: E402

TWIGA, SPOOLER, DAGENT, SUBMIT, OOF = (os.path.abspath(path) for path in sys.argv[1:6])
WAIT = 60  # seconds until a test gives up; never what a verdict depends on
USER, PASSWORD = "twiga,=", "pencil"


def certificate(place, name):
    """Self-made, with its key beside it."""
    pem = str(place / f"{name}.pem")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    command += ["-subj", f"/CN={name}", "-addext", ("subjectAltName=IP:" if name == HOST else "subjectAltName=DNS:") + name, "-keyout", pem + ".key", "-out", pem]
    subprocess.run(command, check=True, capture_output=True)
    return pem


class Relay(socketserver.ThreadingTCPServer):
    """Takes all mail, when it is spoken to as it wants."""

    daemon_threads = True
    address_family = FAMILY

    def __init__(self, pem=None, implicit=False, ways=()):
        super().__init__((HOST, 0), Dialogue)
        self.context, self.implicit, self.ways = None, implicit, ways
        if pem is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(pem, pem + ".key")
        self.mails, self.lines, self.calls, self.changed = [], [], 0, threading.Condition()

    def handle_error(self, request, client_address):
        pass  # a client that does not trust us hangs up

    def note(self, what):
        with self.changed:
            what()
            self.changed.notify_all()

    def wait(self, found):
        with self.changed:
            assert self.changed.wait_for(found, WAIT), "waited in vain"


class Dialogue(socketserver.BaseRequestHandler):
    def tls(self):
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        self.file = self.request.makefile("rb")

    def say(self, text):
        self.request.sendall(text.encode() + b"\r\n")

    def challenge(self, text):
        self.say("334 " + base64.b64encode(text).decode())
        return base64.b64decode(self.file.readline().strip())

    def by_plain(self, first):
        return first == b"\0" + USER.encode() + b"\0" + PASSWORD.encode()

    def by_login(self, _):
        return (self.challenge(b"Username:"), self.challenge(b"Password:")) == (USER.encode(), PASSWORD.encode())

    def by_scram(self, first):
        """RFC 5802, the server's side."""
        head, bare = first[:3], first[3:]
        if head != b"n,," or not bare.startswith(b"n=twiga=2C=3D,r="):
            return False
        nonce, salt = bare.split(b",r=")[1] + b"serverside", b"salt of the test"
        asked = b"r=%s,s=%s,i=4096" % (nonce, base64.b64encode(salt))
        final = self.challenge(asked)
        unproved, proof = final.rsplit(b",p=", 1)
        salted = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt, 4096)
        key = hmac.digest(salted, b"Client Key", "sha256")
        message = b",".join((bare, asked, unproved))
        signature = hmac.digest(hashlib.sha256(key).digest(), message, "sha256")
        if unproved != b"c=biws,r=" + nonce or bytes(a ^ b for a, b in zip(key, signature)) != base64.b64decode(proof):
            return False
        proof = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256")
        if "liar" in self.server.ways:
            proof = bytes(32)
        return self.challenge(b"v=" + base64.b64encode(proof)) == b""

    def auth(self, words):
        first = base64.b64decode(words[2]) if len(words) > 2 else b""
        way = {"PLAIN": self.by_plain, "LOGIN": self.by_login, "SCRAM-SHA-256": self.by_scram}[words[1]]
        return words[1] in self.server.ways and way(first)

    def handle(self):
        server, known = self.server, not self.server.ways
        server.note(lambda: setattr(server, "calls", server.calls + 1))
        if server.implicit:
            self.tls()
        else:
            self.file = self.request.makefile("rb")
        self.say("220 relay.test ESMTP")
        while True:
            line = self.file.readline().decode().rstrip("\r\n")
            words = line.split(" ")
            verb = words[0].upper()
            server.note(lambda: server.lines.append(line))
            if verb in ("", "QUIT"):
                return
            if verb == "EHLO":
                offer = ["relay.test", "PIPELINING", "DSN", "8BITMIME"]
                if server.context is not None and not isinstance(self.request, ssl.SSLSocket):
                    offer.append("STARTTLS")
                elif server.ways:
                    offer.append("AUTH " + " ".join(way for way in server.ways if way.isupper()))
                self.say("\r\n".join([f"250-{one}" for one in offer[:-1]] + [f"250 {offer[-1]}"]))
            elif verb == "STARTTLS":
                self.say("220 go on")
                self.tls()
            elif verb == "AUTH":
                known = self.auth(words)
                self.say("235 welcome" if known else "535 no")
            elif not known:
                self.say("530 who are you")
            elif verb == "DATA":
                self.say("354 go on")
                mail = b"".join(iter(self.file.readline, b".\r\n"))
                server.note(lambda: server.mails.append(mail))
                self.say("250 taken")
            else:
                self.say("250 ok")


@contextlib.contextmanager
def relay(*args, **words):
    with Relay(*args, **words) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@contextlib.contextmanager
def running(place, command):
    endpoints = place / "endpoints.env"
    endpoints.unlink(missing_ok=True)
    command = command + ["--data-path", str(place / "data"), "--tmp-path", str(place)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        yield process
        process.terminate()
        assert process.wait(WAIT) == 0, process.returncode
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stderr.close()


def endpoints_of(place, process):
    endpoints, until = place / "endpoints.env", time.monotonic() + WAIT
    while not endpoints.exists():
        assert process.poll() is None, process.stderr.read().decode()
        assert time.monotonic() < until, "waited in vain for the server"
        time.sleep(0.01)
    return dict(line.split("=", 1) for line in endpoints.read_text().splitlines())


@contextlib.contextmanager
def folder():
    """A data folder with the demo company, closed."""
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        with running(place, [TWIGA, "--demo", "--endpoints", str(place / "endpoints.env")]) as process:
            env = endpoints_of(place, process)
        yield place, env


def helper(place, *words):
    done = subprocess.run([SUBMIT, str(place / "data"), *words], capture_output=True, timeout=WAIT, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().split()


def lmtp(port, recipient, subject, sender="jo"):
    with socket.create_connection((HOST, int(port)), timeout=WAIT) as client:
        text = f"LHLO t.example\r\nMAIL FROM:<{sender}@example.net>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n"
        text += f"From: {sender} <{sender}@example.net>\r\nTo: {recipient}\r\nMessage-ID: <1@example.net>\r\n"
        text += f"Subject: {subject}\r\n\r\nHello giraffe\r\n.\r\nQUIT\r\n"
        client.sendall(text.encode())
        said = client.makefile("r").read().splitlines()
    assert said[-2].startswith("250 2.1.5"), said


def by_rule(server, place, env, port):
    lmtp(port, env["DEMO_ADDR"], "By a rule")
    server.wait(lambda: server.mails)


def check_forward(server):
    mail = server.mails[0]
    for part in (b"Subject: FW: By a rule\r\n", b"Hello giraffe", b"X-Twiga-Rule-Action: forward\r\n", b"X-Twiga-Loop: "):
        assert part.lower() in mail.lower(), mail
    assert any(line.startswith("RCPT TO:<far@elsewhere.example>") for line in server.lines), server.lines


def rule_in_one():
    """LMTP -> rule -> relay, in twiga"""
    with folder() as (place, env), relay() as server:
        helper(place, "forward", env["DEMO_USER"], "far@elsewhere.example")
        command = [TWIGA, "--endpoints", str(place / "endpoints.env"), f"--lmtp-listen={ANY_PORT}"]
        command += [f"--smtp-server={HOST}", f"--smtp-port={server.server_address[1]}"]
        with running(place, command) as process:
            by_rule(server, place, env, endpoints_of(place, process)["LMTP_PORT"])
        check_forward(server)


def rule_in_two():
    """LMTP -> rule by twiga-dagent, then twiga-spooler -> relay"""
    with folder() as (place, env), relay() as server:
        helper(place, "forward", env["DEMO_USER"], "far@elsewhere.example")
        mail = b"From: Jo <jo@example.net>\nSubject: By a rule\n\nHello giraffe\n"
        done = subprocess.run(
            [DAGENT, "--data-path", str(place / "data"), "--tmp-path", str(place), "--lmtp-listen=", env["DEMO_USER"]],
            input=mail, capture_output=True, timeout=WAIT, check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        assert helper(place, "state", env["DEMO_USER"], "By a rule") == "queue 1 sent 0 reports 1".split()
        with running(place, [SPOOLER, HOST, "--port", str(server.server_address[1])]):
            server.wait(lambda: server.mails)
        check_forward(server)


def set_out_of_office(place, env, user, mode):
    (place / "away.txt").write_text("Back in M\u00e4rz.\n", encoding="utf-8")
    words = [OOF, "-h", env["SOAP_URL"], "-u", user[0], "-p", user[1], "-m", mode, "-t", "Away", "-n", str(place / "away.txt")]
    done = subprocess.run(words, capture_output=True, timeout=WAIT, check=False)
    assert done.returncode == 0, done


def recipients(server):
    return [line.split("<")[1].split("@")[0] for line in server.lines if line.startswith("RCPT")]


def out_of_office():
    """an absent user answers each sender once (S055), while out of office is on"""
    with folder() as (place, env), relay() as server:
        user, address = (env["DEMO_USER"], env["DEMO_PASS"]), env["DEMO_ADDR"]
        command = [TWIGA, "--endpoints", str(place / "endpoints.env"), f"--lmtp-listen={ANY_PORT}", f"--server-listen={ANY_PORT}"]
        with running(place, [*command, f"--smtp-server={HOST}", f"--smtp-port={server.server_address[1]}"]) as process:
            env = endpoints_of(place, process)
            for sender, mode in (("first", "1"), ("first", "1"), ("second", "1"), ("third", "0"), ("fourth", "1"), ("second", "1"), ("last", "1")):
                set_out_of_office(place, env, user, mode)
                lmtp(env["LMTP_PORT"], address, "Where are you", sender)
            server.wait(lambda: "last" in recipients(server) and len(server.mails) >= len(recipients(server)))
        assert sorted(recipients(server)) == ["first", "fourth", "last", "second"], server.lines
        for part in (b"Auto-Submitted: auto-replied\r\n", b"In-Reply-To: <1@example.net>\r\n", b"To: ", b"Subject: "):
            assert part.lower() in server.mails[0].lower(), server.mails[0]


def autoresponder():
    """the program of `autoresponder` is called for each mail with the contract's words, and no other answer is sent"""
    with folder() as (place, env), relay() as server:
        user, address = (env["DEMO_USER"], env["DEMO_PASS"]), env["DEMO_ADDR"]
        program = place / "responder"
        program.write_text(f'#!/bin/sh\n[ $# = 5 ] || exit 1\necho "$1 $2 $3 $4 $MESSAGE_TO_ME" >>{place}/called\ncat "$5" >>{place}/answer\n')
        program.chmod(0o755)
        command = [TWIGA, "--endpoints", str(place / "endpoints.env"), f"--lmtp-listen={ANY_PORT}", f"--server-listen={ANY_PORT}"]
        command += [f"--autoresponder={program}", f"--smtp-server={HOST}", f"--smtp-port={server.server_address[1]}"]
        with running(place, command) as process:
            env = endpoints_of(place, process)
            lmtp(env["LMTP_PORT"], address, "Nobody is away", "first")
            set_out_of_office(place, env, user, "1")
            for sender in ("first", "second"):
                lmtp(env["LMTP_PORT"], address, "Where are you", sender)
        called = (place / "called").read_text().splitlines()
        assert called == [f"{address} {sender}@example.net Away {user[0]} 1" for sender in ("first", "second")], called
        answer = (place / "answer").read_bytes()
        assert b"\r\nAuto-Submitted: auto-replied\r\n" in answer and base64.b64encode("Back in M\u00e4rz.".encode())[:16] in answer, answer
        assert not server.mails, server.mails


def send(server, place, env, subject, *options):
    """The options of a spooler that sends; what came of it is seen at the relay."""
    helper(place, "submit", env["DEMO_USER"], "jo@example.net", subject)
    command = [SPOOLER, NAME, "--port", str(server.server_address[1]), "--smtp-user", USER]
    secret = place / "password.cfg"
    secret.write_text(f"smtp_password = {PASSWORD}\n")
    return running(place, [*command, "--config", str(secret), *options])


def logged_on():
    """STARTTLS and TLS from the first byte, checked, and each way to log on"""
    with folder() as (place, env):
        pem = certificate(place, NAME)
        for tls in ("starttls", "tls"):
            for ways in (("PLAIN",), ("LOGIN",), ("SCRAM-SHA-256",), ("PLAIN", "SCRAM-SHA-256", "LOGIN")):
                with relay(pem, tls == "tls", ways) as server:
                    subject = f"by {tls} {'-'.join(ways)}"
                    with send(server, place, env, subject, f"--smtp-tls={tls}", "--smtp-tls-ca-file", pem):
                        server.wait(lambda: server.mails)
                    assert f"Subject: {subject}\r\n".encode() in server.mails[0]
                    used = [line.split(" ")[1] for line in server.lines if line.startswith("AUTH")]
                    assert used == ["SCRAM-SHA-256" if "SCRAM-SHA-256" in ways else ways[0]], used
                    found = helper(place, "state", env["DEMO_USER"], subject)
                    assert found == "queue 0 sent 1 reports 0".split(), (subject, found)


def kept_back():
    """nothing is said to a relay that is another, or does not know the password"""
    with folder() as (place, env):
        pem, other = certificate(place, NAME), certificate(place, "other.example")
        cases = [
            ("an unknown signer", other, pem, "starttls", ("PLAIN",)),
            ("an unknown signer inside", other, pem, "tls", ("PLAIN",)),
            ("another name", other, other, "starttls", ("PLAIN",)),
            ("another name inside", other, other, "tls", ("PLAIN",)),
            ("a liar", pem, pem, "starttls", ("SCRAM-SHA-256", "liar")),
        ]
        for number, (subject, shown, trusted, tls, ways) in enumerate(cases, 1):
            with relay(shown, tls == "tls", ways) as server:
                with send(server, place, env, subject, f"--smtp-tls={tls}", "--smtp-tls-ca-file", trusted):
                    server.wait(lambda: server.calls > 0 and (tls == "tls" or len(server.lines) > 1))
                said = [line for line in server.lines if line.startswith(("AUTH PLAIN", "MAIL", "RCPT"))]
                assert not said and not server.mails, (subject, server.lines)
                found = helper(place, "state", env["DEMO_USER"], subject)
                assert found == f"queue {number} sent 0 reports 0".split(), (subject, found)


tap.run([rule_in_one, rule_in_two, out_of_office, autoresponder, logged_on, kept_back])
