"""Records MADE UP FOR THE TESTS of the report: plausible in shape, meaningless in value. Nothing here was measured."""

import json
import random
from pathlib import Path

HOSTILE = 'mine<b>&"[1]'
ROWS = (("fc", 1.0), ("partial_fc", 0.1), ("partial_fc", 0.3), ("dcq", 0.1), ("f2c", 0.1), (HOSTILE, 1.0))
SEEDS = (0, 1)
LADDER = (10_000, 100_000, 1_000_000)
CLASSES = 5_000
LEVEL = {"fc": 0.925, "partial_fc": 0.905, "dcq": 0.955, "f2c": 0.949, HOSTILE: 0.915}
STEP_MS = {"fc": 140.0, "partial_fc": 121.0, "dcq": 176.0, "f2c": 169.0, HOSTILE: 150.0}
MACHINE = {
    "processor": "Made-up CPU",
    "cores": 2,
    "memory_bytes": 8 << 30,
    "system": "Linux 6",
    "architecture": "x86_64",
}
VERSIONS = {"python": "3.11.0", "torch": "2.13.0", "numpy": "2.4.6"}
PROVENANCE = {
    "start": "2026-01-01T00:00:00+00:00",
    "command": "python -m workflow.training",
    "commit": "0123456789abcdef",
    "machine": MACHINE,
    "versions": VERSIONS,
}


def planned(seeds: tuple[int, ...] = (0, 1)) -> tuple[list[dict], list[dict]]:
    """The cells of the made-up DAG: training cells and cost cells."""
    rows = [{"label": label, "head": label, "ratio": ratio} for label, ratio in ROWS]
    cells = [{**row, "seed": seed} for row in rows for seed in seeds]
    costs = [{**row, "mode": "head", "classes": classes} for row in rows for classes in LADDER]
    return cells, costs + [{**row, "mode": "end-to-end", "classes": None} for row in rows]


def build(root: Path, seeds: tuple[int, ...] = SEEDS) -> Path:
    """Write a whole profile under `root` and return results/default; f2c seed 1 diverged, one fc cost cell is OOM."""
    profile = root / "results" / "default"
    write_shared(root, profile)
    for label, ratio in ROWS:
        for seed in seeds:
            write_run(profile, label, ratio, seed)
        for classes in LADDER:
            write_cost(profile, "head", label, ratio, classes)
        write_cost(profile, "end-to-end", label, ratio, CLASSES)
    return profile


def write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def write_shared(root: Path, profile: Path) -> None:
    sources = [
        {
            "package": "made-up-fonts",
            "version": "1.0",
            "sha256": "aa",
            "licence": "OFL-1.1",
            "status": "ok",
            "reason": None,
        },
        {
            "package": "gone-fonts",
            "version": "2.0",
            "sha256": "bb",
            "licence": "OFL-1.1",
            "status": "missing",
            "reason": "404",
        },
    ]
    manifest = {"name": "glyphs-s", "hash": "datahash", "images": 457_285, "classes": ["a", "b"], "groups": [{}] * 20}
    write_json(root / "data/glyphs-s/manifest.json", {**manifest, "sources": sources, "rejected": {"blank": 3}})
    counts = {
        "train_images": 18_267,
        "train_classes": CLASSES,
        "many": 1044,
        "medium": 1134,
        "few": 2822,
        "singletons": 1773,
    }
    split = {"protocol": "headroom-1", "hash": "splithash", "dataset": "glyphs-s", "dataset_hash": "datahash"}
    split |= {"settings": {"tail": "pareto"}, "seed": 0, "counts": counts, "shots": {"many": 7, "medium": 3}}
    write_json(profile / "glyphs-s/split.json", split)
    rates = {"gemm_gflops": 60.0, "copy_gb_s": 9.0, "threads": 1, "precision": "fp32"}
    write_json(profile / "machine.json", {"device": "cpu", "rates": rates, "nvml": None, **PROVENANCE})


