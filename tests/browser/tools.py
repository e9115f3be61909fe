"""The programs that these tests need beside Python's packages."""

import os
import shutil

import pytest

PLACES = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))


def find_tool(name: str) -> str:
    """Return where a program lies; without it the test is skipped, or fails where CI is set."""
    if found := shutil.which(name, path=PLACES):
        return found
    told = f"{name} is missing. On Debian and Ubuntu: apt-get install nginx-light chromium"
    if os.environ.get("CI"):
        pytest.fail(told)
    pytest.skip(told)
