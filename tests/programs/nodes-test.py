# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two servers on one MariaDB, each with databases of its own and one directory: both serve at once, send each other's users to the
right one, and move between machines under load: in order, killed, and standing still. No acknowledged mail is lost, none is there twice.

Run by support/with-mariadb.py, which starts the database server.
"""
import collections
import contextlib
import http.client
import imaplib
import os
import pathlib
import re
import signal
import smtplib
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ET

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402

TWIGA, DBADM, ADMIN = (os.path.abspath(path) for path in sys.argv[1:4])
SOCKET = os.environ.get("TW_MARIA_SOCKET", "")
WAIT = 120  # seconds until a test gives up; never what a verdict depends on
NAMES = ("one", "two")
STEP = 30  # mails of each client between two moves
SOAP = (
    '<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:ns="urn:zarafa"><SOAP-ENV:Body>{}</SOAP-ENV:Body></SOAP-ENV:Envelope>'
)
LOGON = (
    "<ns:logon><szUsername>{}</szUsername><szPassword>secret</szPassword><szImpersonateUser/><szVersion>11.0.2</szVersion>"
    "<ulCapabilities>59218</ulCapabilities><ulFlags>1</ulFlags><sLicenseReq></sLicenseReq><ullSessionGroup>1</ullSessionGroup>"
    "<szClientApp>t</szClientApp><szClientAppVersion>1</szClientAppVersion><szClientAppMisc>t</szClientAppMisc></ns:logon>"
)


def until(what, condition):
    give_up = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < give_up, f"waited in vain for {what}"
        time.sleep(0.02)


class Node:
    """One of the two servers: the process that has its databases, on one machine (a data folder) or another."""

    def __init__(self, place, name):
        self.place, self.name, self.process, self.env, self.starts = place, name, None, {}, 0

    def keys(self, machine):
        return [f"--data-path={self.place}/{self.name}-{machine}", "--database-engine=mysql", f"--mysql-socket={SOCKET}",
                f"--mysql-database=nodes_{self.name}", "--mysql-users=nodes_all", "--mysql-lease=3", "--inline-values=always"]

    def launch(self, machine):
        """Starts it, again and again while another has the databases: what systemd does with Restart=on-failure."""
        give_up = time.monotonic() + WAIT
        while True:
            self.starts += 1
            endpoints = self.place / f"{self.name}.{self.starts}"
            process = subprocess.Popen(
                [TWIGA, *self.keys(machine), f"--server-name={self.name}", "--enable-distributed-kopano=yes", "--disabled-features=",
                 f"--server-urls=imap://{self.name}.example:1143 http://{self.name}.example:236/zarafa",
                 "--health-listen=", "--metrics-listen=", "--lmtp-listen=127.0.0.1:0", "--imap-listen=127.0.0.1:0",
                 "--pop3-listen=", "--ical-listen=", "--server-listen=127.0.0.1:0",
                 f"--server-pipe-name={self.place}/{self.name}.{self.starts}.sock", "--log-method=file",
                 f"--log-file={self.place}/{self.name}.{self.starts}.log", "--endpoints", str(endpoints)])
            while process.poll() is None and not endpoints.exists():
                assert time.monotonic() < give_up, "waited in vain for the server"
                time.sleep(0.02)
            if endpoints.exists():
                self.env = dict(line.split("=", 1) for line in endpoints.read_text().splitlines())
                self.process = process
                return
            said = (self.place / f"{self.name}.{self.starts}.log").read_text()
            assert "another node" in said, said

    def admin(self, *words):
        done = subprocess.run([ADMIN, f"--host=file://{self.env['SOAP_SOCKET']}", *words], capture_output=True, text=True,
                              timeout=WAIT)
        assert done.returncode == 0, done.stdout + done.stderr

    def imap(self, user):
        imap = imaplib.IMAP4("127.0.0.1", int(self.env["IMAP_PORT"]))
        imap.login(user, "secret")
        return imap

    def stop(self):
        self.process.terminate()
        assert self.process.wait(WAIT) == 0


class Load:
    """A client that sends one mail after the other to one user. A mail whose answer was lost may be there or not; the next is another."""

    def __init__(self, node, first):
        self.node, self.next, self.taken, self.refused, self.stop = node, first, [], 0, False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stop:
            try:
                with smtplib.LMTP("127.0.0.1", int(self.node.env["LMTP_PORT"]), timeout=5) as lmtp:
                    while not self.stop:
                        self.send(lmtp)
            except (OSError, smtplib.SMTPException):
                self.refused += 1
                time.sleep(0.05)

    def send(self, lmtp):
        number = self.next
        self.next += 1
        try:
            lmtp.sendmail("x@example.org", [f"{self.node.name}@example.org"], f"Subject: number {number}\r\n\r\nhello\r\n")
            self.taken.append(number)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError):
            self.refused += 1
            time.sleep(0.05)


def settle(loads):
    """Waits until each client has got some more mails through."""
    marks = [len(load.taken) + STEP for load in loads]
    until("mails", lambda: all(len(load.taken) >= mark for load, mark in zip(loads, marks)))


def post(node, body):
    address, path = re.fullmatch(r"http://([^/]+)(/.*)", node.env["SOAP_URL"]).groups()
    wire = http.client.HTTPConnection(address, timeout=WAIT)
    wire.request("POST", path, SOAP.format(body).encode(), {"Content-Type": "text/xml; charset=utf-8"})
    return ET.fromstring(wire.getresponse().read())[0][0]


def sends_on(here, there):
    """@here knows the user of @there, and says where the mailbox is."""
    assert "LOGIN-REFERRALS" in imaplib.IMAP4("127.0.0.1", int(here.env["IMAP_PORT"])).capabilities
    try:
        here.imap(there.name)
        assert False, "logged on at the wrong server"
    except imaplib.IMAP4.error as error:
        assert f"[REFERRAL imap://{there.name};AUTH=*@{there.name}.example:1143/]" in str(error), error
    with smtplib.LMTP("127.0.0.1", int(here.env["LMTP_PORT"])) as lmtp:
        lmtp.ehlo()
        lmtp.mail("x@example.org")
        code = lmtp.rcpt(f"{there.name}@example.org")
        assert 400 <= code[0] < 500, code
    session = f"<ulSessionId>{post(here, LOGON.format(there.name)).findtext('ulSessionId')}</ulSessionId>"
    store = post(here, f"<ns:getStore>{session}</ns:getStore>")
    assert store.findtext("er") == str(0x80000028) and store.findtext("lpszServerPath") == f"pseudo://{there.name}", ET.tostring(store)
    found = post(here, f"<ns:resolveUserStore>{session}<szUserName>{there.name}</szUserName><ulStoreTypeMask>0</ulStoreTypeMask>"
                 "<ulFlags>0</ulFlags></ns:resolveUserStore>")
    assert found.findtext("er") == str(0x80000028), ET.tostring(found)
    asked = {name: post(here, f"<ns:resolvePseudoUrl>{session}<lpszPseudoUrl>pseudo://{name}</lpszPseudoUrl></ns:resolvePseudoUrl>")
             for name in (here.name, there.name, "nowhere")}
    assert asked[here.name].findtext("bIsPeer") in ("true", "1")
    assert asked[there.name].findtext("bIsPeer") in ("false", "0")
    assert asked[there.name].findtext("lpszServerPath") == f"http://{there.name}.example:236/zarafa"
    assert asked["nowhere"].findtext("er") == str(0x80000002)


def found(node):
    with contextlib.closing(node.imap(node.name).sock) as _:
        pass
    imap = node.imap(node.name)
    imap.select("INBOX", readonly=True)
    rows = imap.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
    imap.logout()
    return collections.Counter(int(n) for n in re.findall(rb"number (\d+)", b"".join(r[1] for r in rows if isinstance(r, tuple))))


def killed(node, machine):
    node.process.kill()
    node.process.wait()
    node.launch(machine)


def in_order(node, machine):
    node.stop()
    node.launch(machine)


def stands_still(node, machine):
    """It goes on after another took over: it must write nothing more, and end."""
    old = node.process
    old.send_signal(signal.SIGSTOP)
    node.launch(machine)
    old.send_signal(signal.SIGCONT)
    assert old.wait(WAIT) == 75, old.returncode


def moves():
    """two servers share one directory, and each moves between machines under load"""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        nodes = [Node(pathlib.Path(name), one) for one in NAMES]
        loads = []
        try:
            for node in nodes:
                node.launch(1)
                node.admin("-c", node.name, "-p", "secret", "-f", node.name, "-e", f"{node.name}@example.org")
            sends_on(*nodes)
            sends_on(*reversed(nodes))
            loads = [Load(node, first) for node in nodes for first in (1, 1000000)]
            settle(loads)
            for node, move, machine in ((nodes[0], in_order, 2), (nodes[1], killed, 2), (nodes[0], stands_still, 3),
                                        (nodes[1], in_order, 3), (nodes[0], killed, 4)):
                move(node, machine)
                settle(loads)
            for load in loads:
                load.stop = True
            for load in loads:
                load.thread.join(WAIT)
            for node in nodes:
                there = found(node)
                taken = {number for load in loads if load.node is node for number in load.taken}
                assert taken <= set(there), f"{node.name}: lost {sorted(taken - set(there))[:10]}"
                assert max(there.values()) == 1, f"{node.name}: twice {[n for n, c in there.items() if c > 1][:10]}"
                print(f"# {node.name}: {len(taken)} acknowledged, {len(there)} there")
            sends_on(*nodes)
            for node in nodes:
                node.stop()
                done = subprocess.run([DBADM, *node.keys(4 if node is nodes[0] else 3), "--quiet", "check", "--deep"],
                                      capture_output=True, text=True, timeout=WAIT)
                assert done.returncode == 0 and "0 findings" in done.stdout, done.stdout + done.stderr
        finally:
            for load in loads:
                load.stop = True
            for node in nodes:
                if node.process is not None and node.process.poll() is None:
                    node.process.kill()


tap.run([moves])
