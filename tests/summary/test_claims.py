from collections.abc import Mapping, Sequence

import pytest
from pydantic import ValidationError

from tests.summary.finished import machine
from tests.summary.made_up import Scores, cost, runs_of, summary_of, timing
from workflow.cells.config import Backbone
from workflow.cells.records import Declared, Images, Parameters
from workflow.cells.train_section import Train
from workflow.summary.claims import Judgement, judge, judge_one
from workflow.summary.effects import Gain, Lack, Order, Ratio, Reach, SpeedUp
from workflow.summary.facts import SplitFacts
from workflow.summary.judging.costs import judge_costs
from workflow.summary.regime import Condition, Unmet
from workflow.summary.rules import Claim, Every, Less, NoWorse, Part, Regime, Row, load_claims
from workflow.summary.stored import CostRow, RunRow
from workflow.summary.summary import Summary
from workflow.summary.tables import summarise
from workflow.summary.vocabulary import Ending, Mode, Verdict

AUC, ONE_TO_N, CLOSED = "verification_hard/auc", "identification/rank1", "closed/rank1"
Settings = Mapping[str, object]
Made = tuple[str, float, Scores, Settings]
"""A row: head, ratio, scores, and its own settings."""


def trained(
    rows: Sequence[Made],
    classes: int = 20_000,
    epochs: float = 16.0,
    tail: str = "pareto",
    costs: Sequence[CostRow] = (),
) -> Summary:
    """A run of these rows, the first of which is the reference, in the regime of most claims unless said otherwise."""
    runs = [run for place, row in enumerate(rows) for run in with_settings(place, *row, images=1000 * epochs)]
    base = summary_of([], costs).stored
    split = SplitFacts(counts={"train_images": 1000, "train_classes": classes}, settings={"tail": tail})
    return summarise(
        base.model_copy(update={"runs": runs, "split": split, "reference": runs[0].name if runs else None})
    )


def with_settings(place: int, head: str, ratio: float, scores: Scores, own: Settings, images: float) -> list[RunRow]:
    """The runs of a row with its own options, momentum, keys of train, or data; every row has a name of its own."""
    options = {name: value for name, value in own.items() if name not in ("momentum", "train", "data")}
    train, data = (dict(own.get(key, {})) for key in ("train", "data"))  # type: ignore[call-overload]
    names = [*options, *train, *(["twin momentum"] if "momentum" in own else [])]
    parameters = Parameters(
        options={"m": 0.3, **options},
        momentum=own.get("momentum"),  # type: ignore[arg-type]
        train=Train.model_validate(train),
        backbone=Backbone(),
        data=data,
        origins=dict.fromkeys(names, "row"),
    )
    more = {"parameters": parameters, "images": Images(gradient=images), "name": f"{head} {ratio:g} {place}"}
    return [run.model_copy(update=more) for run in runs_of(head, ratio, scores)]


def judged(name: str, summary: Summary) -> Judgement:
    return judge_one(next(claim for claim in load_claims() if claim.id == name), summary)


def all_scores(*values: float) -> Scores:
    return {score: list(values) for score in (AUC, ONE_TO_N, CLOSED)}


FC: Made = ("fc", 1.0, all_scores(0.950, 0.951, 0.949), {})


def test_there_are_twenty_two_complete_claims_each_once() -> None:
    claims = load_claims()
    assert len({claim.id for claim in claims}) == len(claims) == 22
    assert all(claim.paper and claim.statement and claim.source and claim.needs for claim in claims)
    rules = [part.rule for claim in claims for part in parts_of(claim)]
    assert {rule.margin for rule in rules if isinstance(rule, NoWorse)} == {0.005, 0.012}
    assert all(
        (rule.margin == 0.012) == (rule.rows[0].head == "virtual_fc") for rule in rules if isinstance(rule, NoWorse)
    )


def parts_of(claim: Claim) -> tuple[Part, ...]:
    """What a claim states, part by part."""
    return claim.rule.parts if isinstance(claim.rule, Every) else (Part(name=claim.id, rule=claim.rule),)


