# SPDX-License-Identifier: AGPL-3.0-or-later
"""Many sessions change one mailbox at once; what each is told, replayed, is the truth in the end."""
import pathlib
import random
import re
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from server import Client, running  # noqa: E402
import tap  # noqa: E402

SESSIONS, STEPS = 4, 120
MAIL = b"Subject: x\r\n\r\nbody\r\n"


class Replay:
    """What a client knows of a mailbox: by number, uid and flags; None where it was not told."""

    def __init__(self, client):
        self.client = client
        self.uids, self.flags, self.modseq = [], {}, {}
        self.refresh(client.ok("ENABLE CONDSTORE"))
        self.refresh(client.ok("SELECT box"))
        self.refresh(self.client.ok("FETCH 1:* (UID FLAGS MODSEQ)") if self.uids else [])

    def refresh(self, lines, keeps=False):
        for line in lines:
            count = re.match(rb"\* (\d+) (EXISTS|EXPUNGE|FETCH)", line)
            if count is None:
                continue
            number = int(count.group(1))
            if count.group(2) == b"EXISTS":
                assert number >= len(self.uids), "EXISTS never shrinks"
                self.uids += [None] * (number - len(self.uids))
            elif count.group(2) == b"EXPUNGE":
                assert not keeps, "an EXPUNGE where it is forbidden"
                del self.uids[number - 1]
            else:
                self.fetched(number, line)

    def fetched(self, number, line):
        uid = re.search(rb"UID (\d+)", line)
        if uid is None:
            return
        uid = int(uid.group(1))
        assert self.uids[number - 1] in (None, uid), "a number means one message"
        self.uids[number - 1] = uid
        known = [one for one in self.uids if one is not None]
        assert known == sorted(set(known)), "uids ascend, each once"
        modseq = re.search(rb"MODSEQ \((\d+)\)", line)
        if modseq is not None:
            assert int(modseq.group(1)) >= self.modseq.get(uid, 0), "a change number only grows"
            self.modseq[uid] = int(modseq.group(1))
        flags = re.search(rb"FLAGS \(([^)]*)\)", line)
        if flags is not None:
            self.flags[uid] = set(flags.group(1).split()) - {b"\\Recent"}

    def step(self, chance):
        some = chance.randint(1, max(len(self.uids), 1))
        kind = chance.choice(["append", "store", "store", "expunge", "noop", "search", "fetch", "copy"])
        if kind == "append" or not self.uids:
            self.refresh(self.client.append("box", MAIL))
        elif kind == "store":
            flag = chance.choice(["\\Seen", "\\Deleted", "\\Flagged", "kw"])
            sign = chance.choice(["+", "-"])
            self.refresh(self.client.run(f"STORE {some} {sign}FLAGS ({flag})"), keeps=True)
        elif kind == "fetch":
            self.refresh(self.client.run(f"FETCH {some}:* (UID FLAGS MODSEQ)"), keeps=True)
        elif kind == "search":
            self.refresh(self.client.run("SEARCH UNSEEN"), keeps=True)
        elif kind == "copy":
            self.refresh(self.client.run(f"UID COPY {some} box"))
        else:
            self.refresh(self.client.ok(kind.upper()))


