# SPDX-License-Identifier: AGPL-3.0-or-later
"""Certificates for tests."""
import subprocess

from loopback import ALTERNATIVES


def self_made(place):
    """For the loopback address; its key is in the file beside it, named .key."""
    pem = str(place / "self-made.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                    "-subj", "/CN=localhost", "-addext", ALTERNATIVES, "-keyout", pem + ".key", "-out", pem],
                   check=True, capture_output=True)
    return pem
