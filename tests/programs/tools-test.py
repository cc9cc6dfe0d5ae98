# SPDX-License-Identifier: AGPL-3.0-or-later
"""Small programs for users and administrators at a running server."""
import contextlib
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402
from loopback import ANY_PORT, LISTEN  # noqa: E402

TWIGA, ADMIN, OOF, RIGHTS, STATS = (os.path.abspath(path) for path in sys.argv[1:6])
WAIT = 60  # seconds until a test gives up; never what a verdict depends on
PLAIN = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
PLAIN.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})


def run(*words, environment=None, stdin=""):
    done = subprocess.run(
        [str(word) for word in words], input=stdin, capture_output=True, text=True, timeout=WAIT,
        env={**PLAIN, **(environment or {})}, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@contextlib.contextmanager
def running(*users):
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        endpoints = place / "endpoints.env"
        command = [TWIGA, "-c", "/dev/null", "--data-path", str(place / "data"), "--endpoints", str(endpoints), "--log-level=3"]
        command += ["--lmtp-listen=", "--imap-listen=", f"--server-listen={ANY_PORT}", f"--server-pipe-name={place}/server.sock"]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
            try:
                until = time.monotonic() + WAIT
                while not endpoints.exists():
                    assert process.poll() is None, process.stderr.read().decode()
                    assert time.monotonic() < until, "waited in vain for the server"
                    time.sleep(0.01)
                env = dict(line.split("=", 1) for line in endpoints.read_text().splitlines())
                env["place"] = place
                env["pipe"] = f"file://{env['SOAP_SOCKET']}"
                for user in users:
                    words = ["-c", user, "-p", f"of-{user}", "-f", user.title(), "-e", f"{user}@x.example"]
                    code, _, err = run(ADMIN, "-h", env["pipe"], *words)
                    assert code == 0, err
                yield env
                process.terminate()
                assert process.wait(WAIT) == 0, process.returncode
            finally:
                if process.poll() is None:
                    process.kill()


def out_of_office():
    """out of office is switched and told, as SYSTEM and as the user; times and texts are kept"""
    with running("anna") as env:

        def do(*words, **more):
            code, out, err = run(OOF, "-h", env["pipe"], *words, **more)
            assert code == 0, (words, code, out, err)
            return json.loads(out)

        def fails(wanted, *words, **more):
            code, out, err = run(OOF, "-h", env["pipe"], *words, **more)
            assert code == wanted and out == "" and "twiga-oof: " in err, (words, code, out, err)
            return err

        nothing = {"set": False, "active": False, "from": "infinite", "until": "infinite", "subject": "", "message": ""}
        assert do("-u", "anna") == nothing
        text = env["place"] / "text"
        text.write_text('Bin nicht da.\nÜber "Ärmel" später.\n', encoding="utf-8")
        on = do("-u", "anna", "-m", "1", "-t", "Weg", "-n", text)
        assert on == {**nothing, "set": True, "active": True, "subject": "Weg", "message": text.read_text(encoding="utf-8")}
        assert do("-u", "anna", "--dump-json") == on
        # a window: what has passed and what is to come are not active
        past = do("-u", "anna", "--from", "2001-02-03 04:05", "--until", "2001-03-01 00:00")
        assert past == {**on, "active": False, "from": "2001-02-03 04:05", "until": "2001-03-01 00:00"}
        assert do("-u", "anna", "--to", "infinite") == {**on, "from": "2001-02-03 04:05"}
        assert do("-u", "anna", "--from", "9000-01-01 00:00")["active"] is False
        assert do("-u", "anna", "--from", "infinite") == on
        # a time is one of the zone that the caller lives in
        do("-u", "anna", "--from", "2020-06-01 12:00", environment={"TZ": "UTC-2"})
        assert do("-u", "anna")["from"] == "2020-06-01 10:00"
        assert do("-u", "anna", "--from", "infinite") == on
        # the historic form: - changes texts, but not while somebody is away
        assert "is on" in fails(1, "anna", "-", "Other")
        assert do("anna", "0") == {**on, "set": False, "active": False}
        assert do("anna", "-", "Other", text)["subject"] == "Other"
        assert do("anna", "1", "Third")["set"] is True
        shown = run(ADMIN, "-h", env["pipe"], "--details", "anna")[1]
        assert "enabled" in shown, shown
        # the user's own session, also where nobody is SYSTEM
        url = ["-h", env["SOAP_URL"]]
        assert do("-u", "anna", "-m", "0", "-p", "of-anna", *url)["set"] is False
        assert do("-u", "anna", *url, environment={"OOF_PASSWORD": "of-anna"})["subject"] == "Third"
        assert do("-u", "anna", "-x", *url, stdin="of-anna\n")["subject"] == "Third"
        fails(1, "-u", "anna", "-p", "wrong", "-m", "1", *url)
        fails(1, "-u", "anna", "-x", *url)
        fails(77, "-u", "anna", "-m", "1", *url)
        assert do("-u", "anna")["set"] is False
        # what is refused changes nothing
        before = do("-u", "anna")
        assert "nobody" in fails(1, "-u", "nobody", "-m", "1")
        fails(1, "-u", "anna", "--from", "2021-01-01 00:00", "--until", "2021-01-01 00:00", "-m", "1")
        fails(1, "-u", "anna", "-n", env["place"] / "none", "-m", "1")
        text.write_bytes(b"\xff\xfe")
        fails(64, "-u", "anna", "-n", text)
        for words in (["-m", "1"], ["-u", "anna", "-m", "2"], ["-u", "anna", "anna", "1"], ["anna"], ["anna", "x"]):
            fails(64, *words)
        for when in ("2020-13-01 00:00", "2020-02-30 00:00", "2020-01-01 24:00", "2020-01-01", "2020-01-01T00:00", "1500-01-01 00:00", ""):
            fails(64, "-u", "anna", "--from", when)
        assert do("-u", "anna") == before
        fails(69, "-u", "anna", "-h", f"http://{LISTEN}:1/")


def permissions():
    """delegates and rights are given, shown and taken, in one mailbox or in all; what fails in one does not stop the others"""
    with running("anna", "bert", "carl") as env:

        def do(*words, wanted=0):
            code, out, err = run(RIGHTS, "-h", env["pipe"], *words)
            assert code == wanted, (words, code, out, err)
            return out

        def people(mailbox):
            listed = json.loads(do("--list-permissions", "--output-format=json", mailbox))
            return {row["user"]: row for row in listed[mailbox]}

        def folders(mailbox):
            listed = json.loads(do("--list-permissions-per-folder", "--output-format=json", mailbox))
            return {(row["folder"], row["user"]): row["rights"] for row in listed[mailbox]}

        assert "bert" not in people("anna")
        untouched = folders("anna")
        said = do("--update-delegate", "bert", "--calendar", "secretary", "--inbox", "readonly", "--tasks=0x8", "--see-private", "yes", "anna")
        assert said == "bert is a delegate of anna.\n"
        row = people("anna")["bert"]
        assert (row["delegate"], row["sees_private"]) == ("yes", "yes"), row
        assert (row["calendar"], row["inbox"], row["tasks"], row["contacts"]) == ("secretary", "readonly", "0x8", ""), row
        given = folders("anna")
        assert given[("Calendar", "bert")] == "secretary"
        # who may create in the calendar also writes free and busy times
        assert int(given[("Freebusy Data", "bert")], 16) & 0x2, given
        # what is not named stays
        do("--update-delegate", "bert", "--inbox", "none", "--store", "denied", "anna")
        row = people("anna")["bert"]
        assert (row["sees_private"], row["calendar"], row["inbox"], row["store"]) == ("yes", "secretary", "norights", "denied"), row
        assert "Meeting requests go to the mailbox.\n" in do("--list-permissions", "anna")
        do("--update-delegate", "bert", "--seeprivate", "no", "--sendcopy", "yes", "anna")
        assert "Meeting requests go to the delegates and the mailbox.\n" in do("--list-permissions", "anna")
        do("--update-delegate", "bert", "--send-only-to-delegators", "yes", "anna")
        assert "Meeting requests go to the delegates.\n" in do("--list-permissions", "anna")
        assert people("anna")["bert"]["sees_private"] == "no"
        text = do("--list-permissions", "anna", "carl")
        assert "Mailbox anna:" in text and "Mailbox carl:" in text and "secretary" in text
        # one that fails does not stop the others
        code, out, err = run(RIGHTS, "-h", env["pipe"], "--update-delegate", "carl", "nobody", "anna")
        assert code == 1 and out == "carl is a delegate of anna.\n" and "nobody" in err, (code, out, err)
        # in all mailboxes but the delegate's own
        assert sorted(do("--update-delegate", "carl", "--contacts", "readonly", "-a").splitlines()) == [
            "carl is a delegate of anna.", "carl is a delegate of bert."
        ]  # fmt: skip
        assert people("bert")["carl"]["contacts"] == "readonly" and people("bert")["carl"]["delegate"] == "yes"
        assert folders("bert")[("Freebusy Data", "carl")] == "readonly"
        assert "carl" not in people("carl")
        # taking: first only said, then done
        before = folders("anna")
        said = do("--remove-delegate", "bert", "--dry-run", "anna")
        assert said == "bert would lose in anna: delegate, rights on 4 folders.\n", said
        assert folders("anna") == before and people("anna")["bert"]["delegate"] == "yes"
        assert "bert lost in anna: delegate" in do("--remove-delegate", "bert", "anna")
        assert "bert" not in people("anna") and people("anna")["carl"]["delegate"] == "yes"
        assert not [key for key in folders("anna") if key[1] == "bert"]
        assert "no delegate, rights on 0 folders" in do("--remove-delegate", "bert", "anna")
        before = folders("anna")
        assert "would lose 1 delegates" in do("--remove-all-permissions", "--dry-run", "anna")
        assert folders("anna") == before
        assert "lost 1 delegates" in do("--remove-all-permissions", "anna")
        assert people("anna") == {} and folders("anna") == untouched
        assert people("bert")["carl"]["delegate"] == "yes"
        # what is refused
        do("--update-delegate", "anna", "anna", wanted=1)
        do("--update-delegate", "nobody", "anna", wanted=1)
        assert folders("anna") == untouched
        for words in (
            [], ["anna"], ["--list-permissions"], ["--list-permissions", "-a", "anna"], ["--list-permissions", "--remove-all-permissions", "anna"],
            ["--update-delegate", "bert", "--inbox", "all", "anna"], ["--update-delegate", "bert", "--inbox", "0x10000", "anna"],
            ["--update-delegate", "bert", "--sendcopy", "maybe", "anna"], ["--list-permissions", "--inbox", "owner", "anna"],
            ["--list-permissions", "--sendcopy", "yes", "anna"], ["--list-permissions", "--dry-run", "anna"],
            ["--list-permissions", "--output-format=xml", "anna"],
        ):  # fmt: skip
            do(*words, wanted=64)
        do("-h", env["SOAP_URL"], "--list-permissions", "anna", wanted=77)
        do("-h", f"http://{LISTEN}:1/", "--list-permissions", "anna", wanted=69)


def statistics():
    """figures of the server, its sessions and users are told, as a table, as JSON and with commas; to administrators alone"""
    with running("anna", "bert") as env:
        words = ["-u", "anna", "-f", 'Anna, "the first"', "--qo", "1", "--qh", "100"]
        assert run(ADMIN, "-h", env["pipe"], *words)[0] == 0

        def do(*words, wanted=0, **more):
            code, out, err = run(STATS, "-h", env["pipe"], *words, **more)
            assert code == wanted and (code == 0 or out == ""), (words, code, out, err)
            return out

        def table(*words):
            listed = json.loads(do(*words, "--output-format=json"))
            dumped = list(csv.DictReader(do(*words, "-d").splitlines()))
            assert not listed or list(dumped[0]) == list(listed[0]), (listed, dumped)
            return listed, dumped

        figures, dumped = table("--system")
        names = [row["parameter"] for row in figures]
        assert names == sorted(names, key=str.lower) and names == [row["parameter"] for row in dumped] and len(names) > 5
        assert all(row["description"] for row in figures)
        assert "Parameter" in do("--system") and names[0] in do("--system")
        users, dumped = table("--users")
        assert users == dumped
        by_name = {row["user"]: row for row in users}
        assert {"anna", "bert"} <= set(by_name)
        anna = by_name["anna"]
        assert (anna["full_name"], anna["mail"], anna["admin"]) == ('Anna, "the first"', "anna@x.example", "0"), anna
        assert anna["hard"] not in ("", "0") and anna["hard"] != by_name["bert"]["hard"], (anna, by_name["bert"])
        assert len(anna["store_guid"]) == 32 and anna["store_guid"] != by_name["bert"]["store_guid"], anna
        sessions, _ = table("--sessions")
        mine = [row for row in sessions if row["application"] == "twiga-stats"]
        assert len(mine) == 1 and mine[0]["user"] == "SYSTEM" and int(mine[0]["requests"]) > 0, sessions
        assert "Application" in do("--session")
        assert do("--company", "-d").startswith("company,administrator,size,")
        # an administrator by password; others are told nothing
        url = ["-h", env["SOAP_URL"]]
        assert run(ADMIN, "-h", env["pipe"], "-u", "bert", "-a", "1")[0] == 0
        assert "anna" in do("--users", "-u", "bert", *url, stdin="of-bert\n")
        do("--users", "-u", "anna", *url, stdin="of-anna\n", wanted=1)
        do("--users", "-u", "bert", *url, stdin="wrong\n", wanted=1)
        do("--users", *url, wanted=77)
        do("--users", "-h", f"http://{LISTEN}:1/", wanted=69)
        for words in ([], ["--users", "--system"], ["--users", "x"], ["--users", "-d", "--output-format=json"], ["--users", "--output-format=x"]):
            do(*words, wanted=64)


tap.run([out_of_office, permissions, statistics])
