# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two users and a room: a meeting from invitation to cancellation, by LMTP mail, seen in calendars by CalDAV; and the helpers."""
import base64
import contextlib
import http.client
import os
import pathlib
import re
import smtplib
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402

TWIGA, ADMIN, ACCEPT, PROCESS = (os.path.abspath(path) for path in sys.argv[1:5])
WAIT = 60  # seconds until a test gives up; never what a verdict depends on
PLAIN = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
PLAIN.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})
DAYS = (time.gmtime(time.time() + 30 * 86400), time.gmtime(time.time() + 31 * 86400))


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=WAIT, env=PLAIN, check=False)
    return done.returncode, done.stdout, done.stderr


def do(*words):
    code, out, err = run(*words)
    assert code == 0, (words, code, out, err)
    return out


@contextlib.contextmanager
def town(*settings):
    """Ann, Bob and a room; each of @settings is what twiga-admin sets."""
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        endpoints = place / "endpoints.env"
        command = [TWIGA, "-c", "/dev/null", "--data-path", str(place / "data"), "--endpoints", str(endpoints), "--log-level=3"]
        command += ["--lmtp-listen=127.0.0.1:0", "--imap-listen=", "--ical-listen=127.0.0.1:0"]
        command += ["--server-listen=127.0.0.1:0", f"--server-pipe-name={place}/server.sock"]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
            try:
                until = time.monotonic() + WAIT
                while not endpoints.exists():
                    assert process.poll() is None, process.stderr.read().decode()
                    assert time.monotonic() < until, "waited in vain for the server"
                    time.sleep(0.01)
                env = dict(line.split("=", 1) for line in endpoints.read_text().splitlines())
                env["pipe"] = f"file://{env['SOAP_SOCKET']}"
                env["config"] = place / "dagent.cfg"
                env["config"].write_text(f"server_socket = {env['pipe']}\nspam_header_name = X-Spam\n")
                for user in ("ann", "bob", "room"):
                    do(ADMIN, "-h", env["pipe"], "-c", user, "-p", f"of-{user}", "-f", user.title(), "-e", f"{user}@x.example")
                for words in settings:
                    do(ADMIN, "-h", env["pipe"], "-u", *words)
                yield env
                process.terminate()
                assert process.wait(WAIT) == 0, process.returncode
            finally:
                if process.poll() is None:
                    process.kill()


def event(uid="lunch", day=0, hour=4, people=("bob", "room"), more="", answer="NEEDS-ACTION"):
    date = time.strftime("%Y%m%d", DAYS[day])
    lines = ["BEGIN:VEVENT", f"UID:{uid}", "SUMMARY:Lunch", "ORGANIZER:mailto:ann@x.example"]
    lines += [f"DTSTART:{date}T{hour:02}0000Z", "DURATION:PT1H", *more.split()]
    lines += [f"ATTENDEE;RSVP=TRUE;PARTSTAT={answer}:mailto:{name}@x.example" for name in people]
    return "\r\n".join(lines + ["END:VEVENT", ""])


def mail(env, sender, to, method, text):
    head = f"From: {sender}@x.example\r\nTo: {to}@x.example\r\nSubject: Lunch\r\nMIME-Version: 1.0\r\n"
    head += f"Content-Type: text/calendar; method={method}\r\n\r\nBEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\n"
    with smtplib.LMTP("127.0.0.1", int(env["LMTP_PORT"])) as client:
        client.sendmail(f"{sender}@x.example", [to], f"{head}METHOD:{method}\r\n{text}END:VCALENDAR\r\n")


def calendar(env, user):
    """All items of somebody's calendar, each as one text."""
    url = urllib.parse.urlsplit(env["DAV_URL"])
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=WAIT)
    headers = {"Authorization": "Basic " + base64.b64encode(f"{user}:of-{user}".encode()).decode()}
    connection.request("PROPFIND", f"/caldav/{user}/Calendar/", None, {**headers, "Depth": "1"})
    paths = re.findall(r"href>([^<]*\.ics)<", connection.getresponse().read().decode())
    items = []
    for path in paths:
        connection.request("GET", path, None, headers)
        items.append(re.sub("\r\n ", "", connection.getresponse().read().decode()))
    return items


