# SPDX-License-Identifier: AGPL-3.0-or-later
"""Envelopes as clients of Zarafa and Kopano send them (spec/mapi-soap.md 20), posted to the SOAP door of twiga."""
import base64
import contextlib
import gzip
import http.client
import imaplib
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tap  # noqa: E402
from loopback import ANY_PORT, HOST  # noqa: E402

TWIGA, ADMIN = (os.path.abspath(path) for path in sys.argv[1:3])
WAIT = 60  # seconds until a test gives up; never what a verdict depends on
BEGIN = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:SOAP-ENC="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xop="http://www.w3.org/2004/08/xop/include"'
    ' xmlns:xmlmime="http://www.w3.org/2004/11/xmlmime" xmlns:ns="urn:zarafa">'
    '<SOAP-ENV:Body SOAP-ENV:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">'
)
END = "</SOAP-ENV:Body></SOAP-ENV:Envelope>\r\n"
LOGON = (
    "<ns:logon><szUsername>{0}</szUsername><szPassword>{1}</szPassword><szImpersonateUser/><szVersion>11.0.2</szVersion>"
    "<ulCapabilities>59218</ulCapabilities><ulFlags>{2}</ulFlags><sLicenseReq></sLicenseReq>"
    "<ullSessionGroup>12015568827018380830</ullSessionGroup><szClientApp>kopano-gateway</szClientApp>"
    "<szClientAppVersion>11.0.2</szClientAppVersion><szClientAppMisc>gateway/imap</szClientAppMisc></ns:logon>"
)
RESTRICTION = (
    "<lpRestrict><ulType>0</ulType><lpAnd><item><ulType>1</ulType><lpOr><item><ulType>8</ulType><lpExist>"
    "<ulPropTag>3604511</ulPropTag></lpExist></item><item><ulType>6</ulType><lpBitmask><ulMask>1</ulMask>"
    "<ulPropTag>235339779</ulPropTag><ulType>1</ulType></lpBitmask></item></lpOr></item><item><ulType>2</ulType><lpNot><lpNot>"
    "<ulType>4</ulType><lpProp><ulType>2</ulType><ulPropTag>235405315</ulPropTag><lpProp><ulPropTag>235405315</ulPropTag>"
    "<ul>10000000</ul></lpProp></lpProp></lpNot></lpNot></item></lpAnd></lpRestrict>"
)


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket, with the empty Host that clients send there."""

    def __init__(self, path):
        super().__init__("", timeout=WAIT)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(WAIT)
        self.sock.connect(self.path)


class Wire:
    """One connection, kept alive over all its calls."""

    def __init__(self, connection, target):
        self.connection, self.target = connection, target

    def post(self, body, headers=None, status=200):
        fields = {"User-Agent": "gSOAP/2.8", "Content-Type": "text/xml; charset=utf-8", "Accept-Encoding": "gzip, deflate"}
        self.connection.request("POST", self.target, body, {**fields, **(headers or {})})
        answer = self.connection.getresponse()
        data = answer.read()
        assert answer.status == status, (answer.status, data)
        assert answer.getheader("Content-Encoding") is None
        return data.decode()

    def call(self, element, headers=None):
        text = self.post((BEGIN + element + END).encode(), headers)
        assert text.endswith(END), text
        return ET.fromstring(text)[0][0]

    def logon(self, user, password, flags=1):
        answer = self.call(LOGON.format(user, password, flags))
        assert answer.tag == "{urn:zarafa}logonResponse"
        assert [child.tag for child in answer] == [
            "er", "ulSessionId", "lpszVersion", "ulCapabilities", "sLicenseResponse", "sServerGuid",
        ]  # fmt: skip
        return answer


@contextlib.contextmanager
def running(*more):
    with tempfile.TemporaryDirectory() as name:
        place = pathlib.Path(name)
        endpoints = place / "endpoints.env"
        command = [TWIGA, "--data-path", str(place / "data"), "--demo", "--endpoints", str(endpoints)]
        command += [f"--lmtp-listen={ANY_PORT}", f"--imap-listen={ANY_PORT}", "--log-level=5"]
        command += [f"--server-listen={ANY_PORT}", f"--server-pipe-name={place}/server.sock", *more]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
            try:
                until = time.monotonic() + WAIT
                while not endpoints.exists():
                    assert process.poll() is None, process.stderr.read().decode()
                    assert time.monotonic() < until, "waited in vain for the server"
                    time.sleep(0.01)
                yield dict(line.split("=", 1) for line in endpoints.read_text().splitlines())
                process.terminate()
                assert process.wait(WAIT) == 0, process.returncode
            finally:
                if process.poll() is None:
                    process.kill()


def over_http(env):
    address = re.fullmatch(r"http://([^/]+)(/.*)", env["SOAP_URL"])
    return Wire(http.client.HTTPConnection(address[1], timeout=WAIT), address[2])


def over_pipe(env):
    return Wire(UnixConnection(env["SOAP_SOCKET"]), env["SOAP_SOCKET"])


def text(element, path):
    return element.findtext(path)


def profile():
    """a profile is opened: logon getStore getStoreName getPublicStore loadObject logoff, on one connection"""
    with running() as env:
        wire = over_http(env)
        logon = wire.logon(env["DEMO_USER"], env["DEMO_PASS"])
        assert text(logon, "er") == "0"
        assert text(logon, "lpszVersion") == "0,11,0,2"
        assert int(text(logon, "ulCapabilities")) & 39080 == 39080
        session = f"<ulSessionId>{text(logon, 'ulSessionId')}</ulSessionId>"

        store = wire.call(f"<ns:getStore>{session}</ns:getStore>")
        assert store.tag == "{urn:zarafa}getStoreResponse"
        assert [child.tag for child in store] == ["er", "sStoreId", "sRootId", "guid", "lpszServerPath"]
        store_id = text(store, "sStoreId")
        assert len(base64.b64decode(store_id)) == 48
        assert base64.b64decode(store_id)[4:20] == base64.b64decode(text(store, "guid"))

        name = wire.call(f"<ns:getStoreName>{session}<sEntryId>{store_id}</sEntryId></ns:getStoreName>")
        assert text(name, "lpszStoreName").startswith("Inbox - "), text(name, "lpszStoreName")

        public = wire.call(f"<ns:getPublicStore>{session}<ulFlags>0</ulFlags></ns:getPublicStore>")
        assert public.tag == "{urn:zarafa}getStoreResponse"
        assert text(public, "er") in ("0", "2147483650")

        loaded = wire.call(f"<ns:loadObject>{session}<sEntryId>{store_id}</sEntryId><ulFlags>0</ulFlags></ns:loadObject>")
        props = {item.findtext("ulPropTag"): item[1].text for item in loaded.find("sSaveObject/modProps")}
        assert props[str(0x661A001F)] == env["DEMO_USER"], props
        assert props[str(0x300C0102)] == text(store, "guid")
        assert str(0x35E00102) in props  # the subtree that clients show

        off = wire.call(f"<ns:logoff>{session}</ns:logoff>")
        assert off.tag == "{urn:zarafa}logoffResponse" and text(off, "result") == "0"
        assert text(wire.call(f"<ns:logoff>{session}</ns:logoff>"), "result") == str(0x80000010)


def table():
    """a table is opened, set up, restricted and read, as the gateway does; its body comes in chunks and compressed"""
    with running() as env:
        wire = over_http(env)
        session = f"<ulSessionId>{text(wire.logon(env['DEMO_USER'], env['DEMO_PASS']), 'ulSessionId')}</ulSessionId>"
        store_id = text(wire.call(f"<ns:getStore>{session}</ns:getStore>"), "sStoreId")
        inbox = wire.call(
            f"<ns:getReceiveFolder>{session}<sStoreId>{store_id}</sStoreId><lpszMessageClass>IPM.Note</lpszMessageClass>"
            "</ns:getReceiveFolder>"
        )
        assert inbox.tag == "{urn:zarafa}receiveFolderResponse"
        assert text(inbox, "sReceiveFolder/lpszAExplicitClass") == "IPM"
        opened = wire.call(
            f"<ns:tableOpen>{session}<sEntryId>{text(inbox, 'sReceiveFolder/sEntryId')}</sEntryId>"
            "<ulTableType>1</ulTableType><ulType>5</ulType><ulFlags>0</ulFlags></ns:tableOpen>"
        )
        assert text(opened, "ulTableId") == "1"
        multi = (
            f"<ns:tableMulti>{session}<sRequest><ulTableId>1</ulTableId><ulFlags>0</ulFlags>"
            '<lpSetColumns SOAP-ENC:arrayType="xsd:unsignedInt[3]"><item>268370178</item><item>1736572931</item>'
            f"<item>907214878</item></lpSetColumns>{RESTRICTION}"
            '<lpSort><sSortOrder SOAP-ENC:arrayType="sortOrder[1]"><item><ulPropTag>1736572931</ulPropTag><ulOrder>0</ulOrder>'
            "</item></sSortOrder><ulCategories>0</ulCategories><ulExpanded>0</ulExpanded></lpSort>"
            "<lpQueryRows><ulCount>4000</ulCount><ulFlags>0</ulFlags></lpQueryRows></sRequest></ns:tableMulti>"
        )
        body = gzip.compress((BEGIN + multi + END).encode())
        answer = ET.fromstring(
            wire.post((body[i : i + 50] for i in range(0, len(body), 50)), {"Content-Encoding": "gzip"})
        )[0][0]
        assert text(answer, "er") == "0", ET.tostring(answer)
        rows = answer.findall("sRowSet/item")
        assert len(rows) > 0
        for row in rows:
            assert [cell.findtext("ulPropTag") for cell in row] == ["268370178", "1736572931", "907214858"]
            assert row[2].findtext("ul") == "2147483650"
        ids = [int(row[1].findtext("ul")) for row in rows]
        assert ids == sorted(ids)


def socket_peer():
    """over the Unix socket the server's own account is SYSTEM without a password; over TCP nobody is"""
    with running() as env:
        wire = over_pipe(env)
        logon = wire.logon("SYSTEM", "", 0)
        assert text(logon, "er") == "0"
        session = f"<ulSessionId>{text(logon, 'ulSessionId')}</ulSessionId>"
        user = wire.call(f"<ns:resolveUsername>{session}<lpszUsername>{env['DEMO_USER']}</lpszUsername></ns:resolveUsername>")
        assert user.tag == "{urn:zarafa}resolveUserResponse" and text(user, "er") == "0"
        found = wire.call(
            f"<ns:resolveUserStore>{session}<szUserName>{env['DEMO_USER']}</szUserName><ulStoreTypeMask>0</ulStoreTypeMask>"
            "<ulFlags>0</ulFlags></ns:resolveUserStore>"
        )
        assert text(found, "er") == "0" and text(found, "ulUserId") == text(user, "ulUserId")
        tcp = over_http(env)
        assert text(tcp.logon("SYSTEM", "", 0), "er") == str(0x80000009)
        # a session belongs to where it came from
        assert text(tcp.call(f"<ns:getStore>{session}</ns:getStore>"), "er") == str(0x80000010)
        details = wire.call(f"<ns:getServerDetails>{session}<szaSvrNameList/><ulFlags>0</ulFlags></ns:getServerDetails>")
        assert text(details, "er") == str(0x80000004)
        companies = wire.call(f"<ns:getCompanyList>{session}</ns:getCompanyList>")
        assert text(companies, "er") == str(0x80000018)


