# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two users and a room: meetings from invitation to cancellation, by mail and by CalDAV; and the helpers."""
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
    head += f"Content-Type: text/calendar; method={method}\r\n\r\n"
    with smtplib.LMTP("127.0.0.1", int(env["LMTP_PORT"])) as client:
        client.sendmail(f"{sender}@x.example", [to], head + wrap(text, f"METHOD:{method}\r\n"))


def dav(env, user, method, path, body=None, **headers):
    """Status, fields and text of an answer; lines unfolded."""
    url = urllib.parse.urlsplit(env["DAV_URL"])
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=WAIT)
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    fields["Authorization"] = "Basic " + base64.b64encode(f"{user}:of-{user}".encode()).decode()
    connection.request(method, path, body, fields)
    answer = connection.getresponse()
    return answer.status, answer.headers, re.sub("\r\n ", "", answer.read().decode())


def listed(env, user, where="Calendar"):
    return re.findall(r"href>([^<]*\.ics)<", dav(env, user, "PROPFIND", f"/caldav/{user}/{where}/", Depth="1")[2])


def calendar(env, user):
    """All items of somebody's calendar, each as one text."""
    return [dav(env, user, "GET", path)[2] for path in listed(env, user)]


def wrap(text, method=""):
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\n{method}{text}END:VCALENDAR\r\n"


def put(env, user, name, text, **headers):
    path = name if name.startswith("/") else f"/caldav/{user}/Calendar/{name}.ics"
    text = text if text.startswith("BEGIN:VCALENDAR") else wrap(text)
    status, fields, _ = dav(env, user, "PUT", path, text, Content_Type="text/calendar", **headers)
    return status, fields


def people(item):
    """Who answered what."""
    return dict(reversed(found) for found in re.findall(r"ATTENDEE[^\r]*PARTSTAT=([A-Z-]*)[^\r]*mailto:([a-z]*)@", item))


STAMP = "DTSTAMP:20260101T0{0}0000Z SEQUENCE:{1}"
SETTINGS = (("bob", "--mr-process=yes"), ("room", "--mr-accept=yes", "--mr-decline-conflict=yes"))


def whole_life():
    """invitation, answers, a room that is taken, another time, the end"""
    with town(*SETTINGS) as env:
        assert put(env, "ann", "lunch", event(more=STAMP.format(1, 0)))[0] == 201
        mail(env, "ann", "bob", "REQUEST", event(more=STAMP.format(1, 0)))
        mail(env, "ann", "room", "REQUEST", event(more=STAMP.format(1, 0)))
        (item,) = calendar(env, "bob")
        assert "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE" in item and "METHOD" not in item, item
        assert len(calendar(env, "room")) == 1
        # the room's answer is there, bob's comes by mail
        mail(env, "bob", "ann", "REPLY", event(people=["bob"], answer="ACCEPTED", more=STAMP.format(2, 0)))
        (item,) = calendar(env, "ann")
        assert people(item) == {"bob": "ACCEPTED", "room": "ACCEPTED"}, item
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


