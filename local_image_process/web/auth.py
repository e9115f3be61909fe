"""The administrator's password: configured, or made once and kept as a hash."""

import secrets
from pathlib import Path

from werkzeug.security import generate_password_hash

from ..files import create_once


def make_password_once(data_dir: Path) -> str | None:
    """Make the administrator's password if there is none yet, and return it to be shown once.

    Only its hash is kept, in ``data/admin_password``; to get a new one, delete that file.
    """
    path = data_dir / "admin_password"
    if path.exists():
        return None
    password = secrets.token_urlsafe(12)
    ours = generate_password_hash(password).encode("ascii")
    return password if create_once(path, ours) == ours else None
