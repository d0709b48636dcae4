"""Which class serves what: training, open-set validation, open-set test, distractor; and how many images train each."""

from dataclasses import dataclass

import numpy as np

from workflow.data.faces import SPLIT_PARTS
from workflow.data.split_file import EVALUATED
from workflow.data.split_numbers import FEWEST_ASKED, SplitNumbers
from workflow.data.store import Dataset
from workflow.errors import UserError


@dataclass(frozen=True)
class Roles:
    """Class indices by role. train (C,) is in the order of labels, shots (C,) its training images, not rising.

    open_set[part] are classes never trained on; closed[part] labels whose held-out images are probes of that part.
    """

    train: np.ndarray
    shots: np.ndarray
    open_set: dict[str, np.ndarray]
    closed: dict[str, np.ndarray]
    distractors: np.ndarray


@dataclass(frozen=True)
class Offer:
    """What every class has, (A,) each: images to train on; per part held-out images, and whether it can be open-set;
    whether it may be trained on, and asked about."""

    train: np.ndarray
    held_out: dict[str, np.ndarray]
    fit: dict[str, np.ndarray]
    trains: np.ndarray
    asks: np.ndarray


def choose(dataset: Dataset, numbers: SplitNumbers) -> Roles:
    """Draw the roles by `numbers` and their seed; UserError says which number the dataset cannot meet."""
    offer = offered(dataset, numbers.hold_out)
    deck = _Deck(dataset, numbers)
    trainable = offer.trains & (offer.train >= numbers.min_images)
    hangul = float(deck.hangul[trainable].mean()) if trainable.any() else 0.0
    if numbers.classes is not None:
        train = deck.draw(trainable & (offer.held_out["test"] > 0), numbers.classes, "classes")
    sizes = {"validation": numbers.open_set.validation, "test": numbers.open_set.test}
    open_set = {part: deck.open_set(offer.fit[part], size, part, hangul) for part, size in sizes.items()}
    distractors = deck.draw(offer.asks & (offer.train >= 1), numbers.distractors, "distractors")
    if numbers.classes is None:
        train = deck.rest(trainable)
    shots = shots_by_rank(len(train), numbers)
    shots = offer.train[train] if shots is None else np.minimum(shots, offer.train[train])
    order = np.argsort(-shots, kind="stable")
    train, shots = train[order], shots[order]
    return Roles(train, shots, open_set, _closed(train, offer, numbers), distractors)


def offered(dataset: Dataset, hold_out: float) -> Offer:
    """Count the images of every class by what they may serve."""
    count = len(dataset.names)
    every = np.ones(count, dtype=bool)
    if dataset.parts is None:
        asked = dataset.asked
        trains, asks = (every, every) if asked is None else (~asked, asked)
        total = np.bincount(dataset.classes, minlength=count)
        held = np.minimum(np.maximum(1, np.round(hold_out * total)), total - 1).astype(np.int64)
        fit = dict.fromkeys(EVALUATED, asks & (total >= 2))
        return Offer(total - held, dict.fromkeys(EVALUATED, held), fit, trains, asks)
    parts = dataset.parts[dataset.groups]
    train, *held_out = (np.bincount(dataset.classes[parts == part], minlength=count) for part in range(3))
    fit = {
        part: (train >= 1) & (_families(dataset, parts, part) >= wanted_families(dataset, part)) for part in EVALUATED
    }
    return Offer(train, dict(zip(EVALUATED, held_out, strict=True)), fit, every, every)


def wanted_families(dataset: Dataset, part: str) -> int:
    """2 where a part has several font families, so that its same pairs are of two of them; 1 where it has but one."""
    return min(2, len(np.unique(dataset.families[dataset.parts == SPLIT_PARTS.index(part)])))


def shots_by_rank(classes: int, numbers: SplitNumbers) -> np.ndarray | None:
    """Images of each class by rank, int64 (classes,), not rising; None for a natural tail: all there are."""
    if numbers.tail == "natural":
        return None
    if numbers.tail == "flat":
        return np.full(classes, numbers.n_max)
    rank = np.arange(1, classes + 1) / (numbers.pareto.head * classes)
    images = numbers.n_max * rank**-numbers.pareto.exponent
    return np.clip(np.round(images), 1, numbers.n_max).astype(np.int64)