def by_caldav():
    """who organises and one who answers by CalDAV, one who answers by mail, a room: all see the same"""
    with town(SETTINGS[1]) as env:
        everybody = ("ann", "bob", "cat", "room")
        status, fields = put(env, "ann", "lunch", event(people=everybody))
        tag = fields["Schedule-Tag"]
        assert status == 201 and tag and fields["ETag"] is None
        (item,) = calendar(env, "ann")
        assert people(item)["room"] == "ACCEPTED" and "SCHEDULE-STATUS=1.1:mailto:cat" in item, item
        assert "SCHEDULE-STATUS=1.2:mailto:bob" in item and "SCHEDULE-STATUS=1.2:mailto:ann" not in item, item
        # bob answers in his calendar, cat from elsewhere: the organiser's tag stays
        (path,) = listed(env, "bob")
        text = dav(env, "bob", "GET", path)[2]
        assert "SUMMARY:Lunch" in text and people(text)["bob"] == "NEEDS-ACTION", text
        answer = re.sub("PARTSTAT=NEEDS-ACTION([^\r]*mailto:bob)", r"PARTSTAT=ACCEPTED\1", text)
        assert put(env, "bob", path, answer, If_Schedule_Tag_Match='"another"')[0] == 412
        assert put(env, "bob", path, answer)[0] == 204
        mail(env, "cat", "ann", "REPLY", event(people=["cat"], answer="TENTATIVE", more=STAMP.format(2, 0)))
        (item,) = calendar(env, "ann")
        answers = {"ann": "NEEDS-ACTION", "bob": "ACCEPTED", "cat": "TENTATIVE", "room": "ACCEPTED"}
        assert people(item) == answers, item
        assert dav(env, "ann", "GET", listed(env, "ann")[0])[1]["Schedule-Tag"] == tag
        # a text from before the answers does not take them back; another time does
        assert put(env, "ann", "lunch", event(people=everybody, more="PRIORITY:5"), If_Schedule_Tag_Match=tag)[0] == 204
        (item,) = calendar(env, "ann")
        assert people(item) == answers and item.count("SCHEDULE-STATUS=2.0") == 3, item
        # who is told of something else: that is with them, and nothing came back of it yet
        assert put(env, "ann", "lunch", event(people=everybody, more="PRIORITY:5\r\nDESCRIPTION:soup"))[0] == 204
        (item,) = calendar(env, "ann")
        states = dict(re.findall(r"SCHEDULE-STATUS=([\d.]+)[^\r]*mailto:(\w+)", item))
        assert people(item) == answers, item
        assert states == {"1.2": "bob", "1.1": "cat", "2.0": "room"}, item
        assert put(env, "ann", "lunch", event(people=everybody, hour=6), If_Schedule_Tag_Match=tag)[0] == 412
        path = "/caldav/ann/Calendar/lunch.ics"
        assert dav(env, "ann", "MOVE", path, If_Schedule_Tag_Match=tag, Destination=path.replace("lunch", "moved"))[0] == 412
        assert put(env, "ann", "lunch", event(people=everybody, hour=6))[0] == 204
        (item,) = calendar(env, "bob")
        assert "T060000" in item and people(item)["bob"] == "NEEDS-ACTION", item
        # the room is taken then for others, and free again when it is all over
        busy = wrap("BEGIN:VFREEBUSY\r\nUID:f\r\nDTSTAMP:20260101T000000Z\r\nORGANIZER:mailto:bob@x.example\r\n"
                    f"DTSTART:{time.strftime('%Y%m%d', DAYS[0])}T000000Z\r\nDTEND:{time.strftime('%Y%m%d', DAYS[1])}T000000Z\r\n"
                    "ATTENDEE:mailto:room@x.example\r\nATTENDEE:mailto:no@x.example\r\nEND:VFREEBUSY\r\n", "METHOD:REQUEST\r\n")

        def ask():
            status, _, text = dav(env, "bob", "POST", "/caldav/bob/outbox/", busy, Content_Type="text/calendar")
            assert status == 200, (status, text)
            return text

        assert "T060000Z/" in ask() and "3.7;" in ask(), ask()
        assert "T060000Z/" in dav(env, "bob", "GET", "/freebusy/room.ifb")[2]
        for path, status in (("/freebusy/nobody.ifb", 404), ("/freebusy/room", 404), ("/freebusy/room.ifb?start=x", 400)):
            assert dav(env, "bob", "GET", path)[0] == status, path
        for old, new, name in (("bob@", "ann@", "organizer-allowed"), ("METHOD:REQUEST", "METHOD:REPLY", "valid-scheduling-message"),
                               ("DTEND", "X-END", "valid-scheduling-message"), ("END:VCAL", "END:VCAR", "valid-calendar-data")):
            status, _, text = dav(env, "bob", "POST", "/caldav/bob/outbox/", busy.replace(old, new), Content_Type="text/calendar")
            assert status == 403 and name in text, (old, status, text)
        # hours in which the room cannot be had, as its inbox says (RFC 7953)
        assert "T080000Z/" not in ask(), ask()
        hours = wrap(f"BEGIN:VAVAILABILITY\r\nUID:h\r\nDTSTART:{time.strftime('%Y%m%d', DAYS[0])}T080000Z\r\nDURATION:PT2H\r\n"
                     "END:VAVAILABILITY\r\n")
        patch = ('<propertyupdate xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><set><prop><c:calendar-availability>%s'
                 "</c:calendar-availability></prop></set></propertyupdate>")
        assert " 403 " in dav(env, "room", "PROPPATCH", "/caldav/room/inbox/", patch % "nonsense")[2]
        assert " 403 " in dav(env, "room", "PROPPATCH", "/caldav/room/calendar/", patch % hours)[2]
        assert " 200 " in dav(env, "room", "PROPPATCH", "/caldav/room/inbox/", patch % hours)[2]
        find = ('<propfind xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><prop><c:calendar-availability/></prop></propfind>')
        assert "VAVAILABILITY" in dav(env, "room", "PROPFIND", "/caldav/room/inbox/", find, Depth="0")[2]
        assert "FBTYPE=BUSY-UNAVAILABLE" in ask() and "T080000Z/" in ask() and "T060000Z/" in ask(), ask()
        assert " 200 " in dav(env, "room", "PROPPATCH", "/caldav/room/inbox/", (patch % "").replace("set>", "remove>"))[2]
        assert dav(env, "ann", "DELETE", "/caldav/ann/Calendar/lunch.ics")[0] == 204
        assert "FREEBUSY" not in ask().replace("VFREEBUSY", "") and calendar(env, "room") == []
        (item,) = calendar(env, "bob")
        assert "STATUS:CANCELLED" in item, item