def test_a_rule_with_a_misspelt_name_is_refused() -> None:
    rule = {"kind": "no_worse", "rows": [{"head": "dcq"}], "scores": ["closed/rankX"], "margin": 0.005}
    with pytest.raises(ValidationError, match="is not the name of a score"):
        NoWorse.model_validate(rule)
    with pytest.raises(ValidationError, match="Extra inputs"):
        Row.model_validate({"head": "dcq", "option": {}})


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ((0.950, 0.951, 0.949), Verdict.REPRODUCED),
        ((0.930, 0.931, 0.929), Verdict.REFUTED),
        ((0.945, 0.946, 0.944), Verdict.OPEN),
        ((0.990,), Verdict.OPEN),
    ],
)
def test_no_loss_of_accuracy(own: Sequence[float], expected: Verdict) -> None:
    found = judged("pfc-accuracy", trained([FC, ("partial_fc", 0.1, all_scores(*own), {})]))
    assert found.verdict == expected and found.lack is None and not found.unmet
    gains = [effect for effect in found.effects if isinstance(effect, Gain)]
    assert [gain.score for gain in gains] == [AUC, ONE_TO_N, CLOSED] and gains[0].difference.n == len(own)
    assert (gains[0].seeds is not None) == (expected == Verdict.OPEN and len(own) > 1)


def test_one_score_that_is_lost_contradicts_the_claim() -> None:
    own = {**all_scores(0.950, 0.951, 0.949), CLOSED: [0.90, 0.901, 0.899]}
    assert judged("pfc-accuracy", trained([FC, ("partial_fc", 0.1, own, {})])).verdict == Verdict.REFUTED


def test_the_hardest_version_of_a_score_decides() -> None:
    hard = {f"{ONE_TO_N}@1000": [0.950, 0.951, 0.949]}
    lost = {f"{ONE_TO_N}@1000": [0.80, 0.801, 0.799]}
    rows: list[Made] = [("fc", 1.0, FC[2] | hard, {}), ("partial_fc", 0.1, FC[2] | lost, {})]
    found = judged("pfc-accuracy", trained(rows))
    assert found.verdict == Verdict.REFUTED and f"{ONE_TO_N}@1000" in [getattr(e, "score", "") for e in found.effects]


def test_outside_its_regime_a_claim_is_told_and_not_judged() -> None:
    rows: list[Made] = [FC, ("partial_fc", 0.1, all_scores(0.1, 0.1, 0.1), {})]
    found = judged("pfc-accuracy", trained(rows, classes=5000, epochs=8.4))
    assert found.verdict == Verdict.OUTSIDE and found.effects
    assert found.unmet == (
        Unmet(Condition.EPOCHS, 16, pytest.approx(8.4)),
        Unmet(Condition.SAMPLED, 4, pytest.approx(500 / 256)),
    )
    assert judged("pfc-accuracy", trained(rows, classes=10_240)).verdict == Verdict.REFUTED, (
        "the limit itself is inside"
    )


def test_a_long_tail_is_asked_of_the_data() -> None:
    rows: list[Made] = [FC, ("dcq", 0.1, all_scores(0.97, 0.971, 0.969), {})]
    assert judged("dcq-long-tail", trained(rows)).unmet == (Unmet(Condition.TAIL, ("natural",), "pareto"),)
    assert judged("dcq-long-tail", trained(rows, tail="natural")).verdict == Verdict.REPRODUCED


def test_a_row_that_was_not_run_is_named() -> None:
    found = judged("pfc-accuracy", trained([FC, ("partial_fc", 0.3, FC[2], {})]))
    assert (found.verdict, found.lack) == (Verdict.ABSENT, Lack.ROW)
    assert [(row.head, row.ratio) for row in found.missing] == [("partial_fc", 0.1)]


