"""The command line: ``python -m local_image_process once | sync | watch | status | …``."""

import argparse
import contextlib
import gc
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from . import __version__, logs
from .errors import GalleryError
from .run import commands, terminal
from .run.check import NOTE
from .settings import Settings

FINE, SOME_FAILED, NOTHING_DONE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        settings = Settings.load(os.environ)
        _log(settings, quiet=sys.stderr.isatty() and options.command == "once")
        return int(options.carry_out(settings, options))
    except GalleryError as error:
        if options.json:
            print(json.dumps({"error": str(error)}, ensure_ascii=False))
        print(error, file=sys.stderr)
        return NOTHING_DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local_image_process",
        description="Turn a folder of photographs into a published gallery.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands_of = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, carry_out, says in (
        ("once", _once, "bring the gallery up to date, then end"),
        ("sync", _sync, "read the bucket, and say what changed"),
        ("watch", _watch, "keep it up to date until stopped"),
        ("status", _status, "say how things stand, and change nothing"),
        ("plan", _plan, "say what 'once' would do, and change nothing"),
        ("check", _check, "compare catalogue, store and JSON; list photos that failed"),
        ("adopt", _adopt, "move in from a former gallery: say what changes, ask, and do it"),
    ):
        command = commands_of.add_parser(name, help=says, description=says)
        command.add_argument("--json", action="store_true", help="print one JSON object at the end")
        command.set_defaults(carry_out=carry_out)
        if name == "check":
            command.add_argument(
                "--remote",
                action="store_true",
                help="read the bucket's objects as well, which takes its time",
            )
        if name == "adopt":
            _add_options_of_adopt(command)
        if name in {"once", "sync"}:
            command.add_argument(
                "--confirm-withdraw",
                action="store_true",
                help="withdraw photos even where that was held back for safety",
            )
    return parser


def _add_options_of_adopt(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--from",
        dest="folder",
        type=Path,
        required=True,
        help="the former gallery's data folder, with albums.json and exif_data.json in it",
    )
    command.add_argument(
        "--bucket",
        action="store_true",
        help="let our pictures and index files take the places of the former ones in the bucket",
    )
    command.add_argument("--yes", action="store_true", help="do not ask")


def _once(settings: Settings, options: argparse.Namespace) -> int:
    with _progress() as tell:
        report = commands.once(
            settings, "once", confirm_withdraw=options.confirm_withdraw, tell=tell
        )
    _print(report, as_json=options.json)
    return SOME_FAILED if report.get("failed") or report.get("problems") else FINE


def _sync(settings: Settings, options: argparse.Namespace) -> int:
    report = commands.once(
        settings, "sync", confirm_withdraw=options.confirm_withdraw, tell=lambda _: None
    )
    _print(report, as_json=options.json)
    return SOME_FAILED if report["problems"] else FINE


