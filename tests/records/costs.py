"""Records of cost cells: MADE UP FOR THE TESTS, meaningless in value; nothing here was measured."""

import random
from pathlib import Path

from tests.records.plan import HOSTILE, LADDER, PROVENANCE, STEP_MS, TWINS, cost_path
from workflow.cells.cost_records import CostName, CostRecord, Floor, Memory
from workflow.cells.records import Images
from workflow.endings import Outcome


def write_cost(profile: Path, mode: str, label: str, ratio: float, classes: int) -> None:
    """The record of one cost cell."""
    rng = random.Random(f"{mode} {label} {ratio} {classes}")
    pool = classes if label in ("fc", HOSTILE) else max(int(classes * ratio), 512)
    typical = STEP_MS[label] if mode == "end-to-end" else 2 + pool * 1.2e-3
    out = label == "fc" and classes == LADDER[-1]
    state = 8 * 128 * (pool if label in TWINS else classes)
    parts = {"loader": 0.06, "backbone": 0.66, "twin": 0.2 if label in TWINS else 0.0, "head": 0.1, "other": 0.03}
    ended: tuple[Outcome, str | None] = ("out of memory", "4.9 GiB wanted, 3.1 GiB free") if out else ("ok", None)
    peak, before = (None, None) if out else ((400 << 20) + state * 2, 400 << 20)
    CostRecord(
        cell=CostName(
            profile="default",
            label=label,
            head=label,
            ratio=ratio,
            mode="head" if mode == "head" else "end-to-end",
            classes=classes,
            dim=128,
            batch=256,
            precision="fp32",
        ),
        conditions={"device": "cpu"},
        measure={},
        step_ms=[] if out else [typical * (1 + abs(rng.gauss(0, 0.03))) for _ in range(30)],
        warmup_steps=10,
        images_per_step=Images(gradient=256, encoded=512 if label in TWINS else 256),
        parts_ms={part: typical * share for part, share in parts.items()} if mode == "end-to-end" else None,
        memory=Memory(host_peak_rss_bytes=peak, host_rss_before_bytes=before, declared_state_bytes=state),
        floor=Floor(
            flops=6 * 256 * pool * 128,
            bytes=20 * pool * 128,
            state_bytes=state,
            ms=typical * 0.55 if mode == "head" else None,
        ),
        exclusive=True,
        outcome=ended[0],
        reason=ended[1],
        **PROVENANCE,
    ).write(cost_path(profile, mode, label, ratio, classes))