@pytest.mark.parametrize(
    ("claim", "head", "own", "other", "better"),
    [
        ("pfc-update", "partial_fc", {}, {"update": "dense"}, False),
        ("dcq-sampling", "dcq", {}, {"loader": "even pairs"}, False),
        ("dcq-tail-classes", "dcq", {}, {"data": {"min_shots": 3}}, True),
        ("dcq-one-stage", "dcq", {}, {"train": {"first_stage": {"share": 0.5, "min_shots": 7}}}, False),
        ("f2c-fresh-loss", "f2c", {}, {"fresh_weight": 0}, True),
    ],
)
def test_rows_of_an_ablation_are_found_by_their_settings(
    claim: str, head: str, own: Settings, other: Settings, better: bool
) -> None:
    """At any one ratio, whatever they are called, beside rows that differ in something else too."""
    high, low = all_scores(0.97, 0.971, 0.969), all_scores(0.90, 0.901, 0.899)
    decoy: Made = (head, 0.3, all_scores(0.1, 0.1, 0.1), {**own, "train": {"lr": 0.7}})
    summary = trained([FC, decoy, (head, 0.3, high, own), (head, 0.3, low, other)])
    found = judged(claim, summary)
    assert found.verdict == Verdict.REPRODUCED, found
    assert {(gain.row, gain.other) for gain in found.effects if isinstance(gain, Gain)} == {
        (f"{head} 0.3 2", f"{head} 0.3 3")
    }
    swapped = judged(claim, trained([FC, decoy, (head, 0.3, low, own), (head, 0.3, high, other)]))
    assert swapped.verdict == Verdict.REFUTED
    same = judged(claim, trained([FC, decoy, (head, 0.3, high, own), (head, 0.3, high, other)]))
    assert same.verdict == (Verdict.OPEN if better else Verdict.REPRODUCED)
    assert judged(claim, trained([FC, decoy, (head, 0.3, high, own)])).lack == Lack.ROW


def noisy(head: str, ratio: float, level: float, **noise: float) -> Made:
    """A row that learned from wrong labels."""
    return head, ratio, all_scores(level, level + 0.001, level - 0.001), {"data": {"noise": noise}}


def test_noise_is_compared_with_the_same_noise() -> None:
    """Of the same kind and strength, in whatever order the rows stand."""
    rows = [
        FC,
        noisy("fc", 1.0, 0.5, splits=0.1),
        noisy("fc", 1.0, 0.9, flips=0.3),
        noisy("fc", 1.0, 0.6, flips=0.1),
        noisy("partial_fc", 0.1, 0.99, flips=0.1, splits=0.1),
        noisy("partial_fc", 0.1, 0.8, flips=0.1),
        noisy("partial_fc", 0.1, 0.7, splits=0.1),
    ]
    found = judged("pfc-noise", trained(rows))
    assert found.verdict == Verdict.REPRODUCED
    pairs = [(gain.row, gain.other) for gain in found.effects if isinstance(gain, Gain)]
    assert pairs == [("partial_fc 0.1 5", "fc 1 3"), ("partial_fc 0.1 6", "fc 1 1")]
    assert [name for name, _ in found.parts] == ["wrong labels", "split identities"]


def test_a_claim_of_parts_holds_only_if_each_does() -> None:
    flips = [noisy("fc", 1.0, 0.6, flips=0.1), noisy("partial_fc", 0.1, 0.8, flips=0.1)]
    lost = judged("pfc-noise", trained([FC, *flips]))
    assert (lost.verdict, lost.lack) == (Verdict.ABSENT, Lack.ROW)
    assert [ruling.verdict for _, ruling in lost.parts] == [Verdict.REPRODUCED, Verdict.ABSENT]
    assert len(lost.effects) == 1, "what was measured is told all the same"
    worse = [noisy("fc", 1.0, 0.6, splits=0.1), noisy("partial_fc", 0.1, 0.5, splits=0.1)]
    assert judged("pfc-noise", trained([FC, *flips, *worse])).verdict == Verdict.REFUTED
    assert judged("pfc-noise", trained([FC, *worse])).verdict == Verdict.REFUTED, "whatever the other part would say"
    same = [noisy("fc", 1.0, 0.6, splits=0.1), noisy("partial_fc", 0.1, 0.6, splits=0.1)]
    assert judged("pfc-noise", trained([FC, *flips, *same])).verdict == Verdict.OPEN
    short = judged("pfc-noise", trained([FC, *flips, *worse], epochs=3.0))
    assert short.verdict == Verdict.OUTSIDE and short.unmet == (Unmet(Condition.EPOCHS, 16, 3.0),)


