# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the IMAP door answers: a table of exchanges for each command, good and bad, and cut at every byte."""
import imaplib
import pathlib
import re
import socket
import ssl
import sys
import tempfile
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from server import WAIT, Client, running  # noqa: E402
import tap  # noqa: E402
from certificates import self_made  # noqa: E402
from loopback import ANY_PORT, HOST  # noqa: E402

PLAIN = (
    b"From: Jo <jo@example.org>\r\nTo: A <a@example.org>, b@example.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= there\r\n"
    b"Date: Thu, 15 Feb 2007 01:02:03 +0200\r\nMessage-ID: <1@example.org>\r\nX-Own: yes\r\n\r\nHello giraffe\r\n"
)
MIXED = (
    b"From: x@y\r\nSubject: Re: [list] there\r\nIn-Reply-To: <1@example.org>\r\nReferences: <1@example.org>\r\n"
    b"Message-ID: <2@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\npre\r\n--b\r\n"
    b"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nna=EFve\r\n--b\r\n"
    b"Content-Type: application/x-any; name=a.bin\r\nContent-Transfer-Encoding: base64\r\n"
    b"Content-Disposition: attachment; filename=a.bin\r\n\r\nAAEC\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
    b"From: in@side\r\nSubject: inner\r\n\r\ninner body\r\n--b--\r\n"
)

