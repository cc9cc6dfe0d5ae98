# SPDX-License-Identifier: AGPL-3.0-or-later
"""HTTPS and client certificates at the SOAP door: real certificates made by ssl-certificates.sh, a real twiga."""
import contextlib
import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402
from loopback import ANY_PORT, FAMILY, HOST, LISTEN  # noqa: E402

TWIGA = os.path.abspath(sys.argv[1])
MAKER = os.path.abspath(sys.argv[2])
WAIT = 60  # seconds until a test gives up; never what a verdict depends on
END_OF_SESSION, LOGON_FAILED = str(0x80000010), str(0x80000009)
INVALID = str(0x80000014)  # a session that is good, and an entry id that is none
ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:ns="urn:zarafa"><e:Body>{0}</e:Body></e:Envelope>'
)
LOGON = (
    "<ns:logon><szUsername>{0}</szUsername><szPassword>{1}</szPassword><szVersion>11.0.2</szVersion>"
    "<ulCapabilities>59219</ulCapabilities><ulFlags>0</ulFlags><szClientApp>test</szClientApp></ns:logon>"
)


def make(folder, *words):
    return subprocess.run([MAKER, "--dir", str(folder), "--batch", *words], capture_output=True, text=True, check=False)


def make_all(place):
    """A CA with a server and three services: one trusted, one whose key nobody knows, one signed by somebody else."""
    for words in (("--host", "127.0.0.1", "--host", "::1", "server"), ("--public", "gateway"), ("--public", "other")):
        made = make(place, *words)
        assert made.returncode == 0, made.stderr
    made = make(place, "--ca-dir", str(place / "elsewhere"), "--public", "foreign")
    assert made.returncode == 0, made.stderr
    (place / "sslkeys").mkdir()
    for trusted in ("gateway", "foreign"):
        shutil.copy(place / f"{trusted}-public.pem", place / "sslkeys")
    (place / "sslkeys" / "README").write_text("no key at all\n")


@contextlib.contextmanager
def certificates():
    """A folder of its own with what make_all() made once."""
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name) / "files"
        shutil.copytree(MADE, place)
        yield place


@contextlib.contextmanager
def running(place, *settings):
    endpoints = place / "endpoints.env"
    with contextlib.suppress(FileNotFoundError):
        endpoints.unlink()
    command = [TWIGA, "--data-path", str(place / "data"), "--demo", "--endpoints", str(endpoints), "--log-level=5"]
    command += ["--lmtp-listen=", "--imap-listen=", f"--server-listen={ANY_PORT}", f"--server-listen-tls={ANY_PORT} [::1]:0"]
    command += [f"--server-pipe-name={place}/server.sock", f"--server-ssl-key-file={place}/server.pem"]
    command += [f"--sslkeys-path={place}/sslkeys", *settings]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            until = time.monotonic() + WAIT
            while not endpoints.exists():
                assert process.poll() is None, process.stderr.read().decode()
                assert time.monotonic() < until, "waited in vain for the server"
                time.sleep(0.01)
            env = dict(line.split("=", 1) for line in endpoints.read_text().splitlines())
            env["process"] = process
            yield env
            process.terminate()
            assert process.wait(WAIT) == 0, process.returncode
        finally:
            if process.poll() is None:
                process.kill()


class Client:
    """Calls over HTTPS with or without a certificate; over HTTP when there is no CA."""

    def __init__(self, env, ca=None, certificate=None, path="/zarafa", url=None):
        address = re.fullmatch(r"https?://([^/]+)/.*", url or env["SOAP_TLS_URL" if ca else "SOAP_URL"])[1]
        host, port = address.rsplit(":", 1)
        self.path = path
        if ca is None:
            self.connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=WAIT)
            return
        context = ssl.create_default_context(cafile=str(ca))
        if certificate is not None:
            context.load_cert_chain(str(certificate))
        self.connection = http.client.HTTPSConnection(host.strip("[]"), int(port), timeout=WAIT, context=context)

    def call(self, element):
        body = ENVELOPE.format(element).encode()
        self.connection.request("POST", self.path, body, {"Content-Type": "text/xml; charset=utf-8"})
        answer = self.connection.getresponse()
        text = answer.read()
        assert answer.status == 200, (answer.status, text)
        return ET.fromstring(text)[0][0]

    def logon(self, user, password=""):
        answer = self.call(LOGON.format(user, password))
        return answer.findtext("er"), answer.findtext("ulSessionId")

    def use(self, session):
        return self.call(f"<ns:getStoreName><ulSessionId>{session}</ulSessionId><sEntryId/></ns:getStoreName>").findtext("er")


