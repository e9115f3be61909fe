"""Draw docs/flow.svg and docs/flow.en.svg from the program's own list of stages."""

import sys
from html import escape
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from local_image_process.run.stages import STAGES  # noqa: E402

WIDTH, BOX, GAP, FIRST_Y, TEXT_X = 720, 84, 34, 118, 40
STYLE = """
text { font: 15px system-ui, "Noto Sans CJK SC", sans-serif; fill: #1f2328 }
.title { font-weight: 600 } .small { font-size: 12.5px; fill: #59636e }
rect { fill: #f6f8fa; stroke: #8c959f } .sheet { fill: #fff; stroke: none }
path { stroke: #59636e; fill: none; stroke-width: 1.5 }
.end { fill: #ddf4ff; stroke: #0969da } .tip { fill: #59636e; stroke: none }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .small { fill: #9198a1 }
rect { fill: #21262d; stroke: #6e7681 } path { stroke: #9198a1 }
.end { fill: #0c2d6b; stroke: #388bfd } .tip { fill: #9198a1 }
.sheet { fill: #0d1117; stroke: none } }

"""
WORDS = (  # Chinese, English
    ("一张照片的路", "One photo's way"),
    ("照片库（只读）", "The library (only read)"),
    (
        "叫醒：文件事件、定时扫描、命令、通知。它们只是提示，做什么由比较决定。",
        "Woken by file events, sweeps, commands, notices: hints; comparing decides what to do.",
    ),
    ("访客：网页进程提供图片和 JSON", "Visitors: web processes serve pictures and JSON"),
    (
        "点赞、评分和更正记在 catalogue.db，再由“公布”写进 JSON。",
        "Likes, stars, corrections go into catalogue.db; the export writes them into the JSON.",
    ),
)


def drawn(language: int) -> str:
    """Return the picture as SVG; ``language``: 0 is Chinese, 1 English."""
    title, library, woken, visitors, given = (words[language] for words in WORDS)
    parts = [_box(FIRST_Y - BOX - GAP + 10, library, [woken], kind="end")]
    y = FIRST_Y + 10
    for number, stage in enumerate(STAGES, 1):
        lines = ["→ " + stage.leaves[language], " · ".join(stage.modules)]
        parts += [_arrow(y), _box(y, f"{number}  {stage.does[language]}", lines)]
        y += BOX + GAP
    parts += [_arrow(y), _box(y, visitors, [given], kind="end")]
    size = f'viewBox="0 0 {WIDTH} {y + BOX + 16}" width="{WIDTH}" height="{y + BOX + 16}"'
    sheet = '<rect class="sheet" width="100%" height="100%"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    return "\n".join(
        [head, f"<title>{title}</title>", f"<style>{STYLE}</style>", sheet, *parts, "</svg>", ""]
    )


def _box(y: int, title: str, lines: list[str], *, kind: str = "stage") -> str:
    texts = [f'<text class="title" x="{TEXT_X}" y="{y + 26}">{escape(title)}</text>']
    for number, line in enumerate(lines):
        at = f'x="{TEXT_X}" y="{y + 48 + 20 * number}"'
        texts.append(f'<text class="small" {at}>{escape(line)}</text>')
    shape = f'<rect class="{kind}" x="16" y="{y}" width="{WIDTH - 32}" height="{BOX}" rx="8"/>'
    return "\n".join([shape, *texts])


def _arrow(y: int) -> str:
    x = WIDTH // 2
    return (
        f'<path d="M{x} {y - GAP + 2} V{y - 8}"/>'
        f'<path class="tip" d="M{x - 5} {y - 9} h10 l-5 8 z"/>'
    )


def main() -> None:
    """Write both pictures."""
    for language, name in enumerate(("flow.svg", "flow.en.svg")):
        (ROOT / "docs" / name).write_text(drawn(language), encoding="utf-8")


if __name__ == "__main__":
    main()