# Said one after the other by one client with a mailbox of PLAIN and MIXED; what must come, as patterns.
EXCHANGES = [
    ("FETCH 1 ENVELOPE", [rb'ENVELOPE \("Thu, 15 Feb 2007 01:02:03 \+0200" "=\?utf-8\?q\?Gr=C3=BC=C3=9Fe\?= there"'
                          rb' \(\("Jo" NIL "jo" "example.org"\)\)']),
    ("FETCH 2 BODY", [rb'BODY \(\("text" "plain" \("charset" "iso-8859-1"\) NIL NIL "quoted-printable" 7 0\)'
                      rb'\("application" "x-any" \("name" "a.bin"\) NIL NIL "base64" 4\)\("message" "rfc822" NIL NIL NIL'
                      rb' "7bit" \d+ \(NIL "inner" .*"text" "plain" .* "mixed"\)']),
    ("FETCH 2 BODYSTRUCTURE", [rb'\("attachment" \("filename" "a.bin"\)\)']),
    ("FETCH 2 BODY.PEEK[1]", [rb"BODY\[1\] \{7\}\r\nna=EFve\)"]),
    ("FETCH 2 BINARY.PEEK[2]", [rb"BINARY\[2\] ~\{3\}\r\n\x00\x01\x02\)"]),
    ("FETCH 2 BINARY.SIZE[1]", [rb"BINARY.SIZE\[1\] 5\)"]),
    ("FETCH 2 BODY.PEEK[3.HEADER]", [rb"\{33\}\r\nFrom: in@side\r\nSubject: inner\r\n\r\n"]),
    ("FETCH 2 BODY.PEEK[3.TEXT]", [rb"\{10\}\r\ninner body\)"]),
    ("FETCH 2 BODY.PEEK[2.MIME]", [rb"Content-Disposition: attachment"]),
    ("FETCH 2 BODY.PEEK[9]", [rb"BODY\[9\] NIL\)"]),
    ("FETCH 1 BODY.PEEK[HEADER.FIELDS (X-Own Subject)]", [rb"Subject: .*\r\nX-Own: yes\r\n\r\n\)"]),
    ("FETCH 1 BODY.PEEK[HEADER.FIELDS.NOT (X-Own From To Date Subject)]", [rb"\{\d+\}\r\nMessage-ID: <1@example.org>\r\n\r\n"]),
    ("FETCH 1 BODY.PEEK[TEXT]<6.4>", [rb"BODY\[TEXT\]<6> \{4\}\r\ngira\)"]),
    ("FETCH 1 BODY.PEEK[TEXT]<600.4>", [rb"BODY\[TEXT\]<600> \{0\}\r\n\)"]),
    ("FETCH 1 (EMAILID THREADID PREVIEW)", [rb"EMAILID \(M[0-9a-f]{16}\) THREADID \(T[0-9a-f]{16}\) PREVIEW "]),
    ("FETCH 1 BODY[]", [rb"FLAGS \(\\Seen"]),
    ("STORE 1 +FLAGS (\\Flagged $Own)", [rb"\* 1 FETCH .*\\Flagged.*\$Own"]),
    ("STORE 1 -FLAGS.SILENT (\\Flagged)", [rb"^OK"]),
    ("STORE 1 FLAGS ()", [rb"FLAGS \(\\Recent\)"]),
    ("STORE 1 +FLAGS ($Forwarded)", [rb"FLAGS \(\$Forwarded \\Recent\)"]),
    ("SEARCH KEYWORD $forwarded", [rb"\* SEARCH 1\r"]),
    ("SEARCH UNKEYWORD $Forwarded", [rb"\* SEARCH 2\r"]),
    ("STORE 1 FLAGS ()", [rb"FLAGS \(\\Recent\)"]),
    ("STORE 1 +FLAGS (\\Nonsense)", [rb"^BAD"]),
    ("STORE 1:2 (UNCHANGEDSINCE 1) +FLAGS.SILENT (\\Seen)", [rb"OK \[MODIFIED 1:2\]"]),
    ("SEARCH SUBJECT gr\xc3\xbc\xc3\x9fe", [rb"BAD"]),
    (b"SEARCH CHARSET UTF-8 SUBJECT {9+}\r\nGR\xc3\xbc\xc3\x9fE ", [rb"BAD"]),
    (b"SEARCH CHARSET UTF-8 SUBJECT {7+}\r\nGr\xc3\xbc\xc3\x9fe", [rb"\* SEARCH 1\r"]),
    (b"SEARCH CHARSET UTF-8 BODY {6+}\r\nna\xc3\xafve", [rb"\* SEARCH 2\r"]),
    ("SEARCH CHARSET KLINGON ALL", [rb"NO \[BADCHARSET"]),
    ("SEARCH HEADER X-Own yes", [rb"\* SEARCH 1\r"]),
    ("SEARCH SENTON 15-Feb-2007", [rb"\* SEARCH 1\r"]),
    ("SEARCH OR FROM jo NOT FROM jo", [rb"\* SEARCH 1 2\r"]),
    ("SEARCH RETURN (MIN MAX COUNT ALL) ALL", [rb'\(TAG "t\d+"\) MIN 1 MAX 2 ALL 1:2 COUNT 2\r']),
    ("SEARCH RETURN (SAVE) FROM jo", [rb"^OK"]),
    ("FETCH $ UID", [rb"\* 1 FETCH \(UID \d+\)"]),
    ("SEARCH " + "(" * 60 + "ALL" + ")" * 60, [rb"BAD"]),
    ("SORT (REVERSE SIZE) UTF-8 ALL", [rb"\* SORT 2 1\r"]),
    ("SORT (SUBJECT REVERSE DATE) UTF-8 ALL", [rb"\* SORT 1 2\r|\* SORT 2 1\r"]),
    ("THREAD REFERENCES UTF-8 ALL", [rb"\* THREAD \(1 2\)\r"]),
    ("THREAD NONSENSE UTF-8 ALL", [rb"BAD"]),
    ("COPY 1 nowhere", [rb"NO \[TRYCREATE\]"]),
    ("CREATE other/deep", [rb"OK \[MAILBOXID"]),
    ("CREATE other/deep", [rb"NO \[ALREADYEXISTS\]"]),
    ("COPY 1:2 other/deep", [rb"OK \[COPYUID \d+ \d+:\d+ 1:2\]"]),
    ("STATUS other/deep (MESSAGES UIDNEXT UNSEEN)", [rb"\(MESSAGES 2 UIDNEXT 3 UNSEEN 1\)"]),
    ("RENAME other/deep other/deeper", [rb"^OK"]),
    ("LIST \"\" other/%", [rb'"/" other/deeper\r']),
    ("DELETE other", [rb"NO \[HASCHILDREN\]"]),
    ("DELETE other/deeper", [rb"^OK"]),
    ("DELETE INBOX", [rb"NO \[CANNOT\]"]),
    ("MOVE 1 other", [rb"\* OK \[COPYUID", rb"\* 1 EXPUNGE", rb"^OK"]),
    ("STORE 1 +FLAGS.SILENT (\\Deleted)", [rb"^OK"]),
    ("UID EXPUNGE 1", [rb"^OK"]),
    ("EXPUNGE", [rb"\* 1 EXPUNGE", rb"^OK"]),
    ("SUBSCRIBE other", [rb"^OK"]),
    ("LSUB \"\" oth%", [rb"LSUB \(\) \"/\" other\r"]),
    ("UNSUBSCRIBE other", [rb"^OK"]),
    ("NAMESPACE", [rb'NAMESPACE \(\(\"\" "/"\)\) \(\("Shared/" "/"\)\) ']),
    ("ENABLE QRESYNC NONSENSE", [rb"\* ENABLED QRESYNC\r"]),
    ("SELECT other (QRESYNC (1 1))", [rb"HIGHESTMODSEQ"]),
    ("CREATE kept (USE (\\Archive))", [rb"OK \[MAILBOXID"]),
    ("CREATE kept2 (USE (\\Sent))", [rb"NO \[USEATTR\]"]),
    ("CREATE kept2 (USE \\Archive)", [rb"BAD"]),
    ('LIST (SPECIAL-USE) "" kept', [rb'LIST \(.*\\Archive\) "/" kept\r']),
    ("SETMETADATA other (/private/comment {3+}\r\nabc /shared/x \"y\")", [rb"^OK"]),
    ("SETMETADATA \"\" (/private/vendor/x/y \"1\")", [rb"^OK"]),
    ("SETMETADATA other (\"/private/no*\" \"1\")", [rb"NO \[CANNOT\]"]),
    ("SETMETADATA other (comment \"1\")", [rb"NO \[CANNOT\]"]),
    ("SETMETADATA nowhere (/private/comment \"1\")", [rb"NO \[NONEXISTENT\]"]),
    ("SETMETADATA other /private/comment \"1\"", [rb"BAD"]),
    ("SETMETADATA other (/private/long {16385+}\r\n" + "x" * 16385 + ")", [rb"NO \[METADATA MAXSIZE 16384\]"]),
    ("GETMETADATA other /private/Comment", [rb'\* METADATA other \(/private/comment "?abc"?\)\r']),
    ("GETMETADATA other (/private/comment /shared/x /shared/none)", [rb'\(/private/comment "?abc"? /shared/x "?y"?\)\r']),
    ("GETMETADATA (DEPTH 1) \"\" /private/vendor", [rb"^OK GETMETADATA"]),
    ("GETMETADATA (DEPTH infinity) \"\" /private/vendor", [rb'METADATA "" \(/private/vendor/x/y "?1"?\)\r']),
    ("GETMETADATA (MAXSIZE 2) other /private/comment", [rb"OK \[METADATA LONGENTRIES 3\]"]),
    ("GETMETADATA (DEPTH 2) other /private/comment", [rb"BAD"]),
    ("GETMETADATA other", [rb"BAD"]),
    ("SETMETADATA other (/private/comment NIL)", [rb"^OK"]),
    ("GETMETADATA other /private/comment", [rb"^OK"]),
    ("APPEND other {9+}\r\na: b\r\n\r\nc", [rb"OK \[APPENDUID"]),
    ("SELECT other", [rb"EXISTS"]),
    ("UID REPLACE * other (\\Seen) {12+}\r\na: b\r\n\r\nnew!", [rb"\* OK \[APPENDUID \d+ \d+\]", rb"\* VANISHED \d+\r", rb"^OK"]),
    ("FETCH * (FLAGS BODY.PEEK[TEXT])", [rb"\\Seen.*BODY\[TEXT\] \{4\}\r\nnew!"]),
    ("REPLACE 99 other {4+}\r\na: b", [rb"BAD"]),
    ("REPLACE 1:2 other {4+}\r\na: b", [rb"BAD"]),
    ("REPLACE 1 nowhere {4+}\r\na: b", [rb"NO \[TRYCREATE\]"]),
    ("REPLACE 1 other {0+}\r\n", [rb"NO An empty"]),
    (b"APPEND other ~{61+}\r\nContent-Transfer-Encoding: binary\r\nContent-Type: a/b\r\n\r\n\0\1\r\n\0", [rb"OK \[APPENDUID"]),
    ("FETCH * BODY.PEEK[1]", [rb"BODY\[1\] \{10\}\r\nAAENCgA=\r\n\)"]),
    ("FETCH * (BINARY.SIZE[1] BINARY.PEEK[1])", [rb"BINARY.SIZE\[1\] 5 BINARY\[1\] ~\{5\}\r\n\x00\x01\r\n\x00\)"]),
    (b"APPEND other ~{8+}\r\nA: \0\r\n\r\n", [rb"BAD"]),
    ("EXAMINE other", [rb"READ-ONLY"]),
    ("REPLACE 1 other {4+}\r\na: b", [rb"NO \[NOPERM\]"]),
    ("MYRIGHTS other", [rb"MYRIGHTS other lrswtipekxacd\r"]),
    ("MYRIGHTS nowhere", [rb"NO \[NONEXISTENT\]"]),
    ("LISTRIGHTS other", [rb"BAD"]),
    ("COMPRESS LZMA", [rb"NO"]),
    ("GETQUOTAROOT INBOX", [rb'QUOTAROOT INBOX "User quota"']),
    ("APPEND INBOX {5000000000}", [rb"NO \[TOOBIG\]"]),
    ("UNSELECT", [rb"^OK"]),
    ("FETCH 1 FLAGS", [rb"BAD Not in this state"]),
]

