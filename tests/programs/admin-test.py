# SPDX-License-Identifier: AGPL-3.0-or-later
"""twiga-admin as an administrator types it: actions, what they say, what they refuse, exit codes."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402
from loopback import LISTEN  # noqa: E402

TWIGA, ADMIN, DBADM, NAMES = (os.path.abspath(path) for path in sys.argv[1:5])
WAIT = 60  # seconds until a test gives up; never what a verdict depends on
PLAIN = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
PLAIN.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})


@contextlib.contextmanager
def server(data, *arguments):
    """Runs twiga on a data folder until the block ends."""
    endpoints = data.parent / "endpoints.env"
    endpoints.unlink(missing_ok=True)
    process = subprocess.Popen([TWIGA, f"--data-path={data}", "--endpoints", str(endpoints), *arguments])
    try:
        until = time.monotonic() + WAIT
        while not endpoints.exists():
            assert process.poll() is None and time.monotonic() < until, "the server did not start"
            time.sleep(0.01)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT) == 0


@contextlib.contextmanager
def place():
    """A data folder without users; the storage is sound at the end."""
    with tempfile.TemporaryDirectory() as name:
        data = pathlib.Path(name) / "data"
        with server(data):
            pass
        yield data
        done = subprocess.run([DBADM, f"--data-path={data}", "check", "--deep"], capture_output=True, text=True, timeout=WAIT)
        assert done.returncode == 0, done.stdout + done.stderr


def admin(data, *arguments, stdin="", environment=None):
    done = subprocess.run(
        [ADMIN, f"--data-path={data}", *map(str, arguments)],
        capture_output=True, text=True, timeout=WAIT, input=stdin, env={**PLAIN, **(environment or {})},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def expect(data, code, said, *arguments, **more):
    """Runs an action; exit code, and the whole of what it said: on standard output for 0, else on standard error."""
    got, out, err = admin(data, *arguments, **more)
    assert got == code, f"{arguments}: exit {got}, not {code}\n{out}{err}"
    if code == 0:
        assert said is None or out == said, f"{arguments}: said\n{out!r}, not\n{said!r}"
        return out
    assert out == "", f"{arguments}: failed and said {out!r}"
    assert "twiga-admin: " in err and said in err, f"{arguments}: {err!r} without {said!r}"
    return err


def make_user(data, name, *more):
    expect(data, 0, "User created.\n", "-c", name, "-p", "secret", "-f", f"Full {name}", "-e", f"{name}@x.example", *more)


def details(data, name, *more):
    return json.loads(expect(data, 0, None, "--details", name, "--json", *more))


def users():
    """users are made, shown, changed and deleted"""
    with place() as data:
        make_user(data, "anna")
        make_user(data, "bert", "-a", "yes", "-n", "room")
        expect(
            data, 0,
            "User list for Default(3):\n"
            "\tUsername\tFullname \tHomeserver\n"
            "\t-------------------------------------------\n"
            "\tanna    \tFull anna\t\n"
            "\tbert    \tFull bert\t\n"
            "\tSYSTEM  \tSYSTEM   \t\n",
            "-l",
        )  # fmt: skip
        assert expect(data, 0, None, "--list-users") == expect(data, 0, None, "-l")
        listed = json.loads(expect(data, 0, None, "-l", "--json"))
        assert [row["username"] for row in listed] == ["anna", "bert", "SYSTEM"], listed
        expect(data, 0, "User information updated.\n", "-u", "anna", "-U", "annette", "-f", "Än \"A\"", "-e", "a@x.example")
        expect(data, 0, "User information updated.\n", "-u", "annette", "-a", "2", "--enable-feature", "imap")
        expect(data, 0, "User information updated.\n", "-u", "annette", "--disable-feature", "pop3")
        shown = details(data, "annette")
        assert shown["fullname"] == 'Än "A"' and shown["email"] == "a@x.example", shown
        assert shown["administrator"] == "yes (system)" and shown["active"] == "yes", shown
        assert shown["features_on"] == "imap" and shown["features_off"] == "pop3", shown
        expect(data, 0, "User information updated.\n", "-u", "annette", "--disable-feature", "imap")
        assert details(data, "annette")["features_off"] == "pop3; imap"
        shown = details(data, "bert")
        assert shown["nonactive_type"] == "Room" and shown["capacity"] == "0", shown
        expect(data, 0, "User deleted.\n", "-d", "bert")
        assert "bert" not in expect(data, 0, None, "-l")


def refused_users():
    """users that cannot be made or changed: a reason, exit 1, nothing changed"""
    with place() as data:
        make_user(data, "anna")
        before = expect(data, 0, None, "-l")
        make = ["-p", "x", "-f", "F", "-e", "f@x.example"]
        for said, arguments in [
            ('Unable to create user "anna"', ["-c", "anna", *make]),
            ('Unable to create user "ANNA"', ["-c", "ANNA", *make]),
            ("Unable to create user", ["-c", "SYSTEM", *make]),
            ("Unable to create user", ["-c", "b\tad", *make]),
            ("Unable to create user", ["-c", "x" * 300, *make]),
            ("Unable to create user", ["-c", "carl", "-p", "", "-f", "F", "-e", "f@x.example"]),
            ('no company "nowhere"', ["-c", "carl", *make, "-I", "nowhere"]),
            ('no user "carl"', ["-u", "carl", "-f", "x"]),
            ('no user "carl"', ["-d", "carl"]),
            ('no user "carl"', ["--details", "carl"]),
            ('no group "anna"', ["--details", "anna", "--type", "group"]),
            ("Unable to delete user", ["-d", "SYSTEM"]),
            ("declined where they are accepted", ["-u", "anna", "--mr-decline-conflict", "yes"]),
            ('no user or group "carl"', ["-u", "anna", "--add-sendas", "carl"]),
            ('language "tlh"', ["-c", "carl", *make, "--lang", "tlh"]),
        ]:
            expect(data, 1, said, *arguments)
        assert expect(data, 0, None, "-l") == before


def wrong_options():
    """what does not go together is told before anything is opened: exit 64"""
    for said, arguments in [
        ("Say what to do", []),
        ("unknown option --frobnicate", ["--frobnicate"]),
        ("--delete-user and --list-users", ["-d", "x", "-l"]),
        ("--fullname does not go with --list-users", ["-l", "-f", "x"]),
        ("--create-user needs --fullname", ["-c", "x", "-p", "y"]),
        ("--create-user needs -p or -P", ["-c", "x", "-f", "y", "-e", "z"]),
        ("-p and -P", ["-c", "x", "-f", "y", "-e", "z", "-p", "a", "-P"]),
        ("-a takes", ["-u", "x", "-a", "3"]),
        ("-n takes", ["-u", "x", "-n", "maybe"]),
        ("--qw takes", ["-u", "x", "--qw", "-1"]),
        ("--qh takes", ["-u", "x", "--qh", "99999999999999999999"]),
        ("--type takes", ["--details", "x", "--type", "thing"]),
        ("say what shall change", ["-u", "x"]),
        ("--add-to-group needs -i", ["-b", "x"]),
        ("--list-view needs -I", ["--list-view"]),
        ("--hook-store needs -u or", ["--hook-store", "x"]),
        ("needs a name", ["-d", ""]),
        ('"word" is no option', ["-l", "word"]),
    ]:
        expect("/nowhere", 64, said, *arguments)


def no_server_folder():
    """no data folder: exit 69; and none is made"""
    with tempfile.TemporaryDirectory() as name:
        expect(name, 69, "no data folder", "-l")
        assert not os.listdir(name)


def not_connecting():
    """a server that is named is meant, and not the folder; one that cannot be reached is exit 69, and so is a node"""
    expect("/nowhere", 69, f"http://{LISTEN}:1/", "-l", "-h", f"http://{LISTEN}:1/")
    expect("/nowhere", 69, "There is one server", "-l", "--node", "a")


def in_use():
    """while a server runs: exit 75, and it says so"""
    with place() as data:
        with server(data):
            expect(data, 75, "in use by a running server", "-l")


def passwords():
    """-P asks twice; a password that was set is the one that counts"""
    with place() as data:
        words = ["-c", "anna", "-P", "-f", "F", "-e", "f@x.example"]
        expect(data, 1, "do not match", *words, stdin="one\ntwo\n")
        expect(data, 1, "No password", *words, stdin="")
        expect(data, 1, "No password", *words, stdin="one\n")
        expect(data, 0, "User created.\n", *words, stdin="geheim\ngeheim\n")
        expect(data, 0, "User information updated.\n", "-u", "anna", "-p", "neu")


def groups():
    """groups, their members, groups in groups"""
    with place() as data:
        make_user(data, "anna")
        expect(data, 0, "Group created.\n", "-g", "team", "-e", "team@x.example")
        expect(data, 0, "Group created.\n", "-g", "inner")
        expect(data, 0, "User added to group.\n", "-b", "anna", "-i", "inner")
        expect(data, 0, "User added to group.\n", "-b", "inner", "-i", "team")
        expect(data, 1, "Unable to add to group", "-b", "anna", "-i", "inner")
        expect(data, 1, "Unable to add to group", "-b", "team", "-i", "inner")
        expect(data, 1, 'no group "nobody"', "-b", "anna", "-i", "nobody")
        expect(
            data, 0,
            "Group list for Default(3):\n\tgroupname\n\t---------\n\tEveryone\n\tinner\n\tteam\n",
            "-L",
        )  # fmt: skip
        assert [row["name"] for row in details(data, "anna")["groups"]] == ["Everyone", "inner", "team"]
        shown = details(data, "inner", "--type", "group")
        assert [row["name"] for row in shown["users"]] == ["anna"], shown
        assert [row["name"] for row in details(data, "Everyone", "--type", "group")["users"]] == ["anna", "SYSTEM"]
        expect(data, 0, "Group information updated.\n", "--update-group", "inner", "-U", "core", "-e", "core@x.example")
        assert details(data, "core", "--type", "group")["email"] == "core@x.example"
        expect(data, 0, "User removed from group.\n", "-B", "anna", "-i", "core")
        expect(data, 1, "Unable to remove from group", "-B", "anna", "-i", "core")
        expect(data, 0, "Group deleted.\n", "-G", "team")
        expect(data, 1, "Unable to delete group", "-G", "Everyone")


def send_as():
    """who may send as whom"""
    with place() as data:
        make_user(data, "anna")
        make_user(data, "bert")
        expect(data, 0, "Group created.\n", "-g", "team")
        expect(data, 0, "User information updated.\n", "-u", "anna", "--add-sendas", "bert")
        expect(data, 0, "Group information updated.\n", "--update-group", "team", "--add-sendas", "anna")
        expect(
            data, 0,
            "Send-as list for anna(1):\n"
            "\tUsername\tFullname\n"
            "\t-------------------------\n"
            "\tbert    \tFull bert\n",
            "--list-sendas", "anna",
        )  # fmt: skip
        assert json.loads(expect(data, 0, None, "--list-sendas", "team", "--type", "group", "--json")) == [
            {"username": "anna", "fullname": "Full anna"}
        ]
        expect(data, 1, "Unable to change who may send", "-u", "anna", "--add-sendas", "bert")
        expect(data, 0, "User information updated.\n", "-u", "anna", "--del-sendas", "bert")
        assert "(0)" in expect(data, 0, None, "--list-sendas", "anna")


def quotas():
    """own quotas, a company's defaults, and none"""
    with place() as data:
        expect(data, 0, "Company created.\n", "--create-company", "Acme", "--udqw", "40", "--udqh", "50")
        make_user(data, "anna", "-I", "Acme")
        shown = details(data, "anna", "-I", "Acme")
        assert (shown["quota_override"], shown["quota_warn"], shown["quota_hard"]) == ("no", "40.00 MB", "50.00 MB"), shown
        expect(data, 0, "User information updated.\n", "-u", "anna", "-I", "Acme", "--qh", "7", "--qs", "6")
        shown = details(data, "anna", "-I", "Acme")
        assert (shown["quota_override"], shown["quota_warn"], shown["quota_soft"], shown["quota_hard"]) == (
            "yes", "unlimited", "6.00 MB", "7.00 MB",
        ), shown  # fmt: skip
        expect(data, 0, "User information updated.\n", "-u", "anna", "-I", "Acme", "--qo", "no")
        expect(data, 0, "Company information updated.\n", "--update-company", "Acme", "--udqh", "60")
        assert details(data, "anna", "-I", "Acme")["quota_hard"] == "60.00 MB"


