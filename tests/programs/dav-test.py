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
    # what changes is told once, and is not gone
    assert dav.put(home + "b.ics", EVENT.format(uid="b", start="20260303T090000", more="", summary="later")) == 204
    found, both = dav.sync(home, both)
    assert set(found) == {home + "b.ics"} and found[home + "b.ics"][1], found
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
    for number, rule in enumerate(("FREQ=YEARLY", "FREQ=WEEKLY;BYHOUR=9")):  # the second lies in the text alone
        yearly = TODO.replace("UID:todo", f"UID:again{number}\nRRULE:{rule}\nDTSTART:19920415T133000Z").replace(
            "DUE;VALUE=DATE:20260310", "DUE:19920516T045959Z").replace(
                "END:VTODO", "BEGIN:VALARM\nACTION:DISPLAY\nDESCRIPTION:a\nTRIGGER:-PT15M\nEND:VALARM\nEND:VTODO")
        assert dav.put(home + f"again{number}.ics", yearly) == 201
    assert set(dav.range(home, "20100501T000000Z", "20100502T000000Z", "VTODO")) == {home + "again0.ics", home + "again1.ics"}
    assert set(dav.range(home, "20100601T000000Z", "20100602T000000Z", "VTODO")) == {home + "again1.ics"}
    assert set(dav.range(home, "19910501T000000Z", "19910502T000000Z", "VTODO")) == set()
    for start, end, found in (("131000", "132000", {home + "again0.ics"}), ("132000", "133000", set())):
        ringing, _ = dav.multistatus("REPORT", home, f'<c:calendar-query xmlns="DAV:" xmlns:c="{C[1:-1]}"><prop><getetag/></prop>'
                                     '<c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VTODO"><c:comp-filter name='
                                     f'"VALARM"><c:time-range start="20100415T{start}Z" end="20100415T{end}Z"/>'
                                     '</c:comp-filter></c:comp-filter></c:comp-filter></c:filter></c:calendar-query>')
        assert set(ringing) == found
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


def test_components(env):
    """a collection takes what it was made for, and says so"""
    dav = Dav(env)
    body = (f'<c:mkcalendar xmlns="DAV:" xmlns:c="{C[1:-1]}"><set><prop><c:supported-calendar-component-set>%s'
            "</c:supported-calendar-component-set></prop></set></c:mkcalendar>")
    find = f'<propfind xmlns="DAV:" xmlns:c="{C[1:-1]}"><prop><c:supported-calendar-component-set/></prop></propfind>'
    event, todo = EVENT.format(uid="of-set", start="20260302T090000", more="", summary="s"), TODO.replace("todo", "of-set")
    for name, components, takes in (("set-e", ("VEVENT",), (201, 403)), ("set-t", ("VTODO",), (403, 201)),
                                    ("set-et", ("VEVENT", "VTODO"), (201, 201)), ("set-j", ("VTODO", "VJOURNAL"), (403, 201))):
        home = dav.home + name + "/"
        assert dav.status("MKCALENDAR", home, body % "".join(f'<c:comp name="{one}"/>' for one in components)) == 201
        props = dav.multistatus("PROPFIND", home, find, Depth="0")[0][home][1]
        told = props[C + "supported-calendar-component-set"]
        assert tuple(comp.get("name") for comp in told) == components, ElementTree.tostring(told)
        status, answer = dav.ask("PUT", home + "e.ics", event)
        assert status == takes[0] and (status == 201 or b"supported-calendar-component" in answer), (name, status, answer)
        assert dav.put(home + "t.ics", todo.replace("of-set", "of-set-t")) == takes[1], name
    assert dav.ask("MKCALENDAR", dav.home + "set-x/", body % '<c:comp name="VPOLL"/>')[0] == 207
    assert dav.status("PROPFIND", dav.home + "set-x/") == 404


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


# ---- address books ----

