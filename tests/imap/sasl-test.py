# SPDX-License-Identifier: AGPL-3.0-or-later
"""SCRAM-SHA-256 and -PLUS over IMAP and POP3: who gets in, and that who does not cannot tell why."""
import base64
import contextlib
import hashlib
import hmac
import os
import pathlib
import socket
import ssl
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "programs"))
import tap  # noqa: E402
from loopback import ANY_PORT, HOST  # noqa: E402
from certificates import self_made  # noqa: E402
from server import WAIT, running  # noqa: E402


class Scram:
    """A client's side of RFC 5802."""

    def __init__(self, user, password, head="n,,", channel=b""):
        self.password, self.head, self.channel = password, head, channel
        self.nonce = base64.b64encode(os.urandom(12)).decode()
        self.bare = "n=" + user.replace("=", "=3D").replace(",", "=2C") + ",r=" + self.nonce
        self.asked = self.wanted = None

    def first(self):
        return base64.b64encode((self.head + self.bare).encode())

    def final(self, asked):
        self.asked = base64.b64decode(asked).decode()
        parts = dict(part.split("=", 1) for part in self.asked.split(","))
        assert parts["r"].startswith(self.nonce) and len(parts["r"]) >= len(self.nonce) + 20
        bound = base64.b64encode(self.head.encode() + self.channel).decode()
        last = f"c={bound},r={parts['r']}"
        messages = f"{self.bare},{self.asked},{last}".encode()
        salt = base64.b64decode(parts["s"])
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), salt, int(parts["i"]))
        client = hmac.digest(salted, b"Client Key", "sha256")
        sign = hmac.digest(hashlib.sha256(client).digest(), messages, "sha256")
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(client, sign))).decode()
        self.wanted = b"v=" + base64.b64encode(hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), messages, "sha256"))
        return base64.b64encode(f"{last},p={proof}".encode())

    def asks(self):
        """Salt and rounds: what anybody is told of a name."""
        return self.asked.split(",", 1)[1]


class Door:
    """A connection to one of the two doors, and how they differ."""

    def __init__(self, env, name, context=None):
        self.imap = name == "IMAP"
        self.socket = socket.create_connection((HOST, int(env[f"{name}S_PORT" if context else f"{name}_PORT"])), timeout=WAIT)
        if context:
            self.socket = context.wrap_socket(self.socket)
        self.file = self.socket.makefile("rb")
        self.greeting = self.file.readline()

    def send(self, text):
        self.socket.sendall(text + b"\r\n")
        return self.file.readline().rstrip(b"\r\n")

    def mechanisms(self):
        if self.imap:
            words = self.send(b"a CAPABILITY").split()
            self.file.readline()
            return {word[5:] for word in words if word.startswith(b"AUTH=")}
        self.send(b"CAPA")
        found = set()
        while (line := self.file.readline()) != b".\r\n":
            if line.startswith(b"SASL "):
                found = set(line.split()[1:])
        return found

    def begin(self, mechanism, initial=None):
        command = (b"t AUTHENTICATE " if self.imap else b"AUTH ") + mechanism
        return self.send(command + (b" " + initial if initial is not None else b""))

    def is_in(self, answer):
        return answer.startswith(b"t OK" if self.imap else b"+OK")

    def close(self):
        self.file.close()
        self.socket.close()


def log_on(door, scram, mechanism=b"SCRAM-SHA-256", initial=True):
    """The last line of the door."""
    if initial:
        answer = door.begin(mechanism, scram.first())
    else:
        assert door.begin(mechanism) in (b"+ ", b"+")
        answer = door.send(scram.first())
    if not answer.startswith(b"+ "):
        return answer
    answer = door.send(scram.final(answer[2:]))
    if answer.startswith(b"+ "):
        assert base64.b64decode(answer[2:]) == scram.wanted, "the server does not know the password"
        answer = door.send(b"")
    return answer


def plain(door, user, password):
    return door.begin(b"PLAIN", base64.b64encode(f"\0{user}\0{password}".encode()))


@contextlib.contextmanager
def at(env, name, context=None):
    door = Door(env, name, context)
    try:
        yield door
    finally:
        door.close()


DOORS = ("IMAP", "POP3")
ON = ("--scram-enabled=yes", f"--pop3-listen={ANY_PORT}")


