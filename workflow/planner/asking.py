"""What is asked: sizes, GPUs, backbone, heads and the machine whose records to rest on, as typed and refused."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import heads
from workflow.cells.choices import BACKBONES, PRECISIONS
from workflow.cells.config import Backbone
from workflow.cells.hints import hint
from workflow.cells.paths import ratio_text
from workflow.errors import UserError
from workflow.planner import quantities

RATIOS = (0.01, 0.1, 0.3)
PROGRAM = "python -m heads cost"
DESCRIPTION = "What a training step would take: memory of each GPU, time, bytes on the wire, and what would fit."


@dataclass(frozen=True)
class Question:
    """A training that is planned. `batch` counts the images with a gradient of all GPUs; `gpu_memory` is in bytes."""

    classes: int
    dim: int
    batch: int
    gpus: int = 1
    gpu_memory: int | None = None
    backbone: Backbone | None = None
    size: int = 112
    channels: int = 3
    precision: str = "fp32"
    heads: tuple[str, ...] = ()
    ratios: tuple[float, ...] | None = None
    machine: str | None = None

    @property
    def inputs(self) -> int | None:
        """Numbers in one image; None without a backbone."""
        return None if self.backbone is None else self.channels * self.size**2


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        raise UserError(f"{message}: `{PROGRAM} --help` lists what there is")


def parser() -> Parser:
    """The command line."""
    found = Parser(prog=PROGRAM, description=DESCRIPTION)
    found.add_argument("--classes", required=True, help="how many, as 2000000 or 2e6")
    found.add_argument("--dim", default="512", help="embedding dimension; default: 512")
    found.add_argument("--batch", default="512", help="images with a gradient in a step, of all GPUs; default: 512")
    found.add_argument("--gpus", default="1", help="GPUs that share the step, a process each; default: 1")
    found.add_argument("--gpu-memory", help="memory of each, with its unit, as 80GiB")
    found.add_argument("--backbone", help="count its weights and activations, too: iresnet50, timm:MODEL, ...")
    found.add_argument("--size", default="112", help="side of its images, pixels; default: 112")
    found.add_argument("--channels", default="3", help="of its images; default: 3")
    found.add_argument(
        "--precision", default="fp32", help=f"of its activations: {', '.join(PRECISIONS)}; default: fp32"
    )
    found.add_argument("--heads", nargs="+", default=[], help="default: all")
    found.add_argument("--ratios", nargs="+", help="shares of the classes; default: 0.01 0.1 0.3 and the head's own")
    found.add_argument("--machine", help="a folder of results/published, or of results: whose measurements to rest on")
    found.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return found


def asked(given: argparse.Namespace) -> Question:
    """The question in the arguments; UserError where it makes no sense."""
    whole = quantities.whole
    question = Question(
        classes=whole(given.classes, "--classes", 2),
        dim=whole(given.dim, "--dim", 2),
        batch=whole(given.batch, "--batch", 4),
        gpus=whole(given.gpus, "--gpus", 1),
        gpu_memory=None if given.gpu_memory is None else quantities.memory(given.gpu_memory, "--gpu-memory"),
        size=whole(given.size, "--size", 8, 2048),
        channels=whole(given.channels, "--channels", 1, 64),
        precision=given.precision,
        backbone=backbone(given.backbone, given.dim),
        heads=tuple(dict.fromkeys(given.heads)),
        ratios=ratios(given.ratios),
        machine=given.machine,
    )
    check(question)
    return question


def ratios(given: Sequence[str] | None) -> tuple[float, ...] | None:
    """The ratios that are asked about, each once."""
    if given is None:
        return None
    shares = [quantities.share(one, "--ratios") for one in given]
    return tuple({ratio_text(share): share for share in shares}.values())


def backbone(name: str | None, dim: str) -> Backbone | None:
    """The backbone that is asked for; UserError for an unknown one."""
    if name is None:
        return None
    if name not in BACKBONES and not name.startswith("timm:"):
        raise UserError(f"--backbone '{name}' is not known{hint(name, (*BACKBONES, 'timm:MODEL'))}")
    return Backbone(name=name, dim=quantities.whole(dim, "--dim", 2))


def check(question: Question) -> None:
    """UserError for what only together makes no sense."""
    if question.precision not in PRECISIONS:
        raise UserError(f"--precision '{question.precision}' is not known: choose one of {', '.join(PRECISIONS)}")
    for name in unknown(question.heads):
        raise UserError(f"--heads names '{name}'{hint(name, heads.names())}")
    least = question.gpus * (1 if question.backbone is None else 2)
    if question.batch < least:
        why = "" if question.backbone is None else ", two for its batch normalisation"
        raise UserError(f"--batch {question.batch} is too small for --gpus {question.gpus}: each needs an image{why}")


def unknown(names: Sequence[str]) -> list[str]:
    """Those that are no heads."""
    return [name for name in names if name not in heads.names()]
