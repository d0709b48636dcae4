"""What the tests of processes, of waiting and of devices share: every head with each of its options, batches of the
kind it asks for, and one way to train it."""

import copy
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

import heads
from heads.kit import kind_of, ranks
from heads.kit.interface import Batch, Encoder, Head

C, D = 23, 6
"""neither 2 nor 3 processes share so many classes evenly"""
ROWS = (12, 12, 7, 12, 2, 12)
"""rows of a view in each step: 7 and 2 leave one process of three with fewer than the others, or with none"""

VARIANTS: dict[str, list[dict]] = {
    "dcq": [{"ratio": 0.3}, {"ratio": 0.8, "in_batch_negatives": True}, {"ratio": 1.0, "margin": "arcface", "m": 0.2}],
    "f2c": [
        {"ratio": 0.7},
        {"ratio": 0.7, "centre": "average"},
        {"ratio": 0.7, "rows": 3},
        {"ratio": 0.7, "symmetric": False},
        {"ratio": 0.7, "empty": "hidden"},
        {"ratio": 0.7, "reduction": "sum"},
        {"ratio": 0.7, "fresh_weight": 0.0},
        {"ratio": 1.0, "centre": "average", "symmetric": False, "empty": "hidden", "reduction": "sum"},
    ],
    "hf_softmax": [{"index": "Flat"}, {"ratio": 0.6, "rebuild": 2}],
    "partial_fc": [
        {"ratio": 0.3},
        {"ratio": 0.7},
        {"ratio": 1.0},
        {"ratio": 0.3, "update": "dense"},
        {"ratio": 1.0, "update": "dense"},
    ],
    "semi_siamese": [{"ratio": 0.8}, {"ratio": 0.3}],
    "uniface": [{"ratio": 1.0}, {"ratio": 0.3, "negatives_weight": 0.5}],
    "virtual_fc": [{"ratio": 0.3}, {"ratio": 0.3, "estimate": "sum"}, {"ratio": 1.0, "loader": "large groups"}],
}
"""options worth a run of their own, of the heads that this project brings along; see `cases_of` for the others"""


class Case(NamedTuple):
    """A head by name, and its options."""

    name: str
    options: dict

    def __str__(self) -> str:
        return " ".join([self.name, *(f"{option}={value}" for option, value in self.options.items())])

    def head(self, classes: int = C, dim: int = D) -> Head:
        """The same head at every call; one that asks for class counts is given a tail."""
        torch.manual_seed(0)
        counts = {"class_counts": torch.arange(classes, 0, -1)} if heads.takes_class_counts(self.name) else {}
        return heads.load(self.name)(classes, dim, **self.options, **counts)


def working() -> list[str]:
    """Names of the heads whose files can be imported; the contract has one test that fails for each other file."""
    return [name for name in heads.names() if broken(name) is None]


def broken(name: str) -> str | None:
    """Why heads/<name>.py gives no head, in one sentence; None where it does."""
    try:
        heads.load(name), heads.options(name)
    except ValueError as error:
        return str(error)
    return None


def all_cases() -> list[Case]:
    """Every head there is, with each of its variants."""
    return [case for name in working() for case in cases_of(name)]


def cases_of(name: str) -> list[Case]:
    """The variants of a head; one that is not listed runs with all classes and, if it takes a ratio, with 0.3 of them.

    A head whose constructor refuses a ratio of 0.3 with a ValueError runs with all classes alone.
    """
    if name in VARIANTS:
        return [Case(name, options) for options in VARIANTS[name]]
    return [Case(name, usual(name)), *([with_share(name)] if takes(with_share(name)) else [])]


def with_share(name: str) -> Case:
    """A head with 0.3 of the classes."""
    return Case(name, {"ratio": 0.3})


def takes(case: Case) -> bool:
    """Whether the head takes a ratio, and this one. Any other error than a refusal is for the tests to show."""
    if not heads.takes_ratio(case.name):
        return False
    try:
        case.head()
    except ValueError:
        return False
    except Exception:
        return True
    return True


def usual(name: str) -> dict:
    """Options under which a head compares with all classes."""
    return {"ratio": 1.0} if heads.takes_ratio(name) else {}