K = "{urn:ietf:params:xml:ns:carddav}"
CARD = """BEGIN:VCARD
VERSION:3.0
UID:{uid}
FN:{name}
N:{name};;;;
EMAIL;TYPE=WORK:{uid}@x.example
TEL;TYPE=CELL:1
TEL;TYPE=CELL:2
TEL;TYPE=CELL:3
TEL;TYPE=CELL:4
X-OURS;A=b:kept
END:VCARD
"""


def make_book(dav, name):
    path = f"/carddav/{dav.user}/{name}/"
    body = (f'<mkcol xmlns="DAV:" xmlns:k="{K[1:-1]}"><set><prop><resourcetype><collection/><k:addressbook/></resourcetype>'
            "<displayname>Book</displayname></prop></set></mkcol>")
    assert dav.status("MKCOL", path, body) == 201
    return path


def test_floating(env):
    """Times that name no zone are those of who asks, else of the collection, else of the server (RFC 4791, 7.3)."""
    dav = Dav(env)
    path = make(dav, "floating")
    zone = ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y\r\nBEGIN:VTIMEZONE\r\nTZID:Odd\r\nBEGIN:STANDARD\r\n"
            "DTSTART:19700101T000000\r\nTZOFFSETFROM:%s\r\nTZOFFSETTO:%s\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nEND:VCALENDAR\r\n")
    east, west = (zone % (offset, offset) for offset in ("+1000", "-1000"))
    lines = {"clock": "DTSTART:20260302T120000\nDURATION:PT1H", "utc": "DTSTART:20260302T120000Z\nDURATION:PT1H",
             "daily": "DTSTART:20260302T120000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2",
             "day": "DTSTART;VALUE=DATE:20260304", "zoned": "DTSTART;TZID=Asia/Tokyo:20260302T210000\nDURATION:PT1H"}
    for name, text in lines.items():
        text = (f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//y\nBEGIN:VEVENT\nUID:{name}\nDTSTAMP:20260101T000000Z\n"
                f"{text}\nSUMMARY:s\nEND:VEVENT\nEND:VCALENDAR\n")
        assert dav.put(path + name + ".ics", text) == 201, name

    def ask(start, end, more="", data=""):
        found, _ = dav.multistatus(
            "REPORT", path, f'<c:calendar-query xmlns="DAV:" xmlns:c="{C[1:-1]}"><prop><getetag/>{data}</prop><c:filter>'
            '<c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">'
            f'<c:time-range start="202603{start}00Z" end="202603{end}00Z"/></c:comp-filter></c:comp-filter></c:filter>{more}'
            "</c:calendar-query>", Depth="1")
        return {href.split("/")[-1][:-4]: props for href, (_, props) in found.items()}

    def when(more=""):
        return [sorted(ask(*span, more)) for span in (("02T0200", "02T0201"), ("02T1200", "02T1201"), ("02T2200", "02T2201"),
                                                      ("02T1100", "02T1101"), ("04T2300", "04T2301"))]

    at_server = [[], ["utc", "zoned"], [], ["clock", "daily"], []]  # Europe/Amsterdam
    at_utc = [[], ["clock", "daily", "utc", "zoned"], [], [], ["day"]]
    at_east = [["clock", "daily"], ["utc", "zoned"], [], [], []]
    at_west = [[], ["utc", "zoned"], ["clock", "daily"], [], ["day"]]
    assert when() == at_server, when()
    for text, wanted in ((east, at_east), (west, at_west)):
        assert when(f"<c:timezone>{text}</c:timezone>") == wanted, when(f"<c:timezone>{text}</c:timezone>")
    assert when("<c:timezone-id>Etc/GMT-10</c:timezone-id>") == at_east
    assert when("<c:timezone-id>UTC</c:timezone-id>") == at_utc
    # that of the collection, and that of the question before it
    patch = (f'<propertyupdate xmlns="DAV:" xmlns:c="{C[1:-1]}"><set><prop><c:calendar-timezone>{west}</c:calendar-timezone></prop></set>'
             "</propertyupdate>")
    assert dav.status("PROPPATCH", path, patch) == 207
    assert when() == at_west
    assert when("<c:timezone-id>UTC</c:timezone-id>") == at_utc
    # instances of a clock stay what they are when they are told one by one
    data = '<c:calendar-data><c:expand start="20260301T000000Z" end="20260305T000000Z"/></c:calendar-data>'
    text = ask("01T0000", "05T0000", data=data)["daily"][C + "calendar-data"].text
    assert "DTSTART:20260302T120000\n" in text.replace("\r", "") and "RECURRENCE-ID:20260303T120000\n" in text.replace("\r", ""), text
    for bad, name in (("<c:timezone>x</c:timezone>", "valid-calendar-data"), ("<c:timezone-id>No/Where</c:timezone-id>", "valid-timezone")):
        status, body = dav.ask(
            "REPORT", path, f'<c:calendar-query xmlns="DAV:" xmlns:c="{C[1:-1]}"><prop><getetag/></prop><c:filter>'
            f'<c:comp-filter name="VCALENDAR"/></c:filter>{bad}</c:calendar-query>', Depth="1")
        assert status == 403 and name in str(body), (bad, status, body)