def wishes():
    """who is not told by the server, told again, or leaves without a word; the inbox of what came as mail"""
    with town() as env:
        text = event(people=("ann", "bob"))
        assert put(env, "ann", "lunch", text.replace(":mailto:bob", ";SCHEDULE-AGENT=CLIENT:mailto:bob"))[0] == 201
        assert calendar(env, "bob") == []
        # left to the server from now on: he is told, though nothing else is new
        other = text.replace("UID:lunch", "UID:other")
        assert put(env, "ann", "other", other.replace(":mailto:bob", ";SCHEDULE-AGENT=CLIENT:mailto:bob"))[0] == 201
        assert put(env, "ann", "other", other)[0] == 204 and len(calendar(env, "bob")) == 1
        assert dav(env, "ann", "DELETE", "/caldav/ann/Calendar/other.ics")[0] == 204
        assert dav(env, "bob", "DELETE", listed(env, "bob")[0])[0] == 204
        assert put(env, "ann", "lunch", text.replace(":mailto:bob", ";SCHEDULE-FORCE-SEND=REQUEST:mailto:bob"))[0] == 204
        assert len(calendar(env, "bob")) == 1
        (item,) = calendar(env, "ann")
        assert "FORCE-SEND" not in item and "SCHEDULE-STATUS=1.2:mailto:bob" in item, item
        (path,) = listed(env, "bob")
        assert dav(env, "bob", "DELETE", path, Schedule_Reply="F")[0] == 204
        (item,) = calendar(env, "ann")
        assert people(item)["bob"] == "NEEDS-ACTION", item
        assert put(env, "ann", "lunch", text.replace(":mailto:bob", ";SCHEDULE-FORCE-SEND=REQUEST:mailto:bob"))[0] == 204
        (path,) = listed(env, "bob")
        assert dav(env, "bob", "DELETE", path)[0] == 204
        (item,) = calendar(env, "ann")
        assert people(item)["bob"] == "DECLINED", item
        # what comes as mail is in the inbox until somebody deletes it there
        assert listed(env, "room", "inbox") == []
        mail(env, "ann", "room", "REQUEST", event(people=("room",), more=STAMP.format(1, 0)))
        (path,) = listed(env, "room", "inbox")
        item = dav(env, "room", "GET", path)[2]
        assert "METHOD:REQUEST" in item and "SUMMARY:Lunch" in item, item
        assert dav(env, "room", "PUT", path, item, Content_Type="text/calendar")[0] == 403
        assert dav(env, "room", "DELETE", "/caldav/room/inbox/")[0] == 403
        assert dav(env, "bob", "PROPFIND", "/caldav/room/inbox/", Depth="1")[0] == 404
        mail(env, "ann", "room", "REQUEST", event(people=("room",), more=STAMP.format(2, 1)))
        second = [one for one in listed(env, "room", "inbox") if one != path]
        # who may read the calendar and the Inbox of somebody else sees it too, but for what is private
        mail(env, "ann", "room", "REQUEST", event("own", people=("room",), more="CLASS:PRIVATE\r\n" + STAMP.format(1, 0)))
        (third,) = [one for one in listed(env, "room", "inbox") if one not in [path, *second]]
        do(ADMIN, "-h", env["pipe"], "-u", "ann", "-a", "1")
        assert sorted(re.findall(r"href>([^<]*\.ics)<", dav(env, "ann", "PROPFIND", "/caldav/room/inbox/", Depth="1")[2])) == sorted([path, *second])
        assert dav(env, "ann", "GET", path)[2] == item and dav(env, "ann", "GET", third)[0] == 404
        assert dav(env, "room", "DELETE", third)[0] == 204
        for name in listed(env, "room"):
            if "UID:own" in dav(env, "room", "GET", name)[2]:
                assert dav(env, "room", "DELETE", name)[0] == 204
        assert dav(env, "room", "DELETE", path)[0] == 204 and listed(env, "room", "inbox") == second
        assert dav(env, "room", "DELETE", second[0])[0] == 204 and listed(env, "room", "inbox") == []
        assert len(calendar(env, "room")) == 1
        # an event that is nobody else's is nobody's business
        assert put(env, "ann", "alone", event(uid="alone", people=()))[1]["Schedule-Tag"] is None


