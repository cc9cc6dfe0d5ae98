# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads the mails that mail-out-peer writes with Python's own parser and looks for what they have to say. Prints TAP."""
import email
import email.header
import email.policy
import email.utils
import os
import subprocess
import sys
import tempfile


def unflow(text):
    """RFC 3676 without DelSp: a line that ends in a blank goes on in the next one."""
    out = ""
    for line in text.split("\r\n" if "\r\n" in text else "\n"):
        if line.startswith(" "):
            line = line[1:]
        out += line if line.endswith(" ") else line + "\n"
    return out.rstrip("\n")


def words(value):
    """An unstructured field or phrase as text."""
    return str(email.header.make_header(email.header.decode_header(value.replace("\r\n", ""))))


def facts(mail):
    """What the parser finds, as mail-out-peer says it."""
    parsed = email.message_from_bytes(mail)
    modern = email.message_from_bytes(mail, policy=email.policy.default)
    yield "subject", words(parsed["Subject"]).encode()
    yield "from", words(email.utils.getaddresses([parsed["From"]])[0][0]).encode()
    for name, _ in email.utils.getaddresses([parsed["To"].replace("\r\n", "")]):
        yield "to", words(name).encode()
    for part in modern.walk():
        if part.is_multipart():
            continue
        if part.get_content_disposition() == "attachment":
            yield "name", part.get_filename().encode()
            yield "data", part.get_payload(decode=True)
        elif part.get_content_type() == "text/plain":
            yield "body", unflow(part.get_payload(decode=True).decode("utf-8")).encode()
        else:
            yield "html", part.get_payload(decode=True).rstrip(b"\r\n")


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1], folder], check=True)
        names = sorted(n for n in os.listdir(folder) if n.endswith(".eml"))
        print("1..%d" % len(names))
        bad = 0 if names else 1
        for number, name in enumerate(names, 1):
            with open(os.path.join(folder, name), "rb") as file:
                have = sorted(facts(file.read()))
            with open(os.path.join(folder, name[:-4] + ".want"), encoding="ascii") as file:
                lines = [line.rstrip("\n").split(" ", 1) for line in file]
            want = sorted((fact, bytes.fromhex(value)) for fact, value in lines)
            if have == want:
                print("ok %d - %s" % (number, name))
                continue
            bad += 1
            print("not ok %d - %s" % (number, name))
            for fact in want:
                if fact not in have:
                    print("# wanted %s %r" % fact)
            for fact in have:
                if fact not in want:
                    print("# found  %s %r" % fact)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
