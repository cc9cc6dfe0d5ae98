# SPDX-License-Identifier: AGPL-3.0-or-later
"""twiga-server with an old generation's server.cfg: start, pid file, audit log, HUP, stop, and who administers it."""
import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402

SERVER, ADMIN = (os.path.abspath(path) for path in sys.argv[1:3])
WAIT = 60  # seconds until a test gives up; never what a verdict depends on

OLD = """
# as it was
server_bind = 127.0.0.1
server_tcp_enabled = yes
server_tcp_port = 0
server_pipe_enabled = yes
server_pipe_name = {place}/server.sock
server_name = Zarafa
database_engine = sqlite
mysql_host = localhost
mysql_engine = InnoDB
mysql_password = secret
attachment_storage = files
attachment_path = /var/lib/zarafa
user_plugin = db
createuser_script = /etc/zarafa/userscripts/createuser
cache_cell_size = 256M
session_timeout = 10
threads = 8
license_socket = /var/run/zarafa-licensed
data_path = {place}/data
pid_file = {place}/server.pid
log_method = file
log_file = {place}/server.log
log_level = 5
audit_log_enabled = yes
audit_log_method = file
audit_log_file = {place}/audit.log
"""


def wait_for(what, seen):
    until = time.monotonic() + WAIT
    while not seen():
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.01)


@contextlib.contextmanager
def running(*more, environment=None):
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        (place / "server.cfg").write_text(OLD.format(place=place))
        endpoints = place / "endpoints.env"
        command = [SERVER, "-c", str(place / "server.cfg"), "--endpoints", str(endpoints)]
        command += ["--metrics-listen=", "--health-listen=", *more]
        with subprocess.Popen(command, stderr=subprocess.PIPE, env={**os.environ, **(environment or {})}) as process:
            try:
                wait_for("the server", lambda: endpoints.exists() or process.poll() is not None)
                assert process.poll() is None, process.stderr.read().decode()
                yield place, process
                process.terminate()
                assert process.wait(WAIT) == 0, process.returncode
            finally:
                if process.poll() is None:
                    process.kill()


def admin(place, *words):
    done = subprocess.run(
        [ADMIN, "-h", f"file://{place}/server.sock", *words], capture_output=True, text=True, timeout=WAIT, check=False
    )
    return done.returncode, done.stdout, done.stderr


def old_file():
    """an old server.cfg starts it: what has no effect is said in the log, what has works"""
    with running() as (place, process):
        assert int((place / "server.pid").read_text()) == process.pid
        log = (place / "server.log").read_text()
        for key in ("mysql_engine", "attachment_path", "cache_cell_size", "license_socket", "createuser_script", "server_bind"):
            assert key in log, key
        assert "secret" not in log
        env = dict(line.split("=", 1) for line in (place / "endpoints.env").read_text().splitlines())
        assert env["SOAP_URL"].startswith("http://127.0.0.1:"), env
        assert env["SOAP_SOCKET"] == f"{place}/server.sock"
    assert not place.exists()


def audited():
    """who logs on and what an administrator does is in the audit log; HUP opens logs anew"""
    with running() as (place, process):
        code, out, err = admin(place, "-c", "anna", "-p", "pass", "-f", "Anna", "-e", "anna@x.example")
        assert (code, out) == (0, "User created.\n"), err
        text = (place / "audit.log").read_text()
        assert "SYSTEM" in text and "twiga-admin" in text, text
        assert "pass" not in text.replace("Pipe user", ""), text
        (place / "server.log").rename(place / "server.log.1")
        process.send_signal(signal.SIGHUP)
        wait_for("a new log", (place / "server.log").exists)
        code, out, _ = admin(place, "-l")
        assert code == 0 and "anna" in out
    assert process.returncode == 0


def kept():
    """what was made is there after a start with -R, and the pid file is gone after a stop"""
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        (place / "server.cfg").write_text(OLD.format(place=place))
        for turn in range(2):
            endpoints = place / f"endpoints{turn}.env"
            command = [SERVER, "-c", str(place / "server.cfg"), "--endpoints", str(endpoints), "-R"]
            with subprocess.Popen([*command, "--metrics-listen=", "--health-listen="]) as process:
                wait_for("the server", lambda: endpoints.exists() or process.poll() is not None)
                if turn == 0:
                    assert admin(place, "-c", "anna", "-p", "x", "-f", "Anna", "-e", "anna@x.example")[0] == 0
                assert "anna" in admin(place, "-l")[1]
                process.terminate()
                assert process.wait(WAIT) == 0
            assert not (place / "server.pid").exists()
            assert admin(place, "-l")[0] == 69
        assert "searches-restarted" in (place / "server.log").read_text()


def notified():
    """the service manager hears that it is ready once it listens, and that it stops"""
    with tempfile.TemporaryDirectory() as name:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(f"{name}/notify")
            manager.settimeout(WAIT)
            with running(environment={"NOTIFY_SOCKET": f"{name}/notify"}) as (place, _):
                said = manager.recv(4096).decode()
                while "READY=1" not in said:
                    said = manager.recv(4096).decode()
                assert admin(place, "-l")[0] == 0
            said = manager.recv(4096).decode()
            while "STOPPING=1" not in said:
                said = manager.recv(4096).decode()


def refused():
    """a wrong key, a port in use and a data folder in use: exit 1, and it says why"""
    with running() as (place, _):
        for words, said in (
            (["--data-path", f"{place}/other", f"--server-pipe-name={place}/server.sock"], "server.sock"),
            ([f"--server-pipe-name={place}/b.sock", "--pid-file="], "in use"),
            (["--server-listen=nonsense"], "server_listen"),
            (["--user-plugin=ldap"], "user_plugin"),
        ):
            done = subprocess.run(
                [SERVER, "-c", f"{place}/server.cfg", "--log-method=file", "--log-file=-", "--metrics-listen=", "--health-listen=",
                 *words],
                capture_output=True, text=True, timeout=WAIT, check=False,
            )  # fmt: skip
            assert done.returncode == 1 and said in done.stderr, (words, done.returncode, done.stderr)


tap.run([old_file, audited, kept, notified, refused])
