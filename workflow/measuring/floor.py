"""The roofline: what a head's step would take if its products or its memory traffic ran at the machine's best rate."""

from heads.kit import Cost
from workflow.cells.cost_records import Floor, MachineRecord
from workflow.console import log


def floor(cost: Cost, machine: MachineRecord, device: str, precision: str = "fp32") -> Floor:
    """FLOPs, bytes moved and bytes of state of a step, and ms = max(FLOPs / product rate, bytes / copy rate).

    `precision` is that of the head's matrix products. ms is None, with a note, where the machine's record is of another
    device or lacks the rate: a floor borrowed from another machine would be no floor.
    """
    gflops, ms, note = machine.rates.product_gflops(precision), None, None
    if machine.device != device or gflops is None:
        note = f"machine.json has no {precision} rate of {device} (it is of {machine.device})"
        log(f"no floor: {note}; delete it and run again to measure this machine")
    else:
        ms = 1e3 * max(cost.flops / (gflops * 1e9), cost.moved_bytes / (machine.rates.copy_gb_s * 1e9))
    return Floor(
        flops=cost.flops,
        bytes=cost.moved_bytes,
        state_bytes=cost.state_bytes,
        precision=precision,
        ms=ms,
        note=note,
    )
