"""What the README tells a reader to type works."""

import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import heads
from workflow.cells.config import Config
from workflow.planner import __main__ as planner

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_example_is_what_a_new_head_starts_from():
    (code,) = blocks("python")
    assert code.split("\n", 1)[1] == (ROOT / "heads/new_head.txt").read_text()


def test_the_example_head_meets_the_contract(tmp_path):
    (code,) = blocks("python")
    shutil.copytree(ROOT / "heads", tmp_path / "heads", ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("workflow", "tests"):
        (tmp_path / part).symlink_to(ROOT / part)
    (tmp_path / "heads" / "in_batch.py").write_text(code)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "in_batch", "--rootdir", tmp_path]
    test = tmp_path / "tests/heads/contract"
    result = subprocess.run(
        [*command, test], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path), "PATH": ""}, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"\b[5-9]\d passed", result.stdout)


@pytest.mark.parametrize("block", blocks("yaml"), ids=lambda text: text.splitlines()[0])
def test_the_example_configs_are_valid(block, add_head, tmp_path):
    config = yaml.safe_load((ROOT / "config/default.yaml").read_text())
    add_head("in_batch", blocks("python")[0])
    for section, value in yaml.safe_load(block.replace("/where/my/images/are", str(tmp_path))).items():
        config[section] = config[section] | value if isinstance(value, dict) else value
    assert Config.parse(config)


def test_the_plan_it_shows_is_the_answer_to_its_question(capsys):
    (command,) = [line for block in blocks("bash") for line in block.splitlines() if "heads cost" in line]
    (shown,) = blocks("text")
    planner.main(command.split("heads cost ")[1].split())
    assert capsys.readouterr().out.startswith(shown)


def test_every_file_it_names_exists():
    named = re.findall(r"`((?:config|workflow|heads)/[\w./-]+\.\w+)`", README)
    assert named and all((ROOT / name).exists() for name in named if "mine" not in name), named


def test_the_heads_that_it_lists_exist():
    """The other way round it need not be: a reader's own head is in heads/, and not in this table."""
    assert set(re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)) <= set(heads.names())


EVIDENCE = ROOT / "results/published/cpu-epyc-2-cores/evidence"
SHOWN = (
    "verification_hard/accuracy",
    "allpairs/tar@0.0001",
    "identification/rank1",
    "closed/rank1",
    "closed/rank1/few",
)


def evidence_row(head: dict[str, str]) -> str:
    """A row of the README's first table, from what was published: scores in percent, and the difference to `fc` with
    its simultaneous interval, in bold where that decides."""
    cells = []
    for score in SHOWN:
        mean, verdict = 100 * float(head[f"{score}:mean"]), head[f"{score}:verdict"]
        if head["label"] == "fc":
            cells.append(f"{mean:.1f}")
            continue
        difference, half = (100 * float(head[f"{score}:{part}"]) for part in ("difference", "half_width"))
        words = f"{difference:+.1f} ± {half:.1f}".replace("-", "\u2212")
        cells.append(f"{mean:.1f} ({f'**{words}**' if verdict in ('higher', 'lower') else words})")
    ratio = "" if head["label"] == "fc" else f" {float(head['ratio']):g}"
    return f"| `{head['label']}`{ratio} | {' | '.join(cells)} |"


def test_the_evidence_it_shows_is_what_was_published():
    with (EVIDENCE / "heads.csv").open(encoding="utf-8", newline="") as file:
        published = list(csv.DictReader(file))
    assert {head["done"] for head in published} == {"5"}
    for head in published:
        assert evidence_row(head) in README


SIZES = ("100000", "1000000", "10000000")


def cost_row(cells: dict[str, dict[str, str]]) -> str:
    """A row of the README's table of costs, from the published cells of one head and ratio by their number of classes:
    milliseconds of a step, and the peak in GiB at the most classes."""
    times = []
    for size in SIZES:
        cell = cells[size]
        times.append(f"{float(cell['step_ms.median']):,.0f}" if cell["outcome"] == "ok" else "does not fit")
    most = cells[SIZES[-1]]
    peak = f"{int(most['peak_bytes']) / 2**30:.2f}" if most["outcome"] == "ok" else "does not fit"
    ratio = "" if most["label"] == "fc" else f" {float(most['ratio']):g}"
    return f"| `{most['label']}`{ratio} | {' | '.join(times)} | {peak} |"


def published_costs() -> list[str]:
    """The rows for all heads and ratios that were measured alone."""
    rows: dict[tuple[str, str], dict[str, dict[str, str]]] = {}
    with (EVIDENCE / "costs.csv").open(encoding="utf-8", newline="") as file:
        for cell in csv.DictReader(file):
            if cell["mode"] == "head":
                rows.setdefault((cell["label"], cell["ratio"]), {})[cell["classes"]] = cell
    return [cost_row(cells) for cells in rows.values()]


def test_the_costs_it_shows_are_what_was_published():
    (table,) = re.findall(r"GiB at 10⁷ \|\n[|-]+\n((?:\|.*\n)+)", README)
    assert table.splitlines() == published_costs()
