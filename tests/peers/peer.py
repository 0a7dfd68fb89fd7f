# SPDX-License-Identifier: Apache-2.0
"""Where the real systems are."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "daemons"))
from harness import unittest_skip  # noqa: E402


def peer(name):
    """Path of a peer's program; it is built at the first use."""
    made = subprocess.run(["sh", os.path.join(HERE, "peers"), name], capture_output=True, text=True)
    if made.returncode:
        raise unittest_skip(made.stderr.strip().splitlines()[-1])
    return made.stdout.strip()