def text_of_details():
    """the text form of --details: labels, order, tabs"""
    with place() as data:
        make_user(data, "anna", "--qw", "1", "--lang", "de")
        text = expect(data, 0, None, "--details", "anna")
        labels = [line.split(":")[0] for line in text.splitlines() if not line.startswith("\t")]
        assert labels == [
            "Username", "Fullname", "Emailaddress", "Active", "Administrator", "Address book",
            "Auto-accept meeting req", "Auto-process meeting req", "MDB provider", "Store GUID", "Out Of Office",
            "Enabled features", "Disabled features", "Current user store quota settings", " Quota overrides",
            " Warning level", " Soft level", " Hard level", "Current store size", "Groups (1)",
        ], labels  # fmt: skip
        assert "Username:\t\t\tanna\n" in text and "Auto-process meeting req:\tyes\n" in text, text
        assert " Warning level:\t\t\t1.00 MB\n" in text, text


def companies():
    """companies and the lists they hold"""
    with place() as data:
        expect(data, 0, "Company created.\n", "--create-company", "Acme")
        expect(data, 0, "Company created.\n", "--create-company", "Brown")
        expect(data, 1, "Unable to create company", "--create-company", "acme")
        make_user(data, "anna", "-I", "Acme")
        make_user(data, "bert", "-I", "Brown")
        make_user(data, "anna", "-I", "Brown")
        expect(data, 0, "System administrator set.\n", "--set-system-admin", "anna", "-I", "Acme")
        expect(data, 1, 'no user "bert"', "--set-system-admin", "bert", "-I", "Acme")
        expect(
            data, 0,
            "Company list for the server(2):\n"
            "\tCompanyname\tSystem administrator\n"
            "\t---------------------------------------\n"
            "\tAcme       \tanna\n"
            "\tBrown      \tSYSTEM\n",
            "--list-companies",
        )  # fmt: skip
        expect(data, 0, "View list updated.\n", "--add-to-viewlist", "Brown", "-I", "Acme")
        expect(data, 0, "Administrator list updated.\n", "--add-to-adminlist", "bert", "-I", "Acme")
        expect(data, 1, "several users", "--add-to-adminlist", "anna", "-I", "Acme")
        expect(data, 0, "Administrator list updated.\n", "--add-to-adminlist", "anna@Brown", "-I", "Acme")
        expect(data, 1, 'no user "eve"', "--add-to-adminlist", "eve", "-I", "Acme")
        expect(data, 0, "View list for Acme(1):\n\tCompanyname\n\t-----------\n\tBrown\n", "--list-view", "-I", "Acme")
        listed = json.loads(expect(data, 0, None, "--list-admin", "-I", "Acme", "--json"))
        assert [row["username"] for row in listed] == ["anna", "bert"], listed
        expect(data, 0, "User quota recipient list updated.\n", "--add-userquota-recipient", "anna", "-I", "Acme")
        expect(data, 0, "Company quota recipient list updated.\n", "--add-companyquota-recipient", "anna", "-I", "Acme")
        for option in ("--list-userquota-recipients", "--list-companyquota-recipients"):
            assert "\tanna    \t" in expect(data, 0, None, option, "-I", "Acme")
        expect(data, 0, "User quota recipient list updated.\n", "--del-userquota-recipient", "anna", "-I", "Acme")
        expect(data, 0, "Company quota recipient list updated.\n", "--del-companyquota-recipient", "anna", "-I", "Acme")
        expect(data, 0, "View list updated.\n", "--del-from-viewlist", "Brown", "-I", "Acme")
        expect(data, 0, "Administrator list updated.\n", "--del-from-adminlist", "bert", "-I", "Acme")
        shown = details(data, "Acme", "--type", "company")
        assert shown["sysadmin"] == "anna" and [row["name"] for row in shown["remote_admins"]] == ["anna"], shown
        assert shown["remote_viewers"] == [], shown
        expect(data, 1, "Unable to delete company", "--delete-company", "Acme")
        expect(data, 0, "User deleted.\n", "-d", "anna", "-I", "Acme")
        expect(data, 0, "Company deleted.\n", "--delete-company", "Acme")
        assert "Acme" not in expect(data, 0, None, "--list-companies")


