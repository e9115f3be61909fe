"""Write the tables of docs/api.md and docs/api.en.md from openapi.yaml; the rest of them stays."""

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from local_image_process.web.openapi import described  # noqa: E402

MARK = "<!-- scripts/write_api.py writes what follows -->\n"
CHINESE = {  # of each summary
    "All albums, in the order of their cards": "全部相册，按卡片的顺序",
    "Facts, stars and likes of all photos, by key": "全部照片的拍摄参数、评分和点赞",
    "Likes of all photos, by key; 0 where there are none": "全部照片的点赞数，没有的是 0",
    "The same as /data/albums.json": "与 /data/albums.json 相同",
    "One album": "一个相册",
    "Facts of all photos, by photo id": "全部照片的拍摄参数，按照片 id",
    "Photos whose coordinates are known": "有坐标的照片",
    "All photos, in the order of the albums": "全部照片，按相册的顺序",
    "When the gallery last changed": "画廊上次改变的时间",
    "A picture or a file of the store, where it lies with us": "图片或文件（存在本机时）",
    "The smallest rendition of a picture that is wide enough": "够宽的最小一张图片",
    "Count one like, or take one's own back": "点一次赞，或收回自己的",
    "Begin a session of a day": "登录，会话一天有效",
    "End the session": "退出登录",
    "Whether the administrator asks": "是否已登录",
    "Give a photo stars": "给照片评分",
    "Set facts right by hand": "更正拍摄信息",
    "A copy of the database as of now": "数据库此刻的副本",
    "Whether there is a database; it is made by itself": "有没有数据库（会自动建立）",
    "What others have to prove that they know": "通知所用的密钥",
    "The sync button of the admin pages, on whichever page it is": "管理页面上的同步按钮",
    "The status page, for people": "状态页，给人看",
    "What the status page is made of": "状态页所用的文件",
    "How many photos are published, wait or failed, and the newest of them": (
        "已发布、等待、失败各多少，最新的照片；登录后有详情"
    ),
    "The same as a stream of events, one whenever it changed": "同上，作为事件流，有变化就发",
    "Look at the whole library now; on a mirror, read the bucket": (
        "立即扫描照片库；网站端则读取存储桶"
    ),
    "Read the bucket now": "立即读取存储桶",
    "Try photos again that failed, all of them unless told which": "重试失败的照片，不指明则全部",
    "Withdraw the photos whose withdrawal is held, if they are as many as that": (
        "确认撤下暂缓的照片，数目须相符"
    ),
    "Numbers for Prometheus": "Prometheus 指标；只限本机，或带上 METRICS_TOKEN",
    "Whether to send visitors here": "能否接待访客",
    "Whether the webhook is there": "通知地址是否在",
    "Say that something changed": "告知有变化；要证明知道 WEBHOOK_SECRET",
    "Whether we are well, and which process leads": "是否正常，哪个进程在处理照片",
    "This description": "本说明（OpenAPI 3.1）",
}
TAGS = {
    "public": ("任何人", "Anybody"),
    "administrator": ("管理员", "The administrator"),
    "machines": ("其他程序", "Other programs"),
}
HEADS = (
    ("方法", "地址", "内容", "要登录", "请求里的 JSON"),
    ("method", "path", "what", "login", "JSON sent"),
)


def tables(language: int) -> str:
    """Return a table for each kind of caller; ``language``: 0 is Chinese, 1 English."""
    parts = []
    for tag, titles in TAGS.items():
        head = f"| {' | '.join(HEADS[language])} |\n|{'---|' * len(HEADS[language])}"
        rows = [
            _row(method, path, operation, language)
            for path, item in described()["paths"].items()
            for method, operation in item.items()
            if operation["tags"] == [tag]
        ]
        parts.append("\n".join([f"## {titles[language]}", "", head, *rows]))
    return "\n\n".join(parts) + "\n"


def _row(method: str, path: str, operation: dict[str, Any], language: int) -> str:
    summary = operation["summary"]
    needs_login = any("session" in way for way in operation.get("security", ()))
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    fields = ", ".join(f"`{name}`" for name in body.get("schema", {}).get("properties", {}))
    login = "✓" if needs_login else ""
    says = summary if language else CHINESE[summary]
    return f"| {method.upper()} | `{path}` | {says} | {login} | {fields} |"


def page(before: str, language: int) -> str:
    """Return a page with its tables made anew."""
    return before.partition(MARK)[0] + MARK + "\n" + tables(language)


def main() -> None:
    """Rewrite both pages in place."""
    for language, name in enumerate(("api.md", "api.en.md")):
        path = ROOT / "docs" / name
        path.write_text(page(path.read_text(encoding="utf-8"), language), encoding="utf-8")


if __name__ == "__main__":
    main()
