# SPDX-License-Identifier: AGPL-3.0-or-later
"""twiga as an administrator meets it: start, doors, reload, stop, and what it says when something is wrong."""
import contextlib
import grp
import http.client
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402
from loopback import ANY_PORT, FAMILY, HOST, LISTEN  # noqa: E402
from waiting import WAIT, wait_for  # noqa: E402

TWIGA = os.path.abspath(sys.argv[1])


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield pathlib.Path(name)


@contextlib.contextmanager
def running(*arguments, config="", at=None, environment=None, listen=ANY_PORT):
    """Starts twiga and gives (process, endpoints, folder); stops it when it still runs."""
    with folder() if at is None else contextlib.nullcontext(at) as place:
        path = place / "server.cfg"
        if config is not None:
            path.write_text(config)
        command = [TWIGA, "-c", str(path), "--endpoints", str(place / "endpoints.env")]
        command += ["--data-path", str(place / "data")]
        command += [f"--health-listen={listen}", f"--metrics-listen={listen}"] if listen else []
        process = subprocess.Popen(
            command + list(arguments), stderr=subprocess.PIPE, env={**os.environ, **(environment or {})}
        )
        try:
            endpoints = place / "endpoints.env"
            wait_for("the server", lambda: endpoints.exists() or process.poll() is not None)
            if process.poll() is not None:
                raise AssertionError(f"ended with {process.returncode}: {process.stderr.read().decode()}")
            yield process, dict(line.split("=", 1) for line in endpoints.read_text().splitlines()), place
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            process.stderr.close()


def refused(*arguments, config=None):
    """Starts twiga with something wrong; gives exit code and what it said."""
    with folder() as place:
        path = place / "server.cfg"
        command = [TWIGA, "--data-path", str(place / "data")]
        if config is not None:
            path.write_text(config)
            command += ["-c", str(path)]
        done = subprocess.run(command + list(arguments), capture_output=True, timeout=WAIT, check=False)
        return done.returncode, done.stderr.decode()


def address(endpoints):
    host, port = endpoints["HTTP_URL"].removeprefix("http://").rsplit(":", 1)
    return host.strip("[]"), int(port)


def get(endpoints, path):
    connection = http.client.HTTPConnection(*address(endpoints), timeout=WAIT)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def stop(process, number=signal.SIGTERM):
    process.send_signal(number)
    assert process.wait(WAIT) == 0, process.returncode


def doors():
    """health and metrics are answered"""
    with running() as (process, endpoints, _):
        assert int(endpoints["PID"]) == process.pid
        assert get(endpoints, "/health/live")[0] == 200
        assert get(endpoints, "/health/ready") == (200, "ready\n")
        status, text = get(endpoints, "/metrics")
        assert status == 200 and 'twiga_http_requests_total{status="2xx"} 2' in text, text
        assert get(endpoints, "/nothing")[0] == 404
        stop(process)


def ipv6():
    """every door listens on IPv6 alone"""
    if not socket.has_ipv6:
        return "no IPv6 here"
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return "no IPv6 address here"
    keys = {"IMAP_PORT": ("imap", b"* OK"), "POP3_PORT": ("pop3", b"+OK"), "LMTP_PORT": ("lmtp", b"220 ")}
    doors = [f"--{name}-listen=[::1]:0" for name, _ in keys.values()] + ["--server-listen=[::1]:0"]
    with running(*doors, listen="[::1]:0") as (process, endpoints, _):
        assert endpoints["HTTP_URL"].startswith("http://[::1]:"), endpoints
        assert get(endpoints, "/health/live")[0] == 200
        for key, (_, greeting) in keys.items():
            with socket.create_connection(("::1", int(endpoints[key])), WAIT) as door:
                assert door.recv(4096).startswith(greeting), key
        soap = endpoints["SOAP_URL"].removesuffix("/zarafa")
        assert soap.startswith("http://[::1]:"), endpoints
        assert get({"HTTP_URL": soap}, "/zarafa")[0] == 405, get({"HTTP_URL": soap}, "/zarafa")
        stop(process)
    return None