# Said to a mailbox of PLAIN and MIXED called "made", beside an empty one called "to": CATENATE, ESEARCH, NOTIFY and searches that
# are told of.
MORE = [
    ('APPEND to (\\Seen) CATENATE (URL "/made/;UID=1/;SECTION=HEADER" TEXT {4+}\r\nnew! URL ";UID=1/;SECTION=TEXT/;PARTIAL=6.4")',
     [rb"OK \[APPENDUID \d+ 1\]"]),
    ('APPEND to CATENATE (TEXT {6+}\r\nA: b\r\n URL {34+}\r\n/made/;UID=1/;SECTION=HEADER.FIELDS%20(X-Own))', [rb"BAD"]),
    ('APPEND to CATENATE (TEXT {6+}\r\nA: b\r\n URL {45+}\r\n/made/;UID=1/;SECTION=HEADER.FIELDS%20(X-Own))', [rb"OK \[APPENDUID \d+ 2\]"]),
    ('APPEND to CATENATE (URL "/made/;UID=2/;SECTION=3") () {4+}\r\na: b', [rb"OK \[APPENDUID \d+ 3:4\]"]),
    ('APPEND to CATENATE (TEXT {4+}\r\na: b URL "/made/;UID=99")', [rb'NO \[BADURL "/made/;UID=99"\]']),
    ('APPEND to CATENATE (URL "/made;UIDVALIDITY=1/;UID=1")', [rb"NO \[BADURL"]),
    ('APPEND to CATENATE (URL "/nowhere/;UID=1")', [rb"NO \[BADURL"]),
    ('APPEND to CATENATE (URL "imap://x/made/;UID=1")', [rb"NO \[BADURL"]),
    ('APPEND to CATENATE (URL "/made/;UID=1/;SECTION=9")', [rb"NO \[BADURL"]),
    ('APPEND nowhere CATENATE (URL "/made/;UID=1")', [rb"NO \[TRYCREATE\]"]),
    ("APPEND to CATENATE ()", [rb"BAD"]),
    ("APPEND to CATENATE (TEXT x)", [rb"BAD"]),
    ('APPEND to CATENATE (URL "/made/;UID=1"', [rb"BAD"]),
    ('ESEARCH IN (mailboxes "to") RETURN (COUNT ALL) ALL',
     [rb'\* ESEARCH \(TAG "t\d+" MAILBOX to UIDVALIDITY \d+\) UID ALL 1:4 COUNT 4\r', rb"^OK"]),
    ("ESEARCH IN (personal) SUBJECT inner", [rb'MAILBOX to UIDVALIDITY \d+\) UID ALL 3\r']),
    ("ESEARCH IN (mailboxes (made to)) RETURN (MIN) FROM jo", [rb"MAILBOX made .* UID MIN 1\r", rb"MAILBOX to .* UID MIN 1\r"]),
    ("ESEARCH IN (subtree to inboxes) KEYWORD $Never", [rb"^OK"]),
    ("ESEARCH FROM jo", [rb"MAILBOX made UIDVALIDITY \d+\) UID ALL 1\r"]),
    ("ESEARCH IN (mailboxes nowhere) ALL", [rb"^OK"]),
    ("ESEARCH IN (mailboxes to) 1:2", [rb"BAD"]),
    ("ESEARCH IN (mailboxes to) RETURN (SAVE) ALL", [rb"NO \[CANNOT\]"]),
    ("ESEARCH IN (nonsense) ALL", [rb"BAD"]),
    ("ESEARCH IN () ALL", [rb"BAD"]),
    ("ESEARCH IN (mailboxes to) CHARSET KLINGON ALL", [rb"NO \[BADCHARSET"]),
    ("SEARCH RETURN (UPDATE ALL) UNSEEN", [rb'\* ESEARCH \(TAG "t\d+"\) ALL 1\r', rb"^OK"]),
    ("STORE 1 +FLAGS.SILENT (\\Seen)", [rb'\* ESEARCH \(TAG "t\d+"\) REMOVEFROM \(0 1\)\r']),
    ("STORE 1:2 -FLAGS.SILENT (\\Seen)", [rb'\* ESEARCH \(TAG "t\d+"\) ADDTO \(0 1:2\)\r']),
    ("UID SORT RETURN (UPDATE ALL CONTEXT) (REVERSE ARRIVAL) UTF-8 UNFLAGGED", [rb'\) UID ALL 2,1\r']),
    ("STORE 1 +FLAGS.SILENT (\\Flagged)", [rb'\) UID REMOVEFROM \(2 1\)\r']),
    ("STORE 1 -FLAGS.SILENT (\\Flagged)", [rb'\) UID ADDTO \(2 1\)\r']),
    ("SEARCH RETURN (UPDATE) 1", [rb"\* NO \[NOUPDATE", rb"^OK"]),
    ("FETCH 1 SAVEDATE", [rb'\* 1 FETCH \(SAVEDATE "[ \d]\d-[A-Z][a-z][a-z]-2\d\d\d \d\d:\d\d:\d\d \+0000"\)']),
    ("SEARCH SAVEDSINCE 1-Jan-2020 SAVEDATESUPPORTED", [rb"\* SEARCH 1 2\r"]),
    ("SEARCH OR SAVEDBEFORE 1-Jan-2020 SAVEDON 1-Jan-2020", [rb"\* SEARCH\r"]),
    ("SEARCH SAVEDON", [rb"BAD"]),
    ("CANCELUPDATE \"none\"", [rb"BAD"]),
    ("CANCELUPDATE", [rb"BAD"]),
    ("CANCELUPDATE tag", [rb"BAD"]),
    ("NOTIFY SET STATUS (mailboxes to (MessageNew MessageExpunge))", [rb"\* STATUS to \(MESSAGES 4 UIDNEXT 5 UIDVALIDITY \d+\)\r", rb"^OK"]),
    ("NOTIFY SET (selected (MessageNew (UID FLAGS) MessageExpunge FlagChange)) (personal (MailboxName))", [rb"^OK"]),
    ("NOTIFY SET (personal (MessageNew MessageExpunge AnnotationChange))", [rb"NO \[BADEVENT \(MessageNew "]),
    ("NOTIFY SET (personal (MessageNew))", [rb"BAD"]),
    ("NOTIFY SET (selected (MailboxName))", [rb"BAD"]),
    ("NOTIFY SET (selected NONE) (selected NONE)", [rb"^OK|^BAD"]),
    ("NOTIFY SET (personal (MessageNew (UID) MessageExpunge))", [rb"BAD"]),
    ("NOTIFY SET", [rb"BAD"]),
    ("NOTIFY SET ()", [rb"BAD"]),
    ("NOTIFY NONE x", [rb"BAD"]),
    ("NOTIFY NONE", [rb"^OK"]),
]


