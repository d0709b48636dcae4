"""The loop that every head shares."""

import copy

import pytest
import torch

import heads
from heads.kit.interface import Batch
from workflow.cells.train_section import Train
from workflow.training.encoder import Network
from workflow.training.prefetch import Ahead
from workflow.training.trainer import Diverged, Trainer

C, D = 30, 6
SETTINGS = {
    "steps": 8,
    "batch": 12,
    "lr": 0.1,
    "momentum": 0.9,
    "weight_decay": 5e-4,
    "warmup": 0.1,
    "schedule": "cosine",
    "margin_ramp": 0.25,
    "clip": 5.0,
    "precision": "fp32",
    "accumulate": 1,
}


class Photos:
    """Random views, a function of the step."""

    def __init__(self, views: int, size: int = 12):
        self.views, self.size = views, size

    def batch(self, step: int) -> Batch:
        generator = torch.Generator().manual_seed(step)
        labels = torch.randint(C, (self.size,), generator=generator)
        views = tuple(torch.randn(self.size, D, generator=generator) for _ in range(self.views))
        return Batch(views, (labels,) * self.views)


def trainer(name: str, size: int = 12, **changes) -> Trainer:
    torch.manual_seed(0)
    backbone = torch.nn.Sequential(torch.nn.Linear(D, D), torch.nn.BatchNorm1d(D))
    head = heads.load(name)(C, D, **heads.chosen(name, {}, 1.0))
    views = 1 if head.batches == "instances" else 2
    momentum = None if head.momentum is None else 0.9
    network = Network(backbone, momentum is not None, changes.get("precision", "fp32"))
    return Trainer(network, head, Photos(views, size), Train(**SETTINGS | changes), momentum)


def losses(run: Trainer) -> list[float]:
    for _ in run.run():
        pass
    return run.progress.losses


@pytest.mark.parametrize("name", ["fc", "partial_fc", "dcq", "f2c"])
def test_a_killed_run_ends_bit_equal(name):
    straight = trainer(name)
    expected = losses(straight)
    killed = trainer(name)
    for progress in killed.run():
        if progress.step == 3:
            break
    saved, random = copy.deepcopy(killed.state_dict()), torch.get_rng_state()
    torch.manual_seed(99)
    resumed = trainer(name)
    resumed.load_state_dict(saved)
    torch.set_rng_state(random)
    assert losses(resumed) == expected
    for mine, theirs in zip(resumed.network.parameters(), straight.network.parameters(), strict=True):
        assert torch.equal(mine, theirs)


@pytest.mark.parametrize(
    ("name", "gradient", "encoded"), [("fc", 96, 96), ("partial_fc", 96, 96), ("dcq", 96, 192), ("f2c", 192, 384)]
)
def test_images_are_counted_as_encoded(name, gradient, encoded):
    run = trainer(name)
    losses(run)
    assert run.network.images == gradient
    assert run.network.images + run.network.twin_images == encoded


def test_a_loss_that_is_not_finite_stops_with_the_step_and_the_cause():
    run = trainer("fc")
    run.head.forward = lambda encode, batch: encode(batch.views[0]).sum() * float("nan")
    with pytest.raises(Diverged, match=r"the loss is nan at step 1: lower train\.lr"):
        losses(run)


def test_accumulation_equals_the_whole_batch_where_a_head_allows_it():
    """Without batch statistics two halves give the gradient of the whole; DCQ queues both halves' keys."""
    runs = []
    for passes, size in ((1, 12), (2, 6)):
        run = trainer("dcq", size=size, accumulate=passes, steps=1)
        run.network.eval()
        run.network.train = lambda mode=True: None
        whole = Photos(2, 12).batch(0)
        half = [
            Batch(tuple(v[i : i + size] for v in whole.views), tuple(y[i : i + size] for y in whole.labels))
            for i in (0, 6)
        ]
        run.loader.batch = half.__getitem__
        losses(run)
        runs.append(run)
    for a, b in zip(runs[0].network.backbone.parameters(), runs[1].network.backbone.parameters(), strict=True):
        torch.testing.assert_close(a, b)
    torch.testing.assert_close(runs[0].head.queue.vectors, runs[1].head.queue.vectors)


@pytest.mark.parametrize("name", ["fc", "partial_fc", "f2c"])
def test_accumulation_is_refused_by_heads_that_update_in_backward(name):
    with pytest.raises(ValueError, match=r"train\.accumulate 2: this head .* cannot accumulate"):
        trainer(name, accumulate=2)


def test_the_twin_is_a_moving_average_and_takes_no_gradient():
    run = trainer("dcq")
    before = [p.clone() for p in run.network.twin.parameters()]
    next(run.run())
    expected = [b.lerp(p, 0.1) for b, p in zip(before, run.network.backbone.parameters(), strict=True)]
    for mine, theirs in zip(run.network.twin.parameters(), expected, strict=True):
        torch.testing.assert_close(mine, theirs)
        assert mine.grad is None


def test_bf16_trains_close_to_fp32():
    full, half = losses(trainer("fc")), losses(trainer("fc", precision="bf16"))
    assert full != half
    torch.testing.assert_close(torch.tensor(full), torch.tensor(half), rtol=0.1, atol=0.5)


def test_the_gradient_scale_reaches_the_backbone_but_not_the_head():
    grads = []
    for scale in (1.0, 1024.0):
        run = trainer("fc")
        run.network.gradient_scale, run.head.lr = scale, 0.1
        run.head(run.network, run.loader.batch(0)).backward()
        grads.append((next(run.network.backbone.parameters()).grad, run.head.bank.weight.clone()))
    torch.testing.assert_close(grads[0][0] * 1024, grads[1][0])
    assert torch.equal(grads[0][1], grads[1][1])


def test_prefetched_batches_are_the_same_batches():
    ahead, plain = Ahead(Photos(1)), Photos(1)
    for step in (0, 1, 2, 7, 8):
        assert torch.equal(ahead.batch(step).views[0], plain.batch(step).views[0])