def query_cards(dav, path, inside):
    body = (f'<k:addressbook-query xmlns="DAV:" xmlns:k="{K[1:-1]}"><prop><getetag/><k:address-data/></prop>'
            f"<k:filter>{inside}</k:filter></k:addressbook-query>")
    return dav.multistatus("REPORT", path, body, Depth="1")[0]


def test_cards(env):
    dav = Dav(env)
    book = make_book(dav, "cards")
    text = CARD.format(uid="anna", name="Anna")
    assert dav.put(book + "a.vcf", text, If_None_Match="*", Content_Type="text/vcard") == 201
    assert dav.tag, "what comes back byte for byte has its tag at once"
    tag = dav.tag
    got = dav.get(book + "a.vcf")
    assert got == text and dav.tag == tag, got
    assert dav.put(book + "b.vcf", text) == 403  # the UID is taken
    assert dav.put(book + "b.vcf", EVENT.format(uid="e", start="20260302T090000", more="", summary="s")) == 403
    for bad in (text.replace("UID:anna\n", ""), text.replace("FN:", "UID:anna\nFN:"), text.replace("VERSION:3.0\n", ""),
                text.replace("FN:", "no colon\nFN:"), text.replace("3.0", "2.1")):
        assert dav.put(book + "a.vcf", bad) == 403, bad
    assert dav.get(book + "a.vcf") == text
    assert dav.put(book + "b.vcf", text.replace("anna", "bert").replace("Anna", "Bert")) == 201
    match = '<k:prop-filter name="FN"><k:text-match match-type="starts-with">an</k:text-match></k:prop-filter>'
    assert set(query_cards(dav, book, match)) == {book + "a.vcf"}
    assert set(query_cards(dav, book, "")) == {book + "a.vcf", book + "b.vcf"}
    body = (f'<k:addressbook-multiget xmlns="DAV:" xmlns:k="{K[1:-1]}"><prop><k:address-data version="4.0"/></prop>'
            f"<href>{book}a.vcf</href><href>{book}no.vcf</href></k:addressbook-multiget>")
    found, _ = dav.multistatus("REPORT", book, body)
    data = found[book + "a.vcf"][1][K + "address-data"].text
    assert "VERSION:4.0" in data and "anna@x.example" in data, data
    assert "404" in found[book + "no.vcf"][0]
    found, token = dav.sync(book)
    assert len(found) == 2
    assert dav.status("DELETE", book + "a.vcf", None, If_Match=tag) == 204
    assert set(dav.sync(book, token)[0]) == {book + "a.vcf"}
    # folded as the client folds, and not at all
    text = CARD.format(uid="cleo", name="Cleo").replace("X-OURS", "NOTE:" + "long " * 40 + "\nTITLE:in two\n  pieces\nX-OURS")
    assert dav.put(book + "c.vcf", text) == 201 and dav.tag
    assert dav.ask("GET", book + "c.vcf")[1].decode() == text.replace("\n", "\r\n")
    assert dav.status("GET", "/.well-known/carddav") == 301
    assert dav.status("PROPFIND", "/.well-known/carddav/", '<propfind xmlns="DAV:"><allprop/></propfind>', Depth="0") == 301


