"""What the contract's tests share: heads, batches for them, encoders, a short training, comparison of states."""

import copy
import re

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from heads.kit.batches import kind_of
from heads.kit.interface import Batch, Encoder, Head
from tests.heads.cases import VARIANTS, Case, cases_of, usual, working
from workflow.training.encoder import Network

C, D, B = 40, 8, 12
State = dict[str, Tensor]

CHECK = (
    "call check_batch(e, y, num_classes, embedding_dim) of heads.kit, or check_pairs where rows of two views pair, as "
    "soon as the embeddings are there"
)


def contract_cases() -> list[Case]:
    """Every head that can be imported: those that this project brings along with all classes, others as `cases_of`."""
    return [case for name in working() for case in ([Case(name, usual(name))] if name in VARIANTS else cases_of(name))]


def make(case: Case, **options: object) -> Head:
    """The head of `case` for the contract's few classes, the same at every call."""
    return Case(case.name, case.options | options).head(C, D)


def state_of(head: Head) -> State:
    return copy.deepcopy(head.state_dict())


def differing(state: State, other: State) -> list[str]:
    """Names of what is not equal bit for bit in two state_dicts."""
    shared = state.keys() & other.keys()
    return sorted(
        (state.keys() ^ other.keys()) | {name for name in shared if not torch.equal(state[name], other[name])}
    )


def batch_for(head: Head, step: int, labels: Tensor | None = None) -> Batch:
    """A batch of the kind the head asks for, on random embeddings."""
    generator = torch.Generator().manual_seed(step)
    views = kind_of(head.batches).views
    if labels is None:
        labels = torch.randint(C, (B // 2,), generator=generator).repeat_interleave(2)
    inputs = tuple(torch.randn(len(labels), D, generator=generator) for _ in range(views))
    return Batch(inputs, tuple(labels.clone() for _ in range(views)))


def unit_batch(batch: Batch) -> Batch:
    """`batch` with unit rows as leaves: the embeddings themselves."""
    return Batch(tuple(normalize(x, dim=1).requires_grad_() for x in batch.views), batch.labels)


def network(head: Head) -> Network:
    """A linear backbone, and its twin where the head declares one."""
    torch.manual_seed(1)
    return Network(nn.Linear(D, D), head.momentum is not None)


def train(head: Head, net: Network, steps: range) -> list[float]:
    """Losses of a few steps as the trainer takes them."""
    losses = []
    sgd = torch.optim.SGD([*net.backbone.parameters(), *head.parameters()], 0.05)
    for step in steps:
        head.lr = 0.05
        loss = head(net, batch_for(head, step))
        sgd.zero_grad()
        loss.backward()
        sgd.step()
        head.commit()
        net.follow(0.9)
        losses.append(loss.item())
    return losses


class Given(Encoder):
    """The inputs are the embeddings; what a head does to them in place, it does to the caller's tensors. It counts the
    rows that it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.images = self.twin_images = 0

    def forward(self, x: Tensor) -> Tensor:
        return self.features(x)

    def features(self, x: Tensor) -> Tensor:
        self.images += len(x)
        return x.view_as(x)

    def momentum(self, x: Tensor) -> Tensor:
        self.twin_images += len(x)
        return x.detach()


def check_refused(head: Head, batch: Batch, message: str) -> None:
    """ValueError with the `message`, and nothing changed that a commit could make last."""
    before = state_of(head)
    try:
        head(Encoder(), batch)
    except ValueError as error:
        assert re.search(message, str(error)), f"refused because '{error}', expected '{message}': {CHECK}"
    except Exception as error:
        raise AssertionError(f"{type(error).__name__} instead of a ValueError about '{message}': {CHECK}") from error
    else:
        raise AssertionError(f"a wrong batch was not refused ('{message}'): {CHECK}")
    check_unchanged(head, before, "although it refused the batch: check the batch before anything else is done with it")
    head.commit()
    check_unchanged(head, before, "in a commit after a refused batch: nothing may be pending from it")


def check_unchanged(head: Head, before: State, when: str) -> None:
    """The head's state is `before`; the message names what changed, and `when`."""
    changed = differing(before, state_of(head))
    assert not changed, f"the head changed {', '.join(changed)} {when}"
