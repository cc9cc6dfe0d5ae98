# SPDX-License-Identifier: AGPL-3.0-or-later
"""What users share with each other, as IMAP shows it: Shared/NAME, rights (RFC 4314), subscriptions; and never more than that."""
import contextlib
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from server import Client, running  # noqa: E402
import tap  # noqa: E402

MAIL = b"From: a@example.org\r\nSubject: one\r\n\r\nbody\r\n"


def listed(client, command='LIST "" *'):
    return [line.split(b'"/" ')[1].strip().strip(b'"').decode() for line in client.ok(command) if line.startswith((b"* LIST", b"* LSUB"))]


@contextlib.contextmanager
def users():
    """What the server said, and owner, guest and stranger, logged on."""
    with running() as env, Client(env, "", None) as owner, Client(env, "2", None) as guest, Client(env, "3", None) as stranger:
        yield env, owner, guest, stranger


def shared():
    """a folder that is shared is listed below Shared for whom it is shared with, does what its rights say, and nothing else is"""
    with users() as (env, alice, bob, carol):
        a, b = env["DEMO_USER"], env["DEMO_USER2"]
        assert not any(name.startswith("Shared") for name in listed(bob))
        alice.ok("CREATE Work/Plans")
        alice.append("Work/Plans", MAIL)
        assert b"RIGHTS=kxte" in alice.ok("CAPABILITY")[0]
        for command, wanted in (
            (f"SETACL Work/Plans {b} lr", b"OK"), (f"SETACL Work/Plans {b} z", b"BAD"), (f"SETACL Work/Plans nobody lr", b"NO"),
            (f"SETACL Work/Plans {a} l", b"NO"), (f"SETACL nowhere {b} l", b"NO [NONEXISTENT]"), ("SETACL Work/Plans", b"BAD"),
        ):
            assert alice.run(command)[-1].startswith(wanted), command
        said = b"".join(alice.ok("GETACL Work/Plans"))
        assert b" %s lrswtipekxacd " % a.encode() in said and b" %s lrs\r\n" % b.encode() in said, said
        assert b'LISTRIGHTS Work/Plans %s "" l rs wt ip e k xa\r\n' % b.encode() in alice.ok(f"LISTRIGHTS Work/Plans {b}")[0]
        here = f"Shared/{a}/Work/Plans"
        names = listed(bob)
        assert here in names and [name for name in names if name.startswith("Shared/")] == [
            f"Shared/{a}", f"Shared/{a}/Work", here], names
        assert b"\\Noselect" in bob.ok(f"LIST \"\" Shared/{a}")[0]
        assert bob.ok(f"MYRIGHTS {here}")[0].endswith(b" lrs\r\n")
        assert bob.ok(f'LIST "" {here} RETURN (MYRIGHTS)')[1].endswith(b" lrs\r\n")
        assert b"1 EXISTS" in b"".join(bob.ok(f"SELECT {here}"))
        assert b"Subject: one" in b"".join(bob.ok("FETCH 1 BODY.PEEK[]"))
        for command in ("STORE 1 +FLAGS (\\Flagged)", "CREATE " + here + "/x", f"SETACL {here} {b} lrw", f"GETACL {here}", f"DELETE {here}"):
            assert bob.run(command)[-1].startswith(b"NO"), command
        bob.socket.sendall(f"x APPEND {here} {{{len(MAIL)}+}}\r\n".encode() + MAIL + b"\r\n")
        assert bob.line().startswith(b"x NO")
        alice.ok(f"SETACL Work/Plans {b} +wtie")
        bob.append(here, MAIL)
        bob.ok(f"SELECT {here}")
        bob.ok("STORE 1 +FLAGS (\\Flagged \\Deleted)")
        assert any(b"EXPUNGE" in line for line in bob.ok("EXPUNGE"))
        bob.ok("COPY 1 INBOX")
        assert b"MESSAGES 1" in alice.ok("STATUS Work/Plans (MESSAGES)")[0]
        # nobody else sees more than is his
        for name in (here, f"Shared/{a}", f"Shared/{a}/INBOX", "Shared/nobody", "Shared", f"Shared/{a}/Work"):
            assert carol.run(f"SELECT {name}")[-1].startswith(b"NO"), name
            assert carol.run(f"STATUS {name} (MESSAGES)")[-1].startswith(b"NO"), name
        assert not any(name.startswith("Shared") for name in listed(carol))
        assert carol.run(f"SELECT Shared/{a}/INBOX")[-1] == carol.run("SELECT Shared/nobody/INBOX")[-1]
        for command in ("CREATE Shared/new", f"CREATE Shared/{a}/new", f"CREATE Shared/{a}", "RENAME INBOX Shared/x", f"RENAME {here} x"):
            assert bob.run(command)[-1].startswith(b"NO"), command
        alice.ok(f"DELETEACL Work/Plans {b}")
        assert not any(name.startswith("Shared") for name in listed(bob))
        assert bob.run("FETCH 1 BODY.PEEK[]")[-1].startswith(b"NO") or not bob.run("FETCH 1 BODY.PEEK[]")[0].startswith(b"* 1")


def inherited():
    """rights come from above until a mailbox has its own; what is taken away below a gift stays away; groups and anyone"""
    with users() as (env, alice, bob, carol):
        a, b = env["DEMO_USER"], env["DEMO_USER2"]
        alice.ok("CREATE Top/Inner")
        alice.ok("SETACL Top anyone lr")
        inner = f"Shared/{a}/Top/Inner"
        assert inner in listed(bob) and inner in listed(carol)
        assert b" anyone lrs" in alice.ok("GETACL Top/Inner")[0]
        alice.ok(f"SETACL Top/Inner {b} lrswi")
        assert carol.ok(f"MYRIGHTS {inner}")[0].endswith(b" lrs\r\n")
        alice.ok("DELETEACL Top/Inner anyone")
        assert inner in listed(bob) and inner not in listed(carol)
        assert b"anyone" not in alice.ok("GETACL Top/Inner")[0]
        alice.ok("SETACL Top/Inner anyone -r")
        alice.ok(f"SETACL INBOX {b} lr")
        assert f"Shared/{a}/INBOX" in listed(bob)
        assert b"EXISTS" in b"".join(bob.ok(f"SELECT Shared/{a}/inbox"))


def subscribed():
    """what is subscribed follows a mailbox that is renamed, keeps names without one, and what others share begins unsubscribed"""
    with users() as (env, alice, bob, _):
        b = env["DEMO_USER2"]
        alice.ok("CREATE one")
        bob.ok(f"SETACL INBOX {env['DEMO_USER']} lr")
        assert not any(name.startswith("Shared") for name in listed(alice, 'LSUB "" *'))
        alice.ok("SUBSCRIBE one")
        alice.ok(f"SUBSCRIBE Shared/{b}/INBOX")
        assert "one" in listed(alice, 'LSUB "" *')
        alice.ok("RENAME one two")
        names = listed(alice, 'LSUB "" *')
        assert "two" in names and "one" not in names and f"Shared/{b}/INBOX" in names, names
        alice.ok("UNSUBSCRIBE two")
        assert "two" not in listed(alice, 'LSUB "" *')
        assert re.search(rb"\\Subscribed", alice.ok('LIST "" INBOX RETURN (SUBSCRIBED)')[0])


tap.run([shared, inherited, subscribed])
