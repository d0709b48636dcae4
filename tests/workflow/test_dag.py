"""What reruns and what rests: jobs counted by dry runs in a project of its own."""

import json
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from workflow.cells.data_section import Data
from workflow.data.listing import listing

QUICK = ("--configfile", "config/quick.yaml")
PER_CELL = {"train": 1, "embed": 1, "score": 1}
REPORT = {"summary": 1, "figures": 1, "rendering": 2, "everything": 1}
PLANNED = REPORT | {"plan": 1}  # other cells than before
HEADS = 4  # of config/quick.yaml
COUNTS = {"baseline": 3, "machine": 1, "cost_head": HEADS + 2}  # of the others there are as many as heads


def test_the_default_run_has_a_cell_for_every_head_ratio_and_seed(project):
    jobs = project.planned()
    assert jobs["train"] == jobs["embed"] == jobs["score"] == 16
    assert jobs["cost_end_to_end"] == 7 and not jobs["cost_synthetic"]
    assert jobs["dataset"] == jobs["split"] == jobs["fits"] == jobs["machine"] == 1
    assert {name: jobs[name] for name in REPORT} == REPORT


@pytest.mark.parametrize(("device", "taken"), [("cpu", "0"), ("cuda", "1")])
def test_only_a_gpu_run_takes_the_gpu(project, device, taken):
    """On a CPU nothing but cores may bound how many cells train side by side."""
    config = project.folder / "config/quick.yaml"
    config.write_text(config.read_text().replace("train: {", f"train: {{device: {device}, "))
    plan = project.snakemake(*QUICK, "--dry-run", "--quiet", "host", "--until", "train").stdout
    resources = re.findall(r"rule train:.*?gpu=(\d)", plan, re.DOTALL)
    assert resources == [taken] * HEADS


def test_a_run_on_several_processes_takes_what_they_need(project):
    config = project.folder / "config/quick.yaml"
    config.write_text(config.read_text().replace("train: {", "train: {processes: 2, device: cuda, "))
    options = ("--resources", "gpu=4", "--dry-run", "--printshellcmds", "--quiet", "host", "--until", "train")
    plan = project.snakemake(*QUICK, *options).stdout
    assert re.findall(r"rule train:.*?threads: (\d).*?gpu=(\d)", plan, re.DOTALL) == [("2", "2")] * HEADS
    assert len(re.findall(r"python -m workflow\.training --dataset .*\"processes\":2", plan)) == HEADS


