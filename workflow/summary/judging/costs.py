"""Claims about what a head costs: only undisturbed timings decide."""

from itertools import combinations

import pandas as pd

from workflow.cells.choices import REFERENCES
from workflow.summary.break_even import BreakEven as Found
from workflow.summary.break_even import Crossing, break_evens
from workflow.summary.composed import coefficients
from workflow.summary.costs import by_classes
from workflow.summary.effects import Effect, Lack, Order, Ratio, Reach, SpeedUp
from workflow.summary.judging.ruling import Ruling, together
from workflow.summary.matching import find_row
from workflow.summary.regime import unmet
from workflow.summary.rules import BreakEven, CostRule, Fits, Grows, Keeps, Less, Regime, Reorders, Row
from workflow.summary.step_model import Model, Setting
from workflow.summary.stored import row_name
from workflow.summary.summary import Summary
from workflow.summary.vocabulary import Ending, Mode, Verdict

STATE = "memory.declared_state_bytes"


def judge_costs(rule: CostRule, regime: Regime, summary: Summary) -> Ruling:
    """The ruling on a claim about costs; its regime is what a size that does not fit has to meet."""
    match rule:
        case Less():
            return less(rule, summary)
        case Grows():
            return grows(rule, summary)
        case Fits():
            return fits(rule, regime, summary)
        case Keeps():
            return keeps(rule, summary)
        case BreakEven():
            return break_even(rule, summary)
        case Reorders():
            return reorders(rule, summary)


def measured_as(summary: Summary, wanted: Row) -> str | None:
    """The name under which a row was measured: its own, or that of a reference that no run trains."""
    name = row_name(wanted.head, wanted.ratio or 1.0)
    plain = wanted.head in REFERENCES and (summary.costs["name"] == name).any()
    return name if plain else find_row(summary, wanted)


def both_at_most(summary: Summary, own: str, base: str, rule: Less) -> Ratio | None:
    """A cost of two rows at the largest number of classes that both have it at."""
    tables = [deciding(by_classes(summary, name, rule.mode), rule.field) for name in (own, base)]
    both = set.intersection(*(set(table.index[table[rule.field].fillna(0) > 0]) for table in tables))
    if not both:
        return None
    mine, its = (table.loc[max(both)] for table in tables)
    meter = str(mine["peak_meter"]) if rule.field == "peak_bytes" else None
    return Ratio(own, base, float(mine[rule.field]), float(its[rule.field]), int(max(both)), meter)


def deciding(costs: pd.DataFrame, field: str) -> pd.DataFrame:
    """The costs of which `field` may decide: of times only those that ran alone on the machine."""
    return costs if field == "peak_bytes" else costs[costs["exclusive"].fillna(False)]


def less(rule: Less, summary: Summary) -> Ruling:
    """Whether a cost is below the plain implementation's; beside ours alone, design decides."""
    wanted = Row(head=rule.head, ratio=rule.ratio)
    own, plain = measured_as(summary, wanted), measured_as(summary, Row(head=rule.plain))
    if own is None:
        return Ruling(Verdict.ABSENT, lack=Lack.ROW, missing=(wanted,))
    pairs = [both_at_most(summary, own, base, rule) for base in (plain, summary.reference) if base]
    ratios = tuple(pair for pair in pairs if pair)
    against = next((ratio for ratio in ratios if ratio.other == plain), None)
    if not ratios:
        return Ruling(Verdict.ABSENT, lack=Lack.COST)
    if against is None:
        return Ruling(Verdict.DESIGN, ratios)
    decided = against.share < 1 - rule.margin or against.share > 1 + rule.margin
    verdict = Verdict.REPRODUCED if against.share < 1 else Verdict.REFUTED
    return Ruling(verdict if decided else Verdict.OPEN, ratios)


