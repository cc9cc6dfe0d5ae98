# SPDX-License-Identifier: AGPL-3.0-or-later
"""user_plugin = unix: accounts and groups of passwd and group files, passwords of a shadow file or PAM; what comes, changes and goes."""
import contextlib
import imaplib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402
import user_source  # noqa: E402
from loopback import HOST  # noqa: E402
from user_source import STOREADM, answer, logs_on, server  # noqa: E402
from waiting import WAIT, wait_for  # noqa: E402

CHECKER = os.path.abspath(sys.argv[4])

# openssl passwd -6 -salt saltsalt PASSWORD
HASHES = {}
PASSWD = """root:x:0:0:root:/root:/bin/bash
ada:x:1001:1001:Ada Lovelace,Room 1,,:/home/ada:/bin/bash
grace:x:1002:1001:Grace H\xf6pper:/home/grace:/bin/bash
desk:x:1003:1003::/home/desk:/sbin/nologin
left:x:1004:1004:Left Out:/home/left:/bin/bash
system:x:1005:1005:Reserved Name:/home/system:/bin/bash
far:x:20000:20000:Far:/home/far:/bin/bash
"""
GROUP = """root:x:0:
people:x:1001:grace
staff:x:1010:ada,desk,nobody-there
"""


def hash_of(password):
    if password not in HASHES:
        done = subprocess.run(["openssl", "passwd", "-6", "-salt", "saltsalt", password], capture_output=True, text=True, check=True)
        HASHES[password] = done.stdout.strip()
    return HASHES[password]


class Place(user_source.Place):
    def __init__(self, path):
        super().__init__(path, "unix")
        self.write("passwd", PASSWD)
        self.write("group", GROUP)
        self.write("shadow", "".join(f"{name}:{hash_of('pw-' + name)}:19000:0:99999:7:::\n" for name in ("ada", "grace", "desk")))
        self.config.write_text(
            f"passwd_file = {path}/passwd\ngroup_file = {path}/group\nshadow_file = {path}/shadow\n"
            "default_domain = example.org\nexcept_user_uids = 1004\n"
        )

    def write(self, name, text):
        """As editors of such files do: whole, by renaming."""
        (self.path / (name + ".new")).write_bytes(text.encode("latin-1"))
        (self.path / (name + ".new")).rename(self.path / name)


@contextlib.contextmanager
def fresh():
    with tempfile.TemporaryDirectory() as name:
        yield Place(pathlib.Path(name))


def listed():
    """the directory is what the files say: uids and gids in bounds, full names, shells, members, first groups (S116)"""
    with fresh() as place, server(place) as env:
        users = place.admin("-l")
        for name in ("ada", "grace", "desk"):
            assert re.search(rf"^\s*{name}\b", users, re.M), users
        for name in ("root", "left", "far", "nobody-there"):
            assert not re.search(rf"^\s*{name}\b", users, re.M), users
        assert "Ada Lovelace" in users and "Room" not in users and "Grace Höpper" in users, users
        text = place.admin("--details", "ada")
        assert "ada@example.org" in text and "staff" in text and "people" in text, text
        text = place.admin("--details", "people", "--type", "group")
        assert "ada" in text and "grace" in text and "desk" not in text, text
        wait_for("stores", lambda: "made desk" in place.told() and "made grace" in place.told() and "group staff" in place.told())
        wait_for("a store", lambda: "Store GUID" in place.admin("--details", "grace") or "store guid" in place.admin("--details", "grace").lower())
        assert "user-left-out user=system" in place.log(), place.log()
        assert logs_on(env, "ada", "pw-ada") and logs_on(env, "ADA", "pw-ada")
        for name, password in (("ada", "pw-grace"), ("ada", ""), ("desk", "pw-desk"), ("left", "x"), ("root", "x"), ("system", "")):
            assert not logs_on(env, name, password), name


