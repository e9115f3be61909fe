"""Draw the rows that have a bar: how far each is above or below it."""

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

from rows import Row

WIDTH, NAMES, LINE, TOP = 1240, 740, 24, 60
SPAN = 3.0  # doublings to either side


def draw(rows: Sequence[Row], path: Path) -> None:
    """Write an SVG; to the right is better, the line in the middle is the bar."""
    shown = [(row, headroom) for row in rows if (headroom := _headroom(row)) is not None]
    middle = NAMES + (WIDTH - NAMES) / 2
    height = TOP + LINE * len(shown) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}"'
        f' font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{middle}" y="24" text-anchor="middle">the bar; a line on: twice as good</text>',
    ]
    for doublings in range(-int(SPAN), int(SPAN) + 1):
        x = _x(2.0**doublings)
        colour = "#222" if doublings == 0 else "#ddd"
        parts.append(f'<path d="M{x:.0f} 36V{height - 12}" stroke="{colour}"/>')
    for number, (row, headroom) in enumerate(shown):
        parts += _line(row, headroom, TOP + LINE * number)
    path.write_text("\n".join([*parts, "</svg>", ""]), encoding="utf-8")


def _headroom(row: Row) -> float | None:
    """Return 1 for what just reaches its bar, 2 for what is twice as good.

    Differences of SSIM, around 0, cannot be shown so.
    """
    if row.value is None or row.value <= 0:
        return None
    if row.at_least is not None and row.at_least > 0:
        return row.value / row.at_least
    return row.at_most / row.value if row.at_most else None


def _x(headroom: float) -> float:
    place = max(-SPAN, min(SPAN, math.log2(headroom))) / SPAN
    return NAMES + 20 + (WIDTH - NAMES - 40) * (1 + place) / 2


def _line(row: Row, headroom: float, y: float) -> list[str]:
    middle, end = _x(1.0), _x(headroom)
    colour = "#2a8a4a" if row.verdict == "ok" else "#c0392b"
    return [
        f'<text x="12" y="{y + 12}">{escape(row.measured)}</text>',
        f'<text x="{NAMES}" y="{y + 12}" text-anchor="end">'
        f"{row.value:.3g} ({escape(row.bar)})</text>",
        f'<rect x="{min(middle, end):.1f}" y="{y}" width="{max(2.0, abs(end - middle)):.1f}"'
        f' height="15" fill="{colour}"/>',
    ]
