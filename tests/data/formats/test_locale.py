"""Names and labels inside files are UTF-8 whatever the locale, and files are found by them."""

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).parents[3]
ASCII = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONPATH": str(ROOT)}
READ = """
from pathlib import Path
from workflow.data.formats import lists, tars
from workflow.data.formats.encoded import content
for images in (lists.images(Path("list.csv")), tars.of_shard(Path("shard.tar"), "label")):
    print(ascii([(image.name, image.label, content(image.data)) for image in images]))
"""


def test_an_ascii_locale_reads_the_same(tmp_path):
    (tmp_path / "猫.jpg").write_bytes(b"image")
    (tmp_path / "list.csv").write_text("猫.jpg,chaton né\n", encoding="utf-8")
    with tarfile.open(tmp_path / "shard.tar", "w", encoding="utf-8") as tar:
        for name, data in (("猫.jpg", b"image"), ("猫.cls", "chaton né".encode())):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    run = subprocess.run(
        [sys.executable, "-c", READ], cwd=tmp_path, env=ASCII, capture_output=True, text=True, encoding="utf-8"
    )
    assert not run.stderr
    assert run.stdout.splitlines() == [
        ascii([("猫.jpg", "chaton né", b"image")]),
        ascii([("猫", "chaton né", b"image")]),
    ]