def test_directory(env):
    """the global address book: everybody in it, and nobody writes it"""
    dav = Dav(env)
    book = f"/carddav/{dav.user}/directory/"
    found = query_cards(dav, book, '<k:prop-filter name="EMAIL"><k:text-match>' + env["DEMO_ADDR2"] + "</k:text-match></k:prop-filter>")
    assert len(found) == 1, found
    path, (_, props) = next(iter(found.items()))
    assert env["DEMO_ADDR2"] in props[K + "address-data"].text and path == f"{book}{env['DEMO_USER2']}.vcf"
    assert dav.sync(book, dav.sync(book)[1])[0] == {}
    assert dav.put(book + "x.vcf", CARD.format(uid="x", name="X")) == 403
    assert dav.status("DELETE", path) == 403 and dav.status("DELETE", book) == 403
    body = f'<propfind xmlns="DAV:" xmlns:k="{K[1:-1]}"><prop><k:directory-gateway/></prop></propfind>'
    props = dav.multistatus("PROPFIND", f"/carddav/{dav.user}/", body, Depth="0")[0][f"/carddav/{dav.user}/"][1]
    assert props[K + "directory-gateway"].findtext(D + "href") == book


def test_others(env):
    """a calendar of somebody else's: nothing of it until it is shared, then by rights; private events keep their subject"""
    owner, other = Dav(env), Dav(env, "2")
    found, _ = owner.multistatus("PROPFIND", owner.home, None, Depth="1")
    calendar = next(path for path, (_, props) in found.items() if props[D + "displayname"].text == "Calendar")
    event = EVENT.format(uid="open", start="20260302T090000", more="", summary="open")
    assert owner.put(calendar + "open.ics", event) == 201
    assert owner.put(calendar + "secret.ics", event.replace("open", "secret").replace("X-OURS", "CLASS:PRIVATE\nX-OURS")) == 201
    assert other.status("PROPFIND", owner.home) == 404 and other.status("GET", calendar + "open.ics") == 404
    proxy = f"/principals/{owner.user}/calendar-proxy-%s/"
    patch = ('<propertyupdate xmlns="DAV:"><set><prop><group-member-set>%s</group-member-set></prop></set></propertyupdate>')
    member = f"<href>/principals/{other.user}/</href>"
    assert b" 403 " in other.ask("PROPPATCH", proxy % "read", patch % member)[1]
    assert b" 200 " in owner.ask("PROPPATCH", proxy % "read", patch % member)[1]
    assert "SUMMARY:open" in other.get(calendar + "open.ics")
    secret = other.get(calendar + "secret.ics")
    assert "SUMMARY:secret" not in secret and "X-OURS" not in secret and "20260302T" in secret, secret
    assert "SUMMARY:secret" in owner.get(calendar + "secret.ics")
    assert other.put(calendar + "new.ics", event.replace("open", "new")) == 403
    assert other.put(calendar + "open.ics", event) == 403 and other.status("DELETE", calendar + "open.ics") == 403
    body = ('<propfind xmlns="DAV:" xmlns:s="http://calendarserver.org/ns/"><prop><s:calendar-proxy-read-for/>'
            "<s:calendar-proxy-write-for/></prop></propfind>")
    name = "{http://calendarserver.org/ns/}calendar-proxy-%s-for"
    me = f"/principals/{other.user}/"

    def proxies(kind):
        props = other.multistatus("PROPFIND", me, body, Depth="0")[0][me][1]
        return [href.text for href in props[name % kind]]

    assert f"/principals/{owner.user}/" in proxies("read") and f"/principals/{owner.user}/" not in proxies("write")
    assert b" 200 " in owner.ask("PROPPATCH", proxy % "write", patch % member)[1]
    assert f"/principals/{owner.user}/" in proxies("write")
    assert other.put(calendar + "new.ics", event.replace("open", "new")) == 201
    assert other.put(calendar + "secret.ics", secret) == 403  # it would write the little that is seen over all of it
    assert b" 200 " in owner.ask("PROPPATCH", proxy % "write", patch % "")[1]
    assert other.status("GET", calendar + "open.ics") == 404