def batch_of(kind: str, rows: int, seed: int, classes: int = C, dim: int = D) -> Batch:
    """A float64 batch of a kind, with any number of `rows` in each view; where classes come in groups, in twos."""
    generator, shape = torch.Generator().manual_seed(seed), kind_of(kind)
    y = torch.randint(classes, (rows,), generator=generator)
    if shape.members > 1:
        y = y[: (rows + 1) // 2].repeat_interleave(2)[:rows]
    labels = [y.clone() for _ in range(shape.views)]
    if shape.views == 2 and shape.pairs != "all":
        paired = shape.paired(rows)
        labels[1][paired:] = torch.randint(classes, (rows - paired,), generator=generator)
    views = [torch.randn(rows, dim, dtype=torch.float64, generator=generator) for _ in labels]
    return Batch(tuple(views), tuple(labels))


def part(batch: Batch) -> Batch:
    """This rank's rows of `batch`, as leaves."""
    mine = [slice(rows.start, rows.stop) for rows in (ranks.share(len(y)) for y in batch.labels)]
    views = tuple(x[rows].clone().requires_grad_() for x, rows in zip(batch.views, mine, strict=True))
    return Batch(views, tuple(y[rows] for y, rows in zip(batch.labels, mine, strict=True)))


class Linear(Encoder):
    """A linear map and a twin that follows it, in float64."""

    def __init__(self, dim: int = D):
        super().__init__()
        start = torch.randn(dim, dim, dtype=torch.float64, generator=torch.Generator().manual_seed(7))
        self.weight, self.twin = nn.Parameter(start), nn.Parameter(start.flip(0), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return normalize(self.features(x), dim=1)

    def features(self, x: Tensor) -> Tensor:
        return x @ self.weight.T

    @torch.no_grad()
    def momentum(self, x: Tensor) -> Tensor:
        return normalize(x @ self.twin.T, dim=1)


class Run:
    """A head and an encoder in training: gradients are summed over ranks, as heads/ranks.py has it."""

    def __init__(self, case: Case, saved: dict | None = None, device: str = "cpu"):
        self.head, self.encode, self.device = case.head().double(), Linear(), device
        if saved is not None:
            self.head.load_state_dict(saved["head"])
            self.encode.load_state_dict(saved["encode"])
        self.head.to(device), self.encode.to(device)
        self.history: list[dict] = []
        """of each step: the loss, the gradients of this rank's inputs, and of all parameters summed over ranks"""

    def save(self) -> dict:
        """What a checkpoint holds. A collective call."""
        return copy.deepcopy({"head": self.head.state_dict(), "encode": self.encode.state_dict()})

    def steps(self, steps: range) -> "Run":
        for step in steps:
            passes = 2 if self.head.accumulates and step % 2 else 1
            self.step(step, [batch_of(self.head.batches, ROWS[step], 10 * step + again) for again in range(passes)])
        return self

    def step(self, step: int, batches: list[Batch]) -> None:
        """Forward and backward for each of `batches`, then one step of SGD and one commit."""
        self.head.lr = 0.1 * (step + 1)
        parameters = [*self.encode.parameters(), *self.head.parameters()]
        for parameter in parameters:
            parameter.grad = None
        losses, inputs = [], []
        for batch in batches:
            batch = part(Batch(*(tuple(t.to(self.device) for t in tensors) for tensors in batch)))
            loss = self.head(self.encode, batch)
            loss.backward()
            losses.append(loss.detach())
            inputs += [x.grad for x in batch.views if x.grad is not None]
        summed = [ranks.total(p.grad) for p in parameters if p.requires_grad]
        with torch.no_grad():
            for parameter, gradient in zip((p for p in parameters if p.requires_grad), summed, strict=True):
                parameter -= 0.1 * gradient
            self.head.commit()
            self.encode.twin.lerp_(self.encode.weight, 0.1)
        self.history.append({"loss": torch.stack(losses), "inputs": inputs, "summed": summed})


def flat(state: dict) -> dict[str, Tensor]:
    """The tensors of what `Run.save` returns."""
    return {f"{part}.{name}": value for part, values in state.items() for name, value in values.items()}


def check_close(got: dict[str, Tensor], expected: dict[str, Tensor], tolerance: float = 1e-10) -> None:
    """The same names; floating-point numbers alike within `tolerance`, all others equal."""
    assert got.keys() == expected.keys()
    for name, value in expected.items():
        atol = tolerance if value.is_floating_point() else 0
        torch.testing.assert_close(got[name].cpu(), value.cpu(), atol=atol, rtol=0, msg=lambda m, n=name: f"{n}: {m}")