def exchanges():
    """each command, good and bad"""
    with running() as env, Client(env, box=None) as client:
        client.ok("CREATE test")
        client.append("test", PLAIN)
        client.append("test", MIXED, "(\\Seen) ")
        client.ok("SELECT test")
        for command, wanted in EXCHANGES:
            said = client.run(command if isinstance(command, bytes) else command.encode("latin1"))
            for pattern in wanted:
                assert any(re.search(pattern, line, re.S) for line in said), (command[:100], pattern, said)


def long_fields():
    """ENVELOPE of a mail to more people than a summary keeps names all of them"""
    people = [f"person{number}@example.org" for number in range(400)]
    header = "To: " + ",\r\n ".join(people) + "\r\nSubject: " + "many " * 1000 + "\r\nCc: last@example.org\r\n"
    with running() as env, Client(env, box=None) as client:
        client.ok("CREATE long")
        client.append("long", header.encode() + b"\r\nHello\r\n")
        client.ok("SELECT long")
        for _ in range(2):
            said = b"".join(client.ok("FETCH 1 ENVELOPE"))
            assert all(f'"{name.split("@")[0]}" "example.org")'.encode() in said for name in people + ["last@example.org"])
            assert said.count(b"many") == 1000


def more():
    """messages made of others, searches of many mailboxes and such that are told of, and what NOTIFY understands"""
    with running() as env, Client(env, box=None) as client:
        client.ok("CREATE made")
        client.ok("CREATE to")
        client.append("made", PLAIN)
        client.append("made", MIXED, "(\\Seen) ")
        client.ok("SELECT made")
        for command, wanted in MORE:
            said = client.run(command)
            for pattern in wanted:
                assert any(re.search(pattern, line, re.S) for line in said), (command[:100], pattern, said)
        header, text = PLAIN.split(b"\r\n\r\n", 1)
        client.ok("SELECT to")
        assert header + b"\r\n\r\nnew!" + text[6:10] in b"".join(client.ok("FETCH 1 BODY.PEEK[]"))
        assert b"A: b\r\nX-Own: yes\r\n\r\n" in b"".join(client.ok("FETCH 2 BODY.PEEK[]"))
        assert b"Subject: inner\r\n\r\ninner body" in b"".join(client.ok("FETCH 3 BODY.PEEK[]"))