def replay():
    """the view of each session is the mailbox, whatever the others did"""
    errors = []
    with running() as env, Client(env, box=None) as first:
        first.ok("CREATE box")
        for _ in range(10):
            first.append("box", MAIL)
        replays = [Replay(Client(env, box=None)) for _ in range(SESSIONS)]

        def work(number):
            chance = random.Random(number)
            try:
                for _ in range(STEPS):
                    replays[number].step(chance)
            except BaseException as error:  # pylint: disable=broad-except
                errors.append((number, repr(error)))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(SESSIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors, errors
        truth = Replay(Client(env, box=None))
        for one in replays:
            one.refresh(one.client.ok("NOOP"))
            one.refresh(one.client.ok("NOOP"))
            assert len(one.uids) == len(truth.uids)
            assert all(uid in (None, real) for uid, real in zip(one.uids, truth.uids)), (one.uids, truth.uids)
            for uid, flags in one.flags.items():
                assert uid not in truth.flags or flags == truth.flags[uid], (uid, flags, truth.flags[uid])
            one.client.close()
        truth.client.close()


def change(client, chance):
    """Changes some message of box, which is selected; another of the kind comes when there is none."""
    kind = chance.choice(["append", "append", "read", "unread", "remove", "move", "keyword"])
    count = int(re.search(rb"MESSAGES (\d+)", client.ok("STATUS box (MESSAGES)")[0]).group(1))
    some = chance.randint(1, max(count, 1))
    if kind == "append" or count == 0:
        client.append("box", MAIL, chance.choice(["", "(\\Seen) "]))
    elif kind == "move":
        client.ok(f"MOVE {some} {chance.choice(['box', 'other'])}")
    elif kind == "remove":
        client.ok(f"STORE {some} +FLAGS.SILENT (\\Deleted)")
        client.ok("EXPUNGE")
    else:
        what = {"read": "+FLAGS (\\Seen)", "unread": "-FLAGS (\\Seen)", "keyword": "+FLAGS (kw)"}[kind]
        client.ok(f"STORE {some}:{chance.randint(some, count)} {what}")


def number_in(pattern, lines):
    found = [re.search(pattern, line) for line in lines]
    return next((int(one.group(1)) for one in found if one), 0)


def look(client, chance):
    """What SELECT and SEARCH say of box agrees with its messages."""
    status = client.ok("STATUS box (MESSAGES UNSEEN UIDNEXT)")
    said = client.ok("SELECT box")
    count = number_in(rb"(\d+) EXISTS", said)
    rows = client.ok("FETCH 1:* (UID FLAGS)")[:-1] if count else []
    rows = [row for row in rows if b"FETCH" in row]
    uids = [int(re.search(rb"UID (\d+)", row).group(1)) for row in rows]
    unread = [uid for uid, row in zip(uids, rows) if b"\\Seen" not in row]
    assert len(uids) == count == number_in(rb"MESSAGES (\d+)", status), (said, status, uids)
    assert len(unread) == number_in(rb"UNSEEN (\d+)", status), (status, rows)
    assert number_in(rb"\[UNSEEN (\d+)", said) == (uids.index(unread[0]) + 1 if unread else 0), (said, rows)
    assert number_in(rb"UIDNEXT (\d+)", said) == number_in(rb"UIDNEXT (\d+)", status)

    def found(keys):
        return [int(word) for word in client.ok("UID SEARCH " + keys)[0].split()[2:]]

    first, last = sorted(chance.sample(range(1, (uids or [1])[-1] + 5), 2))
    some = [uid for uid in uids if first <= uid <= last or uid == 3]
    # "n:*" has the last message, also when n is behind it
    assert found(f"UID 3,{first}:{last}") == some
    assert found(f"UNSEEN UID 3,{first}:{last}") == [uid for uid in some if uid in unread]
    assert found(f"UID 3,{first}:{last} {first + 1}:{last}") == [uid for uid in some if first < uids.index(uid) + 1 <= last]
    assert found(f"OR UNSEEN UID 3,{first}:{last}") == [uid for uid in uids if uid in some or uid in unread]
    assert found(f"NOT UID 3,{first}:{last}") == [uid for uid in uids if uid not in some]
    assert found(f"UID {last}:*") == ([uid for uid in uids if uid >= last] or uids[-1:])


def opened():
    """SELECT says what is so, however much changed since somebody opened the mailbox; so do searches of some messages"""
    chance = random.Random(7)
    with running() as env, Client(env, box=None) as writer, Client(env, box=None) as reader:
        for name in ("box", "other"):
            writer.ok("CREATE " + name)
        writer.ok("SELECT box")
        for _ in range(120):
            for _ in range(chance.randint(0, 4)):
                change(writer, chance)
            look(reader, chance)
        writer.ok("STORE 1:* +FLAGS (\\Seen)")
        look(reader, chance)
        writer.ok("DELETE box")
        writer.ok("CREATE box")
        assert b"* 0 EXISTS\r\n" in reader.ok("SELECT box")


tap.run([replay, opened])
