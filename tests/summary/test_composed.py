"""The composed step, on made-up costs whose truth is known."""

import itertools
import json

import pytest

from tests.summary.steps import (
    BASE_BYTES,
    BATCH,
    DCQ,
    DIM,
    FC,
    PARTIAL,
    SIZES,
    TRAINED,
    alone,
    measured,
    summary_with,
    whole,
)
from workflow.cells.cost_records import MachineRecord, Sends
from workflow.cells.rates import Rates
from workflow.summary.answers import ByMemory, smallest
from workflow.summary.composed import LADDER, ONE_SIZE, coefficients, composed
from workflow.summary.growth import Basis
from workflow.summary.step_model import Coefficients, Model, Setting
from workflow.summary.vocabulary import Ending
from workflow.summary.work import Work, through, work_of

TRUTHS = (FC, PARTIAL, DCQ)


def row(costs, name: str = "fc") -> Model:
    return next(each for each in coefficients(summary_with(costs)).rows if each.name == name)


def test_costs_that_grow_with_the_classes_are_recovered_exactly() -> None:
    table = composed(summary_with(measured(TRUTHS)))
    assert list(table["classes"]) == [*LADDER] * 3
    for truth, name in zip(TRUTHS, ("fc", "partial_fc r 0.1", "dcq r 0.1"), strict=True):
        own = table[table["name"] == name].set_index("classes")
        for classes in LADDER:
            ms = truth.rest + truth.ms(classes)
            line = own.loc[classes]
            assert line[["step_ms", "step_ms_low", "step_ms_high"]].tolist() == pytest.approx([ms] * 3)
            assert line["images_per_second"] == pytest.approx(1000 * BATCH / ms)
            assert line["bytes"] == pytest.approx(BASE_BYTES + truth.bytes(classes), abs=10)
        assert own["basis"].tolist() == [*["measured"] * 3, "extrapolated"] == own["bytes_basis"].tolist()
    assert table["missing"].isna().all() and table["missing_bytes"].isna().all()


def test_the_intervals_of_rest_and_head_are_added() -> None:
    table = composed(summary_with(measured(TRUTHS, spread=0.1))).set_index(["name", "classes"])
    line = table.loc["fc", 100_000]
    ms = FC.rest + FC.ms(100_000)
    assert (line["step_ms_low"], line["step_ms_high"]) == pytest.approx((0.9 * ms, 1.1 * ms))
    assert line["images_per_second_low"] == pytest.approx(1000 * BATCH / (1.1 * ms))


def test_the_composed_step_is_checked_against_the_one_measured_as_a_whole() -> None:
    found = row(measured(TRUTHS))
    assert found.check == pytest.approx(1)
    assert found.rest.ms == pytest.approx(FC.rest) and found.rest.bytes == BASE_BYTES
    assert found.at(Setting(TRAINED, BATCH, DIM)).ms.value == pytest.approx(FC.rest + FC.ms(TRAINED))


def test_periodic_work_is_in_the_head_and_not_in_the_rest() -> None:
    step = whole(FC)
    ms = step.step_ms.median
    slower = {name: value + 7 for name, value in step.step_ms.model_dump().items()}
    step = step.model_copy(
        update={"step_ms": type(step.step_ms)(**slower), "upkeep": type(step.upkeep)(ms_per_step=7.0)}
    )
    step = step.model_copy(update={"images_per_second": type(step.images_per_second)(gradient=1000 * BATCH / (ms + 7))})
    assert row([step, alone(FC, 10_000)]).rest.ms == pytest.approx(FC.rest)