def momenta(long: Sequence[float], short: Sequence[float], own: int = 300) -> list[Made]:
    """Rows of dcq with three momenta, in long and in short runs, by a level each."""
    found: list[Made] = [FC]
    for momentum, level, low in zip((0.9, 0.99, 0.999), long, short, strict=True):
        found.append(("dcq", 0.1, all_scores(level, level + 0.001, level - 0.001), {"momentum": momentum}))
        settings = {"momentum": momentum, "train": {"steps": own}}
        found.append(("dcq", 0.1, all_scores(low, low + 0.001, low - 0.001), settings))
    return found


def test_momentum_is_judged_in_long_and_in_short_runs() -> None:
    kept, lag = (0.95, 0.95, 0.95), (0.9, 0.89, 0.8)
    found = judged("dcq-momentum", at_epochs(trained(momenta(kept, lag)), {300: 4.0}))
    assert found.verdict == Verdict.REPRODUCED and len(found.effects) == 8
    late = judged("dcq-momentum", at_epochs(trained(momenta((0.95, 0.95, 0.9), lag)), {300: 4.0}))
    assert late.verdict == Verdict.REFUTED
    no_lag = judged("dcq-momentum", at_epochs(trained(momenta(kept, (0.9, 0.9, 0.95))), {300: 4.0}))
    assert [ruling.verdict for _, ruling in no_lag.parts] == [Verdict.REPRODUCED, Verdict.REFUTED]
    both_long = judged("dcq-momentum", trained(momenta(kept, lag)))
    assert both_long.verdict == Verdict.OUTSIDE and both_long.unmet == (Unmet(Condition.BELOW, 16, 16.0),)


def at_epochs(summary: Summary, epochs: Mapping[int, float]) -> Summary:
    """The same, with so many passes in runs of so many steps."""
    runs = [
        run.model_copy(update={"images": Images(gradient=1000 * epochs[run.parameters.train.steps])})
        if run.parameters and run.parameters.train.steps in epochs
        else run
        for run in summary.stored.runs
    ]
    return summarise(summary.stored.model_copy(update={"runs": runs}))


def test_short_runs_are_compared_with_runs_as_short() -> None:
    rows = momenta((0.95, 0.95, 0.95), (0.9, 0.9, 0.8))
    other: Made = ("dcq", 0.1, all_scores(0.99, 0.991, 0.989), {"momentum": 0.999, "train": {"steps": 200}})
    found = judged("dcq-momentum", at_epochs(trained([FC, other, *rows[1:]]), {300: 4.0, 200: 3.0}))
    assert found.verdict == Verdict.REPRODUCED
    assert "dcq 0.1 1" not in {gain.other for gain in found.effects if isinstance(gain, Gain)}


def test_what_the_article_says_of_a_pool_is_judged_part_by_part() -> None:
    def pool(level: float, **own: object) -> Made:
        return "f2c", 0.1, all_scores(level, level + 0.001, level - 0.001), own

    rows = [FC, pool(0.95), pool(0.9, rows=1), pool(0.96, rows=3), pool(0.95, centre="average")]
    found = judged("f2c-group", trained([*rows, pool(0.95, empty="hidden")]))
    assert found.verdict == Verdict.REPRODUCED and len(found.parts) == 3
    worse = judged("f2c-group", trained([*rows, pool(0.9, empty="hidden")]))
    assert [ruling.verdict for _, ruling in worse.parts] == [Verdict.REPRODUCED] * 2 + [Verdict.REFUTED]
    assert judged("f2c-group", trained(rows)).missing == (
        Row(head="f2c", ratio=0.1, options={"loader": (None, "pairs+instances"), "empty": ("hidden",)}),
    )


