"""Each head is its paper: compared with the slow twins in float64."""

import math

import pytest
import torch
from torch.nn.functional import normalize

import heads
from heads.kit import EMPTY
from heads.kit.dice import stream
from heads.kit.interface import Batch, Encoder
from heads.kit.sample import sample_classes
from tests.heads.naive import PoolByHand, margin_softmax, queue_softmax, uniface

C, D, B = 12, 6, 8
SOFTMAX = {"m": 0.3, "scale": 16.0}


def make(name: str, **options):
    torch.manual_seed(0)
    return heads.load(name)(C, D, **SOFTMAX, **options).double()


def view(labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(len(labels), D, dtype=torch.float64), labels


def test_partial_fc_with_all_classes_equals_fc():
    fc, pfc = make("fc"), make("partial_fc", ratio=1.0)
    for step in range(5):
        x, y = view(torch.randint(C, (B,)))
        losses = []
        for head in (fc, pfc):
            head.lr = 0.1 * (step + 1)
            loss = head(Encoder(), Batch((x.requires_grad_(),), (y,)))
            loss.backward()
            losses.append(loss.detach())
        torch.testing.assert_close(*losses, atol=1e-12, rtol=0)
    torch.testing.assert_close(fc.bank.weight, pfc.bank.weight, atol=1e-12, rtol=0)


def test_fc_loss_is_cosface_over_all_centres():
    head = make("fc")
    x, y = view(torch.randint(C, (B,)))
    loss = head(Encoder(), Batch((x,), (y,)))
    torch.testing.assert_close(loss, margin_softmax(normalize(x, dim=1), head.bank.weight, y, 0.3, 16.0))


def test_partial_fc_samples_positives_and_exactly_the_asked_number():
    head = heads.load("partial_fc")(1000, D, ratio=0.1)
    torch.manual_seed(5)
    seen = torch.zeros(1000)
    for _ in range(200):
        y = torch.randint(50, (20,))
        rows = head.sample(y)
        assert len(rows) == 100 and len(rows.unique()) == 100 and torch.equal(rows, rows.sort().values)
        assert torch.isin(y, rows).all()
        seen[rows] += 1
    negatives = seen[50:]  # each of 950 is drawn with equal chance: mean ~ 17, no class forgotten, none favoured
    assert negatives.min() > 0 and negatives.max() < 3 * negatives.mean()


def test_partial_fc_keeps_all_positives_when_they_exceed_the_sample():
    head = heads.load("partial_fc")(1000, D, ratio=0.001)
    y = torch.arange(20)
    assert torch.equal(head.sample(y), y)


@pytest.mark.parametrize("name", ["partial_fc", "uniface", "hf_softmax"])
def test_a_sample_is_not_said_to_cost_more_than_all_classes(name):
    cost = heads.load(name).cost
    assert cost(256, 100, D, ratio=0.5).flops == cost(256, 100, D, ratio=1.0).flops == 8 * 256 * 100 * D
    assert cost(256, 10_000, D, ratio=0.1).flops == 8 * 256 * 1000 * D
    assert cost(256, 10_000, D, ratio=0.001).flops == 8 * 256 * 256 * D


class Twins(Encoder):
    """Query and momentum embeddings that differ, both known."""

    def momentum(self, x):
        return normalize(x.detach().flip(1) + 0.5, dim=1)


@pytest.mark.parametrize("in_batch", [False, True])
def test_dcq_loss_is_cross_entropy_of_key_and_queue_over_many_steps(in_batch):
    head, encode = make("dcq", ratio=0.75, in_batch_negatives=in_batch), Twins()
    for _ in range(6):
        (x, y), (other, _) = view(torch.randint(C, (B,))), view(torch.zeros(B, dtype=torch.int64))
        q, k = encode(x), encode.momentum(other)
        queue, queued = head.queue.vectors.clone(), head.queue.labels.clone()
        if in_batch:
            queue, queued = torch.cat([queue, k]), torch.cat([queued, y])
        loss = head(encode, Batch((x, other), (y, y)))
        torch.testing.assert_close(loss, queue_softmax(q, k, y, queue, queued, 0.3, 16.0), atol=1e-12, rtol=0)
        assert torch.equal(head.queue.labels, queued[: len(head.queue.labels)]), "nothing is queued before commit"
        places = head.queue.oldest(B)
        head.commit()
        assert torch.equal(head.queue.vectors[places], k) and torch.equal(head.queue.labels[places], y)


@pytest.mark.parametrize("rows", [B, 2])
@pytest.mark.parametrize("empty", ["negatives", "hidden"])
@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("centre", ["alternate", "average", "three rows"])
@pytest.mark.parametrize("labels", ["few", "many"])
def test_f2c_equals_its_passes_with_rollback_by_hand(labels, centre, symmetric, empty, rows):
    """With two rows a batch, the pool has for a while fewer classes than a probe should be pushed away from."""
    classes = C if labels == "few" else 60
    torch.manual_seed(0)
    options = {"ratio": 1.0 if labels == "few" else 0.25, "symmetric": symmetric, "empty": empty}
    options |= {"rows": 3} if centre == "three rows" else {"centre": centre}
    head = heads.load("f2c")(classes, D, reduction="sum", **options, **SOFTMAX).double()
    twin, encode = PoolByHand(head.pool.vectors, centre == "average", empty == "hidden"), Twins()
    for _ in range(8):
        (x, lx), (y, ly) = view(torch.randint(classes, (rows,))), view(torch.randint(classes, (rows,)))
        ly[: rows // 3] = lx[: rows // 3]
        x.requires_grad_()
        first, second = twin.copy(), twin.copy()
        expected = first.loss(encode(x), lx, first.admit(encode.momentum(y), ly), 0.3, 16.0, head.hardest)
        if symmetric:
            visited = second.admit(encode.momentum(x), lx)
            expected = expected + second.loss(encode(y), ly, visited, 0.3, 16.0, head.hardest)
        before = {name: value.clone() for name, value in head.pool.state_dict().items()}
        loss = head(encode, Batch((x, y), (lx, ly)))
        torch.testing.assert_close(loss, expected, atol=1e-12, rtol=0)
        (fast,), (slow,) = torch.autograd.grad(loss, x), torch.autograd.grad(expected, x)
        torch.testing.assert_close(fast, slow, atol=1e-11, rtol=0)
        assert all(torch.equal(value, before[name]) for name, value in head.pool.state_dict().items())
        head.commit()
        twin = second if symmetric else first
        torch.testing.assert_close(head.pool.vectors, twin.vectors, atol=1e-14 if centre == "average" else 0, rtol=0)
        assert {label: int(head.pool.slot_of[label]) for label in range(classes) if label in twin.slot} == twin.slot
        assert int((head.pool.labels != EMPTY).sum()) == len(twin.slot)


@pytest.mark.parametrize("options", [{"symmetric": False}, {"centre": "average"}])
def test_f2c_mean_is_half_of_the_sum_with_half_the_terms(options):
    losses = []
    for reduction in ("sum", "mean"):
        head = make("f2c", ratio=1.0, reduction=reduction, **options)
        torch.manual_seed(1)
        losses.append(head(Twins(), Batch(*zip(view(torch.arange(4)), view(torch.arange(4)), strict=True))))
    torch.testing.assert_close(losses[0], 2 * losses[1])


@pytest.mark.parametrize(
    ("option", "known"),
    [
        ("loader", r"half pairs, pairs\+instances, identity pairs, instance halves"),
        ("centre", "alternate, average"),
        ("empty", "negatives, hidden"),
        ("reduction", "mean, sum"),
    ],
)
def test_f2c_refuses_an_unknown_option(option, known):
    with pytest.raises(ValueError, match=f"f2c {option} 'x' is not known: choose one of {known}"):
        make("f2c", **{option: "x"})


def test_f2c_weighs_the_loss_of_classes_that_the_pool_does_not_hold():
    """Probes of classes that no gallery image has pay nothing else; probes whose class is held do not pay it."""

    def loss(weight: float, gallery: list[int]) -> torch.Tensor:
        head = make("f2c", ratio=1.0, symmetric=False, fresh_weight=weight)
        torch.manual_seed(1)
        (x, lx), (y, _) = view(torch.tensor([0, 1])), view(torch.tensor(gallery))
        return head(Twins(), Batch((x, y), (lx, torch.tensor(gallery))))

    none, once, twice = (loss(weight, [2, 3]) for weight in (0.0, 1.0, 2.0))
    assert none == 0 and once > 0 and torch.isclose(twice, 2 * once)
    assert loss(0.0, [0, 1]) == loss(1.0, [0, 1]) > 0


def test_f2c_refuses_a_weight_below_zero():
    with pytest.raises(ValueError, match=r"f2c fresh_weight -1: the weight of a loss is at least 0"):
        make("f2c", fresh_weight=-1)


@pytest.mark.parametrize("loader", ["pairs", "even pairs"])
def test_dcq_asks_for_the_batches_of_its_loader(loader):
    assert make("dcq", loader=loader).batches == loader
    with pytest.raises(ValueError, match="dcq loader 'half pairs' is not known: choose one of pairs, even pairs"):
        make("dcq", loader="half pairs")


def test_f2c_refuses_a_slot_without_rows():
    with pytest.raises(ValueError, match="f2c rows 0: a slot of the pool holds at least one embedding"):
        make("f2c", rows=0)


class Prototypes(Encoder):
    """Frozen encoders: the inputs are classes as one-hot rows, plus noise that only queries show."""

    def __init__(self, prototypes: torch.Tensor):
        super().__init__()
        self.prototypes = prototypes  # (C, D)

    def forward(self, x):
        return normalize(x[:, C:] + x[:, :C] @ self.prototypes, dim=1)

    def momentum(self, x):
        return x[:, :C] @ self.prototypes


@pytest.mark.parametrize("name", ["dcq", "f2c"])
def test_a_store_of_every_class_makes_it_a_softmax_over_prototypes(name):
    """With frozen encoders and room for all classes, a queue or pool is the weight of a fully connected layer."""
    prototypes = normalize(torch.randn(C, D, dtype=torch.float64), dim=1)
    encode, head = Prototypes(prototypes), make(name, ratio=1.0)
    everything, one_hot = torch.arange(C), torch.eye(C, dtype=torch.float64)
    keys = torch.cat([one_hot, torch.zeros(C, D, dtype=torch.float64)], 1)
    head(encode, Batch((keys, keys), (everything, everything)))
    head.commit()  # now every class is stored once
    y = torch.randint(C, (B,))
    queries = torch.cat([one_hot[y], 0.3 * torch.randn(B, D, dtype=torch.float64)], 1)
    loss = head(encode, Batch((queries, queries), (y, y)))
    torch.testing.assert_close(loss, margin_softmax(encode(queries), prototypes, y, 0.3, 16.0), atol=1e-12, rtol=0)


@pytest.mark.parametrize("evaluate", ["query", "momentum"])
def test_dcq_says_which_encoder_is_the_result(evaluate):
    assert make("dcq", evaluate=evaluate).evaluates == evaluate


def test_dcq_evaluates_the_query_encoder_and_refuses_others():
    assert make("dcq").evaluates == "query"
    with pytest.raises(ValueError, match="dcq evaluate 'key' is not known: choose one of query, momentum"):
        make("dcq", evaluate="key")


@pytest.mark.parametrize("ratio", [1.0, 0.75])
def test_uniface_equals_questions_asked_one_by_one(ratio):
    """Loss, gradients and SGD on the centres that were compared; those that were not rest."""
    head = make("uniface", ratio=ratio, negatives_weight=0.7)
    weight, velocity = head.bank.weight.clone(), torch.zeros_like(head.bank.weight)
    for step in range(4):
        head.lr = 0.1 * (step + 1)
        (x, y), thrown = view(torch.randint(C, (B,))), head.dice.thrown
        rows = sample_classes(y, C, head.sample_size, stream(head.dice.seed, thrown + 1))
        assert len(rows) == C * ratio
        slow_x, slow_bias = x.clone().requires_grad_(), head.bias.detach().clone().requires_grad_()
        slow_weight = weight.clone().requires_grad_()
        expected = uniface(normalize(slow_x, dim=1), slow_weight, slow_bias, y, rows, 0.3, 16.0, 0.7)
        expected.backward()
        velocity[rows] = 0.9 * velocity[rows] + slow_weight.grad[rows] + 5e-4 * weight[rows]
        weight[rows] -= head.lr * velocity[rows]
        head.bias.grad = None
        loss = head(Encoder(), Batch((x.requires_grad_(),), (y,)))
        loss.backward()
        for fast, slow in ((loss, expected), (x.grad, slow_x.grad), (head.bias.grad, slow_bias.grad)):
            torch.testing.assert_close(fast, slow, atol=1e-12, rtol=0)
        torch.testing.assert_close(head.bank.weight, weight, atol=1e-12, rtol=0)
        torch.testing.assert_close(head.bank.velocity, velocity, atol=1e-12, rtol=0)


@pytest.mark.parametrize("ratio", [1.0, 0.3])
def test_uniface_starts_with_the_threshold_of_the_paper(ratio):
    assert make("uniface", ratio=ratio).bias.item() == pytest.approx(math.log(10 * round(ratio * C)))


def test_f2c_mean_is_a_quarter_of_the_sum():
    losses = []
    for reduction in ("sum", "mean"):
        head = make("f2c", ratio=1.0, reduction=reduction)
        torch.manual_seed(1)
        losses.append(head(Twins(), Batch(*zip(view(torch.arange(4)), view(torch.arange(4)), strict=True))))
    torch.testing.assert_close(losses[0], 4 * losses[1])


@pytest.mark.parametrize("name", ["partial_fc", "uniface", "hf_softmax"])
def test_a_sample_smaller_than_the_batch_is_said_to_be_as_large_as_it_was(name):
    """The batch's own classes always take part; with fewer of them it is as large as it was to be."""
    head = make(name, ratio=0.25)
    assert head.rows_in_loss() == 3
    for classes in (7, 5, 2):
        x, y = view(torch.arange(12) % classes)
        head(Encoder(), Batch((x.requires_grad_(),), (y,)))
        assert head.rows_in_loss() == max(3, classes)