def test_a_cell_asks_for_memory_by_the_rows_of_its_split(finished):
    """Two million classes of 128 numbers, with momentum and a copy, are 3 GB; the images another 60 MB."""
    plan = finished.snakemake(*QUICK, "--dry-run", "--quiet", "host", "--forceall").stdout
    for rule in ("train", "embed", "score"):
        asked = re.findall(rf"rule {rule}:.*?mem_mb=(\d+)", plan, re.DOTALL)
        assert asked == [str(4000 + 3 * 2000 * 128 * 4 // 1000 + 120 * 128 * 4 // 1000)] * HEADS


def test_a_second_run_does_nothing(finished):
    assert not finished.planned(*QUICK)


def test_a_new_head_adds_only_its_cells(finished):
    (finished.folder / "heads/mine.py").write_text((finished.folder / "heads/fc.py").read_text())
    assert not finished.planned(*QUICK), "a head that no config names is left alone"
    config = finished.folder / "config/quick.yaml"
    config.write_text(config.read_text().replace("  - {head: fc}\n", "  - {head: fc}\n  - {head: mine}\n"))
    expected = Counter(PER_CELL | PLANNED | {"fits": 1, "cost_head": 1, "cost_end_to_end": 1, "cost_synthetic": 1})
    assert finished.planned(*QUICK) == expected


def test_editing_a_head_retrains_only_that_head(finished):
    path = finished.folder / "heads/dcq.py"
    path.write_text(path.read_text() + "\n# changed\n")
    assert finished.planned(*QUICK) == Counter(
        PER_CELL | REPORT | {"cost_head": 1, "cost_end_to_end": 1, "cost_synthetic": 1}
    )


def test_touching_a_head_retrains_nothing(finished):
    (finished.folder / "heads/dcq.py").touch()
    assert not finished.planned(*QUICK)


def test_editing_what_heads_share_retrains_them_all(finished):
    path = finished.folder / "heads/kit/lse.py"
    path.write_text(path.read_text() + "\n# changed\n")
    assert finished.planned(*QUICK)["train"] == HEADS


@pytest.mark.parametrize(
    ("file", "rerun"),
    [
        ("evaluating/roc.py", {"score", "baseline"}),  # the learning curve's scores do not shape a run
        ("evaluating/embed.py", {"embed", "score", "baseline"}),
        ("training/trainer.py", {"train", "embed", "score", "cost_head", "cost_end_to_end", "cost_synthetic"}),
        ("training/assembly.py", {"train", "embed", "score", "cost_end_to_end", "cost_synthetic"}),
        ("measuring/parts.py", {"cost_end_to_end", "cost_synthetic"}),
        ("measuring/synthetic_step.py", {"cost_synthetic"}),
        ("cells/rates.py", {"machine", "cost_head", "cost_end_to_end", "cost_synthetic"}),
        ("cells/records.py", set()),
        ("summary/tables.py", set()),
        ("console.py", set()),
    ],
)
def test_changed_code_reruns_the_stages_that_import_it(finished, file, rerun):
    path = finished.folder / "workflow" / file
    path.write_text(path.read_text() + "\n# changed\n")
    planned = finished.planned(*QUICK)
    jobs = {name: COUNTS.get(name, HEADS) for name in rerun}
    assert {name: planned[name] for name in planned if name not in REPORT} == jobs


def test_a_changed_report_template_retrains_nothing(finished):
    path = finished.folder / "workflow/reporting/report.html.j2"
    path.write_text(path.read_text() + "\n")
    assert finished.planned(*QUICK) == Counter({"rendering": 2, "everything": 1})


def test_a_new_seed_trains_only_its_own_cells(finished):
    config = finished.folder / "config/quick.yaml"
    config.write_text(config.read_text().replace("seeds: [0]", "seeds: [0, 1]"))
    expected = {name: HEADS * count for name, count in PER_CELL.items()} | PLANNED
    assert finished.planned(*QUICK) == Counter(expected)


def test_other_distractor_sizes_only_score_again(finished):
    config = finished.folder / "config/quick.yaml"
    config.write_text(config.read_text().replace("distractors: [1000]", "distractors: [500]"))
    assert finished.planned(*QUICK) == Counter({"score": HEADS, "baseline": COUNTS["baseline"]} | REPORT)


def test_every_cells_spec_is_json_without_the_other_cells(project):
    lines = project.snakemake(*QUICK, "--dry-run", "--printshellcmds", "--quiet", "host").stdout.splitlines()
    specs = [line.split("--spec ", 1)[1].strip() for line in lines if "workflow.training " in line]
    assert len(specs) == HEADS
    for text in specs:
        spec = json.loads(text.strip("'"))
        assert set(spec) == {
            "cell",
            "options",
            "momentum",
            "train",
            "backbone",
            "origins",
            "data",
            "reference",
            "trial",
        }


def test_a_failing_stage_says_why_on_the_terminal(project, tmp_path):
    config = project.folder / "config/mine.yaml"
    (tmp_path / "empty").mkdir()
    config.write_text(f"profile: mine\ndata: {{name: mine, source: folder, path: {tmp_path}/empty}}\n")
    result = project.snakemake(
        "--configfile", "config/mine.yaml", "--until", "dataset", path=Path(sys.executable).parent
    )
    assert result.returncode == 1 and not result.stdout
    _, started, failed, kept, last = result.stderr.splitlines()
    assert started.startswith("Headroom, profile mine:") and kept.startswith(
        "Not everything was computed. What finished is kept:"
    )
    sentence = f"{tmp_path}/empty holds no directories: data.path must name a folder with one directory per class"
    assert failed == f"[0/1] FAILED dataset: {sentence}"
    assert last == f"headroom: dataset failed: {sentence} (logs/data/mine.log)"


def test_changed_own_images_are_read_again(project, tmp_path):
    for name in ("a", "b"):
        (tmp_path / "images" / name).mkdir(parents=True)
    data = Data(name="mine", source="folder", path=str(tmp_path / "images"))
    first = listing(data)
    assert listing(data) == first
    (tmp_path / "images" / "a" / "0.png").write_bytes(b"x")
    second = listing(data)
    (tmp_path / "images" / "a" / "0.png").write_bytes(b"xy")
    assert len({first, second, listing(data)}) == 3


def test_a_finished_run_names_cells_that_failed_and_how_to_try_them_again(finished, stages):
    path = next(finished.folder.glob("results/quick/*/*/fc/*/*/run.json"))
    path.write_text('{"outcome": "failed", "reason": "the process was killed by signal 9 (SIGKILL)"}')
    result = finished.snakemake("--configfile", "config/quick.yaml", "--forcerun", "summary", path=stages)
    assert result.returncode == 1, result.stderr
    record = path.relative_to(finished.folder)
    said = (
        f"But {record} says: failed, the process was killed by signal 9 (SIGKILL). To try it again: --forcerun {record}"
    )
    assert said in result.stderr
    assert result.stderr.splitlines()[-1] == said
    place = finished.folder / "results/published/here/quick"
    place.mkdir(parents=True)
    (place / "summary.json").write_text("{}")
    assert finished.snakemake("published", *QUICK, path=stages).returncode == 0, "it has nothing to do with that"
    again = finished.planned("--configfile", "config/quick.yaml", "--forcerun", str(record))
    assert again["train"] == 1 and again["score"] == 1


def test_what_was_published_is_rendered_without_data(project, stages):
    place = project.folder / "results/published/here/quick"
    place.mkdir(parents=True)
    (place / "summary.json").write_text("{}")
    assert project.planned("published") == {"published": 1, "published_figures": 1, "published_report": 2}
    result = project.snakemake("published", path=stages)
    assert result.returncode == 0, result.stdout + result.stderr
    assert {path.name for path in (project.folder / "reports/published/here").glob("quick.*")} == {
        "quick.html",
        "quick.pdf",
    }
    assert not (project.folder / "data").exists()


def test_publishing_needs_no_more_than_the_summary(finished):
    assert finished.planned("publish", *QUICK) == {"publish": 1}


def test_evaluation_sets_are_read_before_the_first_cell_is_trained(finished, tmp_path):
    assert not finished.planned(*QUICK)
    (tmp_path / "lfw.bin").write_bytes(b"")
    config = finished.folder / "config/quick.yaml"
    config.write_text(config.read_text().replace("evaluate: {", f"evaluate: {{sets: [{tmp_path}/lfw.bin], "))
    scored = {"embed": HEADS, "score": HEADS, "baseline": COUNTS["baseline"]}
    assert finished.planned(*QUICK) == Counter({"sets": 1} | scored | REPORT)