@pytest.mark.parametrize(
    ("own", "metric", "kept", "classes", "expected"),
    [
        (0.945, 0.90, 101, 32, Verdict.REPRODUCED),
        (0.90, 0.85, 101, 32, Verdict.REFUTED),
        (0.945, 0.97, 101, 32, Verdict.REFUTED),
        (0.945, 0.90, 200, 32, Verdict.REFUTED),
        (0.945, 0.90, None, 32, Verdict.ABSENT),
        (0.945, 0.90, 101, 64, Verdict.OUTSIDE),
    ],
)
def test_virtual_fc_has_three_things_to_show(
    own: float, metric: float, kept: int | None, classes: int, expected: Verdict
) -> None:
    """No worse than full FC by more than the paper's own distance, better than N-pair, and a hundredth of the state."""

    def level(value: float) -> Scores:
        values = [value, value + 0.001, value - 0.001]
        return all_scores(*values) | {"verification_hard/accuracy": values}

    rows: list[Made] = [
        ("fc", 1.0, level(0.95), {}),
        ("virtual_fc", 0.01, level(own), {"loader": "large groups"}),
        ("n_pair", 1.0, level(metric), {}),
    ]
    says = {
        "fc": Declared(batches="instances", kept_bytes=10_000),
        "virtual_fc": Declared(batches="large groups", kept_bytes=kept, batch_classes=classes),
    }
    base = trained(rows, classes=5000).stored
    runs = [run.model_copy(update={"declared": says.get(run.head)}) for run in base.runs]
    found = judged("vfc", summarise(base.model_copy(update={"runs": runs})))
    assert found.verdict == expected, found
    assert next(name for name, _ in found.parts) == "competitive with full FC" and len(found.parts) == 3


@pytest.mark.parametrize(
    ("last", "expected"), [(0.9505, Verdict.REPRODUCED), (0.93, Verdict.REFUTED), (0.946, Verdict.OPEN)]
)
def test_flat_means_that_all_are_within_the_margin_of_each_other(last: float, expected: Verdict) -> None:
    rows: list[Made] = [("partial_fc", ratio, FC[2], {}) for ratio in (0.05, 0.1, 0.2)]
    rows.append(("partial_fc", 0.3, all_scores(last, last + 0.001, last - 0.001), {}))
    found = judged("pfc-flat", trained([FC, *rows], classes=50_000))
    assert found.verdict == expected and len(found.effects) == 18


@pytest.mark.parametrize(("few", "many", "expected"), [(0.95, 0.96, Verdict.REPRODUCED), (0.91, 0.99, Verdict.REFUTED)])
def test_a_gain_everywhere_is_no_tail_effect(few: float, many: float, expected: Verdict) -> None:
    def groups(few: float, many: float) -> Scores:
        return {
            "closed/mean_rank1/few": [few, few + 0.001],
            "closed/mean_rank1/many": [many, many - 0.001],
        }

    found = judged("dcq-few-shot", trained([("fc", 1.0, groups(0.90, 0.95), {}), ("dcq", 0.1, groups(few, many), {})]))
    assert found.verdict == expected
    lost = judged("dcq-few-shot", trained([FC, ("dcq", 0.1, FC[2], {})]))
    assert (lost.verdict, lost.lack) == (Verdict.ABSENT, Lack.SCORE)


def test_memory_is_compared_with_a_plain_fc_and_with_ours_decides_design() -> None:
    rows: list[Made] = [FC, ("partial_fc", 0.1, FC[2], {})]
    own = [
        named(cost("fc", 1.0, 10_000, 500), "fc 1 0"),
        named(cost("partial_fc", 0.1, 10_000, 480), "partial_fc 0.1 1"),
    ]
    lean = judged("pfc-memory", trained(rows, costs=own))
    assert lean.verdict == Verdict.DESIGN
    assert lean.effects == (Ratio("partial_fc 0.1 1", "fc 1 0", 480, 500, 10_000, "device allocator"),)
    plain = judged("pfc-memory", trained(rows, costs=[*own, cost("plain_fc", 1.0, 10_000, 1500)]))
    assert plain.verdict == Verdict.REPRODUCED and [effect.base for effect in plain.effects] == [1500, 500]  # type: ignore[union-attr]
    assert judged("pfc-memory", trained(rows)).lack == Lack.COST


@pytest.mark.parametrize(
    ("peak", "expected"),
    [(949, Verdict.REPRODUCED), (951, Verdict.OPEN), (1049, Verdict.OPEN), (1051, Verdict.REFUTED)],
)
def test_five_percent_of_memory_decide(peak: int, expected: Verdict) -> None:
    costs = [cost("plain_fc", 1.0, 10_000, 1000), named(cost("partial_fc", 0.1, 10_000, peak), "partial_fc 0.1 1")]
    assert judged("pfc-memory", trained([FC, ("partial_fc", 0.1, FC[2], {})], costs=costs)).verdict == expected


