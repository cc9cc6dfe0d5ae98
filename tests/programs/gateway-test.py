# SPDX-License-Identifier: AGPL-3.0-or-later
"""twiga-gateway as an administrator runs it: its keys old and new, HUP, certificates, limits, what failures leave in the log."""
import contextlib
import functools
import imaplib
import os
import pathlib
import poplib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402
from loopback import ANY_PORT, HOST, LISTEN  # noqa: E402
from waiting import WAIT, wait_for  # noqa: E402

TWIGA, GATEWAY = (os.path.abspath(path) for path in sys.argv[1:3])
LOOPBACK = f"imap_listen = {ANY_PORT}\npop3_listen = {ANY_PORT}\n"


DEMO = tempfile.TemporaryDirectory()


@functools.cache
def demo():
    """A data folder with the demo company, and who is in it."""
    place = pathlib.Path(DEMO.name)
    endpoints = place / "endpoints.env"
    command = [TWIGA, "--data-path", str(place / "data"), "--demo", "--endpoints", str(endpoints)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        wait_for("the demo company", lambda: endpoints.exists() or process.poll() is not None)
        process.terminate()
        assert process.wait(WAIT) == 0
    return place / "data", dict(line.split("=", 1) for line in endpoints.read_text().splitlines())


@contextlib.contextmanager
def mailboxes():
    """A copy of it."""
    data, env = demo()
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(data, pathlib.Path(name) / "data")
        yield pathlib.Path(name), env


class Gateway:
    def __init__(self, place, config):
        self.path = place / "gateway.cfg"
        self.log = place / "gateway.log"
        self.common = f"data_path = {place}/data\nlog_method = file\nlog_file = {self.log}\nlog_level = 4\n"
        self.write(config)
        self.process = subprocess.Popen([GATEWAY, "-c", str(self.path)], stderr=subprocess.PIPE)

    def write(self, config):
        self.path.write_text(self.common + config)

    def text(self):
        return self.log.read_text() if self.log.exists() else ""

    def started(self):
        wait_for("the gateway", lambda: "started" in self.text() or self.process.poll() is not None)
        assert self.process.poll() is None, self.text()
        return self

    def ports(self, what):
        return [int(port) for port in re.findall(r'listening listener="?[^ "]*:(\d+)"? msg="?%s"?\n' % what, self.text())]

    def reload(self, config):
        before = self.text().count("] reloaded") + self.text().count("reload-failed")
        self.write(config)
        self.process.send_signal(signal.SIGHUP)
        wait_for("the reload", lambda: self.text().count("] reloaded") + self.text().count("reload-failed") > before)

    def stop(self):
        self.process.terminate()
        code = self.process.wait(WAIT)
        self.process.stderr.close()
        return code


@contextlib.contextmanager
def running(place, config):
    gateway = Gateway(place, config)
    try:
        yield gateway.started()
        assert gateway.stop() == 0, gateway.text()
    finally:
        if gateway.process.poll() is None:
            gateway.process.kill()
            gateway.process.wait()
            gateway.process.stderr.close()


def certificate(place, name):
    pem = str(place / name)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                    "-subj", "/CN=" + name, "-addext", "subjectAltName=DNS:localhost", "-keyout", pem + ".key", "-out", pem],
                   check=True, capture_output=True)
    return f"ssl_certificate_file = {pem}\nssl_private_key_file = {pem}.key\n"