def storage():
    """the data folder is made, counted, let go at the end, and held as long as it runs"""
    with folder() as place:
        with running(at=place) as (process, endpoints, _):
            assert (place / "data" / "server.db").exists()
            assert "twiga_stores 0" in get(endpoints, "/metrics")[1]
            code, said = refused("--data-path", str(place / "data"))
            assert code == 1 and "in use" in said and str(place / "data") in said, (code, said)
            stop(process)
        (place / "endpoints.env").unlink()
        with running(at=place) as (process, _, _):
            stop(process)


def bad_storage():
    """a data folder that cannot be opened: exit 1, and nothing was answered before"""
    with folder() as place:
        (place / "data").mkdir()
        (place / "data" / "server.db").write_text("no database" * 1000)
        code, said = refused("--data-path", str(place / "data"))
        assert code == 1 and "server.db" in said, (code, said)


def demo():
    """--demo makes a company once, says who is in it, and leaves it alone afterwards"""
    with folder() as place:
        with running("--demo", at=place) as (process, first, _):
            assert "twiga_stores 4" in get(first, "/metrics")[1]
            for suffix in ("", "2", "3"):
                assert first["DEMO_ADDR" + suffix] == first["DEMO_USER" + suffix] + "@demo.example"
                assert len(first["DEMO_PASS" + suffix]) == 16
            assert first["DEMO_PASS"] != first["DEMO_PASS2"]
            for name in ("endpoints.env", "data/demo.env"):
                assert (place / name).stat().st_mode & 0o777 == 0o600, name
            stop(process)
        (place / "endpoints.env").unlink()
        with running("--demo", at=place) as (process, second, _):
            assert {k: v for k, v in second.items() if k.startswith("DEMO_")} == {
                k: v for k, v in first.items() if k.startswith("DEMO_")
            }
            assert "twiga_stores 4" in get(second, "/metrics")[1]
            stop(process)


def demo_interrupted():
    """a demo that was begun is completed: here its last line is gone"""
    with folder() as place:
        with running("--demo", at=place) as (process, first, _):
            stop(process)
        env = place / "data" / "demo.env"
        env.write_text(env.read_text().replace("DEMO_WHOLE=yes\n", ""))
        (place / "endpoints.env").unlink()
        with running("--demo", at=place) as (process, second, _):
            assert second["DEMO_PASS3"] == first["DEMO_PASS3"]
            assert "twiga_stores 4" in get(second, "/metrics")[1]
            assert env.read_text().endswith("DEMO_WHOLE=yes\n")
            stop(process)
        env.write_text("something else\n")
        code, said = refused("--demo", "--data-path", str(place / "data"))
        assert code == 1 and "demo.env" in said, (code, said)


def separate_doors():
    """health alone does not show metrics"""
    with running(f"--health-listen={ANY_PORT}", listen=None) as (process, endpoints, _):
        assert get(endpoints, "/health/live")[0] == 200
        assert get(endpoints, "/metrics")[0] == 404
        stop(process, signal.SIGINT)


def open_requests_finish():
    """a stop lets an open connection go and ends with 0"""
    with running() as (process, endpoints, _):
        idle = socket.create_connection(address(endpoints))
        half = socket.create_connection(address(endpoints))
        half.sendall(b"GET /health/live HT")
        stop(process)
        idle.close()
        half.close()


def unknown_key():
    """an unknown key: exit 1, with file, line, key and what was probably meant"""
    code, said = refused(config="# comment\nlog_levle = 3\n")
    assert code == 1 and "server.cfg:2" in said and "log_levle" in said and "log_level" in said, (code, said)
    with running("-i", config="log_levle = 3\n") as (process, _, _):
        stop(process)


def bad_value():
    """a bad value: exit 1, with file, line and key"""
    code, said = refused(config="log_level = loud\n")
    assert code == 1 and "server.cfg:1" in said and "log_level" in said, (code, said)


def missing_file():
    """a configuration file that was named must be there"""
    code, said = refused("-c", "/nowhere/server.cfg")
    assert code == 1 and "/nowhere/server.cfg" in said, (code, said)


