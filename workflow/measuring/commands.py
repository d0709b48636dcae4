"""What each command of `python -m workflow.measuring` does."""

import argparse

import torch

import heads
from workflow.cells.choices import REFERENCES
from workflow.cells.config import Measure
from workflow.cells.cost_records import MachineRecord
from workflow.cells.spec import CostSpec
from workflow.console import say
from workflow.devices import device_name, pick_device
from workflow.endings import Ending
from workflow.errors import UserError
from workflow.measuring.exclusive import alone
from workflow.measuring.head_alone import HeadAlone
from workflow.measuring.headline import headline
from workflow.measuring.measurement import Measurement
from workflow.measuring.rates import machine_record
from workflow.measuring.workload import Workload
from workflow.provenance import now, provenance


def machine(given: argparse.Namespace) -> None:
    """Measure the rates of this machine, write them and print them."""
    settings = read_measure(given.settings)
    device = pick_device(settings.device)
    with alone():
        record = machine_record(device, settings.threads)
    record.write(given.out)
    if rates := record.rates:
        say(
            f"machine {record.device}: {rates.gemm_gflops:,.0f} GFLOP/s fp32, {rates.copy_gb_s:,.1f} GB/s copied, "
            f"{rates.threads} CPU thread(s)"
        )


def machine_lost(given: argparse.Namespace, ending: Ending) -> None:
    """Write the record of a machine whose rates were not measured."""
    device = device_name(pick_device(read_measure(given.settings).device))
    record = MachineRecord(**provenance(), **ending._asdict(), finish=now(), device=device, rates=None)
    record.write(given.out)
    say(f"machine {device}: {ending.outcome} ({ending.reason})")


def head(given: argparse.Namespace) -> None:
    """Measure a head alone."""
    spec = read_spec(given.spec)
    measure(HeadAlone(spec, start(spec)), spec, given)


def end_to_end(given: argparse.Namespace) -> None:
    """Measure a whole training step."""
    from workflow.measuring.end_to_end import EndToEnd  # the data and training packages, which `head` can do without

    spec = read_spec(given.spec)
    measure(EndToEnd(spec, given.dataset, given.split, start(spec)), spec, given)


def synthetic(given: argparse.Namespace) -> None:
    """Measure a whole training step with labels drawn over the classes of the specification."""
    from workflow.measuring.synthetic_step import SyntheticStep

    spec = read_spec(given.spec)
    measure(SyntheticStep(spec, given.dataset, given.split, start(spec)), spec, given)


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
    say(headline(record))


def read_spec(text: str) -> CostSpec:
    """The cell's specification in the JSON `text`; UserError names what is wrong or which head does not exist."""
    spec = CostSpec.parse(text)
    try:
        if spec.cell.head not in REFERENCES:
            heads.path(spec.cell.head)
    except ValueError as error:
        raise UserError(f"--spec: {error}") from error
    return spec


def read_measure(text: str) -> Measure:
    """The section `measure` in the JSON `text`; UserError names what is wrong."""
    return Measure.parse_argument("--settings", text, "measure")