def names():
    """a name is resolved as delivery agents do, and a subscription is told of by another session of the group"""
    with running() as env:
        wire, waiting = over_http(env), over_http(env)
        session = f"<ulSessionId>{text(wire.logon(env['DEMO_USER'], env['DEMO_PASS']), 'ulSessionId')}</ulSessionId>"
        other = f"<ulSessionId>{text(waiting.logon(env['DEMO_USER'], env['DEMO_PASS']), 'ulSessionId')}</ulSessionId>"
        answer = wire.call(
            f'<ns:abResolveNames>{session}<lpaPropTag SOAP-ENC:arrayType="xsd:unsignedInt[2]"><item>268370178</item>'
            '<item>972947486</item></lpaPropTag><lpsRowSet SOAP-ENC:arrayType="propVal[][1]"><item '
            'SOAP-ENC:arrayType="propVal[1]"><item><ulPropTag>805371934</ulPropTag>'
            f"<lpszA>{env['DEMO_USER2']}</lpszA></item></item></lpsRowSet><lpaFlags><item>0</item></lpaFlags>"
            "<ulFlags>2147483649</ulFlags></ns:abResolveNames>"
        )
        assert text(answer, "aFlags/item") == "2"
        cells = answer.findall("sRowSet/item/item")
        assert [cell.findtext("ulPropTag") for cell in cells] == ["805371934", "268370178", "972947486"]
        assert cells[2].findtext("lpszA") == env["DEMO_ADDR2"]
        store_id = text(wire.call(f"<ns:getStore>{session}</ns:getStore>"), "sStoreId")
        root_id = text(wire.call(f"<ns:getStore>{session}</ns:getStore>"), "sRootId")
        subscribed = wire.call(
            f"<ns:notifySubscribe>{session}<notifySubscribe><ulConnection>4</ulConnection><sKey>{store_id}</sKey>"
            "<ulEventMask>4</ulEventMask><sSyncState><ulSyncId>0</ulSyncId><ulChangeId>0</ulChangeId></sSyncState>"
            "</notifySubscribe></ns:notifySubscribe>"
        )
        assert text(subscribed, "result") == "0"
        made = wire.call(
            f"<ns:createFolder>{session}<sParentId>{root_id}</sParentId><ulType>1</ulType><szName>New</szName><szComment/>"
            "<fOpenIfExists>false</fOpenIfExists><ulSyncId>0</ulSyncId><sOrigSourceKey/></ns:createFolder>"
        )
        assert text(made, "er") == "0"
        told = waiting.call(f"<ns:notifyGetItems>{other}</ns:notifyGetItems>")
        assert told.tag == "{urn:zarafa}notifyResponse"
        items = told.findall("pNotificationArray/item")
        assert [item.findtext("ulConnection") for item in items] == ["4"]
        assert items[0].findtext("ulEventType") == "4"
        assert items[0].findtext("obj/pEntryId") == text(made, "sEntryId")
        assert struct.unpack_from("<H", base64.b64decode(text(made, "sEntryId")), 24) == (3,)


