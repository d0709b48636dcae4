"""`python -m workflow.measuring`: measure this machine, or one cost cell, alone on it."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import torch

import heads
from workflow.cells.config import Measure
from workflow.cells.cost_records import MachineRecord
from workflow.cells.spec import CostSpec
from workflow.devices import pick_device
from workflow.errors import UserError, command_line
from workflow.measuring.exclusive import alone
from workflow.measuring.head_alone import HeadAlone
from workflow.measuring.headline import headline
from workflow.measuring.measurement import Measurement
from workflow.measuring.rates import machine_record
from workflow.measuring.workload import Workload


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
        command.add_argument("--spec", required=True, help="JSON: cell, options, train, backbone, measure, classes")
        command.add_argument("--machine", type=Path, required=True, help="machine.json of the same profile")
        command.set_defaults(run=run)
    command.add_argument("--dataset", type=Path, required=True, help="folder of a built dataset, e.g. data/glyphs-s")
    command.add_argument("--split", type=Path, required=True, help="the profile's split.npz")
    for command in commands.choices.values():
        command.add_argument("--out", type=Path, required=True, help="the JSON record to write")
    return top


def machine(given: argparse.Namespace) -> None:
    settings = read_measure(given.settings)
    device = pick_device(settings.device)
    with alone():
        record = machine_record(device, settings.threads)
    record.write(given.out)
    rates = record.rates
    print(
        f"machine {record.device}: {rates.gemm_gflops:,.0f} GFLOP/s fp32, {rates.copy_gb_s:,.1f} GB/s copied, "
        f"{rates.threads} CPU thread(s)",
        flush=True,
    )


def head(given: argparse.Namespace) -> None:
    spec = read_spec(given.spec)
    measure(HeadAlone(spec, start(spec)), spec, given)


def end_to_end(given: argparse.Namespace) -> None:
    from workflow.measuring.end_to_end import EndToEnd  # the data and training packages, which `head` can do without

    spec = read_spec(given.spec)
    measure(EndToEnd(spec, given.dataset, given.split, start(spec)), spec, given)


def start(spec: CostSpec) -> torch.device:
    """Set the number of threads and pick the device."""
    torch.set_num_threads(spec.measure.threads)
    return pick_device(spec.measure.device)


def measure(workload: Workload, spec: CostSpec, given: argparse.Namespace) -> None:
    """Measure `workload` while nothing else is measured, write its record and print its line."""
    rates = MachineRecord.read(given.machine)
    with alone():
        record = Measurement(workload, spec, rates).run()
    record.write(given.out)
    print(headline(record), flush=True)


def read_spec(text: str) -> CostSpec:
    """The cell's specification in the JSON `text`; UserError names what is wrong or which head does not exist."""
    spec = CostSpec.parse(text)
    try:
        heads.load(spec.cell.head)
    except ValueError as error:
        raise UserError(f"--spec: {error}") from error
    return spec


def read_measure(text: str) -> Measure:
    """The section `measure` in the JSON `text`; UserError names what is wrong."""
    try:
        section = json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"--settings is not valid JSON: {error}") from error
    if not isinstance(section, dict):
        raise UserError("--settings must be a JSON object: the config's section `measure`")
    return Measure.parse(section, "measure")


if __name__ == "__main__":
    command_line(main)