def stores():
    """stores are taken away, listed as orphans, given to others, made anew and removed"""
    with place() as data:
        make_user(data, "anna")
        make_user(data, "bert")
        guid = details(data, "anna")["store_guid"]
        expect(data, 1, '"anna" has a store already', "--create-store", "anna")
        expect(data, 0, f"Store unhooked. Store GUID is {guid}.\n", "--unhook-store", "anna")
        expect(data, 1, '"anna" has no such store', "--unhook-store", "anna")
        orphans = json.loads(expect(data, 0, None, "--list-orphans", "--json"))
        assert [(row["guid"], row["username"], row["type"]) for row in orphans["stores"]] == [(guid, "anna", "private")]
        assert [row["username"] for row in orphans["users"]] == ["anna"], orphans
        expect(data, 1, "has a store already", "--hook-store", guid, "-u", "bert")
        expect(data, 0, "Store hooked.\n", "--hook-store", guid, "-u", "anna")
        assert details(data, "anna")["store_guid"] == guid
        other = details(data, "bert")["store_guid"]
        expect(data, 1, "is no orphan", "--remove-store", other)
        expect(data, 1, "is no orphan", "--hook-store", other, "-u", "anna")
        expect(data, 0, "User deleted.\n", "-d", "bert")
        expect(data, 0, None, "--unhook-store", "anna")
        expect(data, 0, "Store hooked.\n", "-u", "anna", "--hook-store", other)
        expect(data, 0, "Store removed.\n", "--remove-store", guid)
        expect(data, 1, "no store", "--remove-store", guid)
        expect(data, 1, "no GUID", "--remove-store", "rubbish")
        text = expect(data, 0, None, "--list-orphans")
        assert text.startswith("Stores without a user:\n\tStore GUID\t") and "\nUsers without stores:\n" in text, text
        assert guid not in text and other not in text
        expect(data, 1, "not offered", "--hook-store", guid, "--copyto-public")


