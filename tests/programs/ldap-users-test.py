# SPDX-License-Identifier: AGPL-3.0-or-later
"""user_plugin = ldap at a slapd of this test's own: users, groups, log-on by bind, changes, an outage, attack, companies, other schemas."""
import base64
import contextlib
import imaplib
import os
import pathlib
import re
import shutil
import smtplib
import socket
import subprocess
import sys
import tempfile
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import certificates  # noqa: E402
import fake_ldap  # noqa: E402
import tap  # noqa: E402
import user_source  # noqa: E402
from loopback import FAMILY, HOST, LISTEN  # noqa: E402
from user_source import answer  # noqa: E402
from waiting import WAIT, wait_for  # noqa: E402

CHECKER, OOF = (os.path.abspath(path) for path in sys.argv[4:6])
BASE = "dc=example,dc=com"
ROOT = ("cn=admin," + BASE, "admin")

# Attributes of the directory schema under an arc for tests, and those by which Active Directory and 389 DS tell objects apart.
SCHEMA = """
attributetype ( 1.3.6.1.4.1.99999.1.1 NAME 'kopanoAdmin' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.2 NAME 'kopanoSharedStoreOnly' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.3 NAME 'kopanoResourceType' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.4 NAME 'kopanoResourceCapacity' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.5 NAME 'kopanoAliases' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.99999.1.6 NAME 'kopanoQuotaOverride' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.7 NAME 'kopanoQuotaWarn' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.8 NAME 'kopanoQuotaHard' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.9 NAME 'kopanoSendAsPrivilege' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.99999.1.10 NAME 'kopanoSecurityGroup' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.11 NAME 'kopanoFilter' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.12 NAME 'kopanoViewPrivilege' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.99999.1.13 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.14 NAME 'objectGUID' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.15 NAME 'groupType' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.16 NAME 'nsUniqueId' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.17 NAME 'kopanoHidden' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.18 NAME 'kopanoBase' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.19 NAME 'kopanoEnabledFeatures' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.99999.1.20 NAME 'kopanoDisabledFeatures' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( 1.3.6.1.4.1.99999.2.1 NAME 'kopano-user' SUP top AUXILIARY MAY ( kopanoAdmin $ kopanoSharedStoreOnly $ kopanoResourceType $
 kopanoResourceCapacity $ kopanoAliases $ kopanoQuotaOverride $ kopanoQuotaWarn $ kopanoQuotaHard $ kopanoSendAsPrivilege $ kopanoHidden $
 kopanoEnabledFeatures $ kopanoDisabledFeatures ) )
objectclass ( 1.3.6.1.4.1.99999.2.2 NAME 'kopano-group' SUP top AUXILIARY MAY ( kopanoSecurityGroup $ kopanoAliases ) )
objectclass ( 1.3.6.1.4.1.99999.2.3 NAME 'kopano-contact' SUP top AUXILIARY MAY ( kopanoAliases $ uidNumber ) )
objectclass ( 1.3.6.1.4.1.99999.2.4 NAME 'kopano-dynamicgroup' SUP top STRUCTURAL MUST cn MAY ( kopanoFilter $ kopanoBase $ mail ) )
objectclass ( 1.3.6.1.4.1.99999.2.5 NAME 'kopano-addresslist' SUP top STRUCTURAL MUST cn MAY kopanoFilter )
objectclass ( 1.3.6.1.4.1.99999.2.6 NAME 'kopano-company' SUP top AUXILIARY MAY kopanoViewPrivilege )
objectclass ( 1.3.6.1.4.1.99999.2.7 NAME 'user' SUP top AUXILIARY MAY ( sAMAccountName $ objectGUID $ kopanoAdmin ) )
objectclass ( 1.3.6.1.4.1.99999.2.8 NAME 'group' SUP top AUXILIARY MAY ( objectGUID $ groupType ) )
objectclass ( 1.3.6.1.4.1.99999.2.9 NAME 'nsEntry' SUP top AUXILIARY MAY nsUniqueId )
"""