def notified():
    """NOTIFY: of the selected mailbox and of others, between commands, and names as they come and go"""
    with running() as env, Client(env, box=None) as writer:
        writer.ok("CREATE box")
        writer.ok("CREATE far")
        with Client(env, box="box") as waiter:
            waiter.ok("NOTIFY SET (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)]) MessageExpunge FlagChange))"
                      " (subtree \"\" (MessageNew MessageExpunge FlagChange MailboxName))")
            writer.append("box", MIXED)
            assert waiter.line() == b"* 1 EXISTS\r\n"
            assert waiter.line().endswith(b"RECENT\r\n")
            assert re.match(rb"\* 1 FETCH \(UID 1 BODY\[HEADER.FIELDS \(SUBJECT\)\] \{\d+\}\r\nSubject: Re: \[list\] there\r\n", waiter.line(), re.I)
            writer.append("far", PLAIN)
            assert re.match(rb"\* STATUS far \(MESSAGES 1 UIDNEXT 2 UIDVALIDITY \d+ HIGHESTMODSEQ \d+\)", waiter.line())
            writer.ok("SELECT far")
            writer.ok("STORE 1 +FLAGS.SILENT (\\Seen \\Deleted)")
            assert re.match(rb"\* STATUS far \(MESSAGES 1 ", waiter.line())
            writer.ok("EXPUNGE")
            assert re.match(rb"\* STATUS far \(MESSAGES 0 ", waiter.line())
            writer.ok("CREATE new")
            assert waiter.line() == b'* LIST () "/" new\r\n'
            writer.ok("RENAME new newer")
            assert waiter.line() == b'* LIST () "/" newer ("OLDNAME" (new))\r\n'
            writer.ok("DELETE newer")
            assert waiter.line() == b'* LIST (\\NonExistent) "/" newer\r\n'
            writer.ok("SELECT box")
            writer.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
            assert re.match(rb"\* 1 FETCH \(UID 1 FLAGS \(\\Deleted", waiter.line())
            # a command that is half there must not see its numbers change
            waiter.socket.sendall(b"x FETCH 1 BODY.PEEK[HEADER.FIELDS ({7}\r\n")
            assert waiter.line().startswith(b"+")
            writer.ok("EXPUNGE")
            waiter.socket.sendall(b"Subject)]\r\n")
            assert waiter.line().startswith(b"x OK")
            assert waiter.line() == b"* 1 EXPUNGE\r\n"
            waiter.ok("NOTIFY NONE")
            writer.append("box", PLAIN)
            assert waiter.ok("NOOP")[0] == b"* 1 EXISTS\r\n"


