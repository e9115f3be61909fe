"""Ask for known vulnerabilities of all that is pinned; further arguments go to pip-audit.

Where nobody answers it says so and is content: a check that needs the network holds up no work.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LONGEST_S = 90
NOT_ASKED = "Vulnerabilities could not be asked about ({}); the rest is tested all the same."


def main(arguments: list[str]) -> int:
    """Return 1 if a vulnerability is known, 0 otherwise."""
    try:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pip_audit", "--requirement", "requirements-dev.txt"),
                *("--disable-pip", "--format", "json", "--progress-spinner", "off"),
                *("--timeout", "10", *arguments),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _say(NOT_ASKED.format(f"no answer within {LONGEST_S} s"))
    if not done.stdout.startswith("{"):
        last = done.stderr.strip().splitlines()[-1:] or ["no answer"]
        return _say(NOT_ASKED.format(last[0][:100]))
    return _tell(json.loads(done.stdout)["dependencies"])


def _tell(packages: list[dict[str, Any]]) -> int:
    unknown = [one["name"] for one in packages if "skip_reason" in one]
    found = [(one, flaw) for one in packages for flaw in one.get("vulns", ())]
    for one, flaw in found:
        mended = ", ".join(flaw["fix_versions"]) or "no version yet"
        _say(f"{one['name']} {one['version']}: {flaw['id']}, mended in {mended}")
    if found:
        _say("Then: scripts/renew-requirements --upgrade-package NAME")
        return 1
    if len(unknown) == len(packages):
        return _say(NOT_ASKED.format("the registry here knows of none"))
    if unknown:
        _say(f"Nothing is known of {', '.join(unknown)}.")
    return _say(f"No vulnerability is known of {len(packages) - len(unknown)} packages.")


def _say(text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
