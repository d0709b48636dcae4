"""The sentences that stand beside every verdict."""

from workflow.reporting.words import count, number
from workflow.summary.gaps import Caveat, OneSetting, Seeds, ShortRun, caveats
from workflow.summary.summary import Summary


def caveat_words(summary: Summary) -> tuple[str, ...]:
    """All of them, the most important first."""
    return tuple(sentence(caveat) for caveat in caveats(summary))


def sentence(caveat: Caveat) -> str:
    """One caveat in words."""
    match caveat:
        case ShortRun():
            return (
                f"Short runs: {count(caveat.steps)} steps are {number(caveat.epochs, 2)} passes over the training "
                f"images; the papers' code trains {caveat.paper_epochs} to 20. What is compared is how fast a head "
                "forms an embedding, not where it ends: heads with class centres start from random ones, heads that "
                "generate them do not. The gaps shrink as steps grow; do not extrapolate."
            )
        case Seeds():
            return seeds_sentence(caveat.n)
        case OneSetting():
            data, backbone = caveat.dataset or "one dataset", caveat.backbone or "one backbone"
            return (
                f"One setting: dataset {data}, backbone {backbone}, one machine. Nothing here checks the papers' "
                "numbers on faces; a verdict says whether the claim's direction held here."
            )


def seeds_sentence(n: int) -> str:
    """How much the number of seeds allows to say."""
    if n < 2:
        return "One seed: no spread is known and no difference between heads is a finding."
    return (
        f"{n} seeds: intervals are 95 %, from the spread over seeds, pooled over all rows, and that over the test "
        "classes where it is known. A row is higher or lower than the reference only by Dunnett’s interval, which "
        "allows for the number of rows; rows that cannot be told apart may still differ."
    )