def test_people(env):
    dav = Dav(env)
    body = ('<principal-property-search xmlns="DAV:"><property-search><prop><displayname/></prop><match>%s</match>'
            "</property-search><prop><displayname/></prop></principal-property-search>")
    found, _ = dav.multistatus("REPORT", "/principals/", body % env["DEMO_USER2"], Depth="0")
    assert list(found) == [f"/principals/{env['DEMO_USER2']}/"], found
    assert dav.multistatus("REPORT", "/principals/", body % "nobody-at-all", Depth="0")[0] == {}
    body = ('<expand-property xmlns="DAV:"><property name="current-user-principal"><property name="displayname"/></property>'
            "</expand-property>")
    status, answer = dav.ask("REPORT", "/", body)
    assert status == 207 and f"<D:href>/principals/{dav.user}/</D:href><D:propstat>".encode() in answer, answer
    props = dav.multistatus("PROPFIND", dav.home, '<propfind xmlns="DAV:"><prop><current-user-privilege-set/><acl/>'
                            "<quota-used-bytes/></prop></propfind>", Depth="0")[0][dav.home][1]
    assert props[D + "current-user-privilege-set"].find(f"{D}privilege/{D}all") is not None
    assert int(props[D + "quota-used-bytes"].text) > 0 and props[D + "acl"].find(D + "ace") is not None


def test_moved(env):
    dav = Dav(env)
    here, there = make(dav, "here"), make(dav, "there")
    text = EVENT.format(uid="m", start="20260302T090000", more="", summary="m")
    assert dav.put(here + "a.ics", text) == 201
    assert dav.status("COPY", here + "a.ics", Destination=there + "b.ics") == 201
    assert "SUMMARY:m" in dav.get(there + "b.ics") and "SUMMARY:m" in dav.get(here + "a.ics")
    assert dav.status("COPY", here + "a.ics", Destination=here + "c.ics") == 403  # two of one UID
    assert dav.status("COPY", here + "a.ics", Destination=there + "b.ics", Overwrite="F") == 412
    assert dav.status("MOVE", here + "a.ics", Destination=here + "d e%2F.ics") == 201
    assert dav.status("GET", here + "a.ics") == 404 and "SUMMARY:m" in dav.get(here + "d%20e%2F.ics")
    assert dav.status("MOVE", there + "b.ics", Destination=there + "x/y.ics") == 409
    assert dav.status("MOVE", there + "b.ics", Destination="http://elsewhere/caldav/x") == 502
    assert dav.status("MOVE", there + "b.ics", Destination=f"/carddav/{dav.user}/directory/x.vcf") == 403
    assert dav.status("MOVE", there, Destination=dav.home + "moved/") == 201
    listed = dav.multistatus("PROPFIND", dav.home, None, Depth="1")[0]
    assert "SUMMARY:m" in dav.get(dav.home + "moved/b.ics") and dav.home + "moved/" in listed and there not in listed
    assert dav.status("POST", here, text.replace("UID:m", "UID:posted")) == 201
    assert "UID:posted" in dav.get(here + "posted.ics")


