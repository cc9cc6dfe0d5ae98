# SPDX-License-Identifier: AGPL-3.0-or-later
"""Programs in front of a server elsewhere, over its Unix socket, HTTP and HTTPS: twiga-gateway, and twiga-admin and twiga-dagent with it."""
import contextlib
import imaplib
import os
import pathlib
import poplib
import re
import shutil
import smtplib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from loopback import ANY_PORT, HOST  # noqa: E402
from waiting import WAIT, wait_for  # noqa: E402
import tap  # noqa: E402

TWIGA, GATEWAY, MAKER, ADMIN, DAGENT = (os.path.abspath(path) for path in sys.argv[1:6])
MAIL = b"From: jo@example.org\r\nTo: a\r\nSubject: %s\r\nMessage-ID: <%s@example.org>\r\n\r\nHello giraffe\r\n"


class Server:
    """Storage with the demo company, LMTP and the door for programs; nothing for mail clients."""

    def __init__(self, place):
        self.place, self.endpoints = place, place / "endpoints.env"
        self.env = {}
        self.process = None

    def start(self):
        self.endpoints.unlink(missing_ok=True)
        command = [TWIGA, "-c", "/dev/null", "--data-path", str(self.place / "data"), "--endpoints", str(self.endpoints)]
        command += [f"--lmtp-listen={ANY_PORT}", "--imap-listen=", "--log-level=4", f"--server-pipe-name={self.place}/server.sock"]
        command += [f"--server-listen={ANY_PORT}", f"--server-listen-tls={ANY_PORT}", "--demo"]
        command += [f"--server-ssl-key-file={self.place}/server.pem", f"--server-ssl-ca-file={self.place}/ca/cacert.pem"]
        self.process = subprocess.Popen([*command, f"--sslkeys-path={self.place}/sslkeys"], stderr=subprocess.PIPE)
        wait_for("the server", lambda: self.endpoints.exists() or self.process.poll() is not None)
        assert self.process.poll() is None, self.process.stderr.read().decode()
        self.env.update(line.split("=", 1) for line in self.endpoints.read_text().splitlines())
        return self

    def stop(self):
        self.process.terminate()
        code = self.process.wait(WAIT)
        said = self.process.stderr.read().decode()
        self.process.stderr.close()
        assert code == 0, said

    def deliver(self, name):
        with smtplib.LMTP(HOST, int(self.env["LMTP_PORT"])) as client:
            refused = client.sendmail("jo@example.org", [self.env["DEMO_USER"]], MAIL % (name, name))
            assert not refused, refused


@contextlib.contextmanager
def serving():
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        for words in (("--host", HOST, "server"), ("--public", "gateway"), ("--public", "stranger")):
            subprocess.run([MAKER, "--dir", str(place), "--batch", *words], check=True, capture_output=True)
        (place / "sslkeys").mkdir()
        shutil.copy(place / "gateway-public.pem", place / "sslkeys")
        server = Server(place).start()
        try:
            yield server
            server.stop()
        finally:
            if server.process.poll() is None:
                server.process.kill()
                server.process.wait()
                server.process.stderr.close()


@contextlib.contextmanager
def gateway(server, url, *more):
    """Its ports by protocol."""
    place = server.place
    log = place / "gateway.log"
    log.unlink(missing_ok=True)
    command = [GATEWAY, "-c", "/dev/null", f"--server-socket={url}", f"--imap-listen={ANY_PORT}", f"--pop3-listen={ANY_PORT}"]
    command += ["--log-method=file", f"--log-file={log}", "--log-level=4", f"--sslca-file={place}/ca/cacert.pem", *more]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        wait_for("the gateway", lambda: process.poll() is not None or (log.exists() and "started" in log.read_text()))
        assert process.poll() is None, process.stderr.read().decode()
        text = log.read_text()
        assert f"server-reached listener={url}" in text or "server-unreachable" in text, text
        ports = {what: int(re.search(r'listening listener="?[^ "]*:(\d+)"? msg="?%s"?\n' % what, text)[1]) for what in ("imap", "pop3")}
        yield ports
        process.terminate()
        assert process.wait(WAIT) == 0, process.stderr.read().decode()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stderr.close()


def log_on(server, port):
    client = imaplib.IMAP4(HOST, port, timeout=WAIT)
    assert client.login(server.env["DEMO_USER"], server.env["DEMO_PASS"])[0] == "OK"
    return client


