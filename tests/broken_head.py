"""A head that can be made to fail in any of its parts."""

TEMPLATE = """
from heads import kit
{outside}
class Head(kit.Head):
    def __init__(self, num_classes, embedding_dim):
        super().__init__()
        {inside}
    def forward(self, encode, batch):
        {forward}
        return encode(batch.views[0]).sum()
    def rows_in_loss(self):
        return 0
    def centres(self):
        {centres}
"""
PARTS = ("outside", "inside", "forward", "centres")


def broken(part: str, code: str) -> str:
    """The source of a head whose `part` (one of PARTS) is `code`."""
    indented = code if part == "outside" else code.replace("\n", "\n" + " " * 8)
    return TEMPLATE.format(**dict.fromkeys(PARTS, "pass") | {part: indented})