def put(env, user, name, text):
    url = urllib.parse.urlsplit(env["DAV_URL"])
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=WAIT)
    headers = {"Authorization": "Basic " + base64.b64encode(f"{user}:of-{user}".encode()).decode()}
    body = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\n{text}END:VCALENDAR\r\n"
    connection.request("PUT", f"/caldav/{user}/Calendar/{name}.ics", body, {**headers, "Content-Type": "text/calendar"})
    answer = connection.getresponse()
    answer.read()
    assert answer.status in (201, 204), answer.status


STAMP = "DTSTAMP:20260101T0{0}0000Z SEQUENCE:{1}"
SETTINGS = (("bob", "--mr-process=yes"), ("room", "--mr-accept=yes", "--mr-decline-conflict=yes"))


def whole_life():
    """invitation, answers, a room that is taken, another time, the end"""
    with town(*SETTINGS) as env:
        put(env, "ann", "lunch", event(more=STAMP.format(1, 0)))
        mail(env, "ann", "bob", "REQUEST", event(more=STAMP.format(1, 0)))
        mail(env, "ann", "room", "REQUEST", event(more=STAMP.format(1, 0)))
        (item,) = calendar(env, "bob")
        assert "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE" in item and "METHOD" not in item, item
        assert len(calendar(env, "room")) == 1
        # the room's answer is there, bob's comes by mail
        mail(env, "bob", "ann", "REPLY", event(people=["bob"], answer="ACCEPTED", more=STAMP.format(2, 0)))
        (item,) = calendar(env, "ann")
        people = dict(reversed(found) for found in re.findall(r"ATTENDEE[^\r]*PARTSTAT=([A-Z-]*)[^\r]*mailto:([a-z]*)@", item))
        assert people == {"bob": "ACCEPTED", "room": "ACCEPTED"}, item
        # somebody else wants the room then, and at another time
        mail(env, "bob", "room", "REQUEST", event(uid="other", more=STAMP.format(1, 0)))
        assert len(calendar(env, "room")) == 1
        mail(env, "bob", "room", "REQUEST", event(uid="third", day=1, more=STAMP.format(1, 0)))
        assert len(calendar(env, "room")) == 2
        # the meeting is later, and then not at all
        for name in ("bob", "room"):
            mail(env, "ann", name, "REQUEST", event(hour=6, more=STAMP.format(3, 1)))
        (item,) = calendar(env, "bob")
        assert "T060000" in item and "SEQUENCE:1" in item, item
        for name in ("bob", "room"):
            mail(env, "ann", name, "CANCEL", event(hour=6, more=STAMP.format(4, 2)))
        (item,) = calendar(env, "bob")
        assert "STATUS:CANCELLED" in item or "SUMMARY:Canceled: Lunch" in item, item
        (item,) = calendar(env, "room")
        assert "UID:third" in item, item


def helpers():
    """mr-process and mr-accept deal with what is in the Inbox, as their old callers say it"""
    with town() as env:
        mail(env, "ann", "bob", "REQUEST", event(more=STAMP.format(1, 0)))
        mail(env, "ann", "room", "REQUEST", event(more=STAMP.format(1, 0)))
        assert calendar(env, "bob") == [] and calendar(env, "room") == []
        do(PROCESS, "bob", env["config"])
        (item,) = calendar(env, "bob")
        assert "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE" in item, item
        do(ACCEPT, "room", env["config"])
        (item,) = calendar(env, "room")
        assert re.search("PARTSTAT=ACCEPTED[^\r]*mailto:room@", item) and "TENTATIVE" not in item, item
        do(ACCEPT, "room", env["config"])  # it is there
        assert len(calendar(env, "room")) == 1
        for words in (["nobody", env["config"]], ["bob", env["config"], "00ff"], ["bob", env["config"], "0x"]):
            code, _, err = run(PROCESS, *words)
            assert code == 1 and err, (words, code, err)
        assert run(PROCESS)[0] == 64


tap.run([whole_life, helpers])