def changes():
    """what changes in the files is seen: new, renamed, swapped, gone, back; stores stay with uids, and of who is gone as orphans"""
    with fresh() as place:
        with server(place) as env:
            wait_for("a store", lambda: "made ada" in place.told() and "made grace" in place.told())
            wait_for("a mailbox", lambda: answer(env, "ada", "pw-ada") == "yes")
            imap = imaplib.IMAP4(HOST, int(env["IMAP_PORT"]))
            imap.login("ada", "pw-ada")
            imap.create("of-ada")
            imap.shutdown()
            # names are swapped: the uid says who it is
            place.write("passwd", PASSWD.replace("ada:x", "tmp:x").replace("grace:x", "ada:x").replace("tmp:x", "grace:x")
                        + "alan:x:1006:1001:Alan Turing:/home/alan:/bin/bash\n")
            place.admin("--sync")
            wait_for("alan", lambda: "made alan" in place.told())
            assert "Grace" in place.admin("--details", "ada")
            imap = imaplib.IMAP4(HOST, int(env["IMAP_PORT"]))
            imap.login("grace", "pw-grace")
            assert b"of-ada" in b"".join(line or b"" for line in imap.list()[1])
            imap.shutdown()
            # without being asked: the interval
            place.write("passwd", PASSWD.replace("Ada Lovelace", "Ada King"))
            wait_for("the name", lambda: "Ada King" in place.admin("--details", "ada"))
            wait_for("the end of alan", lambda: place.told().count("gone ") == 1)
            place.write("passwd", "\n".join(line for line in PASSWD.split("\n") if not line.startswith("ada:")))
            wait_for("the end of ada", lambda: place.told().count("gone ") == 2)
            assert not logs_on(env, "ada", "pw-ada")
            place.admin("--details", "ada", code=1)
            store = re.findall(r"gone ([0-9A-Fa-f]{32})", place.told())[-1]
            stores = subprocess.run([STOREADM, "-h", f"file://{place.path}/server.sock", "-O"], capture_output=True, text=True, timeout=WAIT, check=True).stdout
            assert store.lower() in stores.lower(), (store, stores)
            place.write("passwd", PASSWD)
            wait_for("a new one", lambda: place.told().count("made ada") == 2)
            wait_for("a mailbox", lambda: answer(env, "ada", "pw-ada") == "yes")
            imap = imaplib.IMAP4(HOST, int(env["IMAP_PORT"]))
            imap.login("ada", "pw-ada")
            assert not b"of-ada" in b"".join(line or b"" for line in imap.list()[1])
            imap.shutdown()
            told = place.told()
        with server(place) as env:  # nothing of it is told twice
            assert logs_on(env, "grace", "pw-grace")
            assert place.told() == told


def away():
    """files that are not there leave everybody where they were, also over a restart; an empty one is not believed"""
    with fresh() as place:
        with server(place) as env:
            wait_for("a store", lambda: "made ada" in place.told() and "made grace" in place.told())
            (place.path / "passwd").rename(place.path / "passwd.away")
            wait_for("the log", lambda: "user-source-away" in place.log())
            assert logs_on(env, "ada", "pw-ada")
            place.admin("--sync", code=1)
            assert "ada" in place.admin("-l")
            place.write("passwd", "root:x:0:0::/root:/bin/sh\n")
            time_of = place.log().count("user-source-back")
            place.admin("--sync", code=1)
            assert place.log().count("user-source-back") == time_of and "ada" in place.admin("-l")
            (place.path / "shadow").rename(place.path / "shadow.away")
            imap = imaplib.IMAP4(HOST, int(env["IMAP_PORT"]))
            try:
                imap.login("grace", "pw-grace")
                raise AssertionError("logged on")
            except imaplib.IMAP4.error as error:
                assert "AUTHENTICATIONFAILED" not in str(error), error
            imap.shutdown()
            (place.path / "shadow.away").rename(place.path / "shadow")
            (place.path / "passwd").unlink()
        with server(place) as env:
            assert logs_on(env, "ada", "pw-ada")
            (place.path / "passwd.away").rename(place.path / "passwd")
            wait_for("the log", lambda: "user-source-back" in place.log())
    with fresh() as place:
        (place.path / "passwd").unlink()
        with server(place, code=1) as said:
            assert "passwd" in said, said


def written():
    """twiga-admin changes what the files do not say, and nothing else (4.3)"""
    with fresh() as place:
        with server(place):
            wait_for("a store", lambda: "made ada" in place.told())
            place.admin("-u", "ada", "-e", "countess@example.org", "-a", "1", "--qo", "y", "--qh", "100")
            place.admin("--add-sendas", "grace", "-u", "ada")
            for words in (("-c", "new", "-p", "x", "-f", "N", "-e", "n@x.org"), ("-d", "ada"), ("-u", "ada", "-p", "other"),
                          ("-u", "ada", "-f", "Other Name"), ("-u", "ada", "-U", "eda"), ("-b", "grace", "-i", "staff"), ("-g", "more"),
                          ("-B", "ada", "-i", "staff")):
                said = place.admin(*words, code=1)
                assert re.search("not supported|unsupported|cannot|not possible|elsewhere", said.lower()), (words, said)
            place.write("passwd", PASSWD.replace("Ada Lovelace", "Ada King"))
            wait_for("the name", lambda: "Ada King" in place.admin("--details", "ada"))
            text = place.admin("--details", "ada")
            assert "countess@example.org" in text and "Administrator:\t\t\tyes" in text, text
        # another plugin does not take them over
        for plugin in ("db",):
            with server(place, f"--user-plugin={plugin}", code=1) as said:
                assert "kept by the plugin unix" in said, said


