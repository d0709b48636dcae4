"""`python -m workflow.measuring`: measure this machine, or one cost cell, alone on it."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

import heads
from workflow.devices import pick_device
from workflow.errors import UserError, command_line
from workflow.files import read_json, write_json
from workflow.measuring.cells import SETTINGS, Measurement, Subject, finish
from workflow.measuring.exclusive import alone
from workflow.measuring.head_alone import HeadAlone
from workflow.measuring.rates import machine_record


def main(arguments: Sequence[str] | None = None) -> None:
    given = parser().parse_args(arguments)
    given.run(given)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m workflow.measuring", description=__doc__)
    commands = top.add_subparsers(required=True)
    command = commands.add_parser("machine", help="this machine's rates of matrix products and copies")
    command.add_argument("--settings", required=True, help="JSON: the config's section `measure`")
    command.set_defaults(run=machine)
    for name, run, text in (
        ("head", head, "a head alone, on random embeddings"),
        ("end-to-end", end_to_end, "a training step on real data"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("--spec", required=True, help="JSON: cell, head, train, backbone, measure (and classes)")
        command.add_argument("--machine", type=Path, required=True, help="machine.json of the same profile")
        command.set_defaults(run=run)
    command.add_argument("--dataset", type=Path, required=True, help="folder of a built dataset, e.g. data/glyphs-s")
    command.add_argument("--split", type=Path, required=True, help="the profile's split.npz")
    for command in commands.choices.values():
        command.add_argument("--out", type=Path, required=True, help="the JSON record to write")
    return top


def machine(given: argparse.Namespace) -> None:
    settings = read_settings("--settings", given.settings, ("threads", "device"))
    device = pick_device(settings["device"])
    with alone():
        record = machine_record(device, settings["threads"])
    write_json(given.out, record)
    rates = record["rates"]
    print(
        f"machine {record['device']}: {rates['gemm_gflops']:,.0f} GFLOP/s fp32, {rates['copy_gb_s']:,.1f} GB/s copied, "
        f"{rates['threads']} CPU thread(s)",
        flush=True,
    )


def head(given: argparse.Namespace) -> None:
    spec = read_spec(given, "classes")
    device = start(spec)
    measure(HeadAlone(spec, device), spec, given)


def end_to_end(given: argparse.Namespace) -> None:
    from workflow.measuring.end_to_end import EndToEnd  # the data and training packages, which `head` can do without

    spec = read_spec(given)
    device = start(spec)
    measure(EndToEnd(spec, given.dataset, given.split, device), spec, given)


def start(spec: dict[str, Any]) -> torch.device:
    """Set the number of threads and pick the device."""
    torch.set_num_threads(spec["measure"]["threads"])
    return pick_device(spec["measure"]["device"])


def measure(subject: Subject, spec: dict[str, Any], given: argparse.Namespace) -> None:
    """Measure `subject` while nothing else is measured, and write its record."""
    rates = read_json(given.machine)
    with alone():
        record = Measurement(subject, spec, rates).run()
    finish(record, given.out)


def read_spec(given: argparse.Namespace, *extra: str) -> dict[str, Any]:
    """The cell's specification; UserError names what is missing or which head does not exist."""
    spec = read_settings("--spec", given.spec, ("cell", "train", "backbone", "measure", *extra))
    spec["head"] = spec.pop("options", None) or spec.get("head", {})
    require("--spec: measure", spec["measure"], SETTINGS)
    try:
        heads.load(spec["cell"]["head"])
    except ValueError as error:
        raise UserError(f"--spec: {error}") from error
    return spec


def read_settings(option: str, text: str, names: Sequence[str]) -> dict[str, Any]:
    """`text` as a JSON object that has all `names`; UserError otherwise."""
    try:
        settings = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"{option} is not valid JSON: {error}") from error
    if not isinstance(settings, dict):
        raise UserError(f"{option} must be a JSON object")
    require(option, settings, names)
    return settings


def require(where: str, settings: dict[str, Any], names: Sequence[str]) -> None:
    """UserError if one of `names` is not in `settings`."""
    missing = [name for name in names if name not in settings]
    if missing:
        raise UserError(f"{where} lacks {', '.join(missing)}: see the config's section `measure`")


if __name__ == "__main__":
    command_line(main)