@pytest.mark.parametrize(("exclusive", "expected"), [(True, Verdict.REPRODUCED), (False, Verdict.ABSENT)])
def test_a_claim_of_less_time_rests_on_undisturbed_timings(exclusive: bool, expected: Verdict) -> None:
    rule = Less(
        kind="less",
        head="partial_fc",
        ratio=0.1,
        plain="plain_fc",
        mode=Mode.WHOLE,
        field="step_ms.median",
        margin=0.05,
    )
    costs = [
        named(timing(head, ratio, ms, exclusive=exclusive), name)
        for head, ratio, ms, name in (
            ("plain_fc", 1.0, 300.0, "plain_fc"),
            ("fc", 1.0, 200.0, "fc 1 0"),
            ("partial_fc", 0.1, 100.0, "partial_fc 0.1 1"),
        )
    ]
    found = judge_costs(rule, Regime(), trained([FC, ("partial_fc", 0.1, FC[2], {})], costs=costs))
    assert found.verdict == expected and (found.lack == Lack.COST) == (not exclusive)


def named(row: CostRow, name: str) -> CostRow:
    return row.model_copy(update={"name": name})


def ladder(head: str, ratio: float, name: str, slope: float, exclusive: bool = True) -> list[CostRow]:
    """A whole step of 100 ms, a tenth of it the head, and the head alone at two sizes."""
    parts = {"backbone": 90.0, "head": 10.0}
    more: dict[str, object] = {"exclusive": exclusive, "dim": 128, "batch": 256}
    whole = timing(head, ratio, 100.0, parts_ms=parts, **more)
    alone = [
        timing(head, ratio, slope * size, **more).model_copy(update={"mode": Mode.HEAD, "classes": size})
        for size in (10_000, 1_000_000)
    ]
    return [named(row, name) for row in (whole, *alone)]


@pytest.mark.parametrize(("slope", "expected"), [(1e-4, Verdict.REPRODUCED), (2e-3, Verdict.REFUTED)])
def test_a_speed_up_grows_with_classes_where_the_head_matters(slope: float, expected: Verdict) -> None:
    rows: list[Made] = [FC, ("partial_fc", 0.1, FC[2], {})]
    costs = [*ladder("fc", 1.0, "fc 1 0", 1e-3), *ladder("partial_fc", 0.1, "partial_fc 0.1 1", slope)]
    found = judged("pfc-throughput", trained(rows, costs=costs))
    assert found.verdict == expected, found
    last = found.effects[-1]
    assert isinstance(last, SpeedUp) and last.classes == 1_000_000
    assert last.value == pytest.approx((90 + 1000) / (90 + slope * 1e6), rel=0.02)
    disturbed = [*costs[:3], *ladder("partial_fc", 0.1, "partial_fc 0.1 1", slope, exclusive=False)]
    assert judged("pfc-throughput", trained(rows, costs=disturbed)).lack == Lack.EXCLUSIVE


def test_break_even_is_sought_for_every_head_in_time_and_memory() -> None:
    heads = ("partial_fc", "dcq", "f2c")
    rows: list[Made] = [FC, *((head, 0.1, FC[2], {}) for head in heads)]
    costs = ladder("fc", 1.0, "fc 1 0", 1e-3)
    for place, head in enumerate(heads, 1):
        costs += ladder(head, 0.1, f"{head} 0.1 {place}", 1e-4)
    found = judged("break-even", trained(rows, costs=costs))
    assert len(found.effects) == 5 and found.verdict == Verdict.ABSENT
    assert [ruling.verdict for _, ruling in found.parts] == [Verdict.REPRODUCED, Verdict.ABSENT], "memory of none"
    few = judged("break-even", trained(rows, costs=costs[:9]))
    assert few.parts[0][1].verdict == Verdict.OPEN, "f2c was not measured"
    assert judged("break-even", trained(rows)).lack == Lack.COST
    slower = [*costs[:3], *ladder("dcq", 0.1, "dcq 0.1 2", 1e-2)]
    assert judged("break-even", trained(rows, costs=slower)).verdict == Verdict.REFUTED


