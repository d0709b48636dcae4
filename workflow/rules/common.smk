# Shared by all stages: the checked config, the plan of its cells, what code a rule depends on, and what jobs take.
import os
import shlex
import shutil
import sys
from functools import lru_cache
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

ROOT = Path(str(workflow.current_basedir)).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from workflow.cells.batch_spec import batch_specs
from workflow.cells.choices import REFERENCES
from workflow.cells.code import closure
from workflow.cells.options_spec import options_specs
from workflow.cells.paths import (
    CENTRES,
    EMBEDDINGS,
    EVALUATION,
    MEANS,
    MODEL,
    PUBLISHED,
    PUBLISHED_SUMMARIES,
    RESAMPLES,
    RUN,
    SETS,
    STEPS,
    SUMMARY,
    fits,
    published_figures,
    published_log,
    report_of,
    telemetry,
)
from workflow.cells.plan import plan as plan_of
from workflow.cells.section import compact_json
from workflow.data.listing import listing
from workflow.errors import command_line
from workflow.files import write_text
from workflow.lifeline import pass_on_stops
from workflow.names import path_of
from workflow.running.failures import failures
from workflow.running.machine import check_here
from workflow.running.rows import rows_mb
from workflow.running.start import checked

CONFIG = checked(config, [Path(file) for file in workflow.configfiles], workflow.config_settings.config)
PLAN = plan_of(CONFIG)
PATHS, SPLIT, MACHINE = PLAN.paths, PLAN.split, PLAN.machine
MANIFEST = PLAN.manifest
CELL = PATHS.run("{label}", "{ratio}", "{seed}", "{print}")
BASELINE = PATHS.baseline("{kind}", "{print}")
HEADS = {row.name: row.head for row in CONFIG.heads}
REPORTS = [PATHS.report("html"), PATHS.report("pdf")]
PUBLISHED_PROFILES = [
    f"published/{path.parent.relative_to(PUBLISHED)}"
    for pattern in PUBLISHED_SUMMARIES
    for path in sorted(Path(PUBLISHED).glob(pattern))
]
PROCESSES, NODES = CONFIG.train.processes, CONFIG.train.nodes
ACROSS = {"mpi": "srun", "tasks": NODES, "nodes": NODES} if NODES > 1 else {}
"""what asks Slurm for several nodes, on which the cell's own command starts processes"""
SETS_ASKED = CONFIG.evaluate.asked_of_sets()
SETS_CHECKED = [PATHS.sets] if CONFIG.evaluate.sets else []
SET_FILES = [str(path_of(file)) for one in CONFIG.evaluate.sets_in_full for file in one.files]

# What a job is told and how it speaks: its specification names the output, so no number rests on these, but for RATES.
FORMS = ("workflow.cells", "workflow.console", "workflow.endings", "workflow.errors")
RATES = "workflow.cells.rates"

# Commands run modules of this checkout, wherever the workflow is started from.
shell.prefix(f"HEADROOM={shlex.quote(str(ROOT))}; source {shlex.quote(str(ROOT))}/workflow/rules/logged.sh; ")


wildcard_constraints:
    label="[A-Za-z0-9_.-]+",
    ratio=r"\d+(\.\d+)?(e-\d+)?",
    seed=r"\d+",
    classes=r"\d+",
    print="[0-9a-f]{8}",
    kind="[a-z]+",
    form="html|pdf",


@lru_cache(maxsize=None)
def code(*modules, without=FORMS):
    """Files that a module's result depends on, by its imports: inputs, so that they count by content, not by date."""
    return [here(path) for path in closure(ROOT, modules, without)]


def beside(*patterns):
    """Files that are read by code: tables, templates, styles."""
    return sorted(here(path) for pattern in patterns for path in ROOT.glob(pattern) if path.is_file())


def here(path):
    """Relative where the workflow runs in its own checkout, so that moving the folder reruns nothing."""
    return os.path.relpath(path)


