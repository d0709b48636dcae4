"""The benchmarks run: both sides of a small row of each head, and `make bench`'s own command from end to end."""

import io
import json
import re
import shlex
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from PIL import Image

from tests.benchmarks import bench_loader, table
from tests.benchmarks.contestants import SIDES, Contestant
from tests.benchmarks.memory import ROOT, Peak
from tests.benchmarks.rows import ROWS, Row, Targets

SMALL = [
    Row("fc-small", "fc", 300, dim=16, batch=12),
    Row("partial_fc-small", "partial_fc", 300, dim=16, batch=12, ratio=0.1),
    Row("dcq-small", "dcq", 480, dim=16, batch=12, ratio=0.1),
    Row("f2c-small", "f2c", 480, dim=16, batch=24, ratio=0.1),
]
PLUGIN = """
from tests.benchmarks import rows
row = rows.Row("tiny", "partial_fc", 4096, dim=64, batch=16, ratio=0.1, rounds=(1, 2), targets=rows.Targets(0, 0, 1e9))
rows.ROWS[:] = [row]
"""


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("row", SMALL, ids=lambda row: row.name)
def test_a_small_row_steps(row, side):
    contestant = Contestant(row, side)
    losses = [contestant.step(contestant.prepare()) for _ in range(3)]
    assert torch.stack(losses).isfinite().all()
    assert contestant.state_bytes() > 0


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_survives_the_way_to_its_process(row):
    assert Row.from_json(row.to_json()) == row


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_declared_flops_are_those_of_the_products(row):
    passes = {"fc": 8, "partial_fc": 8, "dcq": 4, "f2c": 4}[row.head]
    assert row.flops() == passes * row.batch * round(row.ratio * row.classes) * row.dim


def test_the_table_tells_ratios_and_verdicts():
    row = Row("fc-x", "fc", 1000, dim=16, batch=8, targets=Targets(2, 1.3, 2.3))
    sides = {
        "reference": table.Measured([9.0, 6.0, 7.0], 0, Peak(640_000, "VmHWM")),
        "ours": table.Measured([4.0, 3.0, 9.0], 128_000, Peak(128_000, "VmHWM"), [2.0, 2.0, 6.0]),
    }
    line = table.line(row, sides, gflops=row.flops() / 1e6)  # the products would take 1 ms at the best rate
    assert line["measured"] == {"speed_up": 2.0, "floor": 1.5, "peak": 3.0, "memory": 2.0}
    assert line["reference_memory"] == 10
    assert line["verdicts"] == {"speed_up": "met", "floor": "missed", "peak": None, "memory": "met"}
    cells = re.split("  +", table.text([line]).splitlines()[1])
    assert cells[:8] == ["fc-x", "6.0 (7.0)", "3.0 (4.0)", "2.00", ">=2 met", "2.0", "1.50", "<=1.3 missed"]


def test_half_a_row_is_told_as_far_as_it_goes():
    sides = {"ours": table.Measured([4.0], 0, Peak(1, "VmHWM"))}
    line = table.line(replace(SMALL[2], targets=Targets(2.4)), sides, gflops=1.0)
    assert line["measured"]["speed_up"] is line["verdicts"]["speed_up"] is None
    assert ">=2.4" in table.text([line])


def test_make_bench_measures_a_small_row_and_saves_the_table(tmp_path):
    (tmp_path / "tiny_rows.py").write_text(PLUGIN)
    environment = {"PYTHONPATH": f"{tmp_path}:{ROOT}", "TMPDIR": str(tmp_path)}  # a measuring lock of its own
    done = subprocess.run(
        [*bench_command(), "-k", "tiny", "-p", "tiny_rows", f"--benchmark-json={tmp_path / 'heads.json'}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tiny reference:" in done.stdout and "speed-up" in done.stdout
    saved = json.loads((tmp_path / "table.json").read_text())
    (line,) = saved["rows"]
    assert saved["conditions"]["threads"] == 1 and "commit" in saved
    assert saved["machine"]["processor"] and saved["versions"]["torch"] and saved["rates"]["gemm_gflops"] > 0
    assert [len(line[side]["step_ms"]) for side in SIDES] == [1, 2]
    assert line["verdicts"] == {"speed_up": "met", "floor": "missed", "peak": None, "memory": "met"}
    assert len(line["ours"]["products_ms"]) == 2
    benchmarks = json.loads((tmp_path / "heads.json").read_text())["benchmarks"]
    assert all(found["options"]["timer"] == "process_time" for found in benchmarks)


def test_the_loaders_photos_are_jpegs_of_every_class(monkeypatch):
    monkeypatch.setattr(bench_loader, "CLASSES", 3)
    monkeypatch.setattr(bench_loader, "IMAGES", 2)
    made = bench_loader.jpegs(32)
    assert [label for label, _ in made] == [0, 0, 1, 1, 2, 2] and len({content for _, content in made}) == 6
    assert all(Image.open(io.BytesIO(content)).size == (32, 32) for _, content in made)


def bench_command() -> list[str]:
    """What the Makefile's target `bench` runs."""
    dry = ["make", "--no-print-directory", "--dry-run", "--old-file=.venv/ready", "bench"]
    text = subprocess.run(dry, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    command = text[text.index("pytest tests/benchmarks") :].replace("\\\n", " ")
    return [sys.executable, "-m", *shlex.split(command)]