def password():
    """over HTTPS a password logs on, at any path, and no certificate is needed"""
    with certificates() as place, running(place) as env:
        for path in ("/", "/zarafa", "/kopano", "/z1"):
            client = Client(env, place / "ca/cacert.pem", path=path)
            result, session = client.logon(env["DEMO_USER"], env["DEMO_PASS"])
            assert result == "0", (path, result)
            assert client.use(session) == INVALID
        assert Client(env, place / "ca/cacert.pem").logon("SYSTEM")[0] == LOGON_FAILED


def service():
    """a service with a known key is whom it says; another one, and one that another CA signed, are nobody"""
    with certificates() as place, running(place, f"--server-ssl-ca-file={place}/ca/cacert.pem") as env:
        ca = place / "ca/cacert.pem"
        client = Client(env, ca, place / "gateway.pem")
        for user in ("SYSTEM", env["DEMO_USER"]):
            result, session = client.logon(user)
            assert result == "0", (user, result)
            assert client.use(session) == INVALID
        assert client.logon("nobody.of.that.name")[0] == LOGON_FAILED
        for stranger in ("other", "foreign"):
            assert Client(env, ca, place / f"{stranger}.pem").logon("SYSTEM")[0] == LOGON_FAILED, stranger
        # who is no trusted service may still have a password
        assert Client(env, ca, place / "other.pem").logon(env["DEMO_USER"], env["DEMO_PASS"])[0] == "0"


def by_key():
    """without a CA for services their keys alone are looked at"""
    with certificates() as place, running(place, "--server-ssl-ca-file=") as env:
        ca = place / "ca/cacert.pem"
        assert Client(env, ca, place / "gateway.pem").logon("SYSTEM")[0] == "0"
        assert Client(env, ca, place / "foreign.pem").logon("SYSTEM")[0] == "0"
        assert Client(env, ca, place / "other.pem").logon("SYSTEM")[0] == LOGON_FAILED


def session_of_certificate():
    """a session id is good with the certificate it was made with, and with no other and none"""
    settings = ("--session-ip-check=no", "--server-ssl-ca-file=")
    with certificates() as place, running(place, *settings) as env:
        ca = place / "ca/cacert.pem"
        gateway = Client(env, ca, place / "gateway.pem")
        _, session = gateway.logon("SYSTEM")
        for thief in (
            Client(env, ca, place / "foreign.pem"),  # trusted as well
            Client(env, ca, place / "other.pem"),
            Client(env, ca),
            Client(env),
        ):
            assert thief.use(session) == END_OF_SESSION
        assert Client(env, ca, place / "gateway.pem").use(session) == INVALID
        # the same holds for one that a password opened
        _, session = Client(env, ca, place / "other.pem").logon(env["DEMO_USER"], env["DEMO_PASS"])
        assert Client(env, ca).use(session) == END_OF_SESSION
        assert gateway.use(session) == END_OF_SESSION
        assert Client(env, ca, place / "other.pem").use(session) == INVALID


def reload():
    """HUP reads the keys of services and the server's certificate again"""
    with certificates() as place, running(place, "--server-ssl-ca-file=") as env:
        ca = place / "ca/cacert.pem"
        assert Client(env, ca, place / "other.pem").logon("SYSTEM")[0] == LOGON_FAILED
        shutil.copy(place / "other-public.pem", place / "sslkeys")
        (place / "sslkeys" / "gateway-public.pem").unlink()
        env["process"].send_signal(signal.SIGHUP)
        until = time.monotonic() + WAIT
        while Client(env, ca, place / "other.pem").logon("SYSTEM")[0] != "0":
            assert time.monotonic() < until, "the keys were not read again"
            time.sleep(0.05)
        assert Client(env, ca, place / "gateway.pem").logon("SYSTEM")[0] == LOGON_FAILED


