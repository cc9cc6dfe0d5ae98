# SPDX-License-Identifier: AGPL-3.0-or-later
"""Programs at a running server: twiga-admin and the example over file://, http:// and https:// with a client key."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402
from loopback import ANY_PORT, HOST, LISTEN  # noqa: E402

TWIGA, ADMIN, WALK, MAKER, PASSWD, STOREADM = (os.path.abspath(path) for path in sys.argv[1:7])
WAIT = 60  # seconds until a test gives up; never what a verdict depends on
PLAIN = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
PLAIN.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})


def make_certificates(place):
    for words in (("--host", HOST, "server"), ("--public", "admin"), ("--public", "stranger")):
        subprocess.run([MAKER, "--dir", str(place), "--batch", *words], check=True, capture_output=True)
    (place / "sslkeys").mkdir()
    shutil.copy(place / "admin-public.pem", place / "sslkeys")


@contextlib.contextmanager
def running(*more):
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name) / "files"
        shutil.copytree(MADE, place)
        endpoints = place / "endpoints.env"
        command = [TWIGA, "-c", "/dev/null", "--data-path", str(place / "data"), "--endpoints", str(endpoints), "--log-level=5"]
        command += ["--lmtp-listen=", "--imap-listen=", f"--server-listen={ANY_PORT}", f"--server-listen-tls={ANY_PORT}"]
        command += [f"--server-pipe-name={place}/server.sock", f"--server-ssl-key-file={place}/server.pem"]
        command += [f"--sslkeys-path={place}/sslkeys", f"--server-ssl-ca-file={place}/ca/cacert.pem", *more]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
            try:
                until = time.monotonic() + WAIT
                while not endpoints.exists():
                    assert process.poll() is None, process.stderr.read().decode()
                    assert time.monotonic() < until, "waited in vain for the server"
                    time.sleep(0.01)
                env = dict(line.split("=", 1) for line in endpoints.read_text().splitlines())
                env["place"] = place
                yield env
                process.terminate()
                assert process.wait(WAIT) == 0, process.returncode
            finally:
                if process.poll() is None:
                    process.kill()


def run(*words, environment=None):
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, timeout=WAIT,
        env={**PLAIN, **(environment or {})}, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def by_pipe(env):
    return ["-h", f"file://{env['SOAP_SOCKET']}"]


def by_tls(env, key="admin"):
    return ["-h", env["SOAP_TLS_URL"], f"--sslkey-file={env['place']}/{key}.pem", f"--sslca-file={env['place']}/ca/cacert.pem"]


def administer(how, env):
    """A company's life through one kind of connection."""

    def do(*words):
        code, out, err = run(ADMIN, *how(env), *words)
        assert code == 0, (words, code, out, err)
        return out

    assert do("-c", "anna", "-p", "secret", "-f", "Anna Ärmel", "-e", "anna@x.example") == "User created.\n"
    assert do("-c", "bert", "-p", "secret", "-f", "Bert", "-e", "bert@x.example", "--lang", "de_DE") == "User created.\n"
    assert do("-g", "staff") == "Group created.\n"
    do("-b", "anna", "-i", "staff")
    do("-u", "anna", "--qo", "1", "--qh", "100")
    assert "anna" in do("-l") and "bert" in do("-l")
    shown = json.loads(do("--details", "anna", "--json"))
    assert "Ärmel" in json.dumps(shown, ensure_ascii=False), shown
    assert "anna" in do("--type", "group", "--details", "staff")
    code, out, err = run(ADMIN, *how(env), "-c", "anna", "-p", "x", "-f", "Again", "-e", "again@x.example")
    assert code == 1 and out == "" and "twiga-admin: " in err, (code, out, err)
    code, _, err = run(ADMIN, *how(env), "--details", "nobody")
    assert code == 1 and "nobody" in err, (code, err)
    do("-d", "bert")
    assert "bert" not in do("-l")
    assert "bert" in do("--list-orphans")


def over_socket():
    """over the Unix socket the server's own account administers"""
    with running() as env:
        administer(by_pipe, env)