def test_batch_and_dimension_scale_as_the_head_declares() -> None:
    found = row(measured(TRUTHS))
    base = found.at(Setting(1_000_000, BATCH, DIM))
    larger = found.at(Setting(1_000_000, 2 * BATCH, 3 * DIM))
    assert not base.scaled and larger.scaled
    assert larger.ms.value == pytest.approx(2 * FC.rest + 6 * FC.ms(1_000_000))
    held = FC.bytes_per_class * 1_000_000
    share = (held * 3 + 1e6 * 2) / (held + 1e6)
    assert larger.bytes.value == pytest.approx(2 * BASE_BYTES + share * FC.bytes(1_000_000))


def test_a_head_bound_by_memory_traffic_does_not_slow_down_with_the_batch() -> None:
    work = Work(flops=(0, 0, 0, 100), moved=(0, 0, 90, 0), held=(0, 0, 0, 0), flops_per_ms=100, bytes_per_ms=30)
    assert work.time_share(2, 1) == 1 and work.time_share(2, 2) == 2
    assert work.time_share(6, 1) == 2  # 6 ms of products against 3 ms of traffic
    assert Work(**{**work.model_dump(), "flops": (0,) * 4, "moved": (0,) * 4}).time_share(2, 3) == 6


def test_four_declarations_fix_a_form() -> None:
    def truth(x: float, y: float) -> float:
        return 3 + 5 * x + 7 * y + 11 * x * y

    assert through([truth(1, 1), truth(2, 1), truth(1, 2), truth(2, 2)]) == (3, 5, 7, 11)


def test_an_older_record_scales_by_what_it_says_and_rates_are_the_machines() -> None:
    cost = alone(FC, 10_000).model_copy(update={"declares": ()})
    rates = Rates(gemm_gflops=50.0, copy_gb_s=10.0, threads=1, precision="fp32")
    machine = MachineRecord(start="2026-01-01T00:00:00+00:00", device="cpu", rates=rates)
    found = work_of(cost, machine)
    assert (found.flops_per_ms, found.bytes_per_ms) == (50e6, 10e6)
    assert found.time_share(2, 3) == pytest.approx(6) and found.held_share(2, 3) == 3


def test_processes_share_the_classes_of_those_heads_that_can() -> None:
    def peak(shares: bool, processes: int) -> float:
        costs = [cost.model_copy(update={"shares_classes": shares}) for cost in measured((FC,))]
        return row(costs).at(Setting(8_000_000, BATCH, DIM, processes)).bytes.value

    assert peak(True, 8) == pytest.approx(BASE_BYTES + FC.bytes(1_000_000))
    assert peak(False, 8) == pytest.approx(BASE_BYTES + FC.bytes(8_000_000), rel=1e-6) == peak(True, 1)


def test_each_process_computes_its_share_of_the_images_and_of_the_classes_or_of_the_batch() -> None:
    def each(shares: bool, processes: int) -> float:
        costs = [cost.model_copy(update={"shares_classes": shares}) for cost in measured((FC,))]
        return row(costs).at(Setting(1_000_000, BATCH, DIM, processes)).each_ms.value

    assert each(True, 1) == each(False, 1) == pytest.approx(FC.rest + FC.ms(1_000_000))
    assert each(True, 4) == pytest.approx(FC.rest / 4 + FC.ms(250_000))
    assert each(False, 4) == pytest.approx((FC.rest + FC.ms(1_000_000)) / 4)  # products, which go with the batch


def test_a_process_sends_its_parts_to_all_others_and_sums_round_a_ring() -> None:
    sends = Sends(gathered=(100, 8, 4, 2, 0.5), reduced=(1000, 4))
    step = whole(FC).model_copy(update={"sends": sends})
    found = row([step, *measured((FC,))[1:]])
    assert found.at(Setting(10_000, 200, 10)).sent == 0
    parts = 100 + 8 * 50 + 4 * 50 * 10 + 2 * 200 + 0.5 * 2500 * 10
    assert found.at(Setting(10_000, 200, 10, 4)).sent == 3 * parts + 2 * 3 / 4 * (1000 + 4 * 200)
    assert row(measured((FC,))).at(Setting(10_000, 200, 10, 4)).sent is None


