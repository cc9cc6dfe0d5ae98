# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collections of mails: what the scripts that run over them share."""
import mailbox
import pathlib
import re


def mails(paths):
    """(label, bytes) of each file in folders, and of each mail in an mbox file."""
    for path in map(pathlib.Path, paths):
        for file in [path] if path.is_file() else sorted(at for at in path.rglob("*") if at.is_file()):
            data = file.read_bytes()
            if data.startswith(b"From "):
                box = mailbox.mbox(str(file))
                for number in box.keys():
                    yield f"{file}#{number}", box.get_bytes(number)
            else:
                yield str(file), data


def with_crlf(data):
    return re.sub(rb"(?<!\r)\n", b"\r\n", data)
