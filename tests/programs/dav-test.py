# SPDX-License-Identifier: AGPL-3.0-or-later
"""CalDAV against a server of its own: what clients do, in the order in which they do it, and what nobody should."""
import base64
import http.client
import re
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree

import tap
from loopback import ANY_PORT

sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/imap")
import server

D, C = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
EVENT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Test//EN
BEGIN:VEVENT
UID:{uid}
DTSTAMP:20260101T000000Z
DTSTART;TZID=Europe/Berlin:{start}
DURATION:PT1H
{more}SUMMARY:{summary}
X-OURS;A="b;c":kept
END:VEVENT
END:VCALENDAR
"""
TODO = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Test//EN
BEGIN:VTODO
UID:todo
DTSTAMP:20260101T000000Z
DUE;VALUE=DATE:20260310
SUMMARY:Pay
END:VTODO
END:VCALENDAR
"""


class Dav:
    def __init__(self, env, number=""):
        url = urllib.parse.urlsplit(env["DAV_URL"])
        self.connection = http.client.HTTPConnection(url.hostname, url.port, timeout=server.WAIT)
        self.user = env["DEMO_USER" + number]
        token = f"{self.user}:{env['DEMO_PASS' + number]}".encode()
        self.headers = {"Authorization": "Basic " + base64.b64encode(token).decode()}
        self.home = f"/caldav/{self.user}/"

    def ask(self, method, path, body=None, **headers):
        fields = dict(self.headers)
        fields.update({name.replace("_", "-"): value for name, value in headers.items()})
        body = body.encode() if isinstance(body, str) else body
        self.connection.request(method, path, body, fields)
        answer = self.connection.getresponse()
        self.tag = answer.getheader("ETag")
        return answer.status, answer.read()

    def status(self, *args, **headers):
        return self.ask(*args, **headers)[0]

    def put(self, path, text, **headers):
        return self.status("PUT", path, text.replace("\n", "\r\n"), **headers)

    def get(self, path):
        status, body = self.ask("GET", path)
        assert status == 200, status
        return re.sub("\n ", "", body.decode().replace("\r\n", "\n"))

    def multistatus(self, method, path, body, **headers):
        """Path to (status, {name: element}); and the sync token."""
        status, answer = self.ask(method, path, body, **headers)
        assert status == 207, (status, answer)
        root = ElementTree.fromstring(answer)
        out = {}
        for response in root.findall(D + "response"):
            props = {}
            for propstat in response.findall(D + "propstat"):
                if " 200 " in propstat.find(D + "status").text:
                    props.update({prop.tag: prop for prop in propstat.find(D + "prop")})
            gone = response.find(D + "status")
            out[response.find(D + "href").text] = (gone.text if gone is not None else "", props)
        return out, root.findtext(D + "sync-token")

    def sync(self, path, token=""):
        return self.multistatus(
            "REPORT", path,
            f'<sync-collection xmlns="DAV:"><sync-token>{token}</sync-token><sync-level>1</sync-level>'
            "<prop><getetag/></prop></sync-collection>")

    def range(self, path, start, end, component="VEVENT"):
        return self.multistatus(
            "REPORT", path,
            f'<c:calendar-query xmlns="DAV:" xmlns:c="{C[1:-1]}"><prop><getetag/></prop><c:filter>'
            f'<c:comp-filter name="VCALENDAR"><c:comp-filter name="{component}">'
            f'<c:time-range start="{start}" end="{end}"/></c:comp-filter></c:comp-filter></c:filter>'
            "</c:calendar-query>", Depth="1")[0]


def make(dav, name):
    assert dav.status("MKCALENDAR", dav.home + name + "/") == 201
    return dav.home + name + "/"