def grows(rule: Grows, summary: Summary) -> Ruling:
    """Whether the speed-up of the whole step rises with the classes that were measured, where the head matters."""
    own, models = measured_as(summary, Row(head=rule.head, ratio=rule.ratio)), coefficients(summary)
    by_name = {row.name: row for row in models.rows}
    if own is None or own not in by_name or models.reference not in by_name:
        return Ruling(Verdict.ABSENT, lack=Lack.COST)
    row, base = by_name[own], by_name[models.reference or ""]
    if not (row.exclusive and base.exclusive):
        return Ruling(Verdict.ABSENT, lack=Lack.EXCLUSIVE)
    settings = [Setting(size, models.batch or 1, models.dim or 1) for size in sizes(row, base)]
    steps = [found for setting in settings if (found := speed_up(row, base, setting))]
    told = tuple(step for step in steps if step.share >= rule.share)
    if not told:
        return Ruling(Verdict.ABSENT, tuple(steps[-1:]), lack=Lack.CLASSES if steps else Lack.COST)
    rises = len(steps) == 1 or told[-1].low > steps[0].high
    if told[-1].high < 1:
        return Ruling(Verdict.REFUTED, (steps[0], told[-1]))
    return Ruling(Verdict.REPRODUCED if rises and told[-1].low > 1 else Verdict.OPEN, (steps[0], told[-1]))


def sizes(row: Model, base: Model) -> list[int]:
    """The numbers of classes at which both heads were measured alone."""
    curves = [model.alone.ms for model in (row, base) if model.alone and model.alone.ms]
    return sorted(set.intersection(*(set(curve.classes) for curve in curves))) if len(curves) > 1 else []


def speed_up(row: Model, base: Model, setting: Setting) -> SpeedUp | None:
    """The composed steps of two rows, one over the other; None where either cannot be composed."""
    own, other = row.at(setting).ms, base.at(setting).ms
    if own is None or other is None or base.rest is None:
        return None
    share = 1 - base.rest.ms / other.value
    bounds = other.low / own.high, other.high / own.low
    return SpeedUp(row.name, int(setting.classes), other.value / own.value, *bounds, share)


def fits(rule: Fits, regime: Regime, summary: Summary) -> Ruling:
    """Whether a cell of so many classes at so large a dimension ran, beside all other rows that were tried there."""
    large = (summary.costs["classes"] >= rule.classes) & (summary.costs["dim"].fillna(0) >= rule.dim)
    costs = summary.costs[large & summary.costs["mode"].isin(rule.modes)]
    costs = costs[costs["outcome"].isin((Ending.OK, Ending.MEMORY))]
    own = costs[costs["head"] == rule.head]
    if own.empty:
        return Ruling(Verdict.ABSENT, largest(rule, summary), Lack.CLASSES)
    order = [*own["name"], summary.reference, *costs["name"]]
    reached = tuple(reach(costs[costs["name"] == name]) for name in dict.fromkeys(order) if name in set(costs["name"]))
    if (own["outcome"] == Ending.OK).any():
        return Ruling(Verdict.REPRODUCED, reached)
    outside = unmet(regime, summary, [])
    return Ruling(Verdict.OUTSIDE if outside else Verdict.REFUTED, reached, unmet=outside)


def reach(costs: pd.DataFrame) -> Reach:
    """What cells of one row say of a size: one that ran, else one that did not."""
    line = costs.sort_values("outcome", key=lambda outcomes: outcomes != Ending.OK, kind="stable").iloc[0]
    dim, state = (None if pd.isna(line[field]) else int(line[field]) for field in ("dim", STATE))
    return Reach(str(line["name"]), int(line["classes"]), dim, line["outcome"] == Ending.OK, state)


def largest(rule: Fits, summary: Summary) -> tuple[Reach, ...]:
    """The largest cell of the head that ran at all."""
    ran = summary.costs[(summary.costs["head"] == rule.head) & (summary.costs["outcome"] == Ending.OK)]
    return (reach(ran.sort_values(["classes", "dim"]).tail(1)),) if len(ran) else ()


def keeps(rule: Keeps, summary: Summary) -> Ruling:
    """Whether a row keeps so little beside the reference, as their runs say."""
    wanted = Row(head=rule.head, ratio=rule.ratio, options=rule.options)
    own, base = find_row(summary, wanted), summary.reference
    if own is None:
        return Ruling(Verdict.ABSENT, lack=Lack.ROW, missing=(wanted,))
    kept = [summary.declared[name].kept_bytes for name in (own, base) if name in summary.declared]
    classes = summary.facts.split.counts.get("train_classes")
    if base is None or classes is None or len(kept) < 2 or kept[0] is None or not kept[1]:
        return Ruling(Verdict.ABSENT, lack=Lack.COST)
    found = Ratio(own, base, kept[0], kept[1], classes, "what the heads keep between steps")
    verdict = Verdict.REPRODUCED if found.share <= rule.share * (1 + rule.margin) else Verdict.REFUTED
    return Ruling(verdict, (found,))