def over_tls():
    """over HTTPS a trusted key administers; another one does not, and a server that nobody signed is left alone"""
    with running() as env:
        administer(by_tls, env)
        code, out, err = run(ADMIN, *by_tls(env, "stranger"), "-l")
        assert code == 77 and out == "", (code, out, err)
        code, out, err = run(ADMIN, "-h", env["SOAP_TLS_URL"], f"--sslkey-file={env['place']}/admin.pem", "--sslca-file=", "-l")
        assert code == 77 and out == "" and "certificate" in err, (code, out, err)


def locked_key():
    """a key with a password, in a file that names a server elsewhere: with the password it administers, without it says so (S155-S157)"""
    with running() as env:
        place = env["place"]
        key = subprocess.run(["openssl", "pkey", "-aes256", "-passout", "pass:sesame", "-in", str(place / "admin.pem")], capture_output=True, check=True).stdout
        made = (place / "admin.pem").read_bytes()
        (place / "locked.pem").write_bytes(key + made[made.index(b"-----BEGIN CERTIFICATE"):])
        for said, good in (("sslkey_pass = sesame\n", True), ("sslkey_pass = wrong\n", False), ("", False)):
            (place / "admin.cfg").write_text(f"server_socket = {env['SOAP_TLS_URL']}\nsslkey_file = {place}/locked.pem\n"
                                             f"sslca_file = {place}/ca/cacert.pem\n{said}")
            code, out, err = run(ADMIN, f"--config={place}/admin.cfg", "-l")
            assert (code == 0, "SYSTEM" in out) == (good, good), (said, code, out, err)
            assert good or "locked.pem" in err, err


def over_plain():
    """over HTTP nobody is SYSTEM"""
    with running() as env:
        code, out, err = run(ADMIN, "-h", env["SOAP_URL"], "-l")
        assert code == 77 and out == "", (code, out, err)


def named():
    """the server is found by the configuration and the environment; one that is not there is exit 69"""
    with running() as env:
        url = f"file://{env['SOAP_SOCKET']}"
        for name in ("TWIGA_SOCKET", "KOPANO_SOCKET", "ZARAFA_SOCKET"):
            code, out, err = run(ADMIN, "-l", environment={name: url})
            assert code == 0 and "SYSTEM" in out, (name, out, err)
        config = env["place"] / "admin.cfg"
        config.write_text(f"server_socket = {url}\nsomething_of_another_program = 1\n")
        assert run(ADMIN, "--config", config, "-l")[0] == 0
        # a folder that is named too does not count then
        assert run(ADMIN, "--config", config, f"--data-path={env['place']}/data", "-l")[0] == 0
        code, _, err = run(ADMIN, f"--data-path={env['place']}/data", "-l")
        assert code == 75 and "in use" in err, (code, err)
        for url in (f"file://{env['place']}/nothing.sock", f"http://{LISTEN}:1/"):
            code, out, err = run(ADMIN, "-h", url, "-l")
            assert code == 69 and out == "" and url in err, (code, err)
        assert run(ADMIN, "-h", "gopher://x/", "-l")[0] in (1, 64)
        assert run(ADMIN, "--node", "a", "-l")[0] == 69


def walk():
    """the example reads the demo company's mailboxes, as SYSTEM, at the running server"""
    with running("--demo") as env:
        code, said, err = run(WALK, "--server", f"file://{env['SOAP_SOCKET']}")
        assert code == 0, err
        for suffix in ("", "2", "3"):
            assert f"{env['DEMO_USER' + suffix]} <{env['DEMO_ADDR' + suffix]}>" in said
        assert said.count("IPM_SUBTREE (") == 3
        assert "        * " in said  # a message somebody has not read
        code, said, _ = run(WALK, "--server", f"file://{env['SOAP_SOCKET']}", env["DEMO_USER2"])
        assert code == 0 and said.count("IPM_SUBTREE (") == 1
        assert run(WALK, "--server", env["SOAP_URL"])[0] == 1


