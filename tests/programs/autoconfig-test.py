# SPDX-License-Identifier: AGPL-3.0-or-later
"""What mail programs are told over HTTP while they are set up."""
import os
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request
import xml.etree.ElementTree as xml

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "imap"))
import tap  # noqa: E402
from loopback import ANY_PORT  # noqa: E402
from server import TWIGA, WAIT, running  # noqa: E402

SERVERS = "--autoconfig-servers=imaps://mail.example.org smtp://mail.example.org:587"
POX = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a}"


def get(env, path, body=None):
    request = urllib.request.Request(env["AUTOCONFIG_URL"] + path, data=body)
    try:
        with urllib.request.urlopen(request, timeout=WAIT) as answer:
            assert answer.headers["Content-Type"].startswith("text/xml")
            return answer.status, answer.read()
    except urllib.error.HTTPError as failed:
        return failed.code, failed.read()


def asked():
    """both questions, good and bad; nobody is looked up"""
    with running(f"--autoconfig-listen={ANY_PORT}", SERVERS) as env:
        for path in ("/mail/config-v1.1.xml", "/.well-known/autoconfig/mail/config-v1.1.xml"):
            status, text = get(env, path + "?emailaddress=nobody%40example.org")
            assert status == 200, status
            root = xml.fromstring(text)
            assert root.tag == "clientConfig" and root.get("version") == "1.1"
            assert root.find("emailProvider/domain").text == "example.org"
            servers = [(s.get("type"), s.find("hostname").text, s.find("port").text, s.find("socketType").text)
                       for s in root.find("emailProvider") if s.tag.endswith("Server")]
            assert servers == [("imap", "mail.example.org", "993", "SSL"), ("smtp", "mail.example.org", "587", "STARTTLS")]
            assert get(env, path)[0] == 200
            assert get(env, path + "?emailaddress=%0A")[0] == 400
            assert get(env, path + "/more")[0] == 404
            assert get(env, path, b"x")[0] == 405
        body = b"<Autodiscover><Request><EMailAddress>jo@example.org</EMailAddress></Request></Autodiscover>"
        for path in ("/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.xml"):
            status, text = get(env, path, body)
            root = xml.fromstring(text)
            protocols = root.findall(f"{POX}Response/{POX}Account/{POX}Protocol")
            assert [p.find(POX + "Type").text for p in protocols] == ["IMAP", "SMTP"]
            assert protocols[0].find(POX + "LoginName").text == "jo" and status == 200
            assert get(env, path, b"<!DOCTYPE a><a/>")[0] == 400
            assert get(env, path, b"<a>" + b" " * 20000 + b"</a>")[0] == 413
            assert get(env, path)[0] == 405


def companies():
    """who logs on with a company in the name is told to use the whole address"""
    with running(f"--autoconfig-listen={ANY_PORT}", SERVERS, "--loginname-format=%u@%c") as env:
        assert b"%EMAILADDRESS%" in get(env, "/mail/config-v1.1.xml?emailaddress=jo@example.org")[1]


def refused():
    """a list that says nothing, or something that is no server, keeps the program from starting"""
    for option in ("--autoconfig-servers=", "--autoconfig-servers=ftp://mail.example.org"):
        command = [TWIGA, "--data-path", os.devnull + "/x", f"--autoconfig-listen={ANY_PORT}", option]
        done = subprocess.run(command, capture_output=True, timeout=WAIT, check=False)
        assert done.returncode != 0 and b"autoconfig" in done.stderr or b"no mail server" in done.stderr, done


tap.run([asked, companies, refused])