def public_store():
    """the public store: of the server, of a company; taken away and given back"""
    with place() as data:
        expect(data, 0, "Public store created.\n", "-s")
        expect(data, 1, "has a store already", "-s")
        text = expect(data, 0, None, "--unhook-store", "Everyone", "--type", "group")
        guid = text.split()[-1].rstrip(".")
        make_user(data, "anna")
        expect(data, 0, None, "--unhook-store", "anna")
        expect(data, 1, "another kind", "--hook-store", guid, "-u", "anna")
        expect(data, 0, "Store hooked.\n", "--hook-store", guid, "-u", "Everyone", "--type", "group")
        expect(data, 0, "Group created.\n", "-g", "team")
        expect(data, 1, "only Everyone", "--unhook-store", "team", "--type", "group")
        expect(data, 0, "Company created.\n", "--create-company", "Acme")
        expect(data, 1, "has a store already", "-s", "-I", "Acme")


def counts():
    """--user-count and --sync"""
    with place() as data:
        make_user(data, "anna")
        make_user(data, "room", "-n", "room")
        make_user(data, "beamer", "-n", "equipment")
        make_user(data, "info", "-n", "yes")
        expect(
            data, 0,
            "User count:\n\tUser type  \tCount\n\t------------------------\n\tActive     \t1\n\tNon-active \t3\n"
            "\t  Users    \t1\n\t  Rooms    \t1\n\t  Equipment\t1\n\tTotal      \t4\n",
            "--user-count",
        )  # fmt: skip
        rows = {row["type"]: row["count"] for row in json.loads(expect(data, 0, None, "--user-count", "--json"))}
        assert rows["Rooms"] == "1" and rows["Total"] == "4", rows
        expect(data, 0, "Users and groups synchronized.\n", "--sync")