def old_keys():
    """server_bind and the ports of old configurations name the listeners, too"""
    with certificates() as place:
        with socket.socket(FAMILY) as plain, socket.socket(FAMILY) as tls:
            plain.bind((HOST, 0))
            tls.bind((HOST, 0))
            ports = plain.getsockname()[1], tls.getsockname()[1]
        config = place / "server.cfg"
        config.write_text(
            f"server_bind = {HOST}\nserver_tcp_port = {ports[0]}\nserver_ssl_enabled = yes\nserver_ssl_port = {ports[1]}\n"
            f"server_ssl_key_file = {place}/server.pem\nsslkeys_path = {place}/sslkeys\nserver_ssl_protocols = !SSLv2 !SSLv3\n"
            f"unix_socket = {place}/server.sock\ndata_path = {place}/data\n"
        )
        endpoints = place / "endpoints.env"
        with subprocess.Popen(
            [TWIGA, "-c", str(config), "--endpoints", str(endpoints), "--lmtp-listen=", "--imap-listen="],
            stderr=subprocess.PIPE,
        ) as process:
            try:
                until = time.monotonic() + WAIT
                while not endpoints.exists():
                    assert process.poll() is None, process.stderr.read().decode()
                    assert time.monotonic() < until
                    time.sleep(0.01)
                env = dict(line.split("=", 1) for line in endpoints.read_text().splitlines())
                assert env["SOAP_URL"] == f"http://{LISTEN}:{ports[0]}/zarafa"
                assert env["SOAP_TLS_URL"] == f"https://{LISTEN}:{ports[1]}/zarafa"
                assert Client(env, place / "ca/cacert.pem", place / "gateway.pem").logon("SYSTEM")[0] == "0"
            finally:
                process.terminate()
                process.wait(WAIT)


def maker():
    """ssl-certificates.sh overwrites nothing, keeps keys to itself and refuses names that are none; each certificate has a unit of its own, or a warning is given (S153)"""
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        assert make(place, "--public", "service").returncode == 0
        before = (place / "service.pem").read_bytes()
        again = make(place, "service")
        assert again.returncode == 1 and "exists already" in again.stderr
        assert (place / "service.pem").read_bytes() == before
        assert (place / "service.pem").stat().st_mode & 0o777 == 0o600
        assert (place / "ca/ca.key").stat().st_mode & 0o777 == 0o600
        assert b"PRIVATE" not in (place / "service-public.pem").read_bytes()
        assert not list(place.glob(".ssl-certificates.*"))
        for bad in ("", "../x", ".hidden", "a b", "-x"):
            assert make(place, bad).returncode == 64, bad
        asked = subprocess.run([MAKER, "--dir", name], input="asked\nthe unit\ny\n", capture_output=True, text=True, check=False)
        assert asked.returncode == 0, asked.stderr
        assert (place / "asked.pem").exists() and (place / "asked-public.pem").exists()
        subject = subprocess.run(["openssl", "x509", "-in", str(place / "asked.pem"), "-noout", "-subject"], capture_output=True, text=True, check=True)
        assert "OU = the unit" in subject.stdout and "CN = asked" in subject.stdout and "unit" in asked.stderr, (subject, asked)
        assert "warning" not in asked.stderr, asked.stderr
        twice = make(place, "--unit", "the unit", "twice")
        assert twice.returncode == 0 and "asked.pem has the organizational unit" in twice.stderr, twice
        assert make(place, "--unit", "a/CN=other", "third").returncode == 64


with tempfile.TemporaryDirectory() as made_in:
    MADE = pathlib.Path(made_in) / "made"
    MADE.mkdir()
    make_all(MADE)
    tap.run([password, service, by_key, session_of_certificate, reload, old_keys, maker])
