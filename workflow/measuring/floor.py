"""The roofline: what a head's step would take if its products or its memory traffic ran at the machine's best rate."""

from typing import Any

from heads.kit.interface import Cost
from workflow.console import log


def floor(cost: Cost, machine: dict[str, Any], device: str, precision: str = "fp32") -> dict[str, Any]:
    """The record's `floor`: FLOPs, bytes moved, bytes of state, and ms = max(FLOPs / product rate, bytes / copy rate).

    `precision` is that of the head's matrix products. ms is None, with a note, where machine.json is of another device
    or lacks the rate: a floor borrowed from another machine would be no floor.
    """
    record = {"flops": cost.flops, "bytes": cost.moved_bytes, "state_bytes": cost.state_bytes, "precision": precision}
    rates = machine["rates"]
    gemm = (rates.get("gemm_gflops_by_precision") or {rates["precision"]: rates["gemm_gflops"]}).get(precision)
    if machine["device"] != device or gemm is None:
        note = f"machine.json has no {precision} rate of {device} (it is of {machine['device']})"
        log(f"no floor: {note}; delete it and run again to measure this machine")
        return record | {"ms": None, "note": note}
    return record | {"ms": 1e3 * max(cost.flops / (gemm * 1e9), cost.moved_bytes / (rates["copy_gb_s"] * 1e9))}
