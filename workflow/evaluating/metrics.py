"""What every score name means: one row a metric, from which reports take labels, sentences and number formats."""

import re
from typing import NamedTuple

PROTOCOL = "headroom-1"


class Metric(NamedTuple):
    """`label` heads a column, `description` is one sentence with unit and protocol, `format` a format specification."""

    label: str
    description: str
    better: str = "high"
    format: str = ".1%"

    def show(self, value: float | None) -> str:
        """The value (a share, 0 to 1) as text with its unit, an en dash where it was not measured."""
        return "–" if value is None else format(value, self.format).replace("%", " %")


_HARD = "look-alike pairs of held-out classes: one class from two sources, or two classes that are near in pixels"
_RANDOM = "random pairs of held-out classes: one class from two sources, or two classes drawn at random"
_ALL = "all pairs of held-out images of held-out classes"
_ONE_TO_N = "held-out images of classes never trained on against one gallery image per class"
_OPEN = "half of the probes have no mate in the gallery (mean of both halves)"
_GALLERY = (
    "held-out images of training classes against one training image of every training class, ties counted as wrong"
)
_CENTRES = "held-out images of training classes against the head's learned class centres, ties counted as wrong"


def _verification(prefix: str, kind: str, pairs: str) -> dict[str, Metric]:
    return {
        f"{prefix}/accuracy": Metric(
            f"{kind} accuracy",
            "Ten-fold accuracy (LFW protocol: exact best threshold of nine folds, judged on the tenth): share of pairs "
            f"judged rightly; {pairs}.",
        ),
        f"{prefix}/accuracy_std": Metric(
            f"{kind} fold spread", f"Standard deviation of the accuracy over the ten folds; {pairs}.", "low"
        ),
        f"{prefix}/eer": Metric(
            f"{kind} EER",
            f"Equal error rate: share of false accepts where it equals that of false rejects; {pairs}.",
            "low",
        ),
        f"{prefix}/auc": Metric(
            f"{kind} AUC",
            f"Area under the ROC: share of (genuine, impostor) combinations in the right order, ties half; {pairs}.",
            format=".2%",
        ),
        f"{prefix}/tar@{{value}}": Metric(
            f"{kind} TAR at FAR {{value}}",
            f"Share of genuine pairs accepted when at most {{value}} of the impostors are (largest such set); {pairs}.",
        ),
    }


METRICS: dict[str, Metric] = {
    **_verification("verification_hard", "Hard pairs", _HARD),
    **_verification("verification_random", "Random pairs", _RANDOM),
    "allpairs/tar@{value}": Metric(
        "All pairs TAR at FAR {value}",
        f"Share of genuine pairs accepted when at most {{value}} of the impostors are (largest such set); {_ALL}.",
    ),
    "allpairs/eer": Metric(
        "All pairs EER",
        f"Equal error rate: share of false accepts where it equals that of false rejects; {_ALL}.",
        "low",
    ),
    "identification/rank1": Metric(
        "1:N rank-1", f"Share of probes whose own class comes first: {_ONE_TO_N}, ties counted as wrong."
    ),
    "identification/rank5": Metric(
        "1:N rank-5", f"Share of probes whose own class is among the first five: {_ONE_TO_N}, ties counted as wrong."
    ),
    "identification/dir@fpir0.01": Metric(
        "1:N detected at FPIR 0.01",
        "Share of mated probes found first and above the threshold at which at most 0.01 of unmated probes raise a "
        "false alarm: "
        f"{_ONE_TO_N}; {_OPEN}.",
    ),
    "closed/rank1": Metric("Identification", f"Share of probes whose own class comes first: {_GALLERY}."),
    "closed/rank5": Metric("Identification rank-5", f"Share of probes whose own class is among five: {_GALLERY}."),
    "closed/macro": Metric(
        "Identification, class mean", f"Mean over classes of the share of probes found first: {_GALLERY}."
    ),
    "centres/rank1": Metric(
        "By centres",
        f"Share of probes whose own class comes first: {_CENTRES}; another question than by gallery image.",
    ),
}


def _with_distractors(metric: Metric) -> Metric:
    crowd = " {value} distractor classes, never probed, stand in the gallery too."
    return metric._replace(label=metric.label + ", {value} distractors", description=metric.description + crowd)


def _of_band(metric: Metric, band: str) -> Metric:
    words = f" Only classes with {band} training images (thresholds in the configuration)."
    return metric._replace(label=f"{metric.label}, {band}", description=metric.description + words)


METRICS |= {
    f"{name}@{{value}}": _with_distractors(metric)
    for name, metric in METRICS.items()
    if name.startswith("identification/")
}
METRICS |= {
    f"{name}/{band}": _of_band(METRICS[name], band)
    for name in ("closed/rank1", "centres/rank1")
    for band in ("many", "medium", "few")
}


def describe(name: str) -> Metric:
    """The metric behind a score's name, e.g. `allpairs/tar@1e-05`; KeyError if no metric has that name."""
    if name in METRICS and "{" not in name:
        return METRICS[name]
    for pattern, metric in METRICS.items():
        found = re.fullmatch(re.escape(pattern).replace(r"\{value\}", r"(\d[\de.-]*)"), name)
        if found and "{" in pattern:
            value = _readable(found[1])
            return metric._replace(
                label=metric.label.replace("{value}", value),
                description=metric.description.replace("{value}", value),
            )
    raise KeyError(f"{name} is not the name of a score of protocol {PROTOCOL}")


def _readable(value: str) -> str:
    return f"{int(value):,}" if value.isdigit() else value