def test_whole(env):
    """/ical/USER/FOLDER: a calendar as one file, both ways; a zone of several items stands in it once"""
    dav = Dav(env)
    home = make(dav, "whole")
    one, two = (EVENT.format(uid=uid, start="20260302T090000", more="", summary=uid) for uid in ("one", "two"))
    for name, text in (("one", one), ("two", two)):
        assert dav.put(home + name + ".ics", text) == 201
    for path in (f"/ical/{dav.user}/whole", f"/ical/{dav.user}/whole.ics", "/ICAL/whole"):
        text = dav.get(path)
        assert text.count("BEGIN:VEVENT") == 2 and text.count("BEGIN:VTIMEZONE") <= 1 and text.count("END:VCALENDAR") == 1, text
    assert dav.put(f"/ical/{dav.user}/whole", one.replace("SUMMARY:one", "SUMMARY:changed")) == 204
    assert "SUMMARY:changed" in dav.get(home + "one.ics") and dav.status("GET", home + "two.ics") == 404
    assert dav.put(f"/ical/{dav.user}/whole", two) == 204  # one that was not there
    assert "SUMMARY:two" in dav.get(home + "two.ics") and dav.status("GET", home + "one.ics") == 404
    assert dav.put(f"/ical/{dav.user}/whole", one.replace("SUMMARY:one", "SUMMARY:changed")) == 204
    assert dav.put(f"/ical/{dav.user}/whole", "nonsense") == 403 and dav.put("/ical/no-such", one) == 404
    assert "SUMMARY:changed" in dav.get(home + "one.ics")


def test_historic_paths(env):
    """what clients of the historic product were set up with: one home, with and without the user's name, in any case"""
    dav = Dav(env)
    me = dav.user
    assert dav.put(f"/caldav/{me}/Calendar/old.ics", EVENT.format(uid="old", start="20260302T090000", more="", summary="old")) == 201
    for path in ("/caldav", "/caldav/", f"/caldav/{me}", f"/caldav/{me}/", f"/caldav/{me}/Calendar", f"/caldav/{me}/Calendar/",
                 f"/caldav/{me}/calendar/", f"/CalDAV/{me}/Calendar/", f"/caldav/{me}/Tasks/"):
        assert dav.status("PROPFIND", path, Depth="0") == 207, path
    for path in (f"/caldav/{me}/Calendar/old.ics", f"/caldav/{me}/calendar/old.ics", "/ical", "/ical/", f"/ical/{me}", f"/ical/{me}/",
                 f"/ical/{me}/Calendar", f"/ical/{me}/Calendar.ics", f"/ical/{me}/Calendar/", "/ical/Calendar", "/ICAL/Calendar.ics"):
        assert "SUMMARY:old" in dav.get(path), path
    assert dav.status("DELETE", f"/caldav/{me}/Calendar/old.ics") == 204


def test_paths(env):
    """paths with any bytes are answered, and lead nowhere"""
    dav = Dav(env)
    for path in ("/caldav/%ff/", "/caldav/a%00b/", "/principals/%2e%2e/x", "/caldav/" + "x" * 300 + "/", "/caldav/a/b/c/d/e/f",
                 "/carddav/%25/", "/ical/%F0%9F%A6%92/", "/principals/" + dav.user + "/other/", dav.home + "%2F/%2F",
                 "/caldav/public/no/", "/nothing"):
        for method in ("GET", "PROPFIND", "DELETE", "PUT", "REPORT", "MOVE"):
            status = dav.status(method, path, "", Destination="/%ff")
            assert 400 <= status < 500, (method, path, status)


