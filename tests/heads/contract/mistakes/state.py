"""What goes wrong with what a head keeps."""

from tests.heads.contract import test_state
from tests.heads.contract.mistakes.mistake import Mistake

PENDING = "self.pending = (k, y)"
QUEUE = 'self.register_buffer("queue", normalize(torch.randn(slots, embedding_dim), dim=1))'
RANDOM = "torch.randn(slots, embedding_dim)"

STATE = [
    Mistake(
        "enqueues in forward",
        test_state.test_without_a_commit_forward_changes_nothing,
        "forward changed labels, queue and the head has no `commit`: .* enqueue it in commit",
        ((PENDING, "self.enqueue(k, y)"), ("def commit", "def later")),
    ),
    Mistake(
        "queue outside of buffers",
        test_state.test_no_tensor_is_kept_outside_of_buffers,
        r"queue is no buffer but holds a tensor after commit: .*register_buffer",
        ((QUEUE, f"self.queue = {RANDOM}"),),
    ),
    Mistake(
        "queue in a list",
        test_state.test_no_tensor_is_kept_outside_of_buffers,
        r"older is no buffer but holds a tensor after commit: .*register_buffer",
        (("self.pending = None", "self.pending, self.older = None, [torch.ones(1)]"),),
    ),
    Mistake(
        "queue in an object of its own",
        test_state.test_no_tensor_is_kept_outside_of_buffers,
        r"older is no buffer but holds a tensor after commit: .*register_buffer",
        (
            ("self.pending = None\n\n    def f", "self.pending, self.older = None, Older()\n\n    def f"),
            ("HIDDEN =", "class Older:\n    def __init__(self):\n        self.keys = torch.ones(1)\n\n\nHIDDEN ="),
        ),
    ),
    Mistake(
        "buffer that is not saved",
        test_state.test_a_saved_head_continues_bit_for_bit,
        "something is not in the state_dict: keep it with self.register_buffer",
        ((QUEUE, QUEUE.replace("dim=1))", "dim=1), persistent=False)")),),
    ),
    Mistake(
        "number that is not saved",
        test_state.test_a_saved_head_continues_bit_for_bit,
        "something is not in the state_dict: keep it with self.register_buffer",
        ((PENDING, PENDING + "\n        self.scale *= 1.1"),),
    ),
    Mistake(
        "random numbers without the seed",
        test_state.test_the_same_seed_makes_the_same_head,
        "queue differ though torch.manual_seed was the same: draw by torch alone",
        (
            (RANDOM, RANDOM.replace("dim)", "dim, generator=fresh())")),
            ("HIDDEN =", "def fresh():\n    made = torch.Generator()\n    made.seed()\n    return made\n\n\nHIDDEN ="),
        ),
    ),
    Mistake(
        "labels as floats",
        test_state.test_class_labels_are_kept_as_whole_numbers,
        "labels holds labels, but not as torch.int64",
        (("torch.full((slots,), -1)", "torch.full((slots,), -1.0)"),),
    ),
    Mistake(
        "views of the caller's memory",
        test_state.test_what_it_keeps_is_its_own,
        "changed last when the caller reused its tensors: copy into buffers",
        (
            ("self.pending = None\n\n    def f", "self.register_buffer('last', torch.zeros(0))\n\n    def f"),
            (PENDING, PENDING + "\n        self.last = k"),
            ("self.pending is not None", "hasattr(self, 'pending')"),
        ),
    ),
    Mistake(
        "pending not cleared",
        test_state.test_a_second_commit_changes_nothing,
        "changed labels, queue in a second commit: clear what was pending",
        (("            self.pending = None\n", ""),),
    ),
    Mistake(
        "commit that wants a forward",
        test_state.test_a_commit_before_any_forward_changes_nothing,
        "commit without a forward must return, but raised TypeError",
        (("if self.pending is not None:", "if True:"),),
    ),
]