def use(server, ports):
    """What a mail client does in a day."""
    with log_on(server, ports["imap"]) as client, log_on(server, ports["imap"]) as waiter:
        assert client.create("box")[0] == "OK"
        assert client.append("box", "(\\Seen)", imaplib.Time2Internaldate(1.2e9), MAIL % (b"own", b"own"))[0] == "OK"
        assert client.select("box") == ("OK", [b"1"])
        assert client.uid("FETCH", "1:*", "(FLAGS ENVELOPE BODY.PEEK[])")[1][0][1] == MAIL % (b"own", b"own")
        assert b"Flagged" in client.store("1", "+FLAGS", "(\\Flagged $Mine)")[1][0]
        assert client.search(None, "KEYWORD", "$Mine", "SUBJECT", "own")[1] == [b"1"]
        assert client.sort("(SUBJECT)", "UTF-8", "TEXT giraffe")[1] == [b"1"]
        assert client.copy("1", "INBOX")[0] == "OK"
        before = int(client.select("INBOX")[1][0])
        server.deliver(b"first")
        assert client.noop()[0] == "OK" and client.untagged_responses["EXISTS"][-1] == str(before + 1).encode()
        assert b"first" in client.fetch(str(before + 1), "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1][0][1]
        idle(server, waiter, client, before + 1)
        assert client.store(str(before + 1), "+FLAGS", "(\\Deleted)")[0] == "OK"
        assert client.expunge()[1] == [str(before + 1).encode()]
        assert client.rename("box", "other")[0] == "OK"
        assert client.delete("other")[0] == "OK"
        assert b"User quota" in client.getquotaroot("INBOX")[1][0][0]
    pop3 = poplib.POP3(HOST, ports["pop3"], timeout=WAIT)
    pop3.user(server.env["DEMO_USER"])
    pop3.pass_(server.env["DEMO_PASS"])
    count = pop3.stat()[0]
    assert count == before + 1 and b"Hello giraffe" in pop3.retr(count)[1]
    pop3.quit()


def idle(server, waiter, client, count):
    """Who waits is told of what comes in at the server and what others do here."""
    waiter.select("INBOX")
    waiter.send(b"i IDLE\r\n")
    assert waiter.readline().startswith(b"+")
    server.deliver(b"second")
    assert waiter.readline() == b"* %d EXISTS\r\n" % (count + 1)
    assert b"RECENT" in waiter.readline()
    client.store(str(count), "+FLAGS.SILENT", "(\\Answered)")
    assert re.match(rb"\* %d FETCH \(UID \d+ FLAGS \(\\Answered" % count, waiter.readline())
    waiter.send(b"DONE\r\n")
    assert waiter.readline().startswith(b"i OK")


def refused(server, ports):
    """A wrong password is one here too, whoever vouches for the gateway itself."""
    for password in ("wrong", ""):
        with imaplib.IMAP4(HOST, ports["imap"], timeout=WAIT) as client:
            try:
                client.login(server.env["DEMO_USER"], password)
                raise AssertionError("a wrong password")
            except imaplib.IMAP4.error as error:
                assert "AUTHENTICATIONFAILED" in str(error), error


def over_socket():
    """over the Unix socket: read, append, flags, search, IDLE, POP3; a wrong password stays one"""
    with serving() as server, gateway(server, f"file://{server.env['SOAP_SOCKET']}") as ports:
        use(server, ports)
        refused(server, ports)


def over_http():
    """the same over HTTP"""
    with serving() as server, gateway(server, server.env["SOAP_URL"]) as ports:
        use(server, ports)
        refused(server, ports)


def over_https():
    """the same over HTTPS with a key that the server trusts"""
    with serving() as server:
        with gateway(server, server.env["SOAP_TLS_URL"], f"--sslkey-file={server.place}/gateway.pem") as ports:
            use(server, ports)
            refused(server, ports)


def restarted():
    """a gateway that was there before its server serves once it comes, and again when it comes back"""
    with serving() as server:
        server.stop()
        with gateway(server, f"file://{server.env['SOAP_SOCKET']}") as ports:
            assert "server-unreachable" in (server.place / "gateway.log").read_text()
            with imaplib.IMAP4(HOST, ports["imap"], timeout=WAIT) as client:
                try:
                    client.login(server.env["DEMO_USER"], server.env["DEMO_PASS"])
                    raise AssertionError("nobody is there")
                except imaplib.IMAP4.error as error:
                    assert "UNAVAILABLE" in str(error), error
            server.start()
            with log_on(server, ports["imap"]) as client:
                count = int(client.select("INBOX")[1][0])
                server.stop()
                assert client.noop()[0] == "OK"  # nothing can be told now
                assert client.fetch("1", "(ENVELOPE)")[0] == "NO"
                server.start()
                server.deliver(b"later")
                assert client.noop()[0] == "OK" and client.untagged_responses["EXISTS"][-1] == str(count + 1).encode()
                assert b"later" in client.fetch(str(count + 1), "(BODY.PEEK[])")[1][0][1]


def run(program, server, how, *words, mail=b""):
    """A program that is started for one thing: exit code, and what it said."""
    command = [program, "--config", "/dev/null", *how, f"--sslca-file={server.place}/ca/cacert.pem", *words]
    done = subprocess.run(command, input=mail, capture_output=True, timeout=WAIT, check=False)
    return done.returncode, (done.stdout + done.stderr).decode()


def one_day(server, url, key, name):
    """An administrator makes a user, mail comes for them through the agent, and they read it; all of it over one kind of connection."""
    how = ["-h", url, *key]
    address = f"{name}@demo.example"
    assert run(ADMIN, server, how, "-c", name, "-p", "secret", "-f", name.title(), "-e", address) == (0, "User created.\n")
    assert run(ADMIN, server, how, "-g", f"{name}s") == (0, "Group created.\n")
    assert run(ADMIN, server, how, "-b", name, "-i", f"{name}s") == (0, "User added to group.\n")
    assert run(DAGENT, server, how, name, mail=MAIL % (b"pipe", b"pipe")) == (0, "")
    assert run(DAGENT, server, how, "-C", "-F", "Lists", "-r", address, mail=MAIL % (b"list", b"list")) == (0, "")
    assert run(DAGENT, server, how, f"{name}s", mail=MAIL % (b"group", b"group")) == (0, "")
    code, said = run(DAGENT, server, how, "nobody", mail=MAIL % (b"none", b"none"))
    assert code == 70 and "nobody" in said, (code, said)
    with gateway(server, url, *key) as ports, imaplib.IMAP4(HOST, ports["imap"], timeout=WAIT) as client:
        assert client.login(name, "secret")[0] == "OK"
        assert client.select("INBOX")[1] == [b"2"]
        assert MAIL % (b"pipe", b"pipe") in client.fetch("1", "(BODY.PEEK[])")[1][0][1]
        assert b"group" in client.fetch("2", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1][0][1]
        assert client.select("Lists")[1] == [b"1"]
        assert b"Seen" in client.fetch("1", "(FLAGS)")[1][0]
    assert run(ADMIN, server, how, "-d", name) == (0, "User deleted.\n")
    assert name not in run(ADMIN, server, how, "-l")[1]


def refused_all(server, url, *key):
    """Who is not trusted there changes nothing, and mail waits for better days."""
    how = ["-h", url, *key]
    before = run(ADMIN, server, ["-h", f"file://{server.env['SOAP_SOCKET']}"], "-l")
    code, said = run(ADMIN, server, how, "-c", "eve", "-p", "x", "-f", "Eve", "-e", "eve@demo.example")
    assert code == 77 and "User created" not in said, (code, said)
    code, said = run(DAGENT, server, how, server.env["DEMO_USER"], mail=MAIL % (b"no", b"no"))
    assert code == 75 and said, (code, said)
    assert run(ADMIN, server, ["-h", f"file://{server.env['SOAP_SOCKET']}"], "-l") == before


def together():
    """twiga-admin, twiga-dagent and twiga-gateway do the same over the socket and over HTTPS with a key; over HTTP users log on, nobody is SYSTEM"""
    with serving() as server:
        key = f"--sslkey-file={server.place}/gateway.pem"
        one_day(server, f"file://{server.env['SOAP_SOCKET']}", [], "dora")
        one_day(server, server.env["SOAP_TLS_URL"], [key], "emil")
        refused_all(server, server.env["SOAP_URL"])
        refused_all(server, server.env["SOAP_URL"], key)
        refused_all(server, server.env["SOAP_TLS_URL"])
        refused_all(server, server.env["SOAP_TLS_URL"], f"--sslkey-file={server.place}/stranger.pem")
        with gateway(server, server.env["SOAP_URL"]) as ports, log_on(server, ports["imap"]) as client:
            assert client.select("INBOX")[0] == "OK"


def agent_as_daemon():
    """twiga-dagent -l at a server elsewhere: LMTP here, mailboxes there; before the server comes it says so for a while"""
    with serving() as server:
        path = str(server.place / "lmtp.sock")
        server.stop()
        command = [DAGENT, "-l", "-c", "/dev/null", f"--server-socket=file://{server.place}/server.sock", "--log-level=3"]
        process = subprocess.Popen([*command, f"--lmtp-listen=unix:{path}"], stderr=subprocess.PIPE)
        try:
            wait_for("the agent", lambda: os.path.exists(path) or process.poll() is not None)
            assert process.poll() is None, process.stderr.read().decode()
            with smtplib.LMTP(path) as client:
                try:
                    client.sendmail("jo@example.org", ["alice"], MAIL % (b"early", b"early"))
                    raise AssertionError("nobody is there")
                except smtplib.SMTPRecipientsRefused as error:
                    assert 400 <= error.recipients["alice"][0] < 500, error
            server.start()
            with smtplib.LMTP(path) as client:
                refused_here = client.sendmail("jo@example.org", ["alice", "nobody"], MAIL % (b"lmtp", b"lmtp"))
                assert list(refused_here) == ["nobody"] and refused_here["nobody"][0] == 550, refused_here
            process.terminate()
            assert process.wait(WAIT) == 0, process.stderr.read().decode()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            process.stderr.close()
        with gateway(server, f"file://{server.env['SOAP_SOCKET']}") as ports, log_on(server, ports["imap"]) as client:
            count = int(client.select("INBOX")[1][0])
            assert b"lmtp" in client.fetch(str(count), "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1][0][1]


tap.run([over_socket, over_http, over_https, restarted, together, agent_as_daemon])