def break_even(rule: BreakEven, summary: Summary) -> Ruling:
    """From which number of classes on each head costs less than the reference."""
    wanted = {name for row in rule.rows if (name := measured_as(summary, row))}
    every = [each for each in break_evens(summary) if each.name in wanted and each.quantity == rule.quantity]
    known = tuple(each for each in every if each.crossing not in (Crossing.DISTURBED, Crossing.UNKNOWN))
    effects: tuple[Effect, ...] = tuple(every)
    if not known:
        disturbed = any(each.crossing == Crossing.DISTURBED for each in every)
        return Ruling(Verdict.ABSENT, effects, Lack.EXCLUSIVE if disturbed else Lack.COST)
    verdict = together(surely(each) for each in known)
    complete = len(known) == len(rule.rows)
    return Ruling(verdict if complete or verdict == Verdict.REFUTED else Verdict.OPEN, effects)


def surely(found: Found) -> Verdict:
    """Reproduced where a break-even is reached even against its interval, contradicted where not even in its favour."""
    if found.crossing == Crossing.NEVER and found.low is None:
        return Verdict.REFUTED
    return Verdict.OPEN if found.high is None else Verdict.REPRODUCED


def reorders(rule: Reorders, summary: Summary) -> Ruling:
    """Whether plain implementations put the heads in another order than lean ones."""
    lean = {row.head: measured_as(summary, row) for row in rule.rows}
    plain = {
        row.head: measured_as(summary, Row(head=rule.plain[row.head], ratio=row.ratio))
        for row in rule.rows
        if row.head in rule.plain
    }
    names = {head: name for head, name in lean.items() if name}, {head: name for head, name in plain.items() if name}
    if [len(found) for found in names] != [len(rule.rows), len(rule.plain)]:
        return Ruling(Verdict.ABSENT, lack=Lack.COST)
    known = tuple(each for field in rule.fields if (each := order(field, *names, rule.margin, summary)))
    if not known:
        return Ruling(Verdict.ABSENT, lack=Lack.COST)
    if any(each.swaps for each in known):
        return Ruling(Verdict.REPRODUCED, known)
    same = len(known) == len(rule.fields) and all(each.lean == each.plain for each in known)
    return Ruling(Verdict.REFUTED if same else Verdict.OPEN, known)


def order(field: str, lean: dict[str, str], plain: dict[str, str], margin: float, summary: Summary) -> Order | None:
    """Heads alone by a cost, least first, at the most classes at which all have it, some of them by a `plain` name; of
    times only undisturbed ones."""
    names = sorted({*lean.values(), *plain.values()})
    costs = summary.costs[(summary.costs["mode"] == Mode.HEAD) & (summary.costs["outcome"] == Ending.OK)]
    costs = costs[costs["name"].isin(names) & costs[field].notna()]
    values = deciding(costs, field).pivot_table(index="classes", columns="name", values=field, aggfunc="first")
    complete = values.reindex(columns=names).dropna()
    if complete.empty:
        return None
    at = complete.iloc[-1].astype(float).to_dict()
    first, second = ({head: at[name] for head, name in each.items()} for each in (lean, {**lean, **plain}))
    orders = [tuple(sorted(each, key=each.__getitem__)) for each in (first, second)]
    return Order(field, int(str(complete.index[-1])), orders[0], orders[1], swapped(first, second, margin))


def swapped(lean: dict[str, float], plain: dict[str, float], margin: float) -> tuple[tuple[str, str], ...]:
    """Pairs of heads of which the one that costs less with one implementation costs more with the other, in either by
    more than a share `margin`."""
    found = []
    for one, other in combinations(lean, 2):
        shares = lean[one] / lean[other] - 1, plain[one] / plain[other] - 1
        if shares[0] * shares[1] < 0 and max(map(abs, shares)) > margin:
            found.append((one, other))
    return tuple(found)
