# SPDX-License-Identifier: AGPL-3.0-or-later
"""twiga-server with an old generation's server.cfg: start, pid file, audit log, HUP, stop, and who administers it."""
import contextlib
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402
from loopback import ANY_PORT, HOST, LISTEN  # noqa: E402
from waiting import WAIT, wait_for  # noqa: E402

SERVER, ADMIN = (os.path.abspath(path) for path in sys.argv[1:3])
ROOT = pathlib.Path(__file__).parents[2]
FILTER = ROOT / "packaging/fail2ban/twiga.conf"
MAKER = ROOT / "scripts/ssl-certificates.sh"

OLD = f"""
# as it was
server_bind = {HOST}
server_tcp_enabled = yes
server_tcp_port = 0
server_pipe_enabled = yes
server_pipe_name = {{place}}/server.sock
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
data_path = {{place}}/data
pid_file = {{place}}/server.pid
log_method = file
log_file = {{place}}/server.log
log_level = 5
audit_log_enabled = yes
audit_log_method = file
audit_log_file = {{place}}/audit.log
"""


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
    """an old server.cfg starts it: what has no effect is said in the log, what has works (S044, S300)"""
    with running() as (place, process):
        assert int((place / "server.pid").read_text()) == process.pid
        log = (place / "server.log").read_text()
        for key in ("mysql_engine", "attachment_path", "cache_cell_size", "license_socket", "server_bind"):
            assert key in log, key
        assert "secret" not in log
        env = dict(line.split("=", 1) for line in (place / "endpoints.env").read_text().splitlines())
        assert env["SOAP_URL"].startswith(f"http://{LISTEN}:"), env
        assert env["SOAP_SOCKET"] == f"{place}/server.sock"
    assert not place.exists()


def audited():
    """who logs on and what an administrator does is in the audit log; HUP opens logs anew, and says which keys need a restart"""
    with running() as (place, process):
        code, out, err = admin(place, "-c", "anna", "-p", "pass", "-f", "Anna", "-e", "anna@x.example")
        assert (code, out) == (0, "User created.\n"), err
        text = (place / "audit.log").read_text()
        assert "SYSTEM" in text and "twiga-admin" in text, text
        assert "pass" not in text.replace("Pipe user", ""), text
        (place / "server.log").rename(place / "server.log.1")
        with (place / "server.cfg").open("a") as config:
            config.write("softdelete_lifetime = 7\nsync_lifetime = 77\n")
        process.send_signal(signal.SIGHUP)
        wait_for("the reload", lambda: (place / "server.log").exists() and "] reloaded" in (place / "server.log").read_text())
        text = (place / "server.log.1").read_text() + (place / "server.log").read_text()
        assert "sync_lifetime" in text and "softdelete_lifetime" not in text, text
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
            (["--user-plugin=nis"], 'user_plugin: "nis" is not to be had'),
        ):
            done = subprocess.run(
                [SERVER, "-c", f"{place}/server.cfg", "--log-method=file", "--log-file=-", "--metrics-listen=", "--health-listen=",
                 *words],
                capture_output=True, text=True, timeout=WAIT, check=False,
            )  # fmt: skip
            assert done.returncode == 1 and said in done.stderr, (words, done.returncode, done.stderr)


def administrators():
    """it runs as another user; root, whom local_admin_users names, administers it all the same, and nobody else does (S302)"""
    if os.getuid() != 0:
        return "not started as root"
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        place.chmod(0o777)
        program = place / "twiga-admin"  # where every user reaches it
        shutil.copy(ADMIN, program)
        for users, wanted in (("root", {"root": 0, "daemon": 77}), ("root daemon", {"root": 0, "daemon": 0}),
                              ("daemon", {"root": 77, "daemon": 0})):
            (place / "server.cfg").write_text(
                f"run_as_user = nobody\nlocal_admin_users = {users}\ndata_path = {place}/data\nserver_listen = {ANY_PORT}\n"
                f"server_pipe_name = {place}/server.sock\nlog_method = file\nlog_file = {place}/server.log\n"
            )
            endpoints = place / "endpoints.env"
            command = [SERVER, "-c", str(place / "server.cfg"), "--endpoints", str(endpoints), "--metrics-listen=", "--health-listen="]
            with subprocess.Popen(command) as process:
                wait_for("the server", lambda: endpoints.exists() or process.poll() is not None)
                assert os.stat(f"/proc/{process.pid}").st_uid == pwd.getpwnam("nobody").pw_uid
                for user, code in wanted.items():
                    done = subprocess.run([program, "-h", f"file://{place}/server.sock", "-l"], user=user, group=user, extra_groups=[],
                                          capture_output=True, text=True, timeout=WAIT, check=False)
                    assert done.returncode == code, (users, user, done)
                process.terminate()
                assert process.wait(WAIT) == 0
            endpoints.unlink(missing_ok=True)
    return None