@pytest.mark.parametrize("mode", [Mode.WHOLE, Mode.SYNTHETIC])
@pytest.mark.parametrize(
    ("outcome", "dim", "memory", "expected"),
    [
        (Ending.OK, 512, 24, Verdict.REPRODUCED),
        (Ending.MEMORY, 512, 24, Verdict.OUTSIDE),
        (Ending.MEMORY, 512, None, Verdict.OUTSIDE),
        (Ending.MEMORY, 512, 88, Verdict.REFUTED),
        (Ending.OK, 128, 88, Verdict.ABSENT),
    ],
)
def test_ten_million_need_a_whole_step_at_full_dimension(
    mode: Mode, outcome: Ending, dim: int, memory: float | None, expected: Verdict
) -> None:
    cell = cost("partial_fc", 0.1, 10**7, 1, mode=mode, dim=dim, outcome=outcome)
    found = judged("pfc-scale", on_machine(summary_of([], [cell]), memory))
    assert found.verdict == expected
    assert found.effects == (Reach("partial_fc r 0.1", 10**7, dim, outcome == Ending.OK, 100),)
    assert bool(found.unmet) == (expected == Verdict.OUTSIDE)
    assert found.unmet in ((), (Unmet(Condition.MEMORY, 88, memory),))


def on_machine(summary: Summary, memory: float | None) -> Summary:
    """The same, measured on a machine with so many GiB of memory."""
    return summarise(summary.stored.model_copy(update={"machine": machine(memory)}))


def test_whether_other_heads_reach_ten_million_is_told_beside() -> None:
    rows: list[Made] = [FC, ("partial_fc", 0.1, FC[2], {}), ("dcq", 0.1, FC[2], {})]
    cells = [
        named(cost(head, ratio, 10**7, 1, mode=Mode.SYNTHETIC, dim=512, outcome=outcome), f"{head} {ratio:g} {place}")
        for place, (head, ratio, outcome) in enumerate(
            [("fc", 1.0, Ending.MEMORY), ("partial_fc", 0.1, Ending.OK), ("dcq", 0.1, Ending.OK)]
        )
    ]
    found = judged("pfc-scale", trained(rows, costs=cells))
    assert found.verdict == Verdict.REPRODUCED
    assert [(effect.row, effect.ran) for effect in found.effects if isinstance(effect, Reach)] == [
        ("partial_fc 0.1 1", True),
        ("fc 1 0", False),
        ("dcq 0.1 2", True),
    ]
    failed = [cells[0], cells[1].model_copy(update={"outcome": Ending.FAILED})]
    assert judged("pfc-scale", trained(rows, costs=failed)).lack == Lack.CLASSES, "a failure says nothing of memory"


def test_plain_implementations_may_turn_the_order_round() -> None:
    heads = (("fc", 1.0, 300), ("partial_fc", 0.1, 310), ("dcq", 0.1, 200), ("f2c", 0.1, 250))
    rows: list[Made] = [(head, ratio, FC[2], {}) for head, ratio, _ in heads]
    costs = [
        named(cost(head, ratio, 10_000, peak), f"{head} {ratio:g} {n}") for n, (head, ratio, peak) in enumerate(heads)
    ]
    plain = [cost("plain_fc", 1.0, 10_000, 900), cost("plain_partial_fc", 0.1, 10_000, 400)]
    found = judged("lean", trained(rows, costs=[*costs, *plain]))
    assert found.verdict == Verdict.REPRODUCED
    orders = ("dcq", "f2c", "fc", "partial_fc"), ("dcq", "f2c", "partial_fc", "fc")
    assert found.effects == (Order("peak_bytes", 10_000, *orders, swaps=(("fc", "partial_fc"),)),)
    assert judged("lean", trained(rows, costs=costs)).lack == Lack.COST


def test_every_claim_on_made_up_records_has_a_verdict(summary: Summary) -> None:
    found = judge(summary)
    assert [each.claim.id for each in found] == [claim.id for claim in load_claims()]
    assert all((each.lack is not None) == (each.verdict == Verdict.ABSENT) for each in found)
    assert all(bool(each.unmet) == (each.verdict == Verdict.OUTSIDE) for each in found)