def task(people=("bob", "cat"), more="", answer="NEEDS-ACTION", due=0):
    lines = ["BEGIN:VTODO", "UID:report", "DTSTAMP:20260101T000000Z", "SUMMARY:Report", "ORGANIZER:mailto:ann@x.example"]
    lines += [f"DUE;VALUE=DATE:{time.strftime('%Y%m%d', DAYS[due])}", *more.split()]
    lines += [f"ATTENDEE;RSVP=TRUE;PARTSTAT={answer}:mailto:{name}@x.example" for name in people]
    return "\r\n".join(lines + ["END:VTODO", ""])


def tasks(env, user):
    return [dav(env, user, "GET", path)[2] for path in listed(env, user, "Tasks")]


def todos():
    """a task of several people: asked for by CalDAV, answered by CalDAV and by mail, put off and withdrawn (RFC 5546, 3.4)"""
    with town() as env:
        mine = "/caldav/ann/Tasks/report.ics"
        status, fields = put(env, "ann", mine, task())
        assert status == 201 and fields["Schedule-Tag"], status
        (item,) = tasks(env, "ann")
        assert "SCHEDULE-STATUS=1.2:mailto:bob" in item and "SCHEDULE-STATUS=1.1:mailto:cat" in item, item
        assert calendar(env, "bob") == []
        (path,) = listed(env, "bob", "Tasks")
        text = dav(env, "bob", "GET", path)[2]
        assert "SUMMARY:Report" in text and "METHOD" not in text and people(text)["bob"] == "NEEDS-ACTION", text
        # the answer, and how far it is
        answer = re.sub("PARTSTAT=NEEDS-ACTION([^\r]*mailto:bob)", r"PARTSTAT=IN-PROCESS\1", text)
        assert put(env, "bob", path, answer.replace("END:VTODO", "PERCENT-COMPLETE:40\r\nEND:VTODO"))[0] == 204
        (item,) = tasks(env, "ann")
        assert people(item) == {"bob": "IN-PROCESS", "cat": "NEEDS-ACTION"} and "PERCENT" not in item, item
        mail(env, "cat", "ann", "REPLY", task(people=("cat",), answer="ACCEPTED"))
        (item,) = tasks(env, "ann")
        assert people(item) == {"bob": "IN-PROCESS", "cat": "ACCEPTED"}, item
        # done is an answer, whatever the client writes beside it
        text = dav(env, "bob", "GET", path)[2]
        done = re.sub("STATUS:[A-Z-]*", "STATUS:COMPLETED", text.replace("PERCENT-COMPLETE:40", "PERCENT-COMPLETE:100"))
        assert put(env, "bob", path, done)[0] == 204
        (item,) = tasks(env, "ann")
        assert people(item)["bob"] == "COMPLETED", item
        # a text from before the answers takes none back, and nobody is told of nothing
        assert put(env, "ann", mine, task())[0] == 204
        (item,) = tasks(env, "ann")
        assert people(item) == {"bob": "COMPLETED", "cat": "ACCEPTED"}, item
        # another day: everybody is asked anew; cat is out of it, and bob alone does it then
        assert put(env, "ann", mine, task(people=("bob",), due=1))[0] == 204
        (item,) = tasks(env, "bob")
        assert "SEQUENCE:1" in item and people(item)["bob"] == "NEEDS-ACTION", item
        answer = re.sub("PARTSTAT=NEEDS-ACTION([^\r]*mailto:bob)", r"PARTSTAT=COMPLETED\1", item)
        assert put(env, "bob", path, answer.replace("END:VTODO", "PERCENT-COMPLETE:100\r\nEND:VTODO"))[0] == 204
        (item,) = tasks(env, "ann")
        assert people(item)["bob"] == "COMPLETED" and "PERCENT-COMPLETE:100" in item, item
        # somebody else's task is not changed by who is not its organiser, nor a message of the past
        mail(env, "cat", "bob", "CANCEL", task(people=("bob",)).replace("ann@", "cat@"))
        (item,) = tasks(env, "bob")
        assert "CANCELLED" not in item, item
        assert dav(env, "ann", "DELETE", mine)[0] == 204
        (item,) = tasks(env, "bob")
        assert "STATUS:CANCELLED" in item, item
        # by mail: the request is in the tasks and in the inbox, the answer goes by mail
        assert dav(env, "bob", "DELETE", path)[0] == 204
        mail(env, "cat", "bob", "REQUEST", task(people=("bob",), more=STAMP.format(1, 0)).replace("ann@", "cat@"))
        (path,) = listed(env, "bob", "Tasks")
        inbox = [dav(env, "bob", "GET", one)[2] for one in listed(env, "bob", "inbox")]
        assert any("BEGIN:VTODO" in one and "METHOD:REQUEST" in one and "mailto:cat@" in one for one in inbox), inbox
        text = dav(env, "bob", "GET", path)[2]
        assert put(env, "bob", path, text.replace("PARTSTAT=NEEDS-ACTION", "PARTSTAT=ACCEPTED"))[0] == 204
        assert "SCHEDULE-STATUS=1.1" in dav(env, "bob", "GET", path)[2]