LOGON = """<?xml version="1.0" encoding="UTF-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" xmlns:ns="urn:zarafa"><SOAP-ENV:Body>
<ns:logon><szUsername>{}</szUsername><szPassword>{}</szPassword><szVersion>11.0.2</szVersion>
<ulCapabilities>59219</ulCapabilities><ulFlags>1</ulFlags><szClientApp>mailer</szClientApp></ns:logon>
</SOAP-ENV:Body></SOAP-ENV:Envelope>"""


def log_on(url, user, password):
    request = urllib.request.Request(url, LOGON.format(user, password).encode(), {"Content-Type": "text/xml"})
    with urllib.request.urlopen(request, timeout=WAIT) as answer:
        return int(re.search(r"<er>(\d+)</er>", answer.read().decode())[1])


# Brings lo up where nothing is yet (SIOCSIFFLAGS, IFF_UP), and becomes what the words say.
LO_UP = """
import fcntl, os, socket, struct, sys
with socket.socket() as any_one:
    fcntl.ioctl(any_one, 0x8914, struct.pack("16sh22x", b"lo", 1))
os.execv(sys.argv[1], sys.argv[1:])
"""


def usual_ports():
    """on a network of its own, with no listen key but that for TLS: the socket, HTTP on 236 and HTTPS on 237 (S047 to S049)"""
    if os.getuid() != 0 or subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode != 0:
        return "may not make a network"
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        for words in (("--host", "localhost", "server"), ("--public", "admin")):
            subprocess.run([MAKER, "--dir", name, "--batch", *words], check=True, capture_output=True)
        (place / "sslkeys").mkdir()
        shutil.copy(place / "admin-public.pem", place / "sslkeys")
        (place / "server.cfg").write_text(
            f"data_path = {name}/data\nserver_pipe_name = {name}/server.sock\nserver_listen_tls = *%lo:237\nmetrics_listen =\n"
            f"health_listen =\nserver_ssl_key_file = {name}/server.pem\nsslkeys_path = {name}/sslkeys\n"
        )
        endpoints = place / "endpoints"
        command = ["unshare", "--net", sys.executable, "-c", LO_UP, SERVER, "-c", f"{name}/server.cfg", "--endpoints", endpoints]
        with subprocess.Popen(command) as process:
            try:
                wait_for("the server", lambda: endpoints.exists() or process.poll() is not None)
                within = ["nsenter", f"--net=/proc/{process.pid}/ns/net", ADMIN, "--sslca-file", f"{name}/ca/cacert.pem", "-l"]
                key = ["--sslkey-file", f"{name}/admin.pem"]
                # over HTTP it is reached, and takes nobody for SYSTEM; elsewhere nothing listens
                for words, wanted in ((["-h", f"file://{name}/server.sock"], 0), (["-h", "http://localhost:236/"], 77),
                                      (["-h", "https://localhost:237/", *key], 0), (["-h", "https://localhost:237/"], 77),
                                      (["-h", "http://localhost:235/"], 69)):
                    done = subprocess.run([*within, *words], capture_output=True, text=True, timeout=WAIT, check=False)
                    assert done.returncode == wanted, (words, done)
            finally:
                process.terminate()
            assert process.wait(WAIT) == 0
    return None