def slow():
    """a search that takes long says how far it is"""
    with running("--imap-progress-interval=0") as env, Client(env, box=None) as client:
        client.ok("CREATE box")
        for _ in range(3):
            client.append("box", PLAIN)
        client.ok("SELECT box")
        said = client.ok("SEARCH TEXT giraffe")
        assert re.match(rb'\* OK \[INPROGRESS \("t\d+" 3 3\)\]', said[0]), said


CUT = (
    b'b SELECT INBOX\r\nc FETCH 1 (ENVELOPE BODY.PEEK[HEADER.FIELDS (FROM)]<1.9>)\r\nd STORE 1 +FLAGS ("x)\r\n'
    b'e SEARCH OR (FROM "a" 1:*) UID 1 RETURN\r\nf APPEND INBOX (\\Seen) {5+}\r\na: b\n\r\ng LIST (SUBSCRIBED) "" (a b) RETURN (CHILDREN)\r\n'
    b"k SETACL INBOX bob +lr\r\nl GETMETADATA (DEPTH 1 MAXSIZE 9) INBOX (/private/a /b)\r\nm SETMETADATA INBOX (/private/a NIL)\r\n"
    b"n REPLACE 1 INBOX (\\Seen) {5+}\r\na: b\n\r\no CREATE x (USE (\\Archive))\r\np LISTRIGHTS INBOX bob\r\n"
    b'q APPEND x CATENATE (URL {9+}\r\n/a/;UID=1 TEXT {3+}\r\nabc)\r\nr ESEARCH IN (subtree (a b)) RETURN (ALL) ALL\r\n'
    b's NOTIFY SET STATUS (personal (MessageNew MessageExpunge)) (selected (MessageNew (UID) MessageExpunge))\r\n'
    b't SEARCH RETURN (UPDATE) ALL\r\nu CANCELUPDATE "t"\r\nv NOTIFY NONE\r\n'
    b"h UID MOVE * Trash\r\ni SORT (DATE) UTF-8 ALL\r\nj LOGOUT\r\n"
)


def cut():
    """a dialogue cut at any byte ends, and the server goes on"""
    with running() as env:
        begin = f"a LOGIN {env['DEMO_USER']} {env['DEMO_PASS']}\r\n".encode()
        for end in range(0, len(CUT) + 1, 3):
            with socket.create_connection((HOST, int(env["IMAP_PORT"])), timeout=WAIT) as client:
                client.sendall(begin + CUT[:end])
                client.shutdown(socket.SHUT_WR)
                with client.makefile("rb") as answers:
                    assert answers.read().startswith(b"* OK")
        with Client(env) as client:
            client.ok("NOOP")


def python_client():
    """Python's imaplib does its usual work"""
    with running() as env:
        client = imaplib.IMAP4(HOST, int(env["IMAP_PORT"]), timeout=WAIT)
        client.authenticate("PLAIN", lambda _: f"\0{env['DEMO_USER']}\0{env['DEMO_PASS']}".encode())
        assert client.create("py")[0] == "OK"
        for mail in (PLAIN, MIXED):
            assert client.append("py", "(\\Seen)", imaplib.Time2Internaldate(1.2e9), mail)[0] == "OK"
        assert client.select("py") == ("OK", [b"2"])
        assert client.search(None, "SINCE", "01-Jan-2008")[1] == [b"1 2"]
        assert client.uid("FETCH", "1:*", "(RFC822)")[1][0][1] == PLAIN
        assert client.sort("(SUBJECT)", "UTF-8", "ALL")[0] == "OK"
        assert client.thread("REFERENCES", "UTF-8", "ALL")[1] == [b"(1 2)"]
        assert client.store("1", "+FLAGS", "(\\Deleted kw)")[0] == "OK"
        assert client.expunge()[1] == [b"1"]
        assert client.copy("1", "INBOX")[0] == "OK"
        assert client.close()[0] == "OK"
        assert client.delete("py")[0] == "OK"
        client.logout()


def pushed():
    """who waits in IDLE is told of flags and of what goes, by another session"""
    with running() as env, Client(env, box=None) as writer:
        writer.ok("CREATE box")
        for _ in range(3):
            writer.append("box", PLAIN)
        writer.ok("SELECT box")
        with Client(env, box="box") as waiter:
            waiter.socket.sendall(b"i IDLE\r\n")
            assert waiter.line().startswith(b"+")
            writer.ok("STORE 2 +FLAGS.SILENT (\\Flagged)")
            assert re.match(rb"\* 2 FETCH \(UID 2 FLAGS \(\\Flagged", waiter.line())
            writer.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
            assert waiter.line().startswith(b"* 1 FETCH")
            writer.ok("EXPUNGE")
            assert waiter.line() == b"* 1 EXPUNGE\r\n"
            waiter.socket.sendall(b"DONE\r\n")
            assert waiter.line().startswith(b"i OK")


