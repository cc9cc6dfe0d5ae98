# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mail clients that nobody here wrote do their usual work. TW_CLIENT_MAILS says how many mails mbsync moves (300; 10000 by hand)."""
import contextlib
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from server import WAIT, Client, running  # noqa: E402
import tap  # noqa: E402
from loopback import ANY_PORT, HOST, LISTEN  # noqa: E402

MANY = int(os.environ.get("TW_CLIENT_MAILS", "300"))


def mail(number, size=300):
    text = "".join("%s line %d\n" % (hashlib.sha256(b"%d" % (number * 1000 + i)).hexdigest(), i) for i in range(size // 70))
    return (f"From: a{number}@example.com\nTo: me@example.com\nSubject: mail {number}\nMessage-ID: <{number}@clients.example>\n"
            f"Date: Tue, 05 Jan 2027 10:00:00 +0000\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nGrüße 雪 {number}\n{text}").encode()


@contextlib.contextmanager
def home():
    with tempfile.TemporaryDirectory() as name:
        yield pathlib.Path(name)


def run(place, *command, wanted=(0,), data=None, limit=WAIT * 10):
    environment = {**os.environ, "HOME": str(place), "LC_ALL": "C.UTF-8", "TERM": "xterm"}
    done = subprocess.run(command, input=data, capture_output=True, timeout=limit, env=environment, check=False)
    assert done.returncode in wanted, (command, done.returncode, done.stdout[-1500:].decode(), done.stderr[-3000:].decode())
    return done.stdout


def missing(*programs):
    return next((f"no {name} here" for name in programs if shutil.which(name) is None), None)


def held(place):
    """What mails a maildir has: digests of their bytes without line ends, X-TUID is mbsync's own."""
    out = {}
    for path in place.glob("[cn]*/*"):
        lines = [line for line in path.read_bytes().replace(b"\r\n", b"\n").split(b"\n") if not line.startswith(b"X-TUID")]
        out[hashlib.sha256(b"\n".join(lines)).hexdigest()] = path
    return out


def maildir(path):
    for name in ("cur", "new", "tmp"):
        (path / name).mkdir(parents=True, exist_ok=True)
    return path


MBSYNC = f"""IMAPAccount t
Host {HOST}
Port {{port}}
User {{user}}
Pass {{password}}
SSLType None
AuthMechs {{mechanism}}

IMAPStore r
Account t

MaildirStore l
Path {{place}}/
Inbox {{place}}/INBOX
SubFolders Verbatim

Channel c
Far :r:
Near :l:
Patterns *
Create Both
Remove Both
Expunge Both
Sync All
SyncState *
"""


class Copy:
    """One local copy that mbsync keeps."""

    def __init__(self, env, place, name):
        self.place = place / name
        self.place.mkdir()
        self.config = place / ("mbsync." + name)
        self.config.write_text(MBSYNC.format(port=env["IMAP_PORT"], user=env["DEMO_USER"], password=env["DEMO_PASS"], place=self.place,
                                             mechanism="LOGIN"))
        self.home = place

    def sync(self):
        run(self.home, "mbsync", "-q", "-c", str(self.config), "c")

    def box(self, name):
        return self.place / name


def mbsync():
    """mbsync keeps two copies equal: new folders and mails, flags, deletions, a folder that goes"""
    if missing("mbsync"):
        return missing("mbsync")
    with running() as env, home() as place:
        a, b = Copy(env, place, "A"), Copy(env, place, "B")
        a.sync()
        odd = "&ANw-n&AO8-code"
        for number in range(20):
            (maildir(a.box("Projects")) / "new" / f"{number}.host").write_bytes(mail(number))
        (maildir(a.box(odd)) / "cur" / "1.host:2,FS").write_bytes(mail(100))
        a.sync()
        b.sync()
        assert len(held(b.box("Projects"))) == 20 and held(b.box("Projects")).keys() == held(a.box("Projects")).keys()
        assert list(b.box(odd).glob("cur/*,FS")), "flags in a folder whose name is not ASCII"
        first, second = list(held(b.box("Projects")).values())[:2]
        (b.box("Projects") / "cur").mkdir(exist_ok=True)
        first.rename(b.box("Projects") / "cur" / (first.name.split(":2,")[0] + ":2,FRS"))
        second.unlink()
        b.sync()
        a.sync()
        assert len(held(a.box("Projects"))) == 19 and list(a.box("Projects").glob("cur/*,F*R*S*"))
        for path in b.box(odd).glob("cur/*"):
            path.unlink()
        b.sync()
        shutil.rmtree(b.box(odd))
        b.sync()
        a.sync()
        assert not held(a.box(odd))
    return None


def connections(env):
    """Those of IMAP clients that the server still serves: it does what a dead client had sent before it notices."""
    said = urllib.request.urlopen(env["HTTP_URL"] + "/metrics", timeout=WAIT).read().decode()
    return sum(int(value) for value in re.findall(r"^twiga_imap_connections\{.*\} (\d+)$", said, re.M))


def killed():
    """mbsync is killed again and again while it pushes and pulls many mails: both sides end equal, nothing twice"""
    if missing("mbsync"):
        return missing("mbsync")
    with running(f"--metrics-listen={ANY_PORT}") as env, home() as place:
        a, b = Copy(env, place, "A"), Copy(env, place, "B")
        box = maildir(a.box("Many"))
        for number in range(MANY):
            (box / "new" / f"{number}.host").write_bytes(mail(number, 200 + number * 37 % 9000))
        wanted = held(box).keys()
        for copy in (a, b):
            for limit in (0.3, 0.6, 1.2):
                limit *= max(1, MANY / 1000)
                with subprocess.Popen(["mbsync", "-q", "-c", str(copy.config), "c"], env={**os.environ, "HOME": str(place)},
                                      stderr=subprocess.DEVNULL) as process:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(limit)
                    process.kill()
                until = time.monotonic() + WAIT * 10
                while connections(env) > 0:
                    assert time.monotonic() < until
                    time.sleep(0.01)
            began = time.monotonic()
            copy.sync()
            copy.sync()
            print(f"# {MANY} mails: the rest took {time.monotonic() - began:.1f} s")
            there = list(copy.box("Many").glob("[cn]*/*"))
            assert held(copy.box("Many")).keys() == wanted and len(there) == MANY, (len(there), MANY)
        with Client(env, box=None) as client:
            assert b"MESSAGES %d)" % MANY in client.ok("STATUS Many (MESSAGES)")[0]
    return None


OFFLINEIMAP = f"""[general]
accounts = t
metadata = {{place}}/oimeta
maxsyncaccounts = 1
ui = quiet
[Account t]
localrepository = l
remoterepository = r
[Repository l]
type = Maildir
localfolders = {{place}}/O
[Repository r]
type = IMAP
remotehost = {HOST}
remoteport = {{port}}
remoteuser = {{user}}
remotepass = {{password}}
ssl = no
starttls = no
auth_mechanisms = PLAIN
"""


def settings(env, place):
    return {"place": place, "port": env["IMAP_PORT"], "user": env["DEMO_USER"], "password": env["DEMO_PASS"]}


def offlineimap():
    """offlineimap pulls, and pushes what is new"""
    if missing("offlineimap"):
        return missing("offlineimap")
    with running() as env, home() as place, Client(env, box=None) as client:
        client.append("INBOX", mail(1).replace(b"\n", b"\r\n"))
        (place / "oi").write_text(OFFLINEIMAP.format(**settings(env, place)))
        run(place, "offlineimap", "-c", str(place / "oi"), "-o")
        before = len(held(place / "O" / "INBOX"))
        assert before >= 1
        (place / "O" / "INBOX" / "new" / "9.host").write_bytes(mail(2))
        run(place, "offlineimap", "-c", str(place / "oi"), "-o")
        client.ok("SELECT INBOX")
        assert len(client.ok('SEARCH SUBJECT "mail 2"')[0].split()) == 3
        assert len(client.ok('SEARCH SUBJECT "mail 3"')[0].split()) == 2
    return None


def fetchers():
    """fetchmail and getmail take all mails by POP3 and IMAP, and nothing twice"""
    if missing("fetchmail", "getmail"):
        return missing("fetchmail", "getmail")
    with running(f"--pop3-listen={ANY_PORT}") as env, home() as place, Client(env, box=None) as client:
        for number in range(5):
            client.append("INBOX", mail(number).replace(b"\n", b"\r\n"))
        count = int(client.ok("STATUS INBOX (MESSAGES)")[0].split(b"MESSAGES ")[1].split(b")")[0])
        for protocol, port, keep in (("POP3", env["POP3_PORT"], "keep"), ("IMAP", env["IMAP_PORT"], "fetchall keep")):
            config = place / "fm"
            taken = place / ("fm." + protocol)
            config.write_text(f'poll "{HOST}" service {port} protocol {protocol} {"uidl" if protocol == "POP3" else ""}\n user "{env["DEMO_USER"]}"'
                              f' password "{env["DEMO_PASS"]}" {keep} no rewrite sslproto "" mda "cat >>{taken}"\n')
            config.chmod(0o600)
            run(place, "fetchmail", "-f", str(config), "-i", str(place / "fm.ids"), "--nosslcertck", "--pidfile", str(place / "pid"))
            assert taken.read_bytes().count(b"\nSubject:") == count, protocol
        config.write_text(config.read_text().replace("IMAP", "POP3 uidl").replace(env["IMAP_PORT"], env["POP3_PORT"]).replace(" fetchall", ""))
        run(place, "fetchmail", "-f", str(config), "-i", str(place / "fm.ids"), "--nosslcertck", "--pidfile", str(place / "pid"), wanted=(1,))
        for kind, port in (("SimplePOP3Retriever", env["POP3_PORT"]), ("SimpleIMAPRetriever", env["IMAP_PORT"])):
            taken = place / kind
            (place / "gm").mkdir(exist_ok=True)
            (place / "gm" / "getmailrc").write_text(
                f"[retriever]\ntype = {kind}\nserver = {HOST}\nport = {port}\nusername = {env['DEMO_USER']}\npassword = {env['DEMO_PASS']}\n"
                f"[destination]\ntype = MDA_external\npath = /bin/sh\narguments = ('-c', 'cat >>{taken}')\nallow_root_commands = true\n"
                f"unixfrom = true\n[options]\nread_all = false\ndelivered_to = false\nreceived = false\n")
            for _ in range(2):
                run(place, "getmail", "--getmaildir", str(place / "gm"))
            assert taken.read_bytes().count(b"\nSubject:") == count, kind
            (place / "gm").rename(place / ("gm." + kind))
    return None


def neomutt():
    """neomutt in batch: opens a mailbox, saves a mail to another one and deletes it"""
    if missing("neomutt", "script"):
        return missing("neomutt", "script")
    with running() as env, home() as place, Client(env, box=None) as client:
        client.ok("CREATE kept")
        client.ok("CREATE from")
        client.append("from", mail(7).replace(b"\n", b"\r\n"))
        client.append("from", mail(8).replace(b"\n", b"\r\n"))
        url = f"imap://{LISTEN}:{env['IMAP_PORT']}"
        (place / "rc").write_text(
            f'set folder="{url}"\nset imap_user="{env["DEMO_USER"]}"\nset imap_pass="{env["DEMO_PASS"]}"\nset ssl_starttls=no\nset ssl_force_tls=no\n'
            f'set spoolfile="{url}/from"\nset confirmappend=no\nset delete=yes\nset quit=yes\nset imap_check_subscribed=no\nset mark_old=no\n'
            'set imap_authenticators="login"\nset move=no\nset wait_key=no\nset abort_key="^G"\n'
            f'push "<tag-pattern>~s 8<enter><tag-prefix><save-message>{url}/kept<enter><sync-mailbox><quit>"\n')
        run(place, "script", "-qec", f"neomutt -n -F {place}/rc", "/dev/null", limit=WAIT)
        assert b"MESSAGES 1)" in client.ok("STATUS kept (MESSAGES)")[0]
        assert b"MESSAGES 1)" in client.ok("STATUS from (MESSAGES)")[0]
    return None


tap.run([mbsync, killed, offlineimap, fetchers, neomutt])