def guessing():
    """each wrong password is one line of the log that a filter finds by user and address; others log on meanwhile"""
    with running() as (place, _):
        env = dict(line.split("=", 1) for line in (place / "endpoints.env").read_text().splitlines())
        assert admin(place, "-c", "anna", "-p", "right", "-f", "Anna", "-e", "anna@x.example")[0] == 0
        for _ in range(6):  # the last one has to wait
            assert log_on(env["SOAP_URL"], "anna", "wrong") == 0x80000009
        assert log_on(env["SOAP_URL"], "nobody", "wrong") == 0x80000009
        assert log_on(env["SOAP_URL"], "anna", "right") == 0
        log = [line for line in (place / "server.log").read_text().splitlines() if "logon-failed" in line]
        assert len(log) == 7, log
        for line, user in zip(log, ["anna"] * 6 + ["nobody"]):
            assert re.search(rf"logon-failed user={user} peer={re.escape(HOST)} program=mailer count=\d+$", line), line
        # the filter of packaging/fail2ban finds them
        rule = re.search(r"^failregex = (.*)$", FILTER.read_text(), re.M)[1].replace("<HOST>", r"(?P<host>\S+)")
        assert all(re.search(rule, line)["host"] == HOST for line in log)
        assert "wrong" not in (place / "server.log").read_text() + (place / "audit.log").read_text()


def script(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)


def told(path):
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


EVENTS = ("createuser", "deleteuser", "creategroup", "deletegroup", "createcompany", "deletecompany")


