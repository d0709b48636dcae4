# Shared by all stages: the checked config, the list of cells, their paths.
import os
import shutil
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT))

import heads
from workflow import settings as plan
from workflow.errors import UserError

try:
    plan.check(config)
    CELLS = plan.cells(config)
except UserError as error:
    raise WorkflowError(str(error))

PROFILE, DATASET, BACKBONE = config["profile"], config["data"]["name"], config["backbone"]["name"]
RESULTS = f"results/{PROFILE}"
DATA = f"data/{DATASET}"
# Named by its settings: a config that cannot be split, or another experiment, never costs the split that runs rest on.
SPLIT = f"{RESULTS}/{DATASET}/split-{plan.fingerprint(config['data'])}.npz"
MACHINE = f"{RESULTS}/machine.json"
PROCESSES = config["train"]["processes"]
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
    name = plan.head_rows(config)[wildcards.label]["head"]
    return [here(path) for path in (heads.path(name), *heads.shared())]


def cell_spec(wildcards):
    return plan.as_json(plan.cell_spec(config, wildcards.label, wildcards.ratio, wildcards.seed))


def gpus():
    """GPUs that a job takes: none where the config or the machine says CPU, so that cores alone bound what runs."""
    device = config["train"]["device"]
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
        return config["measure"]["threads"]


COMBINATIONS = {(cell["label"], cell["ratio"]) for cell in CELLS}
COST_RECORDS = [
    f"{RESULTS}/cost/{mode}/{label}/{ratio}/{classes}.json"
    for label, ratio in sorted(COMBINATIONS)
    for mode, sizes in (("end-to-end", ["train"]), ("head", config["measure"]["classes"]))
    for classes in sizes
]


def cost_spec(wildcards):
    spec = plan.cell_spec(config, wildcards.label, wildcards.ratio, 0)
    spec["measure"] = config["measure"]
    if "classes" in wildcards.keys():
        spec["classes"] = int(wildcards.classes)
    return plan.as_json(spec)


def planned_costs():
    """The cost cells and their records: the end-to-end mode runs at the split's own number of classes."""
    rows = plan.head_rows(config)
    for label, ratio in sorted(COMBINATIONS):
        cell = {"label": label, "head": rows[label]["head"], "ratio": ratio}
        for mode, sizes in (("end-to-end", [None]), ("head", config["measure"]["classes"])):
            for classes in sizes:
                record = f"{RESULTS}/cost/{mode}/{label}/{ratio}/{classes or 'train'}.json"
                yield cell | {"mode": mode, "classes": classes, "record": record}