def test_discovery(env):
    dav = Dav(env)
    found, _ = dav.multistatus("PROPFIND", "/", '<propfind xmlns="DAV:"><prop><current-user-principal/></prop></propfind>',
                               Depth="0")
    principal = found["/"][1][D + "current-user-principal"].findtext(D + "href")
    found, _ = dav.multistatus("PROPFIND", principal,
                               f'<propfind xmlns="DAV:" xmlns:c="{C[1:-1]}"><prop><c:calendar-home-set/></prop></propfind>',
                               Depth="0")
    assert found[principal][1][C + "calendar-home-set"].findtext(D + "href") == dav.home
    found, _ = dav.multistatus("PROPFIND", dav.home, None, Depth="1")
    names = [props[D + "displayname"].text for _, props in found.values()]
    assert "Calendar" in names and "Tasks" in names, names
    assert dav.status("GET", "/.well-known/caldav") == 301


def test_item(env):
    dav = Dav(env)
    path = make(dav, "items") + "one.ics"
    text = EVENT.format(uid="one", start="20260302T090000", more="RRULE:FREQ=WEEKLY;COUNT=5\n", summary="A & <b>")
    assert dav.put(path, text, If_None_Match="*") == 201
    assert dav.put(path, text, If_None_Match="*") == 412
    got = dav.get(path)
    assert text.split("BEGIN:VEVENT")[1] in got, got
    tag = dav.tag
    assert dav.status("GET", path, None, If_None_Match=tag) == 304
    assert dav.put(path, text.replace("A & <b>", "C"), If_Match='"other"') == 412
    assert dav.put(path, text.replace("A & <b>", "C"), If_Match=tag) == 204
    assert "SUMMARY:C\n" in dav.get(path) and dav.tag != tag
    assert dav.put(path.replace("one", "two"), text) == 403  # the UID is taken
    assert dav.status("DELETE", path, None, If_Match=tag) == 412
    assert dav.status("DELETE", path) == 204
    assert dav.status("GET", path) == 404
    assert dav.status("DELETE", path) == 404


def test_sync(env):
    dav = Dav(env)
    home = make(dav, "synced")
    found, start = dav.sync(home)
    assert found == {}
    for name in ("a", "b"):
        assert dav.put(home + name + ".ics", EVENT.format(uid=name, start="20260302T090000", more="", summary=name)) == 201
    found, both = dav.sync(home, start)
    assert set(found) == {home + "a.ics", home + "b.ics"}
    assert dav.sync(home, both)[0] == {}
    assert dav.status("DELETE", home + "a.ics") == 204
    found, last = dav.sync(home, both)
    assert set(found) == {home + "a.ics"} and "404" in found[home + "a.ics"][0]
    assert dav.status("REPORT", home, '<sync-collection xmlns="DAV:"><sync-token>no</sync-token></sync-collection>') == 403
    assert set(dav.sync(home)[0]) == {home + "b.ics"} and last != both


def test_query(env):
    dav = Dav(env)
    home = make(dav, "queried")
    assert dav.put(home + "single.ics", EVENT.format(uid="single", start="20260302T090000", more="", summary="s")) == 201
    weekly = "RRULE:FREQ=WEEKLY\nEXDATE;TZID=Europe/Berlin:20300107T090000\n"
    assert dav.put(home + "weekly.ics", EVENT.format(uid="weekly", start="20260302T090000", more=weekly, summary="w")) == 201
    assert dav.put(home + "todo.ics", TODO) == 201
    single, both = {home + "single.ics"}, {home + "single.ics", home + "weekly.ics"}
    assert set(dav.range(home, "20260302T000000Z", "20260303T000000Z")) == both
    assert set(dav.range(home, "20260301T000000Z", "20260302T080000Z")) == set()
    assert set(dav.range(home, "20300114T000000Z", "20300115T000000Z")) == both - single
    assert set(dav.range(home, "20300107T000000Z", "20300108T000000Z")) == set()  # left out
    assert set(dav.range(home, "20260301T000000Z", "20260401T000000Z", "VTODO")) == {home + "todo.ics"}
    status, body = dav.ask("REPORT", home, f'<c:free-busy-query xmlns:c="{C[1:-1]}">'
                           '<c:time-range start="20260302T000000Z" end="20260310T000000Z"/></c:free-busy-query>')
    assert status == 200 and body.count(b"FREEBUSY;FBTYPE=BUSY:") == 3, body
    found, _ = dav.multistatus("REPORT", home, f'<c:calendar-multiget xmlns="DAV:" xmlns:c="{C[1:-1]}"><prop>'
                               f"<c:calendar-data/></prop><href>{home}todo.ics</href><href>{home}no.ics</href>"
                               "</c:calendar-multiget>")
    assert "SUMMARY:Pay" in found[home + "todo.ics"][1][C + "calendar-data"].text
    assert "404" in found[home + "no.ics"][0]


