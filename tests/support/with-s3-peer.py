#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs a test program beside a small S3 server that can be made to fail (s3_peer.py).

usage: with-s3-peer.py PROGRAM [ARGUMENT ...]

TW_S3_PORT is its port on 127.0.0.1, TW_S3_FAULTS the file that says what shall go wrong, TW_S3_LOG what was asked. The bucket is
"mail", the account "key" with "secret".
"""
import os
import pathlib
import subprocess
import sys
import tempfile

import s3_peer


def main():
    with tempfile.TemporaryDirectory(prefix="tw-s3-") as name:
        peer, server = s3_peer.serve(pathlib.Path(name))
        return subprocess.run(sys.argv[1:], env={**os.environ, "TW_S3_PORT": str(server.server_address[1]),
                                                 "TW_S3_FAULTS": str(peer.faults), "TW_S3_LOG": str(peer.log)}).returncode


sys.exit(main())
