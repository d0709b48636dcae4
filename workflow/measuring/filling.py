"""Queues and pools as they are after a long run: an empty one is cheaper, it evicts nothing."""

from heads.kit import Head, Store


def stores(head: Head) -> list[Store]:
    """The head's stores of generated class vectors, in order."""
    return [module for module in head.modules() if isinstance(module, Store)]


def fill(head: Head, classes: int) -> None:
    """Fill every store of the head with random unit vectors of classes spread evenly over 0..classes-1."""
    for store in stores(head):
        store.fill(classes)


def empty_slots(head: Head) -> int | None:
    """How many entries of the head's stores hold no class yet; None where it has no store."""
    found = stores(head)
    return sum(store.empty() for store in found) if found else None