@contextlib.contextmanager
def _progress() -> Iterator[commands.Tell]:
    """Give what shows progress to who sits at a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from tqdm import tqdm  # only here: nobody waits for it in vain

    with tqdm(unit="photo", dynamic_ncols=True) as bar:
        yield partial(_show, bar)


def _show(bar: Any, progress: dict[str, int]) -> None:
    done = sum(progress.get(kind, 0) for kind in ("published", "moved", "refreshed", "failed"))
    bar.total = done + progress.get("waiting", 0)
    bar.set_postfix(failed=progress.get("failed", 0), refresh=False)
    bar.n = done
    bar.refresh()


def _watch(settings: Settings, _: argparse.Namespace) -> int:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    commands.watch(settings, stop)
    return FINE


def _status(settings: Settings, options: argparse.Namespace) -> int:
    told = commands.status(settings)
    if options.json:
        print(json.dumps(told, ensure_ascii=False))
    else:
        print("\n".join(terminal.lines_of(told)))
    return SOME_FAILED if told["photos"]["failed"] else FINE


def _plan(settings: Settings, options: argparse.Namespace) -> int:
    preview = commands.plan(settings)
    work = preview.work
    arrived = set(preview.moves.values())
    lists = {
        "publish": sorted(o.key for o, _ in work.publish if o.key not in arrived),
        "move": sorted(f"{old} → {new}" for old, new in preview.moves.items()),
        "rename": sorted(known.key for _, known, _ in work.rename),
        "withdraw": sorted({*work.missing, *work.hidden} - preview.moves.keys()),
    }
    if options.json:
        counts = {"unchanged": work.unchanged, "failed": work.failing, "held": preview.is_held}
        print(json.dumps(lists | counts, ensure_ascii=False))
        return FINE
    for kind, keys in lists.items():
        for key in keys:
            print(f"{kind}  {key}")
    counted = ", ".join(f"{len(keys)} to {kind}" for kind, keys in lists.items())
    print(f"{counted}, {work.unchanged} unchanged, {work.failing} failed before")
    if preview.is_held:
        print("So many withdrawals are held back; 'once --confirm-withdraw' carries them out.")
    return FINE


def _check(settings: Settings, options: argparse.Namespace) -> int:
    findings = commands.run_check(settings, remote=options.remote)
    if options.json:
        rows = [{"kind": f.kind, "name": f.name, "reason": f.reason} for f in findings]
        print(json.dumps({"findings": rows}, ensure_ascii=False))
    else:
        for finding in findings:
            print(f"{finding.kind}  {finding.name}: {finding.reason}")
        number = "1 finding" if len(findings) == 1 else f"{len(findings)} findings"
        print(number if findings else "all well")
    return SOME_FAILED if any(finding.kind != NOTE for finding in findings) else FINE


def _adopt(settings: Settings, options: argparse.Namespace) -> int:
    from .run import adopting, adopting_words  # used once in a gallery's life, and slow to import

    adoption = adopting.plan(
        settings, options.folder, with_bucket=options.bucket, environ=os.environ
    )
    if not options.json:
        print("\n".join(adopting_words.lines_of(adoption)))
    is_agreed = not adoption.has_work or options.yes or _ask(options)
    if adoption.has_work and is_agreed:
        adopting.carry_out(adoption)
    if options.json:
        told = adopting_words.as_json(adoption, is_done=is_agreed)
        print(json.dumps(told, ensure_ascii=False))
    elif is_agreed:
        print("Done." if adoption.has_work else "Nothing to do: all of it is here already.")
        print("\n".join(["Next:", *(f"  {s}" for s in adopting_words.next_steps(adoption))]))
    if not is_agreed:
        return NOTHING_DONE
    return SOME_FAILED if adoption.problems else FINE


def _ask(options: argparse.Namespace) -> bool:
    if options.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        print("Nothing was changed. To do it without being asked: --yes", file=sys.stderr)
        return False
    try:
        print("Do it? [y/N] ", end="", flush=True)  # input() itself asks on stderr
        answer = input()
    except (EOFError, KeyboardInterrupt):
        print()
        answer = ""
    is_yes = answer.strip().lower() in {"y", "yes", "是"}
    if not is_yes:
        print("Nothing was changed.")
    return is_yes


def _print(report: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(report, ensure_ascii=False))
        return
    for problem in report.get("problems", ()):
        print(problem)
    counts = {name: value for name, value in report.items() if name != "problems"}
    print(", ".join(f"{value} {name}" for name, value in counts.items()))
    if report.get("held"):
        print("So many withdrawals are held back; --confirm-withdraw carries them out.")


def _log(settings: Settings, *, quiet: bool) -> None:
    """Log as configured; beside a progress bar, only what somebody must see."""
    logs.configure(settings.log_level)
    if quiet:
        logging.getLogger().setLevel(logging.WARNING)


if __name__ == "__main__":
    status = main()
    gc.freeze()  # else Python looks through all that was loaded once more, for a tenth of a second
    sys.exit(status)
