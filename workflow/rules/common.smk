# Shared by all stages: the checked config, the list of cells, their paths.
import os
import shutil
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT))

import heads
from workflow.cells.config import Config
from workflow.cells.paths import ratio_text
from workflow.cells.section import compact_json
from workflow.cells.spec import cost_specs, fingerprint, run_specs
from workflow.data.listing import listing
from workflow.errors import UserError

try:
    CONFIG = Config.parse(config)
except UserError as error:
    raise WorkflowError(str(error))

RUNS = {(spec.cell.label, ratio_text(spec.cell.ratio), str(spec.cell.seed)): spec for spec in run_specs(CONFIG)}
COSTS = {(spec.cell.label, ratio_text(spec.cell.ratio), spec.classes): spec for spec in cost_specs(CONFIG)}
HEADS = {row.name: row.head for row in CONFIG.heads}
CELLS = [{"label": label, "head": HEADS[label], "ratio": ratio, "seed": int(seed)} for label, ratio, seed in RUNS]

PROFILE, DATASET, BACKBONE = CONFIG.profile, CONFIG.data.name, CONFIG.backbone.name
RESULTS = f"results/{PROFILE}"
DATA = f"data/{DATASET}"
# Named by its config: a config that cannot be split, or another experiment, never costs the split that runs rest on.
SPLIT = f"{RESULTS}/{DATASET}/split-{fingerprint(CONFIG.data)}.npz"
MACHINE = f"{RESULTS}/machine.json"
PROCESSES = CONFIG.train.processes
CELL = f"{RESULTS}/{DATASET}/{BACKBONE.replace(':', '-')}/{{label}}/{{ratio}}/{{seed}}"
REPORTS = [f"reports/{PROFILE}.html", f"reports/{PROFILE}.pdf"]

# Commands run modules of this checkout, wherever the workflow is started from.
shell.prefix(f"HEADROOM={str(ROOT)!r}; source {str(ROOT)!r}/workflow/rules/logged.sh; ")


wildcard_constraints:
    label="[A-Za-z0-9_.-]+",
    ratio=r"\d+(\.\d+)?(e-\d+)?",
    seed=r"\d+",
    classes=r"\d+",


def cell_folder(cell):
    return CELL.format(**cell)


def code(*patterns):
    """Source files that a rule's result depends on: inputs, so that they count by content and not by date."""
    return sorted(here(path) for pattern in patterns for path in ROOT.glob(pattern) if path.is_file())


def here(path):
    """Relative where the workflow runs in its own checkout, so that moving the folder reruns nothing."""
    return os.path.relpath(path)


def head_code(wildcards):
    """The file of the head labelled so, and the private files that heads share."""
    return [here(path) for path in (heads.path(HEADS[wildcards.label]), *heads.shared())]


def cell_spec(wildcards):
    return RUNS[wildcards.label, wildcards.ratio, wildcards.seed].as_json()


def gpus():
    """GPUs that a job takes: none where the config or the machine says CPU, so that cores alone bound what runs."""
    device = CONFIG.train.device
    wanted = bool(shutil.which("nvidia-smi")) if device == "auto" else device.startswith("cuda")
    return int(wanted)


def launcher():
    """What starts a training run's processes."""
    return "python" if PROCESSES == 1 else f"torchrun --standalone --nproc-per-node {PROCESSES}"


def all_cores():
    """Threads that keep every other job away while something is timed."""
    try:
        return workflow.cores
    except WorkflowError:  # --report and cluster submission know no number of cores
        return CONFIG.measure.threads


COST_RECORDS = {
    (
        label,
        ratio,
        classes,
    ): f"{RESULTS}/cost/{'head' if classes else 'end-to-end'}/{label}/{ratio}/{classes or 'train'}.json"
    for label, ratio, classes in COSTS
}


def cost_spec(wildcards):
    classes = int(wildcards.classes) if "classes" in wildcards.keys() else None
    return COSTS[wildcards.label, wildcards.ratio, classes].as_json()


def planned_costs():
    """The cost cells and their records: the end-to-end mode runs at the split's own number of classes."""
    for (label, ratio, classes), record in COST_RECORDS.items():
        cell = {"label": label, "head": HEADS[label], "ratio": ratio}
        yield cell | {"mode": "head" if classes else "end-to-end", "classes": classes, "record": record}