def _families(dataset: Dataset, parts: np.ndarray, part: str) -> np.ndarray:
    """In how many families of `part` each class has an image, int64 (A,); `parts` (N,) says it of every image."""
    rows = parts == SPLIT_PARTS.index(part)
    pairs = np.stack([dataset.classes[rows], dataset.families[dataset.groups[rows]]], axis=1)
    return np.bincount(np.unique(pairs, axis=0)[:, 0], minlength=len(dataset.names))


def _closed(train: np.ndarray, offer: Offer, numbers: SplitNumbers) -> dict[str, np.ndarray]:
    """Labels by the part that their held-out images serve; validation first takes its share of those it can use."""
    rng = np.random.default_rng([numbers.seed, 4])
    usable = np.flatnonzero(offer.held_out["validation"][train] > 0)
    share = min(len(usable), round(numbers.validation_share * len(train)))
    validation = np.sort(rng.choice(usable, share, replace=False))
    others = np.setdiff1d(np.arange(len(train)), validation)
    return {"validation": validation, "test": others[offer.held_out["test"][train[others]] > 0]}


class _Deck:
    """Classes not yet drawn. Every draw has its own random numbers."""

    def __init__(self, dataset: Dataset, numbers: SplitNumbers) -> None:
        self.similar, self.name, self.seed = dataset.similar, dataset.manifest["name"], numbers.seed
        self.free = np.ones(len(dataset.names), dtype=bool)
        self.of_ones_own, self.counted = dataset.parts is None, numbers.classes is not None
        self.hangul = np.array([not self.of_ones_own and "\uac00" <= name <= "\ud7a3" for name in dataset.names])
        self.draws = 0

    def draw(self, fit: np.ndarray, count: int, key: str) -> np.ndarray:
        """`count` random free classes among those that `fit`, in random order."""
        left = self._shuffled(fit)
        if count > len(left):
            raise UserError(
                f"data.{key} asks for {count:,} classes, but {self.name} has only {len(left):,} left that fit"
                f"{self._shortage(key, fit)}: {self._remedy(key, len(left))}"
            )
        return self._take(left[:count])

    def _shortage(self, key: str, fit: np.ndarray) -> str:
        """Why few classes of one's own images fit to be asked about."""
        if not (self.of_ones_own and key.startswith("open_set")):
            return ""
        return f" ({int(fit.sum()):,} of its {len(fit):,} have two images or more, and only these can be asked about)"

    def _remedy(self, key: str, left: int) -> str:
        """What there is to do where only `left` classes are left to draw from."""
        if self.of_ones_own and key.startswith("open_set") and left < FEWEST_ASKED:
            return "add images to some classes, or name a set of its own to test on, data.test"
        others = {"classes": " or data.min_images"}.get(key, " or data.classes" if self.counted else "")
        return f"lower data.{key}{others}"

    def open_set(self, fit: np.ndarray, count: int, part: str, hangul: float) -> np.ndarray:
        """The same for an open set, in couples of look-alikes, with the share of Hangul that training has if it can.

        Without that, validation would be nearly all Hangul where training uses up its font's ideographs.
        """
        syllables, others = fit & self.free & self.hangul, fit & self.free & ~self.hangul
        if count > syllables.sum() + others.sum():
            self.draw(fit, count, f"open_set.{part}")
        wanted = min(max(round(hangul * count), count - int(others.sum())), int(syllables.sum()))
        return np.concatenate([self._couples(syllables, wanted), self._couples(others, count - wanted)])

    def _couples(self, fit: np.ndarray, count: int) -> np.ndarray:
        """`count` classes: random ones, each with one of its look-alikes where one is free, so that pairs are hard."""
        chosen: list[int] = []
        open_ = self.free & fit
        for one in self._shuffled(fit).tolist():
            if len(chosen) < count and open_[one]:
                twin = next((other for other in self.similar[one].tolist() if other >= 0 and open_[other]), None)
                chosen += [one] if twin is None or len(chosen) + 1 == count else [one, twin]
                open_[chosen[-2:]] = False
        return self._take(np.array(chosen, dtype=np.int64))

    def rest(self, fit: np.ndarray) -> np.ndarray:
        """All that is free and fits, in random order; at least two."""
        return self.draw(fit, max(2, int((self.free & fit).sum())), "classes")

    def _shuffled(self, fit: np.ndarray) -> np.ndarray:
        self.draws += 1
        return np.random.default_rng([self.seed, 1, self.draws]).permutation(np.flatnonzero(self.free & fit))

    def _take(self, classes: np.ndarray) -> np.ndarray:
        self.free[classes] = False
        return classes
