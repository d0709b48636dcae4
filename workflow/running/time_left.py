"""How long a run will still take, by what its finished jobs took."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import NamedTuple


class Running(NamedTuple):
    """A job under way."""

    rule: str
    threads: int
    since: float


class TimeLeft:
    """An estimate from the mean work of each rule's finished jobs, in seconds times cores; the cores are kept busy.

    `planned` are jobs by rule. Rules of which no job has ended are not in the estimate: what is left is then more.
    """

    def __init__(self, planned: Mapping[str, int], cores: int | None):
        self.due, self.cores = Counter(planned), cores
        self.running: dict[int, Running] = {}
        self.work: defaultdict[str, list[float]] = defaultdict(list)

    def start(self, job: int, rule: str, threads: int, now: float) -> None:
        """A job has begun at `now`, seconds of any clock."""
        self.running[job] = Running(rule, threads, now)

    def finish(self, job: int, now: float) -> float:
        """A job has ended well at `now`; returns its seconds, none where the clock was set back meanwhile."""
        rule, threads, since = self.lose(job)
        took = max(0.0, now - since)
        self.work[rule].append(took * threads)
        return took

    def lose(self, job: int) -> Running:
        """A job has failed: it is due no more, and tells nothing of the others."""
        lost = self.running.pop(job)
        self.due[lost.rule] -= 1
        return lost

    def seconds(self, now: float) -> float | None:
        """What the jobs whose rules are known will take; None where none is, or nobody knows how many run at once."""
        mean = {rule: sum(work) / len(work) for rule, work in self.work.items()}
        left = sum(number * mean[rule] for rule, number in self.due.items() if rule in mean)
        done = sum(
            min((now - since) * threads, mean[rule]) for rule, threads, since in self.running.values() if rule in mean
        )
        return (left - done) / self.cores if mean and self.cores else None

    @property
    def complete(self) -> bool:
        """Whether something is known of every rule that has jobs due."""
        return all(rule in self.work for rule, number in self.due.items() if number > 0)