@contextlib.contextmanager
def with_scripts(*more):
    """A server whose drop-in folders write down what they are told; the script of a key wins over them."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for event in EVENTS:
            script(folder / f"vendor/{event}.d/10-tell", f"env >{folder}/{event}.new && mv {folder}/{event}.new {folder}/{event}")
        script(folder / "vendor/createuser.d/20-broken", "exit 9")
        script(folder / "etc/createuser.d/20-broken", "echo replaced; cat", "exit 3")
        script(folder / "vendor/createuser.d/30-off", f"touch {folder}/off")
        script(folder / "etc/createuser.d/30-off")
        (folder / "etc/createuser.d/30-off").write_text("")
        script(folder / "etc/createuser.d/40-left.old", f"touch {folder}/old")
        folders = f"--userscripts-folders={folder}/vendor {folder}/etc"
        names = [f"--{event}-script=internal" for event in EVENTS]
        with running(folders, *names, *more, environment={"SECRET": "x", "LANG": "C"}) as (place, process):
            yield folder, place, process


def user_scripts():
    """scripts run when users and groups come and go, with what the contract gives them and nothing else"""
    with with_scripts() as (folder, place, _):
        assert admin(place, "-c", "anna", "-p", "x", "-f", "Anna", "-e", "anna@x.example")[0] == 0
        env = told(folder / "createuser")
        assert env["TWIGA_USER"] == env["KOPANO_USER"] == env["ZARAFA_USER"] == "anna", env
        assert env["KOPANO_SOCKET"] == f"file://{place}/server.sock", env
        assert "SECRET" not in env and "HOME" not in env and env["LANG"] == "C", env
        log = (place / "server.log").read_text()
        assert "replaced" in log and "status=3" in log and "status=9" not in log, log
        assert not (folder / "off").exists() and not (folder / "old").exists()
        assert admin(place, "-g", "team")[0] == 0 and told(folder / "creategroup")["ZARAFA_GROUP"] == "team"
        assert admin(place, "-G", "team")[0] == 0 and told(folder / "deletegroup")["KOPANO_GROUPID"].isdigit()
        assert admin(place, "-d", "anna")[0] == 0
        env = told(folder / "deleteuser")
        guid = env["KOPANO_STOREGUID"]
        assert guid == env["ZARAFA_STOREID"] == env["TWIGA_STOREGUID"] and len(guid) == 32, env
        assert guid in admin(place, "--list-orphans")[1].lower()
        assert not (folder / "createcompany").exists()


def company_scripts():
    """likewise companies, and their users by the name they log on with"""
    with with_scripts("--enable-hosted-kopano=yes", "--loginname-format=%u@%c") as (folder, place, _):
        assert admin(place, "--create-company", "acme")[0] == 0
        assert told(folder / "createcompany")["KOPANO_COMPANY"] == "acme"
        assert admin(place, "-c", "bert@acme", "-p", "x", "-f", "Bert", "-e", "bert@x.example")[0] == 0
        assert told(folder / "createuser")["KOPANO_USER"] == "bert@acme"
        assert admin(place, "-d", "bert@acme")[0] == 0 and admin(place, "--delete-company", "acme")[0] == 0
        assert told(folder / "deletecompany")["ZARAFA_COMPANYID"].isdigit()


def scripts_call_back():
    """a script may use the server with our tools; one that hangs is killed with what it started; HUP reads the keys again"""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        script(folder / "store", f'exec {ADMIN} --create-store "$KOPANO_USER" 2>&1')
        script(folder / "gone", f'exec {ADMIN} --remove-store "$KOPANO_STOREGUID" 2>&1')
        script(folder / "hang", f"echo $$ >{folder}/pid", "(exec sleep 1000)", "echo never")
        keys = f"createuser_script = {folder}/store\ndeleteuser_script = {folder}/gone\nuserscript_timeout = 30s\n"
        with running() as (place, process):
            text = (place / "server.cfg").read_text()
            (place / "server.cfg").write_text(text + keys)
            process.send_signal(signal.SIGHUP)
            wait_for("the reload", lambda: "reloaded" in (place / "server.log").read_text())
            code, _, err = admin(place, "-c", "anna", "-p", "x", "-f", "Anna", "-e", "anna@x.example")
            assert code == 0, err
            log = (place / "server.log").read_text()
            assert "Store created" in log and "userscript-failed" not in log, log
            code, _, err = admin(place, "-d", "anna")
            assert code == 0, err
            log = (place / "server.log").read_text()
            assert "userscript-failed" not in log, log
            out = admin(place, "--list-orphans")[1]
            assert "anna" not in out, out

            keys = f"createuser_script = {folder}/hang\nuserscript_timeout = 1s\n"
            (place / "server.cfg").write_text(text + keys)
            process.send_signal(signal.SIGHUP)
            wait_for("the reload", lambda: (place / "server.log").read_text().count('reloaded') >= 2)
            assert admin(place, "-c", "bert", "-p", "x", "-f", "Bert", "-e", "bert@x.example")[0] == 0
            log = (place / "server.log").read_text()
            assert "userscript_timeout" in log and "never" not in log, log
            assert not pathlib.Path(f"/proc/{(folder / 'pid').read_text().strip()}").exists()
            assert "bert" in admin(place, "-l")[1]


def reloaded_keys():
    """quotas are those of server.cfg as HUP finds it; a key that vanished is its default again"""
    with running() as (place, process):
        text = (place / "server.cfg").read_text()
        assert admin(place, "-c", "anna", "-p", "x", "-f", "Anna", "-e", "anna@x.example")[0] == 0

        def shown():
            return json.loads(admin(place, "--details", "anna", "--json")[1])

        def reload(turn, keys):
            (place / "server.cfg").write_text(text + keys)
            process.send_signal(signal.SIGHUP)
            wait_for("the reload", lambda: (place / "server.log").read_text().count("reloaded") >= turn)
            return shown()

        first = shown()
        keys = "quota_warn = 10\nquota_soft = 20\nquota_hard = 30\n"
        second = reload(1, keys)
        changed = {name for name in first if first[name] != second[name]}
        levels = ["quota_warn", "quota_soft", "quota_hard"]
        assert changed == set(levels), (first, second)
        assert [second[level].split(".")[0].split()[0] for level in levels] == ["10", "20", "30"], second
        # a file with an error changes nothing
        (place / "server.cfg").write_text(text + "quota_warn = many\n")
        process.send_signal(signal.SIGHUP)
        wait_for("the refusal", lambda: "reload-failed" in (place / "server.log").read_text())
        assert shown() == second
        assert reload(2, "") == first


tap.run(
    [
        old_file,
        audited,
        kept,
        notified,
        refused,
        administrators,
        usual_ports,
        guessing,
        user_scripts,
        company_scripts,
        scripts_call_back,
        reloaded_keys,
    ]
)