def scram():
    """SCRAM-SHA-256 at both doors, with an initial response and without; wrong passwords, unknown users, bad messages"""
    with running(*ON) as env:
        user, password = env["DEMO_USER"], env["DEMO_PASS"]
        for name in DOORS:
            with at(env, name) as door:
                assert b"SCRAM-SHA-256" in door.mechanisms() and b"SCRAM-SHA-256-PLUS" not in door.mechanisms()
            for initial in (True, False):
                with at(env, name) as door:
                    answer = log_on(door, Scram(user.upper(), password), initial=initial)
                    assert door.is_in(answer), answer
            refused, asked = [], []
            for who, secret in ((user, "wrong"), ("zoe", password), ("zo\u00eb", "x"), ("a,b=c", "x")):
                with at(env, name) as door:
                    exchange = Scram(who, secret)
                    refused.append(log_on(door, exchange))
                    asked.append(exchange.asks().split(",")[1])
            assert len(set(refused)) == 1 and not door.is_in(refused[0]), refused
            assert len(set(asked)) == 1, asked
            for bad in (b"*", b"!", b"", base64.b64encode(b"n,,n=,r=x"), base64.b64encode(b"y,,m=x,n=a,r=x"),
                        base64.b64encode(b"p=tls-exporter,,n=a,r=x")):
                with at(env, name) as door:
                    assert door.begin(b"SCRAM-SHA-256") in (b"+ ", b"+")
                    answer = door.send(bad)
                    assert answer.startswith((b"t BAD", b"-ERR")), (bad, answer)
                    assert door.is_in(plain(door, user, password)), "the connection goes on"
            with at(env, name) as door:  # whoever does not like the last word is not in
                exchange = Scram(user, password)
                answer = door.send(exchange.final(door.begin(b"SCRAM-SHA-256", exchange.first())[2:]))
                assert answer.startswith(b"+ ") and not door.is_in(door.send(b"*"))
                assert door.send(b"x SELECT INBOX" if door.imap else b"STAT").startswith((b"x NO", b"x BAD", b"-ERR"))
            with at(env, name) as door:  # an answer of another exchange
                one, other = Scram(user, password), Scram(user, password)
                with at(env, name) as second:
                    final = other.final(second.begin(b"SCRAM-SHA-256", other.first())[2:])
                door.begin(b"SCRAM-SHA-256", one.first())
                assert not door.is_in(door.send(final))


def bound():
    """SCRAM-SHA-256-PLUS inside TLS: the right channel, another one, and who was told that there is none"""
    with tempfile.TemporaryDirectory() as name:
        pem = self_made(pathlib.Path(name))
        context = ssl.create_default_context(cafile=pem)
        context.check_hostname = False
        options = (f"--ssl-certificate-file={pem}", f"--ssl-private-key-file={pem}.key",
                   f"--imaps-listen={ANY_PORT}", f"--pop3s-listen={ANY_PORT}")
        with running(*ON, *options) as env:
            user, password = env["DEMO_USER"], env["DEMO_PASS"]
            cases = (
                ("the right one", b"SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,", None, True),
                ("another", b"SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,", b"x" * 32, False),
                ("an unknown kind", b"SCRAM-SHA-256-PLUS", "p=tls-moon,,", None, False),
                ("none where one is promised", b"SCRAM-SHA-256-PLUS", "n,,", b"", False),
                ("one where none is", b"SCRAM-SHA-256", "p=tls-server-end-point,,", None, False),
                ("none", b"SCRAM-SHA-256", "n,,", b"", True),
                ("told that there is none", b"SCRAM-SHA-256", "y,,", b"", False),
            )
            for door_name in DOORS:
                for label, mechanism, head, channel, right in cases:
                    with at(env, door_name, context) as door:
                        if channel is None:
                            channel = hashlib.sha256(door.socket.getpeercert(True)).digest()
                        assert mechanism in door.mechanisms()
                        answer = log_on(door, Scram(user, password, head, channel), mechanism)
                        assert door.is_in(answer) == right, (label, answer)


def off():
    """without the key nothing of it is offered, and nothing kept"""
    with running(f"--pop3-listen={ANY_PORT}") as env:
        for name in DOORS:
            with at(env, name) as door:
                assert door.mechanisms() == {b"PLAIN", b"LOGIN"}
                for mechanism in (b"SCRAM-SHA-256", b"OAUTHBEARER", b"XOAUTH2", b"GSSAPI"):
                    assert door.begin(mechanism, b"=").startswith((b"t NO", b"-ERR")), mechanism


tap.run([scram, bound, off])
