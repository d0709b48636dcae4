import subprocess
import sys
from pathlib import Path

from tests.reporting.conftest import Made
from workflow.reporting.figures.every import PLOTS


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "workflow.reporting", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_command_line_runs_every_step(made: Made, tmp_path: Path) -> None:
    figures = tmp_path / "figures"
    given = ["--summary", made.summary]
    assert run("figures", *given, "--out", figures).returncode == 0
    for form in ("html", "pdf"):
        done = run(form, *given, "--figures", figures, "--out", made.root / f"again.{form}")  # links are relative
        assert done.returncode == 0, done.stderr
    assert (made.root / "again.html").read_bytes() == made.html.read_bytes()
    assert (made.root / "again.pdf").read_bytes() == made.pdf.read_bytes()
    # Drawn in another process than the figures of `made`: the same bytes.
    drawn = sorted(path.name for path in made.figures.iterdir())
    assert drawn == sorted(path.name for path in figures.iterdir()) and len(drawn) == 4 * len(PLOTS) + 1
    for name in drawn:
        assert (figures / name).read_bytes() == (made.figures / name).read_bytes(), name


def test_a_missing_summary_is_one_sentence(tmp_path: Path) -> None:
    done = run("figures", "--summary", tmp_path / "none.json", "--out", tmp_path)
    assert done.returncode == 2 and "does not exist" in done.stderr and "Traceback" not in done.stderr


def test_names_of_scores_are_read_without_torch() -> None:
    code = "import sys, workflow.evaluating.metrics; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