def test_attachments(env):
    """RFC 8607: a file beside an event, by POST; its link stays through a PUT, and goes when the text has it no more"""
    dav = Dav(env)
    home = make(dav, "managed")
    path = home + "a.ics"
    text = EVENT.format(uid="managed", start="20260302T090000", more="RRULE:FREQ=DAILY;COUNT=3\n", summary="with a file")
    assert dav.put(path, text) == 201
    data = bytes(range(256)) * 300

    def post(query, body=data, **headers):
        fields = {**dav.headers, "Content-Type": "image/png", "Content-Disposition": 'attachment; filename="a b.png"'}
        dav.connection.request("POST", path + query, body, {**fields, **headers})
        answer = dav.connection.getresponse()
        return answer.status, answer.getheader("Cal-Managed-ID"), answer.getheader("Location"), answer.read()

    status, first, url, _ = post("?action=attachment-add")
    assert status == 201 and first and url.startswith("http://")
    got = dav.get(path)
    assert f"MANAGED-ID={first};FMTTYPE=image/png;FILENAME=a b.png;SIZE={len(data)}:{url}" in got and "BASE64" not in got, got
    there = urllib.parse.urlsplit(url)
    assert dav.ask("GET", f"{there.path}?{there.query}") == (200, data)
    other = Dav(env, "2")
    assert other.status("GET", f"{there.path}?{there.query}") == 404
    # what the client was given comes back with a change, and the file stays
    assert dav.put(path, got.replace("with a file", "changed")) == 204
    assert dav.ask("GET", f"{there.path}?{there.query}") == (200, data) and "SUMMARY:changed" in dav.get(path)
    status, second, url, answer = post(f"?action=attachment-update&managed-id={first}", b"new", Prefer="return=representation")
    assert status == 200 and second not in (None, first) and f"MANAGED-ID={second}".encode() in re.sub(b"\r\n ", b"", answer)
    assert dav.status("GET", f"{there.path}?{there.query}") == 404
    for query, precondition in (("?action=attachment-remove&managed-id=x", b"valid-managed-id-parameter"),
                                ("?action=attachment-remove", b"valid-managed-id-parameter"),
                                ("?action=attachment-add&managed-id=" + second, b"valid-managed-id-parameter"),
                                ("?action=attachment-add&rid=M", b"valid-rid-parameter"),
                                ("?action=other", b"valid-action-parameter"), ("", b"valid-action-parameter")):
        status, _, _, answer = post(query)
        assert status == 403 and precondition in answer, (query, status, answer)
    assert post("?action=attachment-add", **{"If-Match": '"x"'})[0] == 412
    assert dav.put(path, dav.get(path).replace(second, "0" * 32)) == 403
    status, answer = dav.ask("PUT", path, dav.get(path), Prefer="return=representation")
    assert status == 200 and answer == dav.ask("GET", path)[1] and dav.tag
    # a copy has a file of its own, and so has the calendar as one file
    assert dav.status("COPY", path, Destination=home + "b.ics") == 403
    whole = dav.get(f"/ical/{dav.user}/managed")
    assert dav.put(f"/ical/{dav.user}/managed", whole) == 204 and second in dav.get(path)
    assert post(f"?action=attachment-remove&managed-id={second}", b"")[0] == 204
    assert "ATTACH" not in dav.get(path)
    status, third, url, _ = post("?action=attachment-add")
    assert status == 201 and dav.put(path, text) == 204
    there = urllib.parse.urlsplit(url)
    assert "ATTACH" not in dav.get(path) and dav.status("GET", f"{there.path}?{there.query}") == 404
    props = dav.multistatus("PROPFIND", home, f'<propfind xmlns="DAV:" xmlns:c="{C[1:-1]}"><prop><c:max-attachment-size/>'
                            "<c:max-attachments-per-resource/></prop></propfind>", Depth="0")[0][home][1]
    assert int(props[C + "max-attachment-size"].text) > 1 << 20 and props[C + "max-attachments-per-resource"].text == "100"
    props = dav.multistatus("PROPFIND", dav.home, f'<propfind xmlns="DAV:" xmlns:c="{C[1:-1]}"><prop>'
                            "<c:managed-attachments-server-URL/></prop></propfind>", Depth="0")[0][dav.home][1]
    assert C + "managed-attachments-server-URL" in props