def reloaded():
    """at SIGHUP unix.cfg is read again and users with it; one that is wrong is told of and changes nothing"""
    with fresh() as place, server(place) as env:
        wait_for("a store", lambda: "made ada" in place.told() and "made grace" in place.told())
        good = place.config.read_text().replace("except_user_uids = 1004\n", "")
        place.config.write_text(good)
        place.reload()
        wait_for("who was left out", lambda: "made left" in place.told())
        place.config.write_text(good + "min_user_uid = many\n")
        place.reload()
        wait_for("the log", lambda: "reload-failed" in place.log())
        assert re.search("reload-failed.*user_plugin_config", place.log()), place.log()
        place.write("passwd", PASSWD.replace("Ada Lovelace", "Ada King"))
        wait_for("the name", lambda: "Ada King" in place.admin("--details", "ada"))
        assert re.search(r"^\s*left\b", place.admin("-l"), re.M) and answer(env, "ada", "pw-ada") == "yes"
        place.config.write_text(good.replace("default_domain = example.org", "default_domain = example.net") + "except_user_uids = 1003\n")
        place.reload()
        wait_for("who is left out now", lambda: "gone " in place.told())
        place.write("passwd", PASSWD + "alan:x:1006:1001:Alan Turing:/home/alan:/bin/bash\n")
        wait_for("alan", lambda: "made alan" in place.told())
        assert "alan@example.net" in place.admin("--details", "alan") and "grace@example.org" in place.admin("--details", "grace")


def safe():
    """user_safe_mode: who came and went is in the log, and nothing happens (S048)"""
    with fresh() as place:
        with server(place) as env:
            wait_for("a store", lambda: answer(env, "ada", "pw-ada") == "yes")
            wait_for("the rest", lambda: "group staff" in place.told())
        place.write("passwd", PASSWD.replace("ada:x:1001", "alan:x:1007").replace("H\xf6pper", "Hopper"))
        with server(place, "--user-safe-mode=yes") as env:
            assert re.search(r"1 new, \d+ changed, 1 gone", place.log()), place.log()
            users = place.admin("-l")
            assert "ada" in users and "alan" not in users and "Grace Hopper" in users, users
            assert logs_on(env, "ada", "pw-ada")
        with server(place):
            wait_for("the end", lambda: "gone " in place.told() and "made alan" in place.told())


def pam():
    """auth_method = pam asks the service: a right password, a wrong one, nobody; a service that cannot say lets nobody in"""
    with fresh() as place:
        check = place.path / "check"
        check.write_text('#!/bin/sh\ngiven=$(tr -d "\\000")\n[ "$given" = "pam-$PAM_USER" ]\n')
        check.chmod(0o755)
        (place.path / "pam.d").mkdir()
        (place.path / "pam.d/mail").write_text(
            f"auth [success=1 default=ignore] pam_exec.so expose_authtok quiet {check}\nauth requisite pam_deny.so\n"
            "auth required pam_permit.so\naccount required pam_permit.so\n"
        )
        with server(place, "--auth-method=pam", "--pam-service=mail", f"--pam-folder={place.path}/pam.d") as env:
            wait_for("a store", lambda: "made ada" in place.told() and "made grace" in place.told())
            wait_for("a mailbox", lambda: answer(env, "ada", "pam-ada") == "yes")
            for name, password in (("ada", "pw-ada"), ("ada", ""), ("nobody", "pam-nobody"), ("desk", "pam-desk")):
                assert not logs_on(env, name, password), (name, password)
        (place.path / "pam.d/broken").write_text("auth required pam_that_is_not_there.so\n")
        with server(place, "--auth-method=pam", "--pam-service=broken", f"--pam-folder={place.path}/pam.d") as env:
            assert answer(env, "ada", "pam-ada") != "yes"


def hosted():
    """with companies it does not start (S161)"""
    with fresh() as place, server(place, "--enable-hosted-kopano=yes", "--loginname-format=%u@%c", code=1) as said:
        assert "unix" in said and "companies" in said, said


def checked():
    """twiga-cfgchecker reads a unix.cfg, and there is a page about each key"""
    with fresh() as place:
        path = place.config
        for text, code, said in ((path.read_text(), 0, ""), ("min_user_uid = 5\nmax_user_uid = 4\n", 1, "max_user_uid"), ("min_uid = 5\n", 1, "min_uid")):
            path.write_text(text)
            done = subprocess.run([CHECKER, "-u", str(path)], capture_output=True, text=True, timeout=WAIT, check=False)
            assert (done.returncode, said in done.stdout) == (code, True), (text, done)
        page = subprocess.run([CHECKER, "--dump-plugin-man=unix"], capture_output=True, text=True, timeout=WAIT, check=True).stdout
        (place.path / "twiga-unix.cfg.5").write_text(page)
        lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", str(place.path / "twiga-unix.cfg.5")], capture_output=True, text=True, check=False)
        assert "except_group_gids" in page and not [line for line in lint.stdout.splitlines() if "date" not in line], lint.stdout


tap.run([checked, listed, changes, away, written, reloaded, safe, pam, hosted])