def reloaded():
    """HUP takes new values of hide_everyone, enable_gab and disabled_features, for sessions that are open, too"""
    with tempfile.TemporaryDirectory() as name:
        config, log = pathlib.Path(name) / "server.cfg", pathlib.Path(name) / "log"
        config.write_text("")
        with running("-c", str(config), "--log-method=file", f"--log-file={log}") as env:
            wire = over_http(env)
            session = f"<ulSessionId>{text(wire.logon(env['DEMO_USER'], env['DEMO_PASS']), 'ulSessionId')}</ulSessionId>"
            company = "<ulCompanyId>0</ulCompanyId><sCompanyId></sCompanyId>"
            # those of the demo company have their features by themselves, dora has what everybody has
            words = ["-c", "dora", "-p", "secret", "-f", "Dora", "-e", "dora@demo.example"]
            subprocess.run([ADMIN, "-h", f"file://{env['SOAP_SOCKET']}", *words], check=True, capture_output=True, timeout=WAIT)

            def shown():
                """Whether a user sees Everyone, whether users are listed, whether a mail program gets in."""
                groups = wire.call(f"<ns:getGroupList>{session}{company}</ns:getGroupList>")
                users = wire.call(f"<ns:getUserList>{session}{company}</ns:getUserList>")
                with imaplib.IMAP4(HOST, int(env["IMAP_PORT"])) as client:
                    try:
                        mail = client.login("dora", "secret")[0] == "OK"
                    except imaplib.IMAP4.error:
                        mail = False
                return (
                    "Everyone" in [text(one, "lpszGroupname") for one in groups.findall("sGroupArray/item")],
                    env["DEMO_USER2"] in [text(one, "lpszUsername") for one in users.findall("sUserArray/item")],
                    mail,
                )

            for turn, (keys, wanted) in enumerate(
                [
                    ("", (True, True, True)),
                    ("hide_everyone = yes\n", (False, True, True)),
                    ("enable_gab = no\n", (False, False, True)),
                    ("disabled_features = pop3 imap\n", (True, True, False)),
                    ("disabled_features = pop3\n", (True, True, True)),
                    ("", (True, True, True)),
                ]
            ):
                if turn > 0:
                    config.write_text(keys)
                    os.kill(int(env["PID"]), signal.SIGHUP)
                    until = time.monotonic() + WAIT
                    while log.read_text().count("] reloaded") < turn:
                        assert time.monotonic() < until, "waited in vain for the reload"
                        time.sleep(0.01)
                assert shown() == wanted, (keys, shown(), wanted)


def refused():
    """what is no call is a fault, and the connection ends"""
    with running() as env:
        fault = over_http(env).post((BEGIN + "<ns:nothing/>" + END).encode(), status=500)
        assert "not implemented" in fault, fault
        over_http(env).post(b"no XML at all", status=500)


tap.run([profile, table, socket_peer, names, reloaded, refused])