def password():
    """a user changes the own password, an administrator anybody's; a wrong old one is exit 1 and changes nothing"""
    with running() as env:
        how = by_pipe(env)
        assert run(ADMIN, *how, "-c", "anna", "-p", "first", "-f", "Anna", "-e", "anna@x.example")[0] == 0

        def change(*words, stdin="", url=env["SOAP_URL"]):
            done = subprocess.run(
                [PASSWD, "-h", url, *words], input=stdin, capture_output=True, text=True, timeout=WAIT, env=PLAIN, check=False
            )
            return done.returncode, done.stdout, done.stderr

        said = "Password changed.\n"
        assert change("-u", "anna", "-o", "first", "-p", "second")[:2] == (0, said)
        assert change("-u", "anna", "-o", "first", "-p", "third")[:2] == (1, "")
        assert change("-u", "anna", stdin="second\nthird\nthird\n")[:2] == (0, said)
        code, _, err = change("-u", "anna", stdin="third\nx\ny\n")
        assert code == 1 and "do not match" in err, err
        assert change("-u", "anna", "-p", "by-system")[:2] == (77, "")  # over HTTP nobody is SYSTEM
        assert change("-u", "anna", "-p", "by-system", url=how[1])[:2] == (0, said)
        assert change("-u", "anna", "-o", "by-system", "-p", "own", url=how[1])[:2] == (0, said)
        # the server's own account is trusted over its socket, but not as somebody whose password is wrong
        assert change("-u", "anna", "-o", "wrong", "-p", "x", url=how[1])[:2] == (1, "")
        code, _, err = change("-u", "nobody", "-p", "x", url=how[1])
        assert code == 1 and "nobody" in err
        assert change("-p", "x")[0] == 64
        assert change("-u", "anna", "-p", "x", url=f"http://{LISTEN}:1/")[0] == 69


def stores():
    """stores are made, listed, detached, given to others and removed"""
    with running() as env:
        how = by_pipe(env)
        for name in ("anna", "bert"):
            assert run(ADMIN, *how, "-c", name, "-p", "x", "-f", name, "-e", f"{name}@x.example")[0] == 0

        def do(*words):
            code, out, err = run(STOREADM, *how, *words)
            assert code == 0, (words, code, out, err)
            return out

        def listed():
            return {row["guid"]: row for row in json.loads(do("-M", "--output-format=json"))}

        assert sorted(row["owner"] for row in listed().values()) == ["anna", "bert"]
        assert "Owner" in do("-M") and "anna" in do("-M")
        assert do("-P") == "Public store created.\n"
        assert any(row["type"] == "public" for row in listed().values())
        guid = do("-D", "-n", "anna").rsplit(" ", 1)[1].strip(".\n")
        assert listed()[guid]["owner"] == "" and guid in do("-O")
        assert do("-C", "-n", "anna", "-l", "de_DE") == "Store created.\n"
        # bert gets anna's old store; his own becomes an orphan
        said = do("-A", guid, "-n", "bert").splitlines()
        assert said[0].startswith("Store unhooked. Store GUID is ") and said[1:] == ["Store hooked."], said
        assert listed()[guid]["owner"] == "bert"
        orphans = [row["guid"] for row in listed().values() if row["owner"] == "" and row["type"] == "private"]
        assert len(orphans) == 1
        assert do("-R", orphans[0], "--dry-run") == f'Would delete store "{orphans[0]}".\n' and orphans[0] in listed()
        assert do("-R", orphans[0]) == "Store removed.\n"
        assert orphans[0] not in listed()
        for words in (["-R", guid], ["-R", guid, "--dry-run"], ["-C", "-n", "anna"], ["-C", "-n", "nobody"], ["-A", guid, "-n", "anna"]):
            code, out, err = run(STOREADM, *how, *words)
            assert code == 1 and out == "" and err.startswith("twiga-storeadm: "), (words, code, out, err)
        for words in ([], ["-C"], ["-C", "-D", "-n", "anna"], ["-M", "-n", "anna"], ["-C", "-n", "a", "-t", "x"], ["-M", "-l", "de"]):
            assert run(STOREADM, *how, *words)[0] == 64, words


with tempfile.TemporaryDirectory() as made_in:
    MADE = pathlib.Path(made_in) / "made"
    MADE.mkdir()
    make_certificates(MADE)
    tap.run([over_socket, over_tls, locked_key, over_plain, named, walk, password, stores])
