"""What a head keeps between steps: all of it in buffers, its own copy, taken over in `commit`, and seeded."""

import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from heads.kit.interface import Head
from tests.heads.contract.subject import (
    Given,
    batch_for,
    check_unchanged,
    differing,
    make,
    network,
    state_of,
    train,
    unit_batch,
)

KEEP = "with self.register_buffer(name, tensor), so that it is saved with the run and moves to the device"


def test_the_same_seed_makes_the_same_head(case):
    changed = differing(state_of(make(case)), state_of(make(case)))
    assert not changed, f"{', '.join(changed)} differ though torch.manual_seed was the same: draw by torch alone"


def test_the_same_seed_gives_the_same_losses_bit_for_bit(case):
    runs = []
    for _ in range(2):
        head = make(case)
        torch.manual_seed(2)
        runs.append(train(head, network(head), range(5)))
    assert runs[0] == runs[1], "draw random numbers by torch alone, best by heads.kit's Dice, which is saved, too"


def test_a_saved_head_continues_bit_for_bit(case):
    head = make(case)
    net = network(head)
    torch.manual_seed(2)
    train(head, net, range(4))
    saved, weights, random = copy.deepcopy(head.state_dict()), copy.deepcopy(net.state_dict()), torch.get_rng_state()
    straight = train(head, net, range(4, 8))
    fresh, other = make(case), network(head)
    fresh.load_state_dict(saved)
    other.load_state_dict(weights)
    torch.set_rng_state(random)
    assert train(fresh, other, range(4, 8)) == straight, f"something is not in the state_dict: keep it {KEEP}"


def test_no_tensor_is_kept_outside_of_buffers(head):
    """What is pending between forward and commit may be; after the commit it must be gone."""
    train(head, network(head), range(2))
    kept = sorted(plain_tensors(head))
    assert not kept, f"{', '.join(kept)} is no buffer but holds a tensor after commit: empty it, or keep it {KEEP}"


def plain_tensors(head: Head) -> Iterator[str]:
    """Names of the attributes of a head and of its parts that hold a tensor, but are neither buffers nor parameters."""
    for path, module in head.named_modules():
        for name, value in vars(module).items():
            if name not in ("_parameters", "_buffers", "_modules") and holds_tensor(value):
                yield f"{path}.{name}" if path else name


def holds_tensor(value: object, depth: int = 3) -> bool:
    """Whether a value is a tensor or holds one: in a container or in an attribute, at most `depth` of them deep."""
    if isinstance(value, Tensor):
        return True
    if isinstance(value, nn.Module | type) or depth == 0:
        return False
    return any(holds_tensor(part, depth - 1) for part in parts_of(value))


def parts_of(value: object) -> list[object]:
    """What a container or an object holds."""
    if isinstance(value, list | tuple | set):
        return list(value)
    return list(value.values() if isinstance(value, dict) else getattr(value, "__dict__", {}).values())


def test_class_labels_are_kept_as_whole_numbers(head):
    """Float labels collide above 2^24."""
    wrong = [name for name, value in state_of(head).items() if names_labels(name) and value.dtype != torch.int64]
    assert not wrong, f"{', '.join(wrong)} holds labels, but not as torch.int64: no other type holds every class id"


def names_labels(name: str) -> bool:
    return name.rpartition(".")[2] in ("label", "labels", "ids", "queue_labels", "queue_ids", "y")


def test_what_it_keeps_is_its_own(head):
    """A caller may reuse the memory of a batch that was committed."""
    batch = unit_batch(batch_for(head, 0))
    head(Given(), batch).backward()
    head.commit()
    before = state_of(head)
    for tensor in (*batch.views, *batch.labels):
        tensor.detach().fill_(0)
    check_unchanged(head, before, "when the caller reused its tensors: copy into buffers, do not keep views")


def test_without_a_commit_forward_changes_nothing(head):
    """The trainer calls `commit` after a step that was taken; a forward pass may belong to one that diverged. Random
    numbers may be drawn, and an index rebuilt: what says so in the state is not a tensor of the batch's embeddings."""
    if type(head).commit is not Head.commit:
        return
    train(head, network(head), range(2))
    before = state_of(head)
    head(network(head), batch_for(head, 5))
    changed = [name for name in differing(before, state_of(head)) if not name.endswith("_extra_state")]
    assert not changed, (
        f"forward changed {', '.join(changed)} and the head has no `commit`: let forward note what is to be kept, and "
        "enqueue it in commit(self), which is called after the optimiser's step"
    )


def test_a_second_commit_changes_nothing(head):
    train(head, network(head), range(2))
    before = state_of(head)
    head.commit()
    check_unchanged(head, before, "in a second commit: clear what was pending in the first")


def test_a_commit_before_any_forward_changes_nothing(head):
    before = state_of(head)
    try:
        head.commit()
    except Exception as error:
        raise AssertionError(f"commit without a forward must return, but raised {error!r}") from error
    check_unchanged(head, before, "in a commit without a forward")