def write_run(profile: Path, label: str, ratio: float, seed: int) -> None:
    rng = random.Random(f"{label} {ratio} {seed}")
    place = profile / "glyphs-s" / "small" / label / f"{ratio:g}" / str(seed)
    cell = {"profile": "default", "dataset": "glyphs-s", "backbone": "small", "label": label, "head": label}
    diverged = label == "f2c" and seed == 1
    run = {
        "cell": {**cell, "ratio": ratio, "seed": seed},
        "parameters": {
            "head": {"scale": 32.0, "margin": 0.3},
            "train": {"steps": 600, "batch": 256, "lr": 0.1},
            "backbone": {"width": 16},
        },
        "declared": declared(label),
        "outcome": "diverged" if diverged else "ok",
        "reason": "loss is NaN at step 210 </script><i>" if diverged else None,
        "steps": 210 if diverged else 600,
        "planned_steps": 600,
        "images": {"gradient": 153_600, "encoded": 307_200 if label in ("dcq", "f2c") else 153_600},
        "seconds": 80 + 10 * rng.random(),
        "seconds_backbone": None,
        "exclusive": False,
        "dataset": {"name": "glyphs-s", "hash": "datahash"},
        "split_hash": "splithash",
        "initial_weights": f"weights of seed {seed}",
        "device": "cpu",
        "precision": "fp32",
        "resumed": 0,
        "finish": "2026-01-01T00:02:00+00:00",
        **PROVENANCE,
    }
    write_json(place / "run.json", run)
    write_progress(place, rng, label)
    write_evaluation(place, run, rng)


def declared(label: str) -> dict:
    twin = label in ("dcq", "f2c")
    momenta = {"momentum": {"dcq": 0.999, "f2c": 0.99}.get(label), "momentum_used": 0.9 if twin else None}
    batches = {"dcq": "pairs", "f2c": "pairs+instances"}.get(label, "instances")
    return {
        "batches": batches,
        **momenta,
        "pool": 500,
        "evaluates": "query",
        "learned_centres": not twin,
        "summary": f"made-up summary of {label}",
    }