def resync():
    """a client that comes back is told what changed and what went (RFC 7162)"""
    with running() as env, Client(env, box=None) as client:
        client.ok("CREATE box")
        for _ in range(5):
            client.append("box", PLAIN)
        client.ok("ENABLE QRESYNC")
        said = b"".join(client.ok("SELECT box"))
        modseq = int(re.search(rb"HIGHESTMODSEQ (\d+)", said).group(1))
        validity = int(re.search(rb"UIDVALIDITY (\d+)", said).group(1))
        with Client(env, box="box") as other:
            other.ok("STORE 2,4 +FLAGS (\\Deleted)")
            other.ok("EXPUNGE")
            other.ok("STORE 1 +FLAGS (\\Seen)")
        said = client.ok("NOOP")
        assert b"* VANISHED 2,4\r\n" in said, said
        client.ok("UNSELECT")
        said = client.ok(f"SELECT box (QRESYNC ({validity} {modseq} 1:5))")
        assert b"* VANISHED (EARLIER) 2,4\r\n" in said, said
        assert any(re.match(rb"\* 1 FETCH \(UID 1 FLAGS \(\\Seen", line) for line in said), said
        said = client.ok(f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {modseq} VANISHED)")
        assert b"* VANISHED (EARLIER) 2,4\r\n" in said and len(said) == 3, said


def limits():
    """a mail that is too large is refused before its bytes are sent, and passed over when they come all the same"""
    with running("--imap-max-messagesize=65536") as env, Client(env) as client:
        assert client.run("APPEND INBOX {70000}")[-1].startswith(b"NO [TOOBIG]")
        said = client.run(b"APPEND INBOX {70000+}\r\n" + b"x" * 70000)
        assert said[-1].startswith(b"NO [TOOBIG]"), said
        client.ok("NOOP")


class Deflated(Client):
    """Speaks compressed from the first command behind COMPRESS (RFC 4978)."""

    def start(self):
        self.ok("COMPRESS DEFLATE")
        self.out, self.into = zlib.compressobj(wbits=-15), zlib.decompressobj(wbits=-15)
        self.plain = b""
        self.file, self.socket_file = self, self.file
        self.sendall = self.send
        self.socket, self.raw = self, self.socket

    def send(self, data, cut=1 << 30):
        data = self.out.compress(data) + self.out.flush(zlib.Z_SYNC_FLUSH)
        for at in range(0, len(data), cut):
            self.raw.sendall(data[at : at + cut])

    def more(self):
        part = self.raw.recv(1000)
        assert part, "the connection was closed"
        self.plain += self.into.decompress(part)

    def readline(self):
        while b"\n" not in self.plain:
            self.more()
        line, _, self.plain = self.plain.partition(b"\n")
        return line + b"\n"

    def read(self, count):
        while len(self.plain) < count:
            self.more()
        out, self.plain = self.plain[:count], self.plain[count:]
        return out

    def close(self):
        if self.file is self:
            self.file, self.socket = self.socket_file, self.raw
        super().close()


def compressed():
    """COMPRESS: all that follows is compressed, large and in pieces; what is no such stream ends the connection alone"""
    with running() as env, Client(env) as other:
        with Deflated(env) as client:
            assert b"COMPRESS=DEFLATE" in client.ok("CAPABILITY")[0]
            client.start()
            assert b"COMPRESS=DEFLATE" not in client.ok("CAPABILITY")[0]
            assert client.run("COMPRESS DEFLATE")[-1].startswith(b"NO [COMPRESSIONACTIVE]")
            mail = PLAIN * 20000
            client.append("INBOX", mail)
            assert mail in b"".join(client.ok("FETCH * BODY.PEEK[]"))
            client.send(b"x NOOP\r\ny NOOP\r\n", 1)
            assert client.line().startswith(b"x OK") and client.line().startswith(b"y OK")
            client.sendall(b"z IDLE\r\n")
            assert client.line().startswith(b"+")
            other.append("INBOX", PLAIN)
            assert b"EXISTS" in client.line()
        for rubbish in (b"b NOOP\r\n", b"\xff" * 100, zlib.compressobj(wbits=-15).flush()):
            with Client(env) as client:
                client.ok("COMPRESS DEFLATE")
                client.socket.sendall(rubbish)
                client.socket.shutdown(socket.SHUT_WR)
                client.file.read()
        with socket.create_connection((HOST, int(env["IMAP_PORT"])), timeout=WAIT) as client:
            client.sendall(f"a LOGIN {env['DEMO_USER']} {env['DEMO_PASS']}\r\nb COMPRESS DEFLATE\r\nc NOOP\r\n".encode())
            assert b"c OK" not in client.makefile("rb").read()
        other.ok("NOOP")


