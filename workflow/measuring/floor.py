"""The roofline: what a head's step would take if its products or its memory traffic ran at the machine's best rate."""

import torch

from heads.kit import Cost
from workflow.cells.cost_records import Floor, MachineRecord
from workflow.cells.rates import Rates
from workflow.console import log
from workflow.measuring.rates import measured_rates
from workflow.provenance import processor

AGAIN = "the head beat the rates of machine.json: they were measured again beside it"
TOO_LOW = f"{AGAIN}, and were still too low for this cell"


def floor(cost: Cost, machine: MachineRecord, device: str, precision: str = "fp32") -> Floor:
    """FLOPs, bytes moved and bytes of state of a step, and ms = max(FLOPs / product rate, bytes / traffic rate).

    `precision` is that of the head's matrix products. ms is None, with a note, where the machine's record is of another
    machine or device or lacks rates: a floor that is borrowed would be no floor.
    """
    found = Floor(flops=cost.flops, bytes=cost.moved_bytes, state_bytes=cost.state_bytes, precision=precision)
    if machine.rates is None:
        return found.model_copy(update={"note": f"the machine's rates were not measured ({machine.reason})"})
    own = machine.machine.processor in (None, processor())
    ms = floor_ms(found, machine.rates) if own and machine.device == device else None
    if ms is not None:
        return found.model_copy(update={"ms": ms})
    note = f"the machine's record has no {precision} rate of {device} (it is of {machine.device})"
    if not own:
        note = f"the machine's record is of another machine ({machine.machine.processor})"
    log(f"no floor: {note}; delete it and run again to measure this machine")
    return found.model_copy(update={"note": note})


def floor_ms(found: Floor, rates: Rates) -> float | None:
    """The milliseconds of a floor at these rates; None where its arithmetic was not timed."""
    return rates.floor_ms(found.flops or 0, found.bytes or 0, found.state_bytes or 0, found.precision or "fp32")


def believed(found: Floor, rates: Rates, median_ms: float, device: torch.device) -> Floor:
    """The floor of a step that took `median_ms`. One that lies above it is wrong: the rates are measured again beside
    it, and the better ones count; where that is not enough, a note says so and no share can be stated."""
    if found.ms is None or found.ms <= median_ms:
        return found
    log(f"{median_ms:.3g} ms are below the floor of {found.ms:.3g}: measuring the machine's rates again")
    ms = floor_ms(found, rates.or_faster(measured_rates(device)))
    too_low = ms is None or ms > median_ms
    return found.model_copy(update={"ms": ms, "note": TOO_LOW if too_low else AGAIN})