def languages():
    """folders are named in the language of --lang, admin.cfg or the environment"""
    with place() as data:
        cases = [
            ("anna", ["--lang", "nl"], {}, None),
            ("bert", [], {"LC_ALL": "fr_FR.UTF-8"}, None),
            ("carl", [], {"LC_ALL": "fr_FR.UTF-8"}, "default_store_locale = de_DE\n"),
            ("dora", [], {"LC_ALL": "C"}, "unknown_key_of_another_program = 1\n"),
        ]
        for name, more, environment, config in cases:
            words = ["-c", name, "-p", "x", "-f", "F", "-e", f"{name}@x.example", *more]
            if config is not None:
                (data.parent / "admin.cfg").write_text(config)
                words += ["--config", data.parent / "admin.cfg"]
            expect(data, 0, "User created.\n", *words, environment=environment)
        (data.parent / "admin.cfg").write_text("default_store_locale = tlh\n")
        expect(data, 1, 'language "tlh"', *words)
        done = subprocess.run([NAMES, str(data)], capture_output=True, text=True, timeout=WAIT, check=True)
        assert done.stdout.splitlines() == [
            "anna Postvak IN", "bert Boîte de réception", "carl Posteingang", "dora Inbox",
        ], done.stdout  # fmt: skip


def manual():
    """--help has every option of the manual page"""
    page = subprocess.run([ADMIN, "--dump-man"], capture_output=True, text=True, timeout=WAIT, check=True).stdout
    text = subprocess.run([ADMIN, "--help"], capture_output=True, text=True, timeout=WAIT, check=True).stdout
    for option in ("--create-user", "--hook-store", "--udqh", "--list-orphans", "--json"):
        assert option in text and option.removeprefix("--") in page, option
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name) / "twiga-admin.8"
        path.write_text(page)
        lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", str(path)], capture_output=True, text=True, check=False)
        assert not lint.stdout.strip(), lint.stdout


tap.run(
    [users, refused_users, wrong_options, no_server_folder, not_connecting, in_use, passwords, groups, send_as, quotas, text_of_details,
     companies, stores, public_store, counts, languages, manual]
)  # fmt: skip