def test_collection(env):
    dav = Dav(env)
    home = make(dav, "named")
    patch = ('<propertyupdate xmlns="DAV:" xmlns:a="http://apple.com/ns/ical/"><set><prop><displayname>Other name</displayname>'
             "<a:calendar-color>#112233</a:calendar-color></prop></set></propertyupdate>")
    assert dav.status("PROPPATCH", home, patch) == 207
    find = ('<propfind xmlns="DAV:" xmlns:a="http://apple.com/ns/ical/"><prop><displayname/><a:calendar-color/></prop>'
            "</propfind>")
    props = dav.multistatus("PROPFIND", home, find, Depth="0")[0][home][1]
    assert props[D + "displayname"].text == "Other name"
    assert props["{http://apple.com/ns/ical/}calendar-color"].text == "#112233"
    # all or nothing
    bad = patch.replace("<displayname>Other name</displayname>", "<getetag>x</getetag>").replace("112233", "445566")
    assert b"424" in dav.ask("PROPPATCH", home, bad)[1]
    assert dav.multistatus("PROPFIND", home, find, Depth="0")[0][home][1][
        "{http://apple.com/ns/ical/}calendar-color"].text == "#112233"
    assert dav.status("MKCALENDAR", home) == 403
    assert dav.status("DELETE", home) == 204
    assert dav.status("PROPFIND", home) == 404


def test_bad(env):
    dav = Dav(env)
    home = make(dav, "bad")
    good = EVENT.format(uid="x", start="20260302T090000", more="", summary="s")
    assert dav.put(home + "x.ics", good) == 201
    for text in ("", "nonsense", "BEGIN:VCALENDAR\nEND:VCALENDAR\n", good.replace("DTSTART", "X-START"),
                 good.replace("VERSION:2.0", "METHOD:REQUEST"), good.replace("END:VEVENT\n", "")):
        status = dav.put(home + "x.ics", text)
        assert status in (403, 400), (status, text)
    assert "SUMMARY:s\n" in dav.get(home + "x.ics")  # what was there stays
    for xml in ("<a", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<propfind xmlns='DAV:'>" + "<a>" * 500, "<x/>"):
        assert dav.status("PROPFIND", home, xml) == 400, xml
    assert dav.status("PROPFIND", home, "<propfind xmlns='DAV:'>" + "<a>" * 100 + "</a>" * 100 + "</propfind>") == 413
    assert dav.status("PROPFIND", "/caldav/" + env["DEMO_USER2"] + "/") == 404
    assert dav.status("PROPFIND", "/caldav/%00/") in (400, 404)
    assert dav.status("BREW", home) == 501
    dav.headers = {"Authorization": "Basic " + base64.b64encode(b"alice:no").decode()}
    assert dav.status("PROPFIND", "/") == 401


def on(env, case):
    def run():
        case(env)

    run.__doc__ = case.__name__
    return run


with server.running(f"--ical-listen={ANY_PORT}") as running_env:
    cases = [test_discovery, test_item, test_sync, test_query, test_collection, test_bad]
    try:
        tap.run([on(running_env, case) for case in cases])
    except SystemExit as result:
        failed = result.code
sys.exit(failed)
