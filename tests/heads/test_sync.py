"""Within a step a GPU's host never waits for the device: every head, without a GPU.

Tensors of the device `meta` have shapes but no numbers. Whatever would have to know a number (`.item()`, the length of
`unique` or of `nonzero`, a branch on a comparison) therefore fails on them, where on a GPU it would wait. `NoWaiting`
refuses, with a sentence, what has no numbers to ask for but waits all the same: copies from and to the host, and
operators that count inside. With a GPU, CUDA itself is asked.
"""

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import heads.kit.dice
from heads.kit import interface
from heads.kit.interface import Batch, Encoder, Head
from tests.heads.cases import ROWS, Case, all_cases, batch_of
from tests.heads.elsewhere import Generator

WAITS = {"hf_softmax": "asks an index on the host for the nearest classes"}
"""heads that say in their docstring that every step waits for the device, and why"""
CLASSES = 200
"""many enough that no sample is smaller than a batch: of one that is, the host must learn the size"""
COUNTS = ("nonzero", "unique", "masked_select", "bincount", "isin", "equal", "local_scalar_dense")
"""operators that tell the host a number or a length, some of them only inside"""

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
each_case = pytest.mark.parametrize("case", [case for case in all_cases() if case.name not in WAITS], ids=str)


class Waits(Exception):
    """The host would wait for the device."""


class NoWaiting(TorchDispatchMode):
    """Raises Waits where an operator on tensors of a device would make the host wait."""

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        options = options or {}
        tensors = [value for value in tree_leaves((arguments, options)) if isinstance(value, torch.Tensor)]
        devices = {value.device.type for value in tensors}
        if options.get("device"):
            devices.add(torch.device(options["device"]).type)
        if devices - {"cpu"}:
            self.check(function.overloadpacket.__name__, arguments, tensors, devices)
        return function(*arguments, **options)

    def check(self, name: str, arguments: tuple, tensors: list[torch.Tensor], devices: set[str]) -> None:
        if name.lstrip("_").startswith(COUNTS):
            raise Waits(f"{name} counts on the device what the host must know")
        masks = arguments[1] if name in ("index", "index_put", "index_put_") else ()
        if any(index is not None and index.dtype == torch.bool for index in masks):
            raise Waits(f"{name} with a mask: the host must know how many are set")
        moves = name in ("_to_copy", "copy_", "copy")
        if moves and len(devices) > 1:
            raise Waits("a copy between host and device")
        if not moves and any(value.device.type == "cpu" and value.ndim for value in tensors):
            raise Waits(f"{name} is given a tensor that is still on the host")


class NoUploads(TorchFunctionMode):
    """Raises Waits where numbers of the host are made a tensor on a device, or assigned to places in one: torch takes
    a number to CUDA by a copy, but for slices."""

    def __torch_function__(self, function, types, arguments=(), options=None):
        options = options or {}
        if function is torch.Tensor.__setitem__ and arguments[0].device.type != "cpu":
            _, places, value = arguments
            places = places if isinstance(places, tuple) else (places,)
            number = not isinstance(value, torch.Tensor) or value.device.type == "cpu"
            if number and any(isinstance(place, torch.Tensor | list | int) for place in places):
                raise Waits("a number of the host is assigned to places on the device: use index_fill_ or masked_fill_")
        if function in (torch.tensor, torch.as_tensor) and torch.device(options.get("device") or "cpu").type != "cpu":
            raise Waits("numbers of the host are copied to the device")
        return function(*arguments, **options)


def on(device: str, kind: str, rows: int, step: int) -> Batch:
    """A float32 batch of leaves on `device`."""
    batch = batch_of(kind, rows, step)
    views = tuple(x.float().to(device).requires_grad_() for x in batch.views)
    return Batch(views, tuple(y.to(device) for y in batch.labels))


def step_without_numbers(head: Head, batch: Batch) -> None:
    """Forward, backward and commit on the device `meta`; raises where the host would wait."""
    with NoWaiting(), NoUploads():
        head(Encoder(), batch).backward()
        head.commit()


@pytest.fixture
def elsewhere(monkeypatch):
    """Generators can be asked for on any device."""
    monkeypatch.setattr(torch, "Generator", Generator)