def zoned(hour, day=0):
    return time.strftime("%Y%m%d", DAYS[day]) + f"T{hour:02}0000Z"


def series(guests=(), members=("bob",), hour=4, left_out=()):
    """Four days; on the second of them with @guests and without @left_out."""
    text = event(uid="daily", people=members, hour=hour, more="RRULE:FREQ=DAILY;COUNT=4")
    own = event(uid="daily", day=1, people=[*(one for one in members if one not in left_out), *guests], hour=hour)
    return text + own.replace("UID:daily", f"UID:daily\r\nRECURRENCE-ID:{zoned(hour, 1)}") if guests or left_out else text


def one_day():
    """who is asked to one day of a series alone, or is left out of one (RFC 5546, 3.2.2 and 3.2.5)"""
    with town() as env:
        assert put(env, "ann", "daily", series(guests=("room",)))[0] == 201
        (item,) = calendar(env, "bob")
        assert "RRULE" in item and "RECURRENCE-ID" in item, item
        (item,) = calendar(env, "room")
        assert "RRULE" not in item and f"RECURRENCE-ID:{zoned(4, 1)}" in item and f"DTSTART:{zoned(4, 1)}" in item, item
        assert people(item) == {"bob": "NEEDS-ACTION", "room": "NEEDS-ACTION"} and "SUMMARY:Lunch" in item, item
        (item,) = calendar(env, "ann")
        assert "SCHEDULE-STATUS=1.2:mailto:room" in item, item
        # the guest answers, and is not asked again while nothing changes
        (path,) = listed(env, "room")
        text = dav(env, "room", "GET", path)[2]
        assert put(env, "room", path, re.sub("PARTSTAT=NEEDS-ACTION([^\r]*mailto:room)", r"PARTSTAT=ACCEPTED\1", text))[0] == 204
        (item,) = calendar(env, "ann")
        assert people(item) == {"bob": "NEEDS-ACTION", "room": "ACCEPTED"}, item
        assert put(env, "ann", "daily", series(guests=("room",)) + "")[0] == 204
        (item,) = calendar(env, "ann")
        assert people(item)["room"] == "ACCEPTED", item
        assert people(calendar(env, "room")[0])["room"] == "ACCEPTED"
        # another guest beside it, and then none
        assert put(env, "ann", "daily", series(guests=("room", "cat")))[0] == 204
        (item,) = calendar(env, "ann")
        assert "SCHEDULE-STATUS=1.1:mailto:cat" in item, item
        assert put(env, "ann", "daily", series())[0] == 204
        (item,) = calendar(env, "room")
        assert "STATUS:CANCELLED" in item, item
        (item,) = calendar(env, "bob")
        assert "CANCELLED" not in item and "EXDATE" not in item, item
        # one of the series is left out of a day; then the whole is off
        assert put(env, "ann", "daily", series(members=("bob", "room"), left_out=("bob",)))[0] == 204
        (item,) = calendar(env, "bob")
        assert f"EXDATE:{zoned(4, 1)}" in item and "CANCELLED" not in item, item
        assert any("RRULE" in one and "EXDATE" not in one for one in calendar(env, "room")), calendar(env, "room")
        assert dav(env, "ann", "DELETE", "/caldav/ann/Calendar/daily.ics")[0] == 204
        (item,) = calendar(env, "bob")
        assert "STATUS:CANCELLED" in item, item
        # guests alone
        assert put(env, "ann", "daily", series(guests=("room",), members=()).replace("UID:daily", "UID:guests"))[0] == 201
        found = [one for one in calendar(env, "room") if "UID:guests" in one]
        assert len(found) == 1 and "RECURRENCE-ID" in found[0], found
        assert dav(env, "ann", "DELETE", "/caldav/ann/Calendar/daily.ics")[0] == 204
        found = [one for one in calendar(env, "room") if "UID:guests" in one]
        assert "STATUS:CANCELLED" in found[0], found
        # a series that is no meeting, but for one day
        text = series(guests=("room",), members=()).replace("UID:daily", "UID:once").replace("ORGANIZER:mailto:ann@x.example\r\n", "", 1)
        assert put(env, "ann", "once", text)[0] == 201
        found = [one for one in calendar(env, "room") if "UID:once" in one]
        assert len(found) == 1 and "RECURRENCE-ID" in found[0] and "mailto:ann@" in found[0], found
        answer = re.sub("PARTSTAT=NEEDS-ACTION([^\r]*mailto:room)", r"PARTSTAT=ACCEPTED\1", found[0])
        (path,) = [one for one in listed(env, "room") if "UID:once" in dav(env, "room", "GET", one)[2]]
        assert put(env, "room", path, answer)[0] == 204
        (item,) = calendar(env, "ann")
        assert people(item) == {"room": "ACCEPTED"}, item


