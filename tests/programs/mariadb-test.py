# SPDX-License-Identifier: AGPL-3.0-or-later
"""twiga with its databases on MariaDB: mail comes in and is read, stores move there and back, what is wrong is said clearly.

Run by support/with-mariadb.py, which starts the database server.
"""
import contextlib
import imaplib
import os
import pathlib
import re
import signal
import smtplib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402

TWIGA, DBADM, DATA = (os.path.abspath(path) for path in sys.argv[1:4])
SOCKET = os.environ.get("TW_MARIA_SOCKET", "")
WAIT = 60  # seconds until a test gives up; never what a verdict depends on
MAILS = 20


def sql(text):
    done = subprocess.run(["mariadb", "--no-defaults", "-S", SOCKET, "-N", "-e", text], capture_output=True, text=True,
                          timeout=WAIT, check=True)
    return done.stdout.strip()


def keys(database, **more):
    """Options that say where the databases are."""
    values = {"engine": "mysql", **more}
    return [f"--database-engine={values['engine']}", f"--mysql-socket={values.get('socket', SOCKET)}",
            f"--mysql-database={database}", "--mysql-lease=2"]


def start(place, database, *more, options=None):
    endpoints = place / "endpoints.env"
    endpoints.unlink(missing_ok=True)
    return subprocess.Popen(
        [TWIGA, "--data-path", str(place / "data"), "--demo", "--health-listen=", "--metrics-listen=",
         "--lmtp-listen=127.0.0.1:0", "--imap-listen=127.0.0.1:0", "--pop3-listen=", "--ical-listen=", "--server-listen=",
         f"--server-pipe-name={place}/server.sock", "--log-method=file", "--log-file=-", "--endpoints", str(endpoints),
         *(options or keys(database)), *more],
        stderr=subprocess.PIPE, text=True)


def wait_ready(place, process):
    until = time.monotonic() + WAIT
    while not (place / "endpoints.env").exists():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < until, "waited in vain for the server"
        time.sleep(0.01)
    return dict(line.split("=", 1) for line in (place / "endpoints.env").read_text().splitlines())


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield pathlib.Path(name)


def deliver(env, first, last):
    with smtplib.LMTP("127.0.0.1", int(env["LMTP_PORT"])) as lmtp:
        for number in range(first, last):
            lmtp.sendmail("a@example.org", [env["DEMO_ADDR"]], f"Subject: number {number}\r\n\r\n" + "x" * 3000 + "\r\n")


def subjects(env):
    with imaplib.IMAP4("127.0.0.1", int(env["IMAP_PORT"])) as imap:
        imap.login(env["DEMO_USER"], env["DEMO_PASS"])
        imap.select("INBOX", readonly=True)
        found = imap.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
        return sorted(int(n) for n in re.findall(rb"number (\d+)", b"".join(row[1] for row in found if isinstance(row, tuple))))


def mail():
    """mail is delivered and read; a second server is refused; after kill -9 another takes over with everything"""
    with folder() as place, folder() as other:
        process = start(place, "mail")
        env = wait_ready(place, process)
        deliver(env, 0, MAILS)
        assert subjects(env) == list(range(MAILS))
        second = start(other, "mail")
        said = second.communicate(timeout=WAIT)[1]
        assert second.returncode == 1 and "another node has this database" in said, (second.returncode, said)
        process.kill()
        process.communicate()
        process = start(place, "mail")
        env = wait_ready(place, process)
        assert subjects(env) == list(range(MAILS))
        deliver(env, MAILS, 2 * MAILS)
        assert subjects(env) == list(range(2 * MAILS))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=WAIT)
        assert process.returncode == 0
        assert sql("SELECT node FROM mail_1.twiga_lease") == ""


def taken():
    """a server whose databases another took stops by itself, and says that it wants to be started again"""
    with folder() as place:
        process = start(place, "taken")
        wait_ready(place, process)
        sql("UPDATE taken_1.twiga_lease SET lease_no = lease_no + 1")
        said = process.communicate(timeout=WAIT)[1]
        assert process.returncode == 75 and "lease-lost" in said, (process.returncode, said)


