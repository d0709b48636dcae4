"""Claims about what a head costs: only undisturbed timings decide."""

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
from workflow.summary.rules import BreakEven, CostRule, Fits, Grows, Less, Regime, Reorders, Row
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
        case BreakEven():
            return break_even(rule, summary)
        case Reorders():
            return reorders(rule, summary)


def measured_as(summary: Summary, head: str, ratio: float) -> str | None:
    """The name under which a head was measured: that of its plain row, or of a reference that no run trains."""
    name = row_name(head, ratio)
    plain = head in REFERENCES and (summary.costs["name"] == name).any()
    return name if plain else find_row(summary, Row(head=head, ratio=ratio))


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
    own, plain = measured_as(summary, rule.head, rule.ratio), measured_as(summary, rule.plain, 1.0)
    if own is None:
        return Ruling(Verdict.ABSENT, lack=Lack.ROW, missing=(Row(head=rule.head, ratio=rule.ratio),))
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
    own, models = measured_as(summary, rule.head, rule.ratio), coefficients(summary)
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


def break_even(rule: BreakEven, summary: Summary) -> Ruling:
    """From which number of classes on each head costs less than the reference."""
    wanted = {name for head in rule.heads if (name := measured_as(summary, head, rule.ratio))}
    every = [each for each in break_evens(summary) if each.name in wanted and each.quantity in rule.quantities]
    known = tuple(each for each in every if each.crossing not in (Crossing.DISTURBED, Crossing.UNKNOWN))
    effects: tuple[Effect, ...] = tuple(every)
    if not known:
        disturbed = any(each.crossing == Crossing.DISTURBED for each in every)
        return Ruling(Verdict.ABSENT, effects, Lack.EXCLUSIVE if disturbed else Lack.COST)
    verdict = together(surely(each) for each in known)
    complete = len(known) == len(rule.heads) * len(rule.quantities)
    return Ruling(verdict if complete or verdict == Verdict.REFUTED else Verdict.OPEN, effects)


def surely(found: Found) -> Verdict:
    """Reproduced where a break-even is reached even against its interval, contradicted where not even in its favour."""
    if found.crossing == Crossing.NEVER and found.low is None:
        return Verdict.REFUTED
    return Verdict.OPEN if found.high is None else Verdict.REPRODUCED


def reorders(rule: Reorders, summary: Summary) -> Ruling:
    """Whether plain implementations put the heads in another order than lean ones."""
    ratios = {head: 1.0 if head == "fc" else rule.ratio for head in rule.heads}
    lean = {head: measured_as(summary, head, ratio) for head, ratio in ratios.items()}
    plain = {head: measured_as(summary, other, ratios[head]) for head, other in rule.plain.items()}
    if any(name is None for name in (*lean.values(), *plain.values())):
        return Ruling(Verdict.ABSENT, lack=Lack.COST)
    orders = [order(field, lean, {**lean, **plain}, summary) for field in rule.fields]
    known = tuple(each for each in orders if each)
    if not known:
        return Ruling(Verdict.ABSENT, lack=Lack.COST)
    changed = any(each.lean != each.plain for each in known)
    return Ruling(Verdict.REPRODUCED if changed else Verdict.REFUTED, known)


def order(field: str, lean: dict[str, str | None], plain: dict[str, str | None], summary: Summary) -> Order | None:
    """Heads alone by a cost, least first, at the most classes at which all have it; of times only undisturbed ones."""
    names = {str(name) for name in (*lean.values(), *plain.values())}
    costs = summary.costs[(summary.costs["mode"] == Mode.HEAD) & (summary.costs["outcome"] == Ending.OK)]
    costs = costs[costs["name"].isin(names) & costs[field].notna()]
    values = deciding(costs, field).pivot_table(index="classes", columns="name", values=field, aggfunc="first")
    complete = values.reindex(columns=sorted(names)).dropna()
    if complete.empty:
        return None
    at = complete.iloc[-1]
    orders = [tuple(sorted(each, key=lambda head: float(at[str(each[head])]))) for each in (lean, plain)]
    return Order(field, int(str(complete.index[-1])), *orders)