def test_cost_never_falls_with_classes_batch_or_dimension() -> None:
    found = row(measured(TRUTHS, spread=0.05))
    for axis in range(3):
        settings = [[TRAINED, BATCH, DIM] for _ in range(12)]
        for place, setting in enumerate(settings):
            setting[axis] *= 2**place
        steps = [found.at(Setting(*setting)) for setting in settings]
        for before, after in itertools.pairwise(steps):
            assert all(a <= b for a, b in zip(before.ms, after.ms, strict=True))
            assert all(a <= b for a, b in zip(before.bytes, after.bytes, strict=True))


def test_what_is_lacking_says_so() -> None:
    table = composed(summary_with([whole(FC), alone(FC, 10_000), alone(DCQ, 10_000)])).set_index(["name", "classes"])
    assert table.loc["fc", 10_000]["basis"] == "measured" and table.loc["fc", 100_000]["missing"] == ONE_SIZE
    line = table.loc["dcq r 0.1", 10_000]
    assert "no whole training step" in line["missing"] and line[["step_ms", "bytes"]].isna().all()
    assert "partial_fc r 0.1" not in table.index
    assert coefficients(summary_with([])).rows == () and composed(summary_with([])).empty


def test_a_size_that_did_not_fit_is_extrapolated_and_said_to_be() -> None:
    lost = alone(FC, 10_000_000).model_copy(update={"outcome": Ending.MEMORY, "step_ms": type(alone(FC, 10).step_ms)()})
    table = composed(summary_with([*measured((FC,)), lost])).set_index("classes")
    assert table.loc[10_000_000, "outcome"] == "out of memory"
    assert table.loc[10_000_000, "basis"] == Basis.BEYOND
    assert table.loc[10_000_000, "bytes"] == pytest.approx(BASE_BYTES + FC.bytes(10_000_000))


def test_a_disturbed_timing_marks_its_row() -> None:
    costs = [alone(DCQ, 10_000, exclusive=False) if (each.name, each.classes) == ("dcq r 0.1", 10_000) else each
             for each in measured(TRUTHS)]  # fmt: skip
    assert {each.name: each.exclusive for each in coefficients(summary_with(costs)).rows} == {
        "fc": True, "partial_fc r 0.1": True, "dcq r 0.1": False,
    }  # fmt: skip


def test_a_plain_reference_takes_the_rest_of_the_reference_row() -> None:
    plain = FC._replace(head="plain_fc", per_class=4e-3)
    rows = [alone(plain, size) for size in SIZES]
    found = coefficients(summary_with([*rows, *measured(TRUTHS)])).rows
    assert [each.plain for each in found] == [False, False, False, True]
    assert found[3].rest.row == "fc" and found[3].check is None
    assert found[3].at(Setting(100_000, BATCH, DIM)).ms.value == pytest.approx(FC.rest + plain.ms(100_000))


def test_coefficients_are_plain_data_that_say_the_same() -> None:
    found = coefficients(summary_with(measured(TRUTHS, spread=0.1)))
    text = json.dumps(found.model_dump(mode="json"), allow_nan=False)
    again = Coefficients.model_validate_json(text)
    assert again == found and (found.reference, found.batch, found.dim) == ("fc", BATCH, DIM)
    setting = Setting(3_000_000, 1024, 512, 4)
    assert [each.at(setting) for each in again.rows] == [each.at(setting) for each in found.rows]


def test_a_plain_reference_is_never_named_a_winner() -> None:
    plain = FC._replace(head="plain_fc", bytes_per_class=1.0)
    found = summary_with([*measured(TRUTHS), alone(plain, 10_000)])
    answer = smallest(found)
    assert isinstance(answer, ByMemory) and answer.name == "dcq r 0.1" and answer.classes == SIZES[-1]
    assert "plain_fc" not in answer.ties and "plain_fc" in set(found.costs["name"])