def test_questions(env):
    """what of RFC 4918 is easily got wrong; and a browser that comes by"""
    dav = Dav(env)
    assert dav.status("PROPFIND", dav.home) == 403 and dav.status("PROPFIND", dav.home, Depth="infinity") == 403
    for inside in ("<allprop/><propname/>", "<other/>", ""):
        assert dav.status("PROPFIND", dav.home, f'<propfind xmlns="DAV:">{inside}</propfind>', Depth="0") == 400, inside
    for path, link in (("/", dav.home), (dav.home, dav.home), (f"/principals/{dav.user}/", f"/carddav/{dav.user}/")):
        status, page = dav.ask("GET", path)
        assert status == 200 and f'href="{link}'.encode() in page, (path, page)


def test_huge(env):
    dav = Dav(env)
    home = make(dav, "huge")
    good = EVENT.format(uid="x", start="20260302T090000", more="", summary="s")
    dav.connection.putrequest("PUT", home + "x.ics")
    for name, value in {**dav.headers, "Content-Length": str(17 << 20), "Expect": "100-continue"}.items():
        dav.connection.putheader(name, value)
    dav.connection.endheaders()
    assert dav.connection.getresponse().status == 413
    dav = Dav(env)
    assert dav.status("PROPFIND", home, "<a>" + " " * (2 << 20) + "</a>") == 413
    dav = Dav(env)
    more = "RRULE:FREQ=SECONDLY\n"
    assert dav.put(home + "r.ics", EVENT.format(uid="r", start="20260302T090000", more=more, summary="r")) in (201, 403)
    assert dav.range(home, "20260101T000000Z", "20990101T000000Z") is not None
    assert dav.put(home + "c.ics", good.replace("SUMMARY:s", "SUMMARY:\x01")) == 403
    assert dav.put(home + "d.ics", good.replace("END:VCALENDAR\n", TODO.split("EN\n", 1)[1]).replace("UID:todo", "UID:x")) == 403


def test_kept(env):
    """properties that only clients know stay as they were set; those of the server cannot be set"""
    dav = Dav(env)
    home = make(dav, "kept")
    patch = ('<propertyupdate xmlns="DAV:"><set><prop><x xmlns="urn:x" k="v">a<y/></x></prop></set></propertyupdate>')
    assert b" 200 " in dav.ask("PROPPATCH", home, patch)[1]
    find = '<propfind xmlns="DAV:"><prop><x xmlns="urn:x"/><y xmlns="urn:x"/></prop></propfind>'
    prop = dav.multistatus("PROPFIND", home, find, Depth="0")[0][home][1]["{urn:x}x"]
    assert prop.text == "a" and prop.get("k") == "v" and prop.find("{urn:x}y") is not None
    assert b"404" not in dav.ask("PROPFIND", home, find, Depth="0", Prefer="return=minimal")[1]
    assert b"403" in dav.ask("PROPPATCH", home, patch.replace("urn:x", "DAV:").replace("<x ", "<sync-token ").replace(
        "</x>", "</sync-token>"))[1]
    assert b" 507 " in dav.ask("PROPPATCH", home, patch.replace("a<y/>", "a" * 70000))[1]
    remove = patch.replace("set>", "remove>")
    assert b" 200 " in dav.ask("PROPPATCH", home, remove)[1]
    assert "{urn:x}x" not in dav.multistatus("PROPFIND", home, find, Depth="0")[0][home][1]


def on(env, case):
    def run():
        case(env)

    run.__doc__ = case.__name__
    return run


with server.running(f"--ical-listen={ANY_PORT}") as running_env:
    cases = [test_discovery, test_item, test_sync, test_query, test_floating, test_collection, test_components, test_bad, test_cards, test_directory,
             test_others, test_people, test_moved, test_whole, test_historic_paths, test_paths, test_attachments, test_questions, test_huge, test_kept]
    try:
        tap.run([on(running_env, case) for case in cases])
    except SystemExit as result:
        failed = result.code
sys.exit(failed)
