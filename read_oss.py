"""The mirror: from the bucket to the catalogue to the JSON. ``python read_oss.py`` does it once.

It lists the bucket, reads exif_data.json and each album's YAML where they changed, and writes
albums.json and exif_data.json. Likes, stars and corrections made here are kept. The work is done
in local_image_process/run: bucket sorts the listing out, sync compares it with our record.
"""

import sys

from local_image_process.__main__ import main
from local_image_process.run.records import Records
from local_image_process.run.sync import Listed, Sync, SyncReport, Terms


def sync(store: Listed, catalogue: Records) -> SyncReport:
    """Bring our record of a bucket up to date; return what changed.

    Raises StoreError when the bucket cannot be listed or read whole: nothing changes then.
    """
    reading = Sync(store=store, mirror=catalogue.mirror, interactions=catalogue.interactions)
    return reading.run(Terms(site=catalogue.site))


if __name__ == "__main__":
    sys.exit(main(["sync", *sys.argv[1:]]))
