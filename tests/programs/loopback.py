# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where tests serve and connect: on 127.0.0.1, or on what TW_TEST_LOOPBACK names (`./test --ipv6` says ::1)."""
import os
import socket

HOST = os.environ.get("TW_TEST_LOOPBACK", "127.0.0.1")
IS_6 = ":" in HOST
FAMILY = socket.AF_INET6 if IS_6 else socket.AF_INET
LISTEN = f"[{HOST}]" if IS_6 else HOST  # as it stands before a port, in listen keys and URLs
ANY_PORT = LISTEN + ":0"
NAME = HOST if IS_6 else "localhost"  # what certificates of tests are for; few hosts files give localhost both addresses
ALTERNATIVES = f"subjectAltName=DNS:localhost,IP:{HOST}"