def write_progress(place: Path, rng: random.Random, label: str) -> None:
    lines = []
    for step in range(20, 601, 20):
        common = {"step": step, "seconds": step * STEP_MS[label] / 1000, "images": 256 * step}
        lines.append({**common, "loss": 12 * 0.995**step + 2 + rng.random() / 5, "lr": 0.1, "encoded": 256 * step})
        if step % 100 == 0:
            reached = 1 - 2.0 ** (-step / 120)
            names = ("verification_hard/accuracy", "closed/rank1", "identification/rank1")
            scores = {name: 0.6 + (LEVEL[label] - 0.6) * reached + rng.uniform(-0.01, 0.01) for name in names}
            lines.append({**common, "validation": scores})
    (place / "steps.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"step": 6')


def write_evaluation(place: Path, run: dict, rng: random.Random) -> None:
    good, label = run["outcome"] == "ok", run["cell"]["label"]
    scores = {name: value if good else None for name, value in fake_scores(label, rng).items()}
    notes = {} if good else {name: "the run diverged" for name in scores}
    for name in [name for name in scores if name.startswith("centres/")]:
        if not run["declared"]["learned_centres"]:
            scores[name], notes[name] = None, "this head learns no centres"
    scores["verification_hard/tar@0.0001"], notes["verification_hard/tar@0.0001"] = None, "fewer than 10 false accepts"
    fars = [10 ** (-3.2 + 3.2 * i / 60) for i in range(61)]
    lift = LEVEL[label]
    roc = [[far, min(1.0, lift * far ** (0.35 * (1 - lift) * 2))] for far in fars] if good else []
    shots = [[n, 40, lift - 0.06 / n + rng.uniform(-0.005, 0.005)] for n in range(1, 11)] if good else []
    record = {"protocol": "headroom-1", "cell": run["cell"], "outcome": run["outcome"], "reason": run["reason"]}
    record |= {"split_hash": "splithash", "validation": dict(scores), "test": scores, "notes": notes}
    record |= {"counts": {"test": {"hard_pairs": 12_000}}, "curves": {"roc_hard": roc, "roc_all": roc, "shots": shots}}
    write_json(place / "evaluation.json", {**record, **PROVENANCE})


def fake_scores(label: str, rng: random.Random) -> dict[str, float]:
    def near(offset: float) -> float:
        return LEVEL[label] + offset + rng.uniform(-0.004, 0.004)

    scores = {
        "verification_hard/accuracy": near(0),
        "verification_hard/accuracy_std": 0.004,
        "verification_hard/eer": 1 - near(0),
    }
    scores |= {f"verification_hard/tar@{far}": near(-0.15) for far in ("0.1", "0.01", "0.001", "0.0001")}
    scores |= {
        "verification_random/accuracy": near(0.035),
        "allpairs/tar@0.001": near(-0.2),
        "allpairs/eer": 1 - near(0.01),
    }
    scores |= {"identification/rank1": near(0.01), "identification/rank5": near(0.03)}
    scores |= {"identification/rank1@1000": near(-0.03), "identification/rank1@10000": near(-0.1)}
    scores |= {"closed/rank1": near(0), "closed/rank1/many": near(0.012), "closed/rank1/medium": near(0.005)}
    scores |= {"closed/rank1/few": near(-0.012), "closed/macro": near(0), "centres/rank1": near(-0.1)}
    return scores | {"centres/rank1/many": near(0.06), "centres/rank1/few": near(-0.2)}


def write_cost(profile: Path, mode: str, label: str, ratio: float, classes: int) -> None:
    rng = random.Random(f"{mode} {label} {ratio} {classes}")
    pool = classes if label in ("fc", HOSTILE) else max(int(classes * ratio), 512)
    typical = STEP_MS[label] if mode == "end-to-end" else 2 + pool * 1.2e-3
    out = label == "fc" and classes == LADDER[-1]
    ok = (
        {"outcome": "out of memory", "reason": "4.9 GiB wanted, 3.1 GiB free"}
        if out
        else {"outcome": "ok", "reason": None}
    )
    state = 8 * 128 * (pool if label in ("dcq", "f2c") else classes)
    share = {
        "loader": 0.06,
        "backbone": 0.66,
        "twin": 0.2 if label in ("dcq", "f2c") else 0.0,
        "head": 0.1,
        "other": 0.03,
    }
    memory = dict.fromkeys(
        (
            "allocator_peak_bytes",
            "allocator_reserved_bytes",
            "allocator_before_bytes",
            "nvml_device_bytes",
            "nvml_process_bytes",
        )
    )
    memory |= {
        "host_peak_rss_bytes": (400 << 20) + state * 2,
        "host_rss_before_bytes": 400 << 20,
        "declared_state_bytes": state,
    }
    cell = {"profile": "default", "label": label, "head": label, "ratio": ratio, "mode": mode, "classes": classes}
    record = {
        "cell": {**cell, "dim": 128, "batch": 256, "precision": "fp32"},
        **ok,
        "conditions": {"device": "cpu"},
        "step_ms": [] if out else [typical * (1 + abs(rng.gauss(0, 0.03))) for _ in range(30)],
        "upkeep": None,
        "warmup_steps": 10,
        "images_per_step": {"gradient": 256, "encoded": 512 if label in ("dcq", "f2c") else 256},
        "parts_ms": {part: typical * part_share for part, part_share in share.items()}
        if mode == "end-to-end"
        else None,
        "memory": dict.fromkeys(memory) | {"declared_state_bytes": state} if out else memory,
        "nvml": dict.fromkeys(("utilisation_percent", "power_w", "energy_j_per_image", "clock_mhz", "temperature_c")),
        "floor": {
            "flops": 6 * 256 * pool * 128,
            "bytes": 20 * pool * 128,
            "state_bytes": state,
            "ms": typical * 0.55 if mode == "head" else None,
        },
        "exclusive": True,
        "finish": "2026-01-01T00:10:00+00:00",
        **PROVENANCE,
    }
    write_json(
        profile / "cost" / mode / label / f"{ratio:g}" / f"{'train' if mode == 'end-to-end' else classes}.json", record
    )