def subject(port):
    """Of the certificate that is shown."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((HOST, port), timeout=WAIT) as plain:
        with context.wrap_socket(plain) as secure:
            return secure.getpeercert(True)


def log_on(env, port):
    client = imaplib.IMAP4(HOST, port, timeout=WAIT)
    client.login(env["DEMO_USER"], env["DEMO_PASS"])
    return client


def both():
    """IMAP and POP3 on the mailboxes of a data folder, in the clear and inside TLS, IPv6 too; what each connection does is counted"""
    with mailboxes() as (place, env):
        tls = certificate(place, "a.pem")
        inside = f"imaps_listen = {ANY_PORT}\npop3s_listen = {ANY_PORT}\nmetrics_listen = {ANY_PORT}\n"
        v6 = socket.has_ipv6 and pathlib.Path("/proc/net/if_inet6").exists()
        lists = LOOPBACK.replace(f"imap_listen = {ANY_PORT}", f"imap_listen = {ANY_PORT}" + (" [::1]:0" if v6 else ""))
        with running(place, lists + inside + tls) as gateway:
            with log_on(env, gateway.ports("imap")[0]) as client:
                assert "STARTTLS" in imaplib.IMAP4(HOST, gateway.ports("imap")[0]).capabilities
                count = int(client.select("INBOX")[1][0])
                said = urllib.request.urlopen(f"http://{LISTEN}:%d/metrics" % gateway.ports("http")[0], timeout=WAIT).read().decode()
                assert 'twiga_imap_commands_total{command="SELECT"} 1' in said, said
                assert 'twiga_imap_connections{state="selected"} 1' in said, said
            if v6:
                with imaplib.IMAP4("::1", gateway.ports("imap")[1], timeout=WAIT) as client:
                    assert client.login(env["DEMO_USER"], env["DEMO_PASS"])[0] == "OK"
            context = ssl._create_unverified_context()
            with imaplib.IMAP4_SSL(HOST, gateway.ports("imaps")[0], ssl_context=context, timeout=WAIT) as client:
                assert client.login(env["DEMO_USER"], env["DEMO_PASS"])[0] == "OK"
            for client in (poplib.POP3(HOST, gateway.ports("pop3")[0], timeout=WAIT),
                           poplib.POP3_SSL(HOST, gateway.ports("pop3s")[0], context=context, timeout=WAIT)):
                client.user(env["DEMO_USER"])
                client.pass_(env["DEMO_PASS"])
                assert client.stat()[0] == count
                client.quit()


def historic():
    """a file of the older generation: switches and ports become listeners, what has no effect is said, what is wrong stops it"""
    with mailboxes() as (place, env):
        config = (f"server_bind = {HOST}\nimap_enable = yes\nimap_port = 0\npop3_enable = no\npop3_port = 110\nimaps_enable = no\n"
                  "pop3s_enable = no\nimap_store_rfc822 = yes\nprocess_model = fork\n"
                  "html_safety_filter = ignored\ntmp_path = /tmp\nrunning_path = /\nimap_generate_utf8 = no\nssl_protocols = !SSLv2\n"
                  "imap_always_generate = no\nserver_hostname = mail.example\nserver_hostname_greeting = yes\n")
        with running(place, config) as gateway:
            assert len(gateway.ports("imap")) == 1 and not gateway.ports("pop3"), gateway.text()
            with log_on(env, gateway.ports("imap")[0]) as client:
                assert b"mail.example" in client.welcome
            for key in ("imap_port", "process_model", "ssl_protocols"):
                assert key in gateway.text(), key
        for wrong, why in ((f"imaps_listen = {ANY_PORT}\n", "ssl_certificate_file"), ("imap_prot = 1\n", "imap_port"),
                           ("imap_listen = mail.example:143\n", "imap_listen"), ("ssl_verify_client = yes\n", "ssl_verify_file"),
                           (LOOPBACK + "data_path = /nowhere\n", "/nowhere")):
            gateway = Gateway(place, wrong)
            assert gateway.process.wait(WAIT) == 1, wrong
            said = gateway.process.stderr.read().decode() + gateway.text()
            gateway.process.stderr.close()
            assert why in said, (wrong, said)


def reloaded():
    """HUP: new connections meet new options and certificates, those there are keep theirs; a wrong file changes nothing"""
    with mailboxes() as (place, env):
        old, new = certificate(place, "old.pem"), certificate(place, "new.pem")
        listen = LOOPBACK + f"imaps_listen = {ANY_PORT}\n"
        with running(place, listen + old) as gateway:
            port, inside = gateway.ports("imap")[0], gateway.ports("imaps")[0]
            first = subject(inside)
            with log_on(env, port) as kept:
                gateway.reload(listen + new + "imap_max_messagesize = 65536\nimap_public_folders = no\nimap_capability_idle = no\n")
                assert subject(inside) != first
                assert b"APPENDLIMIT=134217728" in kept.capability()[1][0]
                with log_on(env, port) as client:
                    said = client.capability()[1][0]
                    assert b"APPENDLIMIT=65536" in said and b" IDLE" not in said, said
                second = subject(inside)
                gateway.reload(listen + "ssl_certificate_file = /nowhere\n")
                assert "tls-reload-failed" in gateway.text() and subject(inside) == second
                gateway.reload("imap_listen = ?\n")
                assert "reload-failed" in gateway.text() and kept.noop()[0] == "OK"


def guarded():
    """passwords in the clear, wrong passwords and too many connections: what is said, and what is in the log"""
    with mailboxes() as (place, env):
        with running(place, LOOPBACK + "max_connections_per_peer = 3\nmax_sessions_per_user = 2\n") as gateway:
            port = gateway.ports("imap")[0]
            for user in (env["DEMO_USER"], "nobody", "nobody\" peer=10.0.0.1"):
                with socket.create_connection((HOST, port), timeout=WAIT) as client:
                    quoted = user.replace('"', '\\"')
                    client.sendall(f'a LOGIN "{quoted}" wrong\r\nb LOGOUT\r\n'.encode())
                    said = client.makefile("rb").read()
                    assert b"a NO [AUTHENTICATIONFAILED]" in said, said
            lines = re.findall(r"imap-logon-failed user=.* peer=\"?([^ \"]*)\"? session=\d+ count=\d+$", gateway.text(), re.M)
            assert lines == [HOST] * 3, gateway.text()
            with log_on(env, port), log_on(env, port):
                with imaplib.IMAP4(HOST, port, timeout=WAIT) as third:
                    try:
                        third.login(env["DEMO_USER"], env["DEMO_PASS"])
                        raise AssertionError("a third session")
                    except imaplib.IMAP4.error as error:
                        assert "LIMIT" in str(error), error
                    with socket.create_connection((HOST, port), timeout=WAIT) as fourth:
                        assert fourth.makefile("rb").read() == b"* BYE Too many connections\r\n"
            assert "too-many-connections-of-peer" in gateway.text()


def waits():
    """after many failures a log-on is answered later, commands behind it too, without holding anybody up"""
    with mailboxes() as (place, env):
        with running(place, LOOPBACK) as gateway:
            port = gateway.ports("imap")[0]
            for _ in range(6):
                with socket.create_connection((HOST, port), timeout=WAIT) as client:
                    client.sendall(f"a LOGIN {env['DEMO_USER']} x\r\nb LOGOUT\r\n".encode())
                    assert b"a NO [AUTHENTICATIONFAILED]" in client.makefile("rb").read()
            with socket.create_connection((HOST, port), timeout=WAIT) as client:
                client.sendall(f"a LOGIN {env['DEMO_USER']} {env['DEMO_PASS']}\r\nb NOOP\r\nc LOGOUT\r\n".encode())
                client.shutdown(socket.SHUT_WR)
                said = client.makefile("rb").read()
                assert re.search(rb"\r\na OK .*\r\nb OK .*\r\n\* BYE .*\r\nc OK ", said, re.S), said


def bypassed():
    """bypass_auth: any password from this host, said in the log at the start"""
    with mailboxes() as (place, env):
        with running(place, LOOPBACK + "bypass_auth = yes\n") as gateway:
            assert "passwords-are-not-asked" in gateway.text()
            with imaplib.IMAP4(HOST, gateway.ports("imap")[0], timeout=WAIT) as client:
                assert client.login(env["DEMO_USER"], "any")[0] == "OK"
                assert client.select("INBOX")[0] == "OK"


tap.run([both, historic, reloaded, guarded, waits, bypassed])