@each_case
def test_a_step_needs_no_number_from_the_device(case, elsewhere):
    head = case.head(CLASSES).to("meta")
    head.lr = 0.1
    for step, rows in enumerate(ROWS):
        step_without_numbers(head, on("meta", head.batches, rows, step))


@pytest.mark.parametrize("name", sorted(set(WAITS) & set(heads.names())))
def test_a_head_that_is_excused_does_wait_and_says_so(name, elsewhere):
    """Else it should be excused no longer."""
    case = next(case for case in all_cases() if case.name == name)
    head = case.head().to("meta")
    with pytest.raises((Waits, RuntimeError, NotImplementedError)):
        step_without_numbers(head, on("meta", head.batches, 12, 0))
    assert "waits for the device" in " ".join(__import__(f"heads.{name}", fromlist=["Head"]).__doc__.split())


def assigned(x: torch.Tensor, places: object, value: object) -> torch.Tensor:
    """A copy of `x` after x[places] = value."""
    x = x.clone()
    x[places] = value
    return x


BAD = {
    "item": lambda e, y: e * y.sum().item(),
    "float": lambda e, y: e * float(e.detach().sum()),
    "a branch": lambda e, y: e if y.any() else -e,
    "unique": lambda e, y: e[: len(y.unique())],
    "unique_consecutive": lambda e, y: e[: len(y.unique_consecutive())],
    "nonzero": lambda e, y: e[(y > 3).nonzero().squeeze(1)],
    "a mask read": lambda e, y: e[y > 3],
    "a mask written": lambda e, y: assigned(e, y > 3, e[0]),
    "a number written": lambda e, y: assigned(e, torch.zeros_like(y), 0.5),
    "one number written": lambda e, y: assigned(e, (0, 0), 0.5),
    "masked_select": lambda e, y: e.masked_select(y[:, None] > 3),
    "tolist": lambda e, y: e * len(y.tolist()),
    "to the host": lambda e, y: e * y.cpu().sum().to(e.device),
    "from the host": lambda e, y: e * torch.arange(len(y))[:, None].to(e.device),
    "numbers from the host": lambda e, y: e * torch.tensor([2.0], device=e.device),
    "left on the host": lambda e, y: e[torch.arange(len(y))],
    "isin": lambda e, y: e * torch.isin(y, y)[:, None],
    "repeat_interleave": lambda e, y: torch.repeat_interleave(e, y, dim=0),
    "equal": lambda e, y: e * torch.equal(y, y),
    "a slice": lambda e, y: e[: y[0]],
}
"""ways to wait that somebody may add to a head"""


class Bad(interface.Head):
    """A head that waits in the way it is told."""

    def __init__(self, way: str):
        super().__init__()
        self.way = way

    def forward(self, encode, batch):
        (x,), (y,) = batch
        return BAD[self.way](encode(x), y).sum()


@pytest.mark.parametrize("way", BAD)
def test_a_head_that_waits_is_found(way, elsewhere):
    with pytest.raises((Waits, RuntimeError, NotImplementedError)):
        step_without_numbers(Bad(way), on("meta", "instances", 12, 0))


@pytest.mark.parametrize("way", BAD)
def test_what_is_found_was_no_mistake_of_the_test(way):
    """On the CPU, where nobody waits, all of them are good heads."""
    assert torch.isfinite(Bad(way)(Encoder(), on("cpu", "instances", 12, 0)))


def test_a_head_that_waits_for_its_dice_is_found(elsewhere):
    """The stand-in for a device's generator hides no waiting."""
    dice = heads.kit.dice.Dice()
    with NoWaiting(), pytest.raises(Waits):
        torch.rand(3, generator=dice.throw("meta"), device="meta").sum().item()


@needs_gpu
@each_case
def test_cuda_is_not_waited_for(case: Case):
    head = case.head(CLASSES).to("cuda")
    head.lr = 0.1
    batches = [on("cuda", head.batches, rows, step) for step, rows in enumerate(ROWS)]
    try:
        for number, batch in enumerate(batches):
            torch.cuda.set_sync_debug_mode("error" if number else "default")  # the first step loads kernels
            head(Encoder(), batch).backward()
            head.commit()
    finally:
        torch.cuda.set_sync_debug_mode("default")