KEYS = """
ldap_uri = {uri}
ldap_bind_user = cn=admin,dc=example,dc=com
ldap_bind_passwd = admin
ldap_search_base = dc=example,dc=com
ldap_network_timeout = 5
ldap_page_size = 2
"""
OPENLDAP = """
ldap_user_type_attribute_value = posixAccount
ldap_group_type_attribute_value = posixGroup
ldap_contact_type_attribute_value = kopano-contact
ldap_dynamicgroup_type_attribute_value = kopano-dynamicgroup
ldap_addresslist_type_attribute_value = kopano-addresslist
ldap_user_unique_attribute = uidNumber
ldap_group_unique_attribute = gidNumber
ldap_groupmembers_attribute = memberUid
ldap_groupmembers_relation_attribute = uid
ldap_quota_multiplier = 1048576
"""
ACTIVE_DIRECTORY = """
ldap_user_type_attribute_value = user
ldap_group_type_attribute_value = group
ldap_user_unique_attribute = objectGUID
ldap_user_unique_attribute_type = binary
ldap_loginname_attribute = sAMAccountName
ldap_group_unique_attribute = objectGUID
ldap_group_unique_attribute_type = binary
ldap_groupmembers_attribute_type = dn
ldap_group_security_attribute = groupType
ldap_group_security_attribute_type = ads
"""
DS_389 = """
ldap_user_type_attribute_value = inetOrgPerson, nsEntry
ldap_group_type_attribute_value = groupOfNames
ldap_user_unique_attribute = nsUniqueId
ldap_group_unique_attribute = nsUniqueId
ldap_groupmembers_attribute_type = dn
"""


def person(name, uid, more="", base="ou=people," + BASE):
    return (f"dn: uid={name},{base}\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\nobjectClass: kopano-user\nuid: {name}\n"
            f"cn: {name.title()} Example\nsn: Example\nmail: {name}@example.com\nuserPassword: pw-{name}\nuidNumber: {uid}\ngidNumber: 1\n"
            f"homeDirectory: /\n{more}\n")


def unit(name, more="", base=BASE):
    return f"dn: ou={name},{base}\nobjectClass: organizationalUnit\n{more}ou: {name}\n\n"


TREE = (
    unit("people") + unit("groups") + person("ada", 1001, "kopanoAdmin: 2\nkopanoAliases: countess@example.com\n")
    + person("grace", 1002, "kopanoQuotaOverride: 1\nkopanoQuotaWarn: 5\nkopanoQuotaHard: 10\nkopanoSendAsPrivilege: 1001\n")
    + person("lab", 1003, "kopanoSharedStoreOnly: 1\nkopanoResourceType: room\nkopanoResourceCapacity: 1\n")
    + person("desk", 1004, "kopanoSharedStoreOnly: 1\n")
    + "dn: cn=Carl Outside,ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\nobjectClass: kopano-contact\nuidNumber: 1005\n"
      "sn: Outside\nmail: carl@elsewhere.example\n\n"
    + "dn: cn=staff,ou=groups,dc=example,dc=com\nobjectClass: posixGroup\nobjectClass: kopano-group\ngidNumber: 2001\nmemberUid: ada\n"
      "memberUid: nobody\nkopanoSecurityGroup: 1\n\n"
    + "dn: cn=with-g,ou=groups,dc=example,dc=com\nobjectClass: kopano-dynamicgroup\nkopanoFilter: (uid=g*)\n\n"
    + "dn: cn=broken,ou=groups,dc=example,dc=com\nobjectClass: kopano-dynamicgroup\nkopanoFilter: (uid=*))(uid=*\n\n"
    + "dn: cn=nowhere,ou=groups,dc=example,dc=com\nobjectClass: kopano-dynamicgroup\nkopanoFilter: (uid=a*)\nkopanoBase: no name\n\n"
    + "dn: cn=nothing,ou=groups,dc=example,dc=com\nobjectClass: kopano-dynamicgroup\nkopanoFilter: (no-such-attribute=x)\n\n"
)


def free_ports():
    with socket.socket(FAMILY) as one, socket.socket(FAMILY) as two:
        one.bind((HOST, 0))
        two.bind((HOST, 0))
        return one.getsockname()[1], two.getsockname()[1]


