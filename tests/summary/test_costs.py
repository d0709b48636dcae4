import pytest

from tests import records
from tests.collected import Collected, Recollect, edit
from tests.summary.conftest import path_under
from workflow.cells.cost_records import CostRecord, images_per_second
from workflow.summary.costs import PROCESS, in_training, largest_common, quantiles, share_of, speed_range
from workflow.summary.summary import Summary

UPKEEP = {"seconds": 2.0, "every_steps": 100, "ms_per_step": 20.0}
WHOLE = "cost/end-to-end/dcq/0.1/train.json"
STEPS = ("step_ms.median", "step_ms.p10", "step_ms.p90")


def test_quantiles_interpolate() -> None:
    assert quantiles([4.0, 1.0, 3.0, 2.0]).median == 2.5
    assert quantiles([1.0, 2.0]).p90 == pytest.approx(1.9)
    assert quantiles([7.0]).p10 == 7.0
    assert quantiles([]).median is None


def test_a_rate_of_nothing_is_nothing() -> None:
    assert images_per_second(256, 128.0) == 2000
    assert (
        images_per_second(None, 128.0) is None
        and images_per_second(256, None) is None
        and images_per_second(256, 0.0) is None
    )


def test_cost_is_the_median_of_raw_samples(collected: Collected) -> None:
    record = CostRecord.read(collected.profile / WHOLE)
    cost = in_training(collected.summary).loc["dcq r 0.1"]
    samples = sorted(record.step_ms)
    median = (samples[14] + samples[15]) / 2
    assert cost["step_ms.median"] == pytest.approx(median)
    assert cost["images_per_second.gradient"] == pytest.approx(256_000 / median)
    assert cost["images_per_second.encoded"] == pytest.approx(512_000 / median)
    before, peak = record.memory.host_rss_before_bytes, record.memory.host_peak_rss_bytes
    assert peak is not None and before is not None
    assert cost["peak_bytes"] == peak - before and cost["peak_meter"] == PROCESS
    slow, fast = speed_range(cost)
    assert slow == pytest.approx(256_000 / cost["step_ms.p90"]) and fast == pytest.approx(256_000 / cost["step_ms.p10"])


def test_periodic_work_is_spread_over_all_steps(collected: Collected, recollect: Recollect) -> None:
    changed = recollect(lambda profile: edit(profile / WHOLE, upkeep=UPKEEP))
    before, after = (in_training(found).loc["dcq r 0.1"] for found in (collected.summary, changed))
    for name in STEPS:
        assert after[name] == pytest.approx(before[name] + 20)
    assert after["images_per_second.gradient"] == pytest.approx(256_000 / (before["step_ms.median"] + 20))
    assert {name: after[f"upkeep.{name}"] for name in UPKEEP} == UPKEEP
    assert before[[f"upkeep.{name}" for name in UPKEEP]].isna().all()
    parts = [name for name in after.index if name.startswith("parts_ms.")]
    assert parts and after[parts].equals(before[parts])


def test_the_floors_share_is_of_a_step_with_its_periodic_work(recollect: Recollect) -> None:
    file = "cost/head/dcq/0.1/10000.json"
    costs = recollect(lambda profile: edit(profile / file, upkeep=UPKEEP)).costs
    cost = costs[costs["record"].str.endswith(file)].iloc[0]
    assert cost["floor_share"] == pytest.approx(cost["floor.ms"] / cost["step_ms.median"])
    assert cost["step_ms.p10"] > 20


def test_a_floor_above_the_time_has_no_share() -> None:
    assert share_of(2.0, 4.0) == 0.5 and share_of(4.0, 4.0) == 1
    assert share_of(4.1, 4.0) is None and share_of(None, 4.0) is None and share_of(1.0, None) is None


def test_only_the_head_alone_has_a_share_of_its_floor(summary: Summary) -> None:
    assert in_training(summary)["floor_share"].isna().all()


def test_what_did_not_fit_keeps_its_floor_and_nothing_that_was_measured(summary: Summary) -> None:
    cost = summary.costs[summary.costs["outcome"] != "ok"].iloc[0]
    assert (cost["name"], cost["classes"], cost["outcome"]) == ("fc", 1_000_000, "out of memory")
    assert cost[["step_ms.median", "peak_bytes", "images_per_second.gradient"]].isna().all()
    assert cost["memory.declared_state_bytes"] > 0 and cost["floor.flops"] > 0


def test_peaks_are_above_a_baseline(recollect: Recollect) -> None:
    memory = {"allocator_peak_bytes": 900, "allocator_before_bytes": 200, "declared_state_bytes": 1}
    path = "cost/head/dcq/0.1/10000.json"
    costs = recollect(lambda profile: edit(profile / path, memory=memory, other_load_cores=0.5)).costs
    cost = costs[path_under(costs, path)].iloc[0]
    assert (cost["peak_bytes"], cost["peak_meter"]) == (700, "peak of the device allocator")
    assert cost["other_load_cores"] == 0.5


def test_the_largest_common_number_of_classes_is_where_all_ran(summary: Summary) -> None:
    assert largest_common(summary) == records.LADDER[1]
    assert largest_common(summary, "nvml.power_w") is None
