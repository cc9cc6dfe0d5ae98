# SPDX-License-Identifier: AGPL-3.0-or-later
"""Addresses in the letters of their people: mail comes to them by LMTP and is read by IMAP, as UTF-8 and without."""
import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from server import TWIGA, WAIT, Client, serving  # noqa: E402
import smtplib  # noqa: E402
import tap  # noqa: E402
from loopback import HOST  # noqa: E402

ADMIN = os.path.abspath(sys.argv[2])
USERS = {"yonghu": "用户@例子", "info": "info@bücher.example"}
MAIL = "From: Квас <квас@пример.example>\r\nTo: 用户 <用户@例子>\r\nSubject: 長頸鹿\r\nMessage-ID: <1@例子>\r\n\r\n你好 bücher\r\n".encode()


@contextlib.contextmanager
def mailboxes():
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        with serving(place):
            pass
        for user, address in USERS.items():
            done = subprocess.run([ADMIN, f"--data-path={place}/data", "-c", user, "-p", "secret", "-f", address.split("@")[0], "-e", address],
                                  capture_output=True, text=True, timeout=WAIT)  # fmt: skip
            assert done.returncode == 0, done.stderr
        with serving(place) as env:
            yield env


def deliver(env, sender, recipient, mail, options=("SMTPUTF8",)):
    with smtplib.LMTP(HOST, int(env["LMTP_PORT"]), local_hostname="test.example", timeout=WAIT) as client:
        client.ehlo_or_helo_if_needed()
        assert client.has_extn("smtputf8")
        client.command_encoding = "utf-8"
        code, said = client.mail(sender, options)
        assert code == 250, said
        code, said = client.rcpt(recipient)
        if code != 250:
            return code
        code, said = client.data(mail)
        assert code == 250, said
        return code


def read(env, user):
    """What IMAP says of the last mail: without UTF8=ACCEPT, and with it."""
    said = []
    for enable in (False, True):
        with Client({"IMAP_PORT": env["IMAP_PORT"], "DEMO_USER": user, "DEMO_PASS": "secret"}, box=None) as client:
            if enable:
                client.ok("ENABLE UTF8=ACCEPT")
            client.ok("SELECT INBOX")
            said.append(b"".join(client.ok("FETCH * (ENVELOPE BODY.PEEK[])")))
    return said


def arrives():
    """a mail to 用户@例子 arrives byte for byte, and its envelope has the addresses"""
    with mailboxes() as env:
        assert deliver(env, "квас@пример.example", USERS["yonghu"], MAIL) == 250
        for said in read(env, "yonghu"):
            assert MAIL in said, said
            assert said.count("用户".encode()) >= 2 and "пример.example".encode() in said, said
            envelope = said[said.index(b"ENVELOPE (") : said.index(b"BODY[]")]
            assert "長頸鹿".encode() in envelope and "例子".encode() in envelope, envelope


def both_forms():
    """info@bücher.example gets what is sent to its name in ASCII too, in capitals and not; nobody else does"""
    with mailboxes() as env:
        for address in (USERS["info"], "info@xn--bcher-kva.example", "INFO@XN--BCHER-KVA.example", "info@BÜCHER.example"):
            assert deliver(env, "jo@example.org", address, b"Subject: x\r\n\r\ny\r\n") == 250, address
        for address in ("other@xn--bcher-kva.example", "info@xn--bcher-kvb.example", "info@xn--.example", "xn--bcher-kva.example"):
            assert deliver(env, "jo@example.org", address, b"") == 550, address
        assert b"* 4 EXISTS" in b"".join(Client({"IMAP_PORT": env["IMAP_PORT"], "DEMO_USER": "info", "DEMO_PASS": "secret"}, box=None).ok("SELECT INBOX"))


tap.run([arrives, both_forms])