def encrypted():
    """STARTTLS and TLS from the first byte, with a certificate that Python verifies; nothing said before counts afterwards"""
    with tempfile.TemporaryDirectory() as name:
        pem = self_made(pathlib.Path(name))
        context = ssl.create_default_context(cafile=pem)
        options = (f"--ssl-certificate-file={pem}", f"--ssl-private-key-file={pem}.key", f"--imaps-listen={ANY_PORT}")
        with running(*options) as env:
            with imaplib.IMAP4(HOST, int(env["IMAP_PORT"]), timeout=WAIT) as client:
                assert "STARTTLS" in client.capabilities
                assert client.starttls(context)[0] == "OK"
                assert "STARTTLS" not in client.capabilities and client.sock.version() >= "TLSv1.2"
                client.login(env["DEMO_USER"], env["DEMO_PASS"])
                assert client.append("INBOX", None, None, PLAIN * 100)[0] == "OK"
            with imaplib.IMAP4_SSL(HOST, int(env["IMAPS_PORT"]), ssl_context=context, timeout=WAIT) as client:
                assert "STARTTLS" not in client.capabilities
                client.login(env["DEMO_USER"], env["DEMO_PASS"])
                count = int(client.select("INBOX")[1][0])
                assert client.fetch(str(count), "(BODY.PEEK[])")[1][0][1] == PLAIN * 100
            # what a stranger put behind STARTTLS in the clear is not a command of the encrypted session
            with socket.create_connection((HOST, int(env["IMAP_PORT"])), timeout=WAIT) as plain:
                file = plain.makefile("rb")
                file.readline()
                plain.sendall(b"a STARTTLS\r\nb NOOP\r\n")
                assert file.readline().startswith((b"a OK", b"a BAD"))
                rest = b""
                try:
                    with context.wrap_socket(plain, server_hostname=HOST) as secure:
                        secure.sendall(b"c NOOP\r\n")
                        rest = secure.recv(1000)
                except (ssl.SSLError, ConnectionError):
                    pass
                assert b"b OK" not in rest, rest


MOST_WORDS = 1000  # of a folder


def words():
    """keywords past the 64th of a folder: set, told, searched, copied, taken away, seen by others at once; and one too many"""
    def flags(lines):
        found = (re.search(rb"FETCH \([^(]*FLAGS \(([^)]*)\)", line) for line in lines)
        return {b" ".join(word for word in one.group(1).split() if word != b"\\Recent") for one in found if one}

    with running() as env, Client(env, box="") as client, Client(env, box="") as other:
        client.ok("CREATE words")
        for number in range(1, 4):
            client.append("words", b"Subject: %d\r\n\r\nx\r\n" % number)
        client.ok("SELECT words")
        other.ok("SELECT words")
        for first in range(0, 90, 30):
            client.ok("STORE 1 +FLAGS.SILENT (" + " ".join(f"w{i}" for i in range(first, first + 30)) + ")")
        assert flags(client.ok("STORE 2 FLAGS (w3 w70 \\Seen)")) == {b"\\Seen w3 w70"}
        all_of_one = b" ".join(b"w%d" % i for i in range(90))
        assert flags(client.ok("FETCH 1 (UID FLAGS)")) == {all_of_one}
        assert flags(client.ok("FETCH 2:3 FLAGS")) == {b"\\Seen w3 w70", b""}
        told = other.run("NOOP")
        assert b"w3 w70" in b"".join(told) and any(b"* FLAGS (" in line and b" w89" in line for line in told), told
        assert b"* SEARCH 1 2\r\n" in other.ok("SEARCH KEYWORD w70")
        assert b"* SEARCH 1\r\n" in other.ok("SEARCH KEYWORD w88 OR UNKEYWORD w70 KEYWORD w3")
        assert b"* SEARCH 2 3\r\n" in other.ok("SEARCH UNKEYWORD W89")
        assert flags(other.ok("STORE 2 -FLAGS (w70)")) == {b"\\Seen w3"}
        assert flags(client.ok("NOOP")) == {b"\\Seen w3"}
        client.ok("CREATE copies")
        client.ok("COPY 1 copies")
        client.append("copies", b"Subject: 4\r\n\r\nx\r\n", "(w80 new) ")
        other.ok("SELECT copies")
        assert flags(other.ok("FETCH 1 FLAGS")) == {all_of_one}
        assert flags(other.ok("FETCH 2 FLAGS")) == {b"w80 new"}
        assert flags(client.ok("STORE 1 FLAGS ()")) == {b""}
        # up to the limit, and one more
        for first in range(90, MOST_WORDS, 30):
            client.ok("STORE 3 FLAGS (" + " ".join(f"w{i}" for i in range(first, min(first + 30, MOST_WORDS))) + ")")
        lists = [line for line in client.ok("SELECT words") if b"FLAGS (" in line]
        assert len(lists) == 2 and all(b" w%d" % (MOST_WORDS - 1) in line and b"\\*" not in line for line in lists)
        assert client.run("STORE 3 +FLAGS (w1001)")[-1].startswith(b"NO [LIMIT]")
        assert client.run("APPEND words (w1001) {1+}\r\nx")[-1].startswith(b"NO [LIMIT]")
        client.ok("STORE 3 FLAGS (w500 w0)")
        # of one message
        for first in range(64, 96, 16):
            client.ok("STORE 2 +FLAGS.SILENT (" + " ".join(f"w{i}" for i in range(first, first + 16)) + ")")
        assert client.run("STORE 2 +FLAGS.SILENT (w96)")[-1].startswith((b"NO [LIMIT]", b"OK"))


tap.run([exchanges, long_fields, more, words, notified, slow, cut, python_client, pushed, resync, limits, compressed, encrypted])
