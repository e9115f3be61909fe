"""Why photos fail, in Chinese: the sentences that this program says in English elsewhere."""

import re
from functools import cache

SENTENCES = (  # English, Chinese; what stands in braces is carried over
    ("the file is empty; copy it again", "文件是空的，请重新复制"),
    ("the file is gone; it is looked for again soon", "文件不见了，稍后再找"),
    ("the file is still being written; it is looked at again soon", "文件还在写入，稍后再看"),
    (
        "the picture has {} megapixels, more than the {} allowed;"
        " save a smaller copy, or raise MAX_MEGAPIXELS",
        "照片有 {} 百万像素，超过允许的 {}；请另存一张小一些的，或调大 MAX_MEGAPIXELS",
    ),
    (
        "the picture needs about {} GB of memory to be developed, more than the {} GB allowed;"
        " save a smaller copy of it, or raise MEMORY_BUDGET_MB",
        "处理这张照片约需 {} GB 内存，超过允许的 {} GB；请另存小一些的，或调大 MEMORY_BUDGET_MB",
    ),
    (
        "the picture needs more memory than there is; save a smaller copy of it",
        "内存不够处理这张照片，请另存一张小一些的",
    ),
    (
        "the end of the file holds nothing but zeros, its copying has not ended; copy it again",
        "文件末尾全是零，没有复制完，请重新复制",
    ),
    (
        "the file holds nothing but zeros, its copying has not ended well; copy it again",
        "文件内容全是零，没有复制好，请重新复制",
    ),
    ("the file is cut off (truncated); copy it again", "文件不完整（被截断），请重新复制"),
    ("the file is damaged or cut off; copy it again", "文件损坏或不完整，请重新复制"),
    (
        "the picture is damaged ({}); copy it again, or export it again",
        "照片已损坏（{}）；请重新复制，或重新导出",
    ),
    (
        "this is not a picture that can be opened (it holds {});"
        " export it as a JPEG, or move it out of the photo folder",
        "这不是能打开的图片（内容是 {}）；请导出为 JPEG，或移出照片文件夹",
    ),
    (
        "the PNG holds more text than is allowed; save it again without its text",
        "PNG 里的文字超过允许的长度，请去掉文字后重新保存",
    ),
    (
        "permission denied: allow the gallery's account to read it",
        "没有读取权限，请允许本程序的账户读取",
    ),
    (
        "the file could not be read ({}); check the disk or the network share",
        "文件读不出来（{}）；请检查硬盘或网络共享",
    ),
    (
        "no RAW support installed: pip install -r requirements-extras.txt, then start again",
        "没有安装 RAW 支持：pip install -r requirements-extras.txt，然后重新启动",
    ),
    (
        "the RAW file holds no preview, or is cut off; copy it again, or export it as a JPEG",
        "RAW 文件里没有预览图，或文件不完整；请重新复制，或导出为 JPEG",
    ),
    (
        "the RAW file's preview cannot be read;"
        " export it as a JPEG, or move it out of the photo folder",
        "RAW 文件的预览图读不出来；请导出为 JPEG，或移出照片文件夹",
    ),
    (
        "not a RAW file of any known camera;"
        " export it as a JPEG, or move it out of the photo folder",
        "不是已知相机的 RAW 文件；请导出为 JPEG，或移出照片文件夹",
    ),
    ("the RAW file is damaged ({}); copy it again", "RAW 文件已损坏（{}）；请重新复制"),
    (
        "took longer than {} s and was stopped; save it anew, or raise RENDER_TIMEOUT_S",
        "处理超过 {} 秒，已停止；请重新保存，或调大 RENDER_TIMEOUT_S",
    ),
    (
        "it ended {} processes that tried to open it; save it anew",
        "它让 {} 个处理进程意外结束；请重新保存这张照片",
    ),
    (
        "{}: another object of that name lies in the bucket and is not ours;"
        " rename the photo, or remove the object; if a former gallery of yours put it there,"
        " the command 'adopt --bucket' takes its place",
        "{}：存储桶里已有同名的文件，不是本程序写的；请给照片改名，或删掉那个文件；"
        "如果是你的旧画廊放的，命令 adopt --bucket 可以接过来",
    ),
    ("its name is not valid UTF-8; rename it.", "文件名不是有效的 UTF-8，请改名"),
    (
        "another {} differs from it only in how its accents are stored; rename one.",
        "另有一个 {}，只是重音符号的存法不同；请给其中一个改名",
    ),
    (
        "{}; give this program's user the right to read it.",
        "{}；请允许本程序的账户读取",
    ),
    (
        "{}; check the disk, or the connection to the NAS.",
        "{}；请检查硬盘，或与 NAS 的连接",
    ),
    (
        "line {}: {} is no pattern; correct it or take it out.",
        "第 {} 行：{} 不是有效的规则，请改正或删掉",
    ),
)


def in_chinese(reason: str) -> str:
    """Return a reason in Chinese; one that is not known stays as it is."""
    for pattern, chinese in _patterns():
        if found := pattern.fullmatch(reason):
            return chinese.format(*found.groups())
    return reason


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(_pattern(english, chinese) for english, chinese in SENTENCES)


def _pattern(english: str, chinese: str) -> tuple[re.Pattern[str], str]:
    parts = map(re.escape, english.split("{}"))
    return re.compile("(.+?)".join(parts), re.DOTALL), chinese
