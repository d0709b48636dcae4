"""That a head trains: gradients go where they must and nowhere else, half precision costs little, and it learns."""

import copy
import inspect

import torch
from torch import Tensor
from torch.nn.functional import normalize

from heads.kit.interface import Batch, Encoder, Head
from tests.heads.contract.subject import C, D, batch_for, make, network, train, unit_batch


def test_the_loss_is_one_finite_number(head):
    loss = head(network(head), batch_for(head, 0))
    assert loss.ndim == 0, f"forward returned {tuple(loss.shape)}: return the mean over the batch, a scalar"
    assert torch.isfinite(loss), f"the first loss is {loss.item()}"
    assert loss.requires_grad, "the loss carries no gradient: make it of encode(x), which must not be detached"


def test_gradient_reaches_the_backbone_and_none_the_twin(head):
    net = network(head)
    train(head, net, range(3))
    head(net, batch_for(head, 3)).backward()
    reached = all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.backbone.parameters())
    assert reached, "no gradient reaches the backbone: make the loss of encode(x), which must not be detached"
    assert net.twin is None or all(p.grad is None for p in net.twin.parameters()), "the twin got a gradient"


def test_its_own_parameters_get_a_gradient(head):
    """The trainer's SGD trains them along with the backbone."""
    train(head, network(head), range(2))
    head.zero_grad()
    head(network(head), batch_for(head, 3)).backward()
    idle = [name for name, parameter in head.named_parameters() if parameter.requires_grad and parameter.grad is None]
    assert not idle, f"{', '.join(idle)} gets no gradient: use it in the loss, or register it as a buffer"


class Rounded(Encoder):
    """Embeddings rounded to bfloat16, and handed over as `dtype`."""

    def __init__(self, dtype: torch.dtype):
        super().__init__()
        self.dtype = dtype

    def forward(self, x: Tensor) -> Tensor:
        return normalize(x.flatten(1), dim=1).bfloat16().to(self.dtype)

    def features(self, x: Tensor) -> Tensor:
        return x.flatten(1).bfloat16().to(self.dtype)


def losses_with(head: Head, encode: Encoder) -> Tensor:
    """(10,) float64 losses of ten steps of a copy of `head` on what `encode` makes of unit rows."""
    again, losses = copy.deepcopy(head), []
    for step in range(10):
        batch = unit_batch(batch_for(head, step))
        again.lr = 0.05
        loss = again(encode, batch)
        loss.backward()
        again.commit()
        losses.append(loss.detach().double())
        finite = all(x.grad is None or x.grad.isfinite().all() for x in batch.views)
        assert torch.isfinite(loss) and finite, f"loss or gradient of step {step} is not finite on bfloat16 embeddings"
    return torch.stack(losses)


def test_half_precision_costs_little_more_than_rounding_the_embeddings(head):
    """Products of rounded numbers may be rounded once more, but sums and exponentials must not be."""
    exact, naive, fast = (
        losses_with(head, encode) for encode in (Encoder(), Rounded(torch.float32), Rounded(torch.bfloat16))
    )
    error, fair = (fast - exact).abs().mean(), (naive - exact).abs().mean()
    assert error <= 4 * fair + 1e-4, (
        f"on bfloat16 embeddings the loss is off by {error:.2g}, rounding alone gives {fair:.2g}: "
        "sum and exponentiate in float32 (widened(e) of heads.kit)"
    )


def test_it_learns_a_toy_problem(case):
    """Classes differ in six coordinates, two more are loud noise: a linear map must learn to silence those.

    In so few dimensions a scale made for hundreds is too steep.
    """
    defaults = inspect.signature(type(make(case))).parameters
    head = make(case, **({"scale": min(16.0, defaults["scale"].default)} if "scale" in defaults else {}))
    toy = Toy(head)
    before = toy.rank1()
    toy.train(200)
    assert toy.rank1() > before + 0.3, f"rank-1 went from {before:.2f} to {toy.rank1():.2f} only: it does not learn"


class Toy:
    """Classes that differ in all but two coordinates, in which there is loud noise, and a network to train on them."""

    def __init__(self, head: Head):
        torch.manual_seed(3)
        self.directions = torch.cat([torch.randn(C, D - 2), torch.zeros(C, 2)], 1)
        self.noise = torch.tensor([0.2] * (D - 2) + [3.0] * 2)
        self.head, self.net = head, network(head)

    def photos(self, y: Tensor, x: Tensor) -> Tensor:
        return self.directions[y] + self.noise * x

    def rank1(self) -> float:
        """Share of classes whose one photo is nearest to another of their own."""
        y, generator = torch.arange(C), torch.Generator().manual_seed(4)
        gallery, probes = (self.net.embed(self.photos(y, torch.randn(C, D, generator=generator))) for _ in range(2))
        return ((probes @ gallery.T).argmax(1) == y).float().mean().item()

    def train(self, steps: int) -> None:
        self.head.lr = 0.02
        backbone = list(self.net.backbone.parameters())
        sgd = torch.optim.SGD([*backbone, *self.head.parameters()], self.head.lr, momentum=0.9)
        for step in range(steps):
            batch = batch_for(self.head, step)
            views = tuple(self.photos(y, x) for x, y in zip(batch.views, batch.labels, strict=True))
            sgd.zero_grad()
            self.head(self.net, Batch(views, batch.labels)).backward()
            torch.nn.utils.clip_grad_norm_(backbone, 5)  # as the trainer does by default
            sgd.step()
            self.head.commit()
            self.net.follow(0.9)