def is_new():
    """Whether the database server answers and has forgotten what restarted() told the one before."""
    try:
        return sql("SELECT @@global.max_connect_errors") != "4711"
    except subprocess.CalledProcessError:
        return False


def restarted():
    """the database server dies under load and comes back: what was answered is there, and the server goes on by itself (S045)"""
    with folder() as place:
        process = start(place, "again", "--mysql-lease=120")
        env = wait_ready(place, process)
        sql("SET GLOBAL max_connect_errors = 4711")
        os.kill(int(os.environ["TW_MARIA_KEEPER"]), signal.SIGHUP)
        until, answered, number, after = time.monotonic() + WAIT, set(), 0, 0
        while after < MAILS:
            assert process.poll() is None and time.monotonic() < until, (process.returncode, len(answered), after)
            new = is_new()
            with contextlib.suppress(smtplib.SMTPException, OSError):  # sent again by whoever was refused
                deliver(env, number, number + 1)
                answered.add(number)
                after += new
            number += 1
        found = subjects(env)
        assert answered <= set(found), sorted(answered - set(found))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=WAIT)
        assert process.returncode == 0


def dbadm(there, options, *words):
    done = subprocess.run([DBADM, f"--data-path={there}", "--quiet", *options, *map(str, words)], capture_output=True, text=True,
                          timeout=WAIT)
    assert done.returncode == 0, f"{words}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def counts(text):
    return re.search(r"\d+ folders, \d+ messages, \d+ values", text).group(0)


def moves():
    """a store goes from SQLite to MariaDB and back, with its GUID and all that is in it"""
    sqlite = ["--database-engine=sqlite"]
    with folder() as place:
        guid = subprocess.run([DATA, "make", str(place / "old")], capture_output=True, text=True, check=True).stdout.strip()
        before = counts(dbadm(place / "old", sqlite, "--store", guid, "export", place / "1"))
        there = dbadm(place / "there", keys("moves"), "import", place / "1")
        assert counts(there) == before and guid.strip("{}").lower() in there.lower(), there
        assert "0 findings" in dbadm(place / "there", keys("moves"), "check", "--deep")
        assert sql("SELECT count(*) > 0 FROM moves_1.msg") == "1"
        assert counts(dbadm(place / "there", keys("moves"), "--store", guid, "export", place / "2")) == before
        back = dbadm(place / "back", sqlite, "import", place / "2")
        assert counts(back) == before, back
        assert "0 findings" in dbadm(place / "back", sqlite, "check", "--deep")
        assert counts(dbadm(place / "back", sqlite, "--store", guid, "export", place / "3")) == before
        assert (place / "3").stat().st_size == (place / "1").stat().st_size


def refused():
    """no server, another's database, a setting that would lose mail, the other engine's folder: said, and no start"""
    sql("CREATE DATABASE foreign_one; CREATE TABLE foreign_one.hierarchy(id INT PRIMARY KEY)")
    cases = [
        (keys("x", socket="/nowhere/socket"), "2002"),
        (keys("foreign_one"), "not ours"),
        (keys("two words"), "mysql_database"),
    ]
    for options, words in cases:
        with folder() as place:
            process = start(place, "", options=options)
            said = process.communicate(timeout=WAIT)[1]
            assert process.returncode not in (0, -signal.SIGSEGV) and words in said, (options, said)
    sql("SET GLOBAL innodb_flush_log_at_trx_commit = 2")
    with folder() as place:
        process = start(place, "lax")
        said = process.communicate(timeout=WAIT)[1]
        assert process.returncode == 1 and "innodb_flush_log_at_trx_commit" in said, said
        sql("SET GLOBAL innodb_flush_log_at_trx_commit = 1")
        process = start(place, "lax")
        wait_ready(place, process)
        process.terminate()
        process.communicate(timeout=WAIT)
        process = start(place, "", options=["--database-engine=sqlite"])
        said = process.communicate(timeout=WAIT)[1]
        assert process.returncode == 1, said
    with folder() as place:
        subprocess.run([DATA, "make", str(place / "data")], capture_output=True, check=True)
        process = start(place, "files")
        said = process.communicate(timeout=WAIT)[1]
        assert process.returncode == 1 and "keeps its databases in files" in said, said


tap.run([mail, taken, restarted, moves, refused])
