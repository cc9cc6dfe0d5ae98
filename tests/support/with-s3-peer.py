#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Runs a test program beside a small S3 server that can be made to fail (s3_peer.py).

usage: with-s3-peer.py PROGRAM [ARGUMENT ...]

TW_S3_PORT is its port on 127.0.0.1, TW_S3_TLS_PORT the one with TLS and a certificate for localhost that signed itself and is in
TW_S3_CA; TW_S3_OTHER_CA has another of the same name. TW_S3_FAULTS is the file that says what shall go wrong, TW_S3_LOG what was asked. The bucket is
"mail", the account "key" with "secret".
"""
import os
import pathlib
import subprocess
import sys
import tempfile

import s3_peer


def certificate(path):
    """For the name localhost, not for its addresses; with its key."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", str(path), "-out", f"{path}.crt"],
                   check=True, capture_output=True)
    with path.open("a") as out:
        out.write(pathlib.Path(f"{path}.crt").read_text())
    return path


def main():
    with tempfile.TemporaryDirectory(prefix="tw-s3-") as name:
        place = pathlib.Path(name)
        peer, server = s3_peer.serve(place)
        mine, other = (certificate(place / f"{kind}.pem") for kind in ("mine", "other"))
        tls = s3_peer.serve_tls(peer, mine)
        return subprocess.run(sys.argv[1:], env={**os.environ, "TW_S3_PORT": str(server.server_address[1]),
                                                 "TW_S3_TLS_PORT": str(tls.server_address[1]), "TW_S3_CA": str(mine),
                                                 "TW_S3_OTHER_CA": str(other), "TW_S3_FAULTS": str(peer.faults),
                                                 "TW_S3_LOG": str(peer.log)}).returncode


sys.exit(main())