class Slapd:
    """A server on a Unix socket in a folder of its own; also by TLS and with StartTLS, on ports of its own, with a certificate that signed itself."""

    def __init__(self, path):
        self.path = path
        self.port, self.tls_port = free_ports()
        self.certificate = certificates.self_made(path)
        self.uri = "ldapi://" + urllib.parse.quote(str(path / "slapd.sock"), safe="")
        (path / "db").mkdir()
        (path / "test.schema").write_text(SCHEMA)
        (path / "slapd.conf").write_text("".join(f"include /etc/ldap/schema/{name}.schema\n" for name in ("core", "cosine", "nis", "inetorgperson"))
                                         + f"include {path}/test.schema\npidfile {path}/slapd.pid\nmodulepath /usr/lib/ldap\n"
                                         f"TLSCertificateFile {self.certificate}\nTLSCertificateKeyFile {self.certificate}.key\n"
                                         f"moduleload back_mdb\ndatabase mdb\nsuffix \"{BASE}\"\nrootdn \"{ROOT[0]}\"\nrootpw {ROOT[1]}\n"
                                         f"directory {path}/db\n")
        self.process = None
        self.start()
        self.add(f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n\n")

    def start(self):
        program = shutil.which("slapd", path=os.environ["PATH"] + ":/usr/sbin")
        self.process = subprocess.Popen([program, "-d", "0", "-f", str(self.path / "slapd.conf"), "-h", f"{self.uri} ldap://{LISTEN}:{self.port}/ ldaps://{LISTEN}:{self.tls_port}/"],
                                        stderr=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin"})
        wait_for("slapd", lambda: subprocess.run(["ldapwhoami", "-x", "-H", self.uri], capture_output=True, check=False).returncode == 0)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def run(self, tool, text, *words):
        done = subprocess.run([tool, "-x", "-H", self.uri, "-D", ROOT[0], "-w", ROOT[1], *words], input=text, capture_output=True, text=True,
                              timeout=WAIT, check=False)
        assert done.returncode == 0, (tool, text, done.stdout, done.stderr)

    def add(self, text):
        self.run("ldapadd", text)

    def change(self, dn, text):
        self.run("ldapmodify", f"dn: {dn}\nchangetype: modify\n{text}\n")

    def delete(self, dn):
        self.run("ldapdelete", "", dn)


class Place(user_source.Place):
    def __init__(self, path, keys):
        super().__init__(path, "ldap")
        (path / "slapd").mkdir()
        self.slapd = Slapd(path / "slapd")
        self.config.write_text(KEYS.format(uri="ldapi://%2Fnowhere " + self.slapd.uri) + keys)


@contextlib.contextmanager
def fresh(tree, keys):
    with tempfile.TemporaryDirectory() as name:
        place = Place(pathlib.Path(name), keys)
        try:
            place.slapd.add(tree)
            yield place
        finally:
            place.slapd.stop()


def server(place, *more, level=6, **how):
    return user_source.server(place, *more, level=level, **how)


def openldap():
    """users, contact, groups, dynamic group, rooms, quota, aliases, levels and log-ons are the directory's (S009, S117, S216, S219)"""
    with fresh(TREE, OPENLDAP) as place, server(place) as env:
        wait_for("mailboxes", lambda: len(set(re.findall("made (.*)", place.told()))) == 4)
        users = place.admin("-l")
        assert all(re.search(rf"^\s*{name}\b", users, re.M) for name in ("ada", "grace", "lab", "desk")), users
        text = place.admin("--details", "ada")
        assert "Ada Example" in text and "ada@example.com" in text and "yes (system)" in text and "staff" in text, text
        text = place.admin("--details", "grace")
        assert "with-g" in text and re.search(r"10(\.00)? MB|10 MiB|10\.00 MiB", text), text
        assert "room" in place.admin("--details", "lab").lower()
        text = place.admin("--details", "staff", "--type", "group")
        assert "ada" in text and "grace" not in text, text
        assert "grace" in place.admin("--details", "with-g", "--type", "group")
        for name in ("broken", "nowhere", "nothing"):
            assert "ada" not in place.admin("--details", name, "--type", "group"), name
        assert place.log().count("ldap-filter") >= 2
        assert answer(env, "ada", "pw-ada") == "yes" and answer(env, "GRACE", "pw-grace") == "yes"
        for name, password in (("ada", "pw-grace"), ("ada", ""), ("desk", "pw-desk"), ("nobody", "x"), ("Carl Outside", "x"), ("ada", "x" * 600)):
            assert answer(env, name, password) == "AUTHENTICATIONFAILED", name
        for words in (("-c", "new", "-p", "x", "-f", "N", "-e", "n@x.org"), ("-d", "ada"), ("-u", "ada", "-a", "0"), ("-b", "grace", "-i", "staff")):
            assert "not supported" in place.admin(*words, code=1).lower() or "elsewhere" in place.admin(*words, code=1).lower(), words
        assert "ldap-search" in place.log() and "posixAccount" in place.log()  # S180
        assert "pw-ada" not in place.log() and "rootpw" not in place.log()


def attack():
    """a log-on name is never part of a filter: no name but a user's lets anybody in, and none is found by wild cards"""
    with fresh(TREE, OPENLDAP) as place, server(place) as env:
        wait_for("mailboxes", lambda: "made ada" in place.told())
        for name in ("*", "a*", "*)(uid=*", "ada)(uid=*", "*)(|(uid=*", "ada\\2a", "(uid=ada)", "uid=ada,ou=people,dc=example,dc=com"):
            assert answer(env, name, "pw-ada") == "AUTHENTICATIONFAILED", name
        searches = [line for line in place.log().splitlines() if "ldap-search" in line and "(uid=" in line]
        assert any(r"\\2a\\29\\28uid\\3d\\2a" in line or r"\2a\29\28uid\3d\2a" in line for line in searches), searches
        assert not any("(uid=*)(uid" in line.replace("kopanoFilter", "") for line in searches), searches
        assert answer(env, "ada", "pw-ada") == "yes"


def changes():
    """changes are seen, who is gone cannot log on and leaves the mailbox, who is new is found at the log-on"""
    with fresh(TREE, OPENLDAP) as place:
        with server(place) as env:
            wait_for("mailboxes", lambda: "made grace" in place.told() and "made ada" in place.told())
            assert answer(env, "grace", "pw-grace") == "yes"
            ada = "uid=ada,ou=people," + BASE
            place.slapd.change(ada, "replace: cn\ncn: Ada King\n-\nreplace: mail\nmail: king@example.com")
            wait_for("the name", lambda: "king@example.com" in place.admin("--details", "ada"))
            place.slapd.change("cn=staff,ou=groups," + BASE, "add: memberUid\nmemberUid: grace")
            wait_for("the member", lambda: "grace" in place.admin("--details", "staff", "--type", "group"))
            place.slapd.change("uid=grace,ou=people," + BASE, "replace: userPassword\nuserPassword: other")
            wait_for("the password", lambda: answer(env, "grace", "pw-grace") == "AUTHENTICATIONFAILED")
            assert answer(env, "grace", "other") == "yes"
            place.slapd.add(person("alan", 1010))
            assert answer(env, "alan", "wrong") == "AUTHENTICATIONFAILED"
            wait_for("alan", lambda: answer(env, "alan", "pw-alan") == "yes")
            place.slapd.delete("uid=grace,ou=people," + BASE)
            wait_for("the end", lambda: "gone " in place.told())
            assert answer(env, "grace", "other") == "AUTHENTICATIONFAILED"
            assert "grace" not in place.admin("--details", "staff", "--type", "group")


def outage():
    """without slapd everybody stays, a log-on is UNAVAILABLE, the log says it once; a start without it works; then it is back"""
    with fresh(TREE, OPENLDAP) as place:
        with server(place, level=5) as env:
            wait_for("mailboxes", lambda: "made ada" in place.told())
            place.slapd.stop()
            wait_for("the log", lambda: "user-source-away" in place.log())
            assert "ada" in place.admin("-l")
            place.admin("--sync", code=1)
            assert answer(env, "grace", "pw-grace") == "UNAVAILABLE"
            assert place.log().count("user-source-away") == 1
        with server(place, level=5) as env:
            assert "ada" in place.admin("-l") and answer(env, "ada", "pw-ada") == "UNAVAILABLE"
            place.slapd.start()
            wait_for("the log", lambda: "user-source-back" in place.log() or place.admin("--sync"))
            wait_for("the log-on", lambda: answer(env, "ada", "pw-ada") == "yes")


def doors():
    """a user logs on by SOAP with the password of the directory, and gets mail by LMTP under address, alias and log-on name"""
    with fresh(TREE, OPENLDAP) as place, server(place) as env:
        wait_for("mailboxes", lambda: "made ada" in place.told())
        for password, wanted in (("pw-ada", 0), ("pw-grace", 1)):
            words = [OOF, "-h", env['SOAP_URL'], "-u", "ada", "-p", password]
            done = subprocess.run(words, capture_output=True, text=True, timeout=WAIT, check=False)
            assert (done.returncode != 0) == (wanted != 0), (words, done)
        refused = []
        for to in ("ada@example.com", "countess@example.com", "ada", "nobody@example.com"):
            with smtplib.LMTP(HOST, int(env["LMTP_PORT"])) as client:
                try:
                    client.sendmail("x@example.org", [to], "Subject: one\r\n\r\ntext\r\n")
                except smtplib.SMTPRecipientsRefused:
                    refused.append(to)
        assert refused == ["nobody@example.com"], refused
        with imaplib.IMAP4(HOST, int(env["IMAP_PORT"])) as imap:
            imap.login("ada", "pw-ada")
            assert imap.select("INBOX")[1] == [b"3"]


def mapped():
    """!propmap: features open and shut doors, details are in the address book"""
    tree = (unit("people") + person("ada", 1001, "kopanoDisabledFeatures: imap\ntelephoneNumber: +49 511 1\n")
            + person("grace", 1002, "kopanoEnabledFeatures: IMAP\n"))
    with fresh(tree, OPENLDAP) as place:
        (place.path / "ldap.propmap.cfg").write_text("0x3A08001E = telephoneNumber\n0x67B3101E = kopanoEnabledFeatures\n"
                                                     "0x67B4101E = kopanoDisabledFeatures\n0x8005001E = manager\n0x3A27001E =\n")
        place.config.write_text(place.config.read_text() + f"!propmap {place.path}/ldap.propmap.cfg\n")
        with server(place) as env:
            wait_for("mailboxes", lambda: "made ada" in place.told() and "made grace" in place.told())
            assert answer(env, "ada", "pw-ada") != "yes" and answer(env, "grace", "pw-grace") == "yes"
            text = place.admin("--details", "ada")
            assert re.search(r"Disabled features:\s+imap", text) and "+49 511 1" in text, text
            assert re.search(r"Enabled features:\s+imap", place.admin("--details", "grace"))


def tls():
    """by TLS and with StartTLS a server whose certificate is trusted serves; another one is as if it were away, and no password goes there"""
    with fresh(TREE, OPENLDAP) as place:
        text = place.config.read_text()
        for uri, more in ((f"ldap://{LISTEN}:{place.slapd.port}/", "ldap_starttls = yes\n"), (f"ldaps://{LISTEN}:{place.slapd.tls_port}/", "")):
            shutil.rmtree(place.path / "data", ignore_errors=True)
            (place.path / "told").unlink(missing_ok=True)
            place.config.write_text(re.sub(r"ldap_uri = .*", f"ldap_uri = {uri}", text) + more)
            with server(place, env={"LDAPTLS_CACERT": "/dev/null", "LDAPTLS_REQCERT": "never"}, code=1) as said:
                assert uri in said or "ldap_bind_user" in said, said
            with server(place, env={"LDAPTLS_CACERT": place.slapd.certificate}) as env:
                wait_for("mailboxes", lambda: "made ada" in place.told())
                assert answer(env, "ada", "pw-ada") == "yes" and answer(env, "ada", "pw-grace") == "AUTHENTICATIONFAILED"


def reloaded():
    """at SIGHUP ldap.cfg is read again and users with it; one that is wrong is told of and changes nothing"""
    with fresh(TREE, OPENLDAP) as place, server(place) as env:
        wait_for("mailboxes", lambda: "made ada" in place.told() and "made grace" in place.told())
        good = place.config.read_text()
        for wrong in ("ldap_user_search_filter = (uid=a))(b=c\n", "ldap_page_size = no\n", "ldap_user_unique_attribute = uid\n"):
            said = place.log().count("reload-failed")
            place.config.write_text(good + wrong)
            place.reload()
            wait_for("the log", lambda: place.log().count("reload-failed") > said)
            place.admin("--sync")
            assert "gone " not in place.told() and answer(env, "ada", "pw-ada") == "yes"
        place.config.write_text(good + "ldap_user_search_filter = (!(uid=grace))\n")
        place.reload()
        wait_for("the end of grace", lambda: "gone " in place.told())
        assert answer(env, "grace", "pw-grace") == "AUTHENTICATIONFAILED" and answer(env, "ada", "pw-ada") == "yes"


def ranges():
    """a list that comes in ranges is read to its end; one that breaks off is no answer, and nobody is taken out of the group"""
    users = {f"cn=u{i},{BASE}": {"objectClass": ["user"], "objectGUID": [f"guid-{i}"], "sAMAccountName": [f"u{i}"], "cn": [f"User {i}"]} for i in range(5)}
    group = {f"cn=all,{BASE}": {"objectClass": ["group"], "objectGUID": ["guid-g"], "cn": ["all"], "groupType": ["-2147483646"], "member": list(users)}}
    with tempfile.TemporaryDirectory() as name, fake_ldap.Server({**users, **group}) as fake:
        place = user_source.Place(pathlib.Path(name), "ldap")
        place.config.write_text(KEYS.format(uri=f"ldap://{LISTEN}:{fake.server_address[1]}/") + ACTIVE_DIRECTORY)
        with server(place, level=5):
            text = place.admin("--details", "all", "--type", "group")
            assert all(f"u{i}" in text for i in range(5)), text
            fake.cut = True
            place.admin("--sync", code=1)
            assert "user-source-away" in place.log(), place.log()
            assert place.admin("--details", "all", "--type", "group") == text
            fake.cut = False
            fake.entries[f"cn=all,{BASE}"]["member"].pop()
            place.admin("--sync")
            assert "u4" not in place.admin("--details", "all", "--type", "group")


def checked():
    """twiga-cfgchecker reads an ldap.cfg, a server with a wrong one does not start, and there is a page about each key"""
    with fresh(TREE, OPENLDAP) as place:
        path = place.config
        good = path.read_text()
        for more, code, said in (("", 0, ""), ("ldap_usr_search_filter = x\n", 1, "ldap_usr_search_filter"), ("ldap_page_size = no\n", 1, "ldap_page_size"),
                                 ("ldap_user_scope = sub\n", 0, "ldap_user_scope")):
            path.write_text(good + more)
            done = subprocess.run([CHECKER, "-l", str(path)], capture_output=True, text=True, timeout=WAIT, check=False)
            assert (done.returncode, said in done.stdout) == (code, True), (more, done)
        for more, said in (("ldap_user_search_filter = (uid=a))(b=c\n", "_search_filter"), ("ldap_search_base =\n", "ldap_search_base"),
                           ("ldap_bind_passwd = wrong\n", "ldap_bind_user")):
            path.write_text(good + more)
            with server(place, code=1) as text:
                assert said in text, text
        page = subprocess.run([CHECKER, "--dump-plugin-man=ldap"], capture_output=True, text=True, timeout=WAIT, check=True).stdout
        (place.path / "twiga-ldap.cfg.5").write_text(page)
        lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", str(place.path / "twiga-ldap.cfg.5")], capture_output=True, text=True, check=False)
        assert "ldap_groupmembers_attribute_type" in page and not [line for line in lint.stdout.splitlines() if "date" not in line], lint.stdout


def active_directory():
    """the map of Active Directory: binary ids, sAMAccountName, members by name, nested groups, group types (S117)"""
    def guid(number):
        return "objectGUID:: " + base64.b64encode(bytes([number, 0, 0x2a, 0x28, 0x5c, 0xff]) + bytes(10)).decode() + "\n"

    def user(name, number):
        return (f"dn: cn={name.title()}\\, Example,{BASE}\nobjectClass: inetOrgPerson\nobjectClass: user\nsn: x\nsAMAccountName: {name}\n"
                f"mail: {name}@example.com\nuserPassword: pw-{name}\n{guid(number)}\n")

    tree = (user("ada", 1) + user("grace", 2)
            + f"dn: cn=inner,{BASE}\nobjectClass: groupOfNames\nobjectClass: group\nmember: cn=Ada\\2C Example,dc=EXAMPLE, dc=com\n"
              f"groupType: -2147483646\n{guid(3)}\n"
            + f"dn: cn=outer,{BASE}\nobjectClass: groupOfNames\nobjectClass: group\nmember: cn=inner,{BASE}\nmember: cn=outer,{BASE}\n"
              f"groupType: 2\n{guid(4)}\n")
    with fresh(tree, ACTIVE_DIRECTORY) as place, server(place) as env:
        wait_for("mailboxes", lambda: "made ada" in place.told() and "made grace" in place.told())
        assert answer(env, "ada", "pw-ada") == "yes" and answer(env, "ada", "pw-grace") == "AUTHENTICATIONFAILED"
        assert "ada" in place.admin("--details", "inner", "--type", "group")
        assert "inner" in place.admin("--details", "ada") and "inner" not in place.admin("--details", "grace")


def ds_389():
    """the map of 389 DS: nsUniqueId, groupOfNames (S117)"""
    tree = (f"dn: uid=ada,{BASE}\nobjectClass: inetOrgPerson\nobjectClass: nsEntry\nuid: ada\ncn: Ada\nsn: x\nuserPassword: pw-ada\n"
            "nsUniqueId: 66446001-1dd211b2-80d7c4c5-b0e60000\n\n"
            f"dn: uid=plain,{BASE}\nobjectClass: inetOrgPerson\nuid: plain\ncn: Not of the class\nsn: x\n\n"
            f"dn: cn=staff,{BASE}\nobjectClass: groupOfNames\nobjectClass: nsEntry\nmember: uid=ada,{BASE}\n"
            "nsUniqueId: 66446002-1dd211b2-80d7c4c5-b0e60000\n\n")
    with fresh(tree, DS_389) as place, server(place) as env:
        wait_for("mailboxes", lambda: "made ada" in place.told())
        assert answer(env, "ada", "pw-ada") == "yes"
        assert "staff" in place.admin("--details", "ada") and "plain" not in place.admin("-l")


def companies():
    """each company is a container with its users and groups below (S173)"""
    company = "objectClass: kopano-company\n"
    tree = (unit("acme", company + "kopanoViewPrivilege: other\n") + unit("other", company)
            + person("ada", 1, "kopanoAdmin: 1\n", "ou=acme," + BASE) + person("ada", 2, "", "ou=other," + BASE) + person("lost", 3, "", BASE))
    keys = OPENLDAP + "ldap_company_type_attribute_value = organizationalUnit,kopano-company\n"
    with fresh(tree, keys) as place, server(place, "--enable-hosted-kopano=yes", "--loginname-format=%u@%c") as env:
        wait_for("mailboxes", lambda: "made ada@acme" in place.told() and "made ada@other" in place.told())
        assert "lost" not in place.told() and re.search("ldap-left-out count=1 ", place.log()), place.log()
        assert answer(env, "ada@acme", "pw-ada") == "yes" and answer(env, "ada@other", "pw-ada") == "yes"
        assert answer(env, "ada", "pw-ada") != "yes" and answer(env, "ada@none", "pw-ada") != "yes"
        text = place.admin("--list-companies")
        assert "acme" in text and "other" in text, text
        assert "yes" in place.admin("--details", "ada@acme")


def one_name():
    """with companies a log-on name need not say which (S169): who is unique is found, who is not is nobody"""
    tree = (unit("acme", "objectClass: kopano-company\n") + unit("other", "objectClass: kopano-company\n")
            + person("ada", 1, "", "ou=acme," + BASE) + person("grace", 2, "", "ou=acme," + BASE) + person("grace", 3, "", "ou=other," + BASE))
    with fresh(tree, OPENLDAP + "ldap_company_type_attribute_value = organizationalUnit,kopano-company\n") as place:
        with server(place, "--enable-hosted-kopano=yes", "--loginname-format=%u") as env:
            wait_for("a mailbox", lambda: "made ada" in place.told())
            wait_for("the log-on", lambda: answer(env, "ada", "pw-ada") == "yes")
            assert answer(env, "grace", "pw-grace") == "AUTHENTICATIONFAILED" and answer(env, "ada@acme", "pw-ada") == "AUTHENTICATIONFAILED"
            assert "Ada Example" in place.admin("--details", "ada")


tap.run([openldap, attack, changes, outage, doors, mapped, tls, reloaded, ranges, checked, active_directory, ds_389, companies, one_name])
