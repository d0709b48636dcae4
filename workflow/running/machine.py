"""What a config asks for and this machine does not have: cores, GPUs, packages. Asked where the jobs that need them run
beside snakemake, and not of a login node that hands them to others."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from snakemake.settings.types import DeploymentMethod

from workflow.cells.config import Config
from workflow.cells.hints import did_you_mean
from workflow.cells.problems import listed
from workflow.errors import UserError, command_line
from workflow.libraries import installed, to_install

if TYPE_CHECKING:
    from snakemake.workflow import Workflow


class Machine(NamedTuple):
    """What jobs find here: cores and GPUs that snakemake may give them, GPUs that there are, and whether they use the
    packages that snakemake itself sees."""

    cores: int
    gpus_given: int
    gpus: int
    own_packages: bool


ROOT = Path(__file__).resolve().parents[2]
COMPUTING = {"train", "machine", "cost_head", "cost_end_to_end", "cost_synthetic"}
"""rules that need what the config says of cores and GPUs: all that train or measure"""


def check_here(config: Config, workflow: "Workflow") -> None:
    """End snakemake, with one sentence and exit status 2, where jobs that are due need more than it has here."""
    if not workflow.local_exec or not COMPUTING & {job.rule.name for job in workflow.dag.needrun_jobs()}:
        return
    conda = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
    gpus_given = workflow.global_resources["gpu"].value if "gpu" in workflow.global_resources else sys.maxsize
    here = Machine(workflow.cores, gpus_given, count_gpus(), own_packages=not conda)
    command_line(lambda: check(config, here))


def check(config: Config, machine: Machine) -> None:
    """UserError with a line for all that is lacking."""
    problems = [*_nodes(config), *_cores(config, machine.cores), *_gpus(config, machine)]
    problems += _timm(config) if machine.own_packages else ()
    if problems:
        raise UserError(listed("this machine cannot run the config:", problems))


def _nodes(config: Config) -> Iterator[str]:
    if config.train.nodes > 1:
        yield (
            f"'train.nodes' is {config.train.nodes}, and only Slurm's jobs have several: lower it, or add "
            "--profile profiles/slurm"
        )


def _cores(config: Config, cores: int) -> Iterator[str]:
    train, measure = config.train, config.measure
    if train.cores > cores:
        workers = f", 'train.workers' {train.workers}" if train.workers else ""
        yield (
            f"'train.threads' is {train.threads}{workers} and 'train.processes' {train.processes}: a run takes "
            f"{train.cores} cores and snakemake has {cores}; lower them, or raise --cores"
        )
    if measure.threads > cores:
        yield f"'measure.threads' is {measure.threads}, and snakemake has {cores} cores: lower it, or raise --cores"


def _gpus(config: Config, machine: Machine) -> Iterator[str]:
    for key, device in (("train.device", config.train.device), ("measure.device", config.measure.device)):
        if device.startswith("cuda") and not machine.gpus:
            yield f"'{key}' is {device}, but nvidia-smi finds no GPU here: say auto or cpu"
        elif device.startswith("cuda:") and int(device.removeprefix("cuda:")) >= machine.gpus:
            yield f"'{key}' is {device}, but the GPUs here are 0 to {machine.gpus - 1}: say one of these, or cuda"
        elif device.startswith("cuda") and machine.own_packages and for_cpus():
            yield f"'{key}' is {device}, but the torch that is installed knows CPUs only: install the other, or say cpu"
    processes = config.train.processes
    if config.train.device == "cpu" or not machine.gpus:
        return
    if processes > machine.gpus:
        yield f"'train.processes' is {processes}, and there are {machine.gpus} GPUs: lower it, or train on the cpu"
    elif processes > machine.gpus_given:
        yield (
            f"'train.processes' is {processes}, and snakemake may use {machine.gpus_given} GPUs: add "
            f"--resources gpu={processes}"
        )


def _timm(config: Config) -> Iterator[str]:
    backbone = config.backbone.name
    if not backbone.startswith("timm:"):
        return
    name, found = backbone.removeprefix("timm:"), find_spec("timm")
    if found is None or found.origin is None:
        yield f"'backbone.name' is {backbone}, which needs the package timm: {to_install('timm')}"
    elif name not in (known := models_of(Path(found.origin).parent / "models")):
        yield f"'backbone.name' is {backbone}, a model that this timm does not have{did_you_mean(name, known)}"
    else:
        yield from _untaken(config)


def _untaken(config: Config) -> Iterator[str]:
    """What a backbone says of images of another size than its own, in a process of its own: it imports torch."""
    channels = 3 if config.data.colour == "rgb" else 1
    images = ["--channels", str(channels), "--size", str(config.data.size)]
    command = [sys.executable, "-m", "workflow.training.fits", "--backbone", config.backbone.as_json(), *images]
    tried = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8", errors="replace"
    )
    if tried.returncode:
        yield tried.stderr.strip().split("\n")[-1].removeprefix("headroom: ")


def models_of(folder: Path) -> list[str]:
    """Names of timm's models, read from its source: to import it takes many seconds."""
    marked = re.compile(r"^@register_model\s+def (\w+)\(", re.MULTILINE)
    files = sorted(folder.glob("*.py"))
    return [name for file in files for name in marked.findall(file.read_text(encoding="utf-8"))]


def for_cpus() -> bool:
    """Whether the torch that is installed can use no GPU."""
    return (installed("torch") or "").endswith("+cpu")


def count_gpus() -> int:
    """GPUs that a job would see, as nvidia-smi lists them; 0 where there is none, or no such program."""
    if not shutil.which("nvidia-smi"):
        return 0
    try:
        said = subprocess.run(
            ["nvidia-smi", "-L"], capture_output=True, encoding="utf-8", errors="replace", timeout=60, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = sum(line.startswith("GPU ") for line in said.splitlines())
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return found if visible is None else min(found, len([one for one in visible.split(",") if one.strip()]))