def head_code(wildcards):
    """The file of the head labelled so, and those of heads/kit that it is made of."""
    if wildcards.label in REFERENCES:
        return code(f"workflow.measuring.references.{wildcards.label}")
    return code(f"heads.{HEADS[wildcards.label]}")


def folder_of(wildcards):
    """The folder of a training cell."""
    return PATHS.run(wildcards.label, wildcards.ratio, wildcards.seed, wildcards.print)


def split_of_run(wildcards):
    """The split that a training cell learns from and is asked about."""
    return PLAN.split_of[folder_of(wildcards)]


def split_of_cost(wildcards):
    """The split that the images of a measured training step are of."""
    return PLAN.split_of[PATHS.cost("end-to-end", wildcards.label, wildcards.ratio, None, wildcards.print)]


def synthetic(wildcards):
    """The record of a training step with synthetic labels."""
    return PATHS.cost("synthetic", wildcards.label, wildcards.ratio, wildcards.classes, wildcards.print)


def split_of_synthetic(wildcards):
    """The split that its images are of."""
    return PLAN.split_of[synthetic(wildcards)]


def memory_of(spec):
    """MB that a measurement may take: centres and momentum of every class, and what any step takes."""
    return 8000 + 8 * spec.classes * spec.backbone.dim // 10**6


def memory_of_synthetic(wildcards):
    return memory_of(PLAN.costs[synthetic(wildcards)])


def memory_of_head(wildcards):
    return memory_of(
        PLAN.costs[PATHS.cost("head", wildcards.label, wildcards.ratio, wildcards.classes, wildcards.print)]
    )


def memory_of_rows(wildcards, input):
    """MB of the rows that a cell's jobs hold, once its split is known."""
    return rows_mb(Path(input.split), CONFIG.backbone.dim)


def fits_of_run(wildcards):
    """That a training cell's split has enough images: it may be found again, for other rows, without training again."""
    return ancient(fits(PLAN.split_of[folder_of(wildcards)]))


def runs_of(wildcards):
    """All cells that train on a split."""
    split = PATHS.split(wildcards.print)
    return [spec for folder, spec in PLAN.runs.items() if PLAN.split_of[folder] == split]


def reads(wildcards):
    """Records of other cells that decide settings of a training cell."""
    return PLAN.reads.get(folder_of(wildcards), [])


def trials(wildcards):
    """The records of the trials that a setting is chosen from."""
    record = PATHS.chosen(wildcards.label, wildcards.ratio, wildcards.print)
    return [f"{folder}/{name}" for folder in PLAN.chosen[record] for name in (RUN, STEPS)]


# Parameters that are derived from the output are no reason to run again: what shapes a result is in its path already.
def run_spec(wildcards, output):
    return PLAN.runs[os.path.dirname(output.run)].as_json()


def cost_spec(wildcards, output):
    return PLAN.costs[output[0]].as_json()


def whole_config(wildcards, output):
    """What the report shows; a setting that shapes no result computes nothing again for it."""
    return compact_json(config)


def write_plan(output, params, log):
    """Write the lists of planned cells that `params` hold."""
    said = f"{len(PLAN.runs)} training cells, {len(PLAN.costs)} cost cells\n"
    for path, text in ((output.runs, params.runs), (output.costs, params.costs), (log, said)):
        write_text(Path(path), text)


def gpus():
    """GPUs that a job takes: none where the config or the machine says CPU, so that cores alone bound what runs."""
    device = CONFIG.train.device
    wanted = bool(shutil.which("nvidia-smi")) if device == "auto" else device.startswith("cuda")
    return int(wanted)


def all_cores(elsewhere):
    """Threads that keep every other job away; `elsewhere` for a cluster's nodes, whose cores nobody knows here, and
    which has an option for that."""
    if not workflow.local_exec:
        return elsewhere
    try:
        return workflow.cores
    except WorkflowError:  # --report knows no number of cores
        return elsewhere