def busy_port():
    """a port in use: exit 1, with the address"""
    with socket.create_server((HOST, 0), family=FAMILY) as taken:
        where = f"{LISTEN}:%d" % taken.getsockname()[1]
        code, said = refused(f"--health-listen={where}")
        assert code == 1 and where in said, (code, said)


def host_name_refused():
    """host names are refused as listen specifiers"""
    code, said = refused("--health-listen=localhost:80")
    assert code == 1 and "health_listen" in said, (code, said)


def pid_file():
    """the pid file is written, guards against a second start, and goes"""
    with folder() as place:
        path = place / "twiga.pid"
        with running(config=f"pid_file = {path}\n", at=place) as (process, _, _):
            assert path.read_text().strip() == str(process.pid)
            code, said = refused(config=f"pid_file = {path}\n")
            assert code == 1 and str(process.pid) in said, (code, said)
            stop(process)
            assert not path.exists()
        path.write_text("1\n")  # left by a crash: its number lives, its lock does not
        (place / "endpoints.env").unlink()
        with running(config=f"pid_file = {path}\n", at=place) as (process, _, _):
            assert path.read_text().strip() == str(process.pid)
            stop(process)


def reload():
    """HUP reads reloadable keys and opens the log anew"""
    with folder() as place:
        log, moved = place / "twiga.log", place / "twiga.log.1"
        config = f"log_method = file\nlog_file = {log}\nlog_level = 4\n"
        with running(config=config, at=place) as (process, endpoints, _):
            wait_for("the log", lambda: log.exists() and "started" in log.read_text())
            log.rename(moved)
            process.send_signal(signal.SIGHUP)
            wait_for("the new log", lambda: log.exists() and "reloaded" in log.read_text())
            (place / "server.cfg").write_text(config.replace("= 4", "= 6"))
            process.send_signal(signal.SIGHUP)
            get(endpoints, "/health/live")
            wait_for("a line of level 6", lambda: get(endpoints, "/health/live") and "[debug" in log.read_text())
            (place / "server.cfg").write_text("nonsense_key = 1\n")
            process.send_signal(signal.SIGHUP)
            wait_for("the refusal", lambda: "reload-failed" in log.read_text())
            assert get(endpoints, "/health/ready")[0] == 200
            stop(process)
            assert "stopped" in log.read_text()


def privileged_port():
    """A free port that only root may bind."""
    for port in range(1023, 511, -1):
        with contextlib.suppress(OSError), socket.create_server((HOST, port), family=FAMILY):
            return port
    raise AssertionError("no privileged port is free")


def privileges():
    """it binds a privileged port as root, runs as another user and group, and its log is theirs, also after HUP (S297 to S299)"""
    if os.getuid() != 0:
        return "not started as root"
    user, group = pwd.getpwnam("nobody"), grp.getgrnam("daemon")
    with folder() as place:
        logs = place / "logs"
        logs.mkdir()
        os.chown(logs, user.pw_uid, group.gr_gid)
        log = logs / "twiga.log"
        config = f"run_as_user = nobody\nrun_as_group = daemon\nlog_method = file\nlog_file = {log}\nlog_level = 4\n"
        os.chmod(place, 0o777)
        where = f"{LISTEN}:{privileged_port()}"
        with running(config=config, at=place, listen=where) as (process, endpoints, _):
            assert endpoints["HTTP_URL"] == f"http://{where}", endpoints
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            for name, number in (("Uid:", user.pw_uid), ("Gid:", group.gr_gid)):
                ids = next(line for line in status.splitlines() if line.startswith(name)).split()[1:]
                assert ids == [str(number)] * 4, (name, ids)
            assert (log.stat().st_uid, log.stat().st_gid) == (user.pw_uid, group.gr_gid)
            log.rename(logs / "old")
            process.send_signal(signal.SIGHUP)
            wait_for("the new log", lambda: log.exists() and "reloaded" in log.read_text())
            assert (log.stat().st_uid, log.stat().st_gid) == (user.pw_uid, group.gr_gid)
            assert get(endpoints, "/health/live")[0] == 200
            stop(process)
    return None


