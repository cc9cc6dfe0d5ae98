# SPDX-License-Identifier: AGPL-3.0-or-later
"""twiga on a MariaDB server that is reached by TCP: TLS with the server's certificate checked, a certificate of its own, and what is
said of wrong settings, after which nothing starts."""
import contextlib
import getpass
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402

TWIGA, CERTIFICATES = (os.path.abspath(path) for path in sys.argv[1:3])
WAIT = 60  # seconds until a test gives up; never what a verdict depends on
HOST = "127.0.0.1"


def make_certificates(place):
    """One authority with the server's certificate, one for another host, and one of twiga; and another authority."""
    for folder, name, host in (("ca", "server", HOST), ("ca", "other", "db.example"), ("ca", "twiga", "twiga"), ("no", "stranger", HOST)):
        subprocess.run([CERTIFICATES, "--batch", "--no-public", "--dir", place, "--ca-dir", place / folder, "--host", host, name],
                       check=True, capture_output=True)


def sql(place, text):
    subprocess.run(["mariadb", "--no-defaults", f"--socket={place}/socket", "-e", text], check=True, capture_output=True, timeout=WAIT)


@contextlib.contextmanager
def database(place, certificate):
    """A MariaDB server on loopback with the grants of a real one."""
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "mariadbd", "--no-defaults", f"--user={getpass.getuser()}", f"--datadir={place}/data",
         f"--socket={place}/socket", f"--bind-address={HOST}", f"--port={port}", f"--log-error={place}/log",
         "--innodb-log-file-size=8M", "--innodb-buffer-pool-size=32M", f"--ssl-ca={place}/ca/cacert.pem",
         f"--ssl-cert={place}/{certificate}.pem", f"--ssl-key={place}/{certificate}.pem"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + WAIT
        while subprocess.run(["mariadb-admin", "--no-defaults", f"--socket={place}/socket", "ping"], capture_output=True).returncode != 0:
            assert process.poll() is None and time.monotonic() < until, (place / "log").read_text()[-2000:]
            time.sleep(0.02)
        yield port
    finally:
        process.kill()
        process.wait()


def twiga(place, port, *more):
    """Starts it; returns its exit code, 0 when it ran and was stopped, and what it said."""
    with tempfile.TemporaryDirectory() as name:
        endpoints = pathlib.Path(name) / "endpoints.env"
        process = subprocess.Popen(
            [TWIGA, f"--data-path={name}/data", "--health-listen=", "--metrics-listen=", "--lmtp-listen=", "--imap-listen=",
             "--pop3-listen=", "--ical-listen=", "--server-listen=", f"--server-pipe-name={name}/server.sock", "--log-method=file",
             "--log-file=-", "--endpoints", str(endpoints), "--database-engine=mysql", f"--mysql-host={HOST}", f"--mysql-port={port}",
             "--mysql-database=tls", "--mysql-user=secure", "--mysql-password=secret", *more],
            stderr=subprocess.PIPE, text=True)
        until = time.monotonic() + WAIT
        while process.poll() is None and not endpoints.exists():
            assert time.monotonic() < until, "waited in vain for the server"
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=WAIT)[1]
        return process.returncode, said


def refused(place, port, words, *more):
    code, said = twiga(place, port, *more)
    assert code not in (0, -signal.SIGSEGV, -signal.SIGABRT) and words in said, (more, code, said)


def encrypted():
    """the connection is encrypted, and the server is who it says it is; wrong settings and accounts are said clearly"""
    os.environ["PATH"] += ":/usr/sbin"
    if shutil.which("mariadbd") is None or shutil.which("openssl") is None:
        return "no MariaDB server is installed"
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        ca = f"--mysql-ssl-ca={place}/ca/cacert.pem"
        own = [f"--mysql-ssl-cert={place}/twiga.pem", f"--mysql-ssl-key={place}/twiga.pem"]
        make_certificates(place)
        subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={place}/data", f"--user={getpass.getuser()}", "--force",
                        "--skip-test-db", "--auth-root-authentication-method=normal", "--innodb-log-file-size=8M"],
                       check=True, capture_output=True)
        with database(place, "server") as port:
            sql(place, "CREATE USER secure@'127.0.0.1' IDENTIFIED BY 'secret' REQUIRE SSL; GRANT ALL ON `tls%`.* TO secure@'127.0.0.1';"
                "CREATE USER named@'127.0.0.1' IDENTIFIED BY 'secret' REQUIRE X509; GRANT ALL ON `tls%`.* TO named@'127.0.0.1';"
                "CREATE USER powerless@'127.0.0.1' IDENTIFIED BY 'secret'")
            code, said = twiga(place, port, ca)
            assert code == 0, said
            refused(place, port, "Access denied")  # in the clear, which the account does not allow
            refused(place, port, "certificate", f"--mysql-ssl-ca={place}/no/cacert.pem")
            refused(place, port, "TLS/SSL error", f"--mysql-ssl-ca={place}/nowhere.pem")
            refused(place, port, "Access denied", ca, "--mysql-user=named")
            code, said = twiga(place, port, ca, "--mysql-user=named", *own)
            assert code == 0, said
            refused(place, port, "Access denied", ca, "--mysql-password=wrong")
            refused(place, port, "Access denied", ca, "--mysql-user=nobody")
            refused(place, port, "denied", ca, "--mysql-user=powerless")
            refused(place, port, "both or none", ca, own[0])
            refused(place, port, "nothing is encrypted", *own)
            refused(place, port, "is this machine's socket", ca, "--mysql-host=localhost")
            sql(place, "UPDATE tls_1.twiga_schema SET version = version + 1000")
            refused(place, port, "newer", ca)
        with database(place, "other") as port:
            refused(place, port, "certificate", ca)  # of that authority, for another host
    return None


tap.run([encrypted])
