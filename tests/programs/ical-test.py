# SPDX-License-Identifier: AGPL-3.0-or-later
"""twiga-ical in front of a server elsewhere, over its Unix socket: plain, inside TLS, after HUP; keys old and new."""
import base64
import contextlib
import http.client
import os
import pathlib
import re
import signal
import ssl
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402
from loopback import ANY_PORT, HOST  # noqa: E402
from waiting import WAIT, wait_for  # noqa: E402

TWIGA, ICAL = (os.path.abspath(path) for path in sys.argv[1:3])
EVENT = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:%s\r\nDTSTAMP:20260101T000000Z\r\n" \
        "DTSTART:20260302T090000Z\r\nDURATION:PT1H\r\nSUMMARY:%s\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


def end(process):
    process.terminate()
    code = process.wait(WAIT)
    assert code == 0, code


@contextlib.contextmanager
def server(place):
    endpoints = place / "endpoints.env"
    command = [TWIGA, "-c", "/dev/null", "--data-path", str(place / "data"), "--endpoints", str(endpoints), "--demo", "--log-level=3",
               "--lmtp-listen=", "--imap-listen=", f"--server-listen={ANY_PORT}", f"--server-pipe-name={place}/server.sock"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for("the server", lambda: endpoints.exists() or process.poll() is not None)
            yield dict(line.split("=", 1) for line in endpoints.read_text().splitlines())
            end(process)
        finally:
            if process.poll() is None:
                process.kill()


class Ical:
    def __init__(self, place, config):
        self.path, self.log = place / "ical.cfg", place / "ical.log"
        self.common = f"server_socket = file://{place}/server.sock\nlog_method = file\nlog_file = {self.log}\nlog_level = 4\n"
        self.path.write_text(self.common + config)
        self.process = subprocess.Popen([ICAL, "-c", str(self.path)], stderr=subprocess.PIPE)

    def text(self):
        return self.log.read_text() if self.log.exists() else ""

    def ports(self, what):
        return [int(port) for port in re.findall(r'listening listener="?[^ "]*:(\d+)"? msg="?%s"?\n' % what, self.text())]


@contextlib.contextmanager
def running(place, config):
    ical = Ical(place, config)
    try:
        wait_for("twiga-ical", lambda: "started" in ical.text() or ical.process.poll() is not None)
        assert ical.process.poll() is None, ical.text()
        yield ical
        end(ical.process)
    finally:
        if ical.process.poll() is None:
            ical.process.kill()
        ical.process.wait()
        ical.process.stderr.close()


def ask(connection, env, method, path, body=None, password=None, user="DEMO_USER"):
    token = base64.b64encode(f"{env[user]}:{password or env['DEMO_PASS']}".encode()).decode()
    connection.request(method, path, body, {"Authorization": "Basic " + token})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def both_ways():
    """a calendar over the server's socket, in the clear and inside TLS; root's rights there count for nobody here"""
    with tempfile.TemporaryDirectory() as name, server(pathlib.Path(name)) as env:
        place = pathlib.Path(name)
        pem = str(place / "a.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                        "-subj", "/CN=a", "-keyout", pem + ".key", "-out", pem], check=True, capture_output=True)
        config = f"ical_listen = {ANY_PORT}\nicals_listen = {ANY_PORT}\nssl_certificate_file = {pem}\nssl_private_key_file = {pem}.key\n"
        with running(place, config) as ical:
            plain = http.client.HTTPConnection(HOST, ical.ports("caldav")[0], timeout=WAIT)
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            secure = http.client.HTTPSConnection(HOST, ical.ports("caldav over TLS")[0], timeout=WAIT, context=context)
            home = f"/caldav/{env['DEMO_USER']}/"
            assert ask(plain, env, "MKCALENDAR", home + "mine/")[0] == 201
            assert ask(plain, env, "PUT", home + "mine/a.ics", EVENT % ("a", "one"))[0] == 201
            status, text = ask(secure, env, "GET", home + "mine/a.ics")
            assert status == 200 and "SUMMARY:one" in text, (status, text)
            assert ask(plain, env, "PUT", home + "mine/a.ics", EVENT % ("a", "two"))[0] == 204
            assert "SUMMARY:two" in ask(secure, env, "GET", f"/ical/{env['DEMO_USER']}/mine")[1]
            for wrong in ("wrong", "x" * 300):
                assert ask(plain, env, "GET", home, password=wrong)[0] == 401
            assert ask(plain, {**env, "DEMO_USER": "SYSTEM"}, "GET", "/", password="any")[0] == 401
            ical.path.write_text(ical.common + config + "enable_ical_get = no\n")
            ical.process.send_signal(signal.SIGHUP)
            wait_for("the reload", lambda: "] reloaded" in ical.text())
            assert ask(plain, env, "GET", f"/ical/{env['DEMO_USER']}/mine")[0] == 403
            plain.close()
            secure.close()


def old_keys():
    """ical_enable, ical_port and their like become listeners; what has no effect is said"""
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name) / "ical.cfg"
        path.write_text("server_bind = 127.0.0.1\nical_enable = yes\nical_port = 18080\nicals_enable = no\nprocess_model = fork\n")
        done = subprocess.run([ICAL, "-c", str(path), "--dump-config"], capture_output=True, text=True, timeout=WAIT, check=False)
        assert done.returncode == 0, done.stderr
        assert re.search(r"ical_listen *= *127.0.0.1:18080", done.stdout), done.stdout
        path.write_text(f"icals_listen = {ANY_PORT}\n")
        done = subprocess.run([ICAL, "-c", str(path)], capture_output=True, text=True, timeout=WAIT, check=False)
        assert done.returncode != 0 and "ssl_certificate_file" in done.stderr, (done.returncode, done.stderr)


tap.run([both_ways, old_keys])