def readiness():
    """a service manager is told when it is ready and when it stops"""
    with folder() as place:
        path = str(place / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            manager.settimeout(WAIT)
            with running(at=place, environment={"NOTIFY_SOCKET": path}) as (process, _, _):
                assert b"READY=1" in manager.recv(4096)
                process.send_signal(signal.SIGHUP)
                first = manager.recv(4096)
                assert b"RELOADING=1" in first and b"MONOTONIC_USEC=" in first, first
                assert b"READY=1" in manager.recv(4096)
                stop(process)
                assert b"STOPPING=1" in manager.recv(4096)


def crash():
    """a crash leaves a backtrace and dies by its signal"""
    with running() as (process, _, _):
        process.send_signal(signal.SIGSEGV)
        assert process.wait(WAIT) == -signal.SIGSEGV
        said = process.stderr.read().decode(errors="replace")
        assert "SIGSEGV" in said and "twiga" in said, said


def keys_of_dump(text):
    return {line.removeprefix("# ").split(" =")[0] for line in text.splitlines() if " =" in line}


def keys_of_page(text):
    return {line.split()[2] for line in text.splitlines() if line.startswith(".It Ic ")}


def self_description():
    """--version, --help, --dump-config and the manual page agree with each other"""

    def out(*arguments):
        return subprocess.run([TWIGA, *arguments], capture_output=True, text=True, check=True, timeout=WAIT).stdout

    assert "twiga" in out("--version") and "--endpoints" in out("--help")
    dump, page = out("--dump-config"), out("--dump-man")
    assert len(keys_of_dump(dump)) > 10 and "health_listen" in keys_of_dump(dump)
    assert keys_of_dump(dump) == keys_of_page(page), keys_of_dump(dump) ^ keys_of_page(page)
    # and the comparison can fail, both ways
    assert keys_of_dump(dump) != keys_of_page(page.replace(".It Ic health_listen\n", ""))
    assert keys_of_dump(dump.replace("# health_listen =\n", "")) != keys_of_page(page)
    with folder() as place:
        (place / "twiga.8").write_text(page)
        lint = subprocess.run(
            ["mandoc", "-T", "lint", "-W", "warning", str(place / "twiga.8")], capture_output=True, text=True, check=False
        )
        assert not lint.stdout.strip(), lint.stdout


def systemd_unit():
    """systemd finds nothing wrong with the unit"""
    if not shutil.which("systemd-analyze"):
        return "no systemd-analyze here"
    unit = pathlib.Path(os.environ["TW_SOURCE_ROOT"]) / "packaging" / "systemd" / "twiga.service"
    with folder() as place:
        # the program is not installed where the unit expects it
        (place / "twiga.service").write_text(unit.read_text().replace("/usr/sbin/twiga", TWIGA))
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(place / "twiga.service")],
            capture_output=True, text=True, timeout=WAIT, check=False,
        )  # fmt: skip
        said = [line for line in done.stderr.splitlines() if "twiga" in line]
        assert done.returncode == 0 and not said, (done.returncode, done.stderr)
    return None


def system_user():
    """the package's user is one that systemd-sysusers can make, and the folders are its (S301)"""
    if not shutil.which("systemd-sysusers"):
        return "no systemd-sysusers here"
    rules = pathlib.Path(os.environ["TW_SOURCE_ROOT"]) / "packaging" / "systemd"
    with folder() as place:
        done = subprocess.run(
            ["systemd-sysusers", "--dry-run", f"--root={place}", str(rules / "twiga.sysusers")],
            capture_output=True, text=True, timeout=WAIT, check=False,
        )  # fmt: skip
    assert done.returncode == 0 and "Creating user 'twiga'" in done.stdout + done.stderr, (done.stdout, done.stderr)
    for line in (rules / "twiga.tmpfiles").read_text().splitlines():
        if line.startswith("d "):
            assert line.split()[3] == "twiga", line
    return None


tap.run(
    [doors, storage, bad_storage, demo, demo_interrupted, ipv6, separate_doors, open_requests_finish, unknown_key, bad_value, missing_file, busy_port,
     host_name_refused, pid_file, reload, privileges, readiness, crash, self_description,
     systemd_unit, system_user]
)  # fmt: skip
