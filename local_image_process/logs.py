"""Log lines that a person can read and grep can cut."""

import logging

QUIET = ("PIL", "watchdog", "oss2", "sqlalchemy", "urllib3")  # they tell secrets or trifles


def configure(level: str) -> None:
    """Send our log to standard error; called by entry points only."""
    logging.basicConfig(
        level=level.upper(), format="%(asctime)s %(levelname)-7s %(message)s", force=True
    )
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def kv(**fields: object) -> str:
    """Return ``key=value`` pairs, quoted only where a value has a space, quote or ``=``."""
    return " ".join(f"{name}={_quoted(value)}" for name, value in fields.items())


def _quoted(value: object) -> str:
    text = f"{value:.3g}" if isinstance(value, float) else str(value)
    printable = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    if printable and not any(c in ' "=' for c in printable):
        return printable
    return '"' + printable.replace('"', '\\"') + '"'
