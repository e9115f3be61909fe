"""The stages of one photo's way, in their order: measured by these names, and drawn in docs/."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a stage is called, who carries it out, and what there is once it has ended."""

    name: str  # as /metrics has it
    modules: tuple[str, ...]  # of this program
    does: tuple[str, str]  # Chinese, English
    leaves: tuple[str, str]  # likewise


LOOK = Stage(
    name="look",
    modules=("run/looking.py", "source/scan.py", "run/plan.py"),
    does=("看：比较文件夹与记录，得出差别", "Look: compare folders with the record"),
    leaves=("要发布、改名、撤下的照片", "photos to publish, move, withdraw"),
)
DEVELOP = Stage(
    name="develop",
    modules=("run/developing.py", "image/workers.py", "image/develop.py"),
    does=("显影：在独立进程里读 EXIF、生成图片", "Develop: facts and pictures, in processes apart"),
    leaves=("拍摄参数和 WebP，还在内存里", "facts and WebPs, still in memory"),
)
STORE = Stage(
    name="store",
    modules=("run/storing.py", "run/publisher.py", "publish/store.py"),
    does=("存放：先存图片，再记入目录", "Store: pictures first, then the record"),
    leaves=("data/media 或存储桶；catalogue.db", "data/media or the bucket; catalogue.db"),
)
EXPORT = Stage(
    name="export",
    modules=("run/exporter.py", "run/indexing.py", "run/notifying.py"),
    does=("公布：写 JSON，上传，通知", "Export: write the JSON, upload it, tell others"),
    leaves=("albums.json、exif_data.json；通知", "albums.json, exif_data.json; notices"),
)
STAGES = (LOOK, DEVELOP, STORE, EXPORT)