def whose():
    """a meeting stays its organiser's (RFC 6638, 3.2.4)"""
    with town() as env:
        def refused(user, path, text):
            status, _, answer = dav(env, user, "PUT", path, text, Content_Type="text/calendar")
            return (status, *re.findall(r"<(?:\w+:)?([a-z]+-[a-z-]+)/>", answer))

        mine = "/caldav/ann/Calendar/lunch.ics"
        assert put(env, "ann", "lunch", event(people=("bob",)))[0] == 201
        (path,) = listed(env, "bob")
        text = dav(env, "bob", "GET", path)[2]
        for old, new in (("mailto:ann@", "mailto:bob@"), ("mailto:ann@", "mailto:cat@"), ("ORGANIZER", "X-ORGANIZER")):
            changed = re.sub(f"ORGANIZER([^\r]*)", lambda found: found[0].replace(old, new), text)
            assert refused("bob", path, changed) == (403, "allowed-attendee-scheduling-object-change"), changed
        assert dav(env, "bob", "GET", path)[2] == text
        assert refused("ann", mine, wrap(event(people=("bob",)).replace("ORGANIZER:mailto:ann", "ORGANIZER:mailto:cat"))) == \
            (403, "allowed-organizer-scheduling-object-change")
        two = series(guests=("room",))
        at = two.rindex("ORGANIZER:mailto:ann")
        assert refused("ann", "/caldav/ann/Calendar/two.ics", wrap(two[:at] + two[at:].replace("mailto:ann", "mailto:cat", 1))) == \
            (403, "same-organizer-in-all-components")
        assert len(listed(env, "ann")) == 1 and len(calendar(env, "room")) == 0
        # capitals are no other person; and a meeting of nobody is called off
        assert put(env, "ann", "lunch", event(people=("bob",)).replace("ORGANIZER:mailto:ann", "ORGANIZER:mailto:ANN"))[0] == 204
        assert put(env, "ann", "lunch", event(people=()).replace("ORGANIZER:mailto:ann@x.example\r\n", ""))[0] == 204
        (item,) = calendar(env, "bob")
        assert "STATUS:CANCELLED" in item, item


def helpers():
    """mr-process and mr-accept deal with what is in the Inbox, as their old callers say it"""
    with town(("bob", "--mr-process=no"), ("room", "--mr-process=no")) as env:
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


tap.run([whole_life, by_caldav, wishes, todos, one_day, whose, helpers])
