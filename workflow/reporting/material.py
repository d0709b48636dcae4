"""What every page is made from: one summary with its marks, judgements and costs, and the index of the figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from workflow.reporting.blocks import Absent, Cell, Drawing, Named
from workflow.reporting.elsewhere import elsewhere
from workflow.reporting.entries import entries
from workflow.reporting.figures.index import Entry
from workflow.reporting.listed import Entries
from workflow.reporting.palette import Mark, marks
from workflow.summary.claims import Judgement, judge
from workflow.summary.costs import in_training
from workflow.summary.stored import CostRow, RunRow
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Ending, Mode


@dataclass(frozen=True, eq=False)
class Material:
    """A summary, the figures drawn from it, and the summaries that others published, by machine."""

    summary: Summary
    figures: Mapping[str, Entry] = field(default_factory=dict)
    published: Mapping[str, Summary] = field(default_factory=dict)

    @cached_property
    def names(self) -> list[str]:
        """The rows, in planned order."""
        return list(self.summary.heads["name"])

    @cached_property
    def marks(self) -> dict[str, Mark]:
        """The mark of every row, that of its head."""
        heads = self.summary.heads
        by_label = marks(heads["label"])
        return {name: by_label[label] for name, label in zip(heads["name"], heads["label"], strict=True)}

    @cached_property
    def judgements(self) -> list[Judgement]:
        """Every claim with what this run says of it."""
        return judge(self.summary)

    @cached_property
    def costs(self) -> dict[str, CostRow]:
        """The end-to-end cost of every row that has one, whatever its outcome."""
        own = {(cost.name, cost.classes): cost for cost in self.summary.stored.costs if cost.mode == Mode.WHOLE}
        classes = in_training(self.summary)["classes"]
        return {str(name): own[str(name), int(at)] for name, at in classes.items()}

    @cached_property
    def runs(self) -> dict[str, list[RunRow]]:
        """The planned runs of every row."""
        return {name: [run for run in self.summary.stored.runs if run.name == name] for name in self.names}

    @cached_property
    def entries(self) -> Entries:
        """All records that numbers come from."""
        own, others = entries(self.summary), elsewhere(self.summary, self.published)
        return Entries((*own.groups, *others.groups), (*own.joints, *others.joints))

    def bad_runs(self, name: str) -> list[RunRow]:
        """The runs of a row that did not end well."""
        return [run for run in self.runs[name] if run.outcome != Ending.OK]

    def named(self, names: tuple[str, ...]) -> tuple[Named, ...]:
        """Names of rows with their marks."""
        return tuple(Named(name, self.marks[name]) for name in names)

    def head_cell(self, name: str, sub: str = "") -> Cell:
        """The cell of a row's name with its mark."""
        mark = self.marks.get(name) or marks([name])[name]
        return Cell(name, sub=sub, sort=name, tone="head", mark=mark)

    def figure(self, name: str) -> Drawing | Absent:
        """A figure, or the reason why it is not drawn."""
        entry = self.figures.get(name)
        if entry is None:
            return Absent(name, "the figures were not made")
        if entry.reason is not None:
            return Absent(entry.title, entry.reason)
        return Drawing(name, entry.title, entry.read, entry.limits)
