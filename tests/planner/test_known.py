"""Which machine is meant, and what its records say of the memory of heads."""

import pytest

from tests.planner.conftest import BATCH, DIM, LIBRARIES, ROWS, SIZES, alone, declared, truth
from workflow.cells.cost_records import Memory
from workflow.errors import UserError
from workflow.planner import memory, times
from workflow.planner.known import TENSORS, Cell, known, names
from workflow.planner.memory import KEPT
from workflow.summary.costs import PROCESS
from workflow.summary.stored import Upkeep
from workflow.summary.vocabulary import Ending


def test_a_machine_is_found_by_name_by_profile_and_by_folder(publish, tmp_path):
    publish("one")
    publish("two/default")
    for asked in ("one", "two", "two/default", "results/published/one", str(tmp_path / "results/published/one")):
        assert len(known(asked).cells) == len(ROWS) * len(SIZES)
    assert names(tmp_path) == ["one", "two/default"]


def test_one_s_own_results_are_found_by_their_profile(publish, tmp_path):
    publish("one")
    (tmp_path / "results/published/one").rename(tmp_path / "results/mine")
    assert known("mine").device == "cpu" and names(tmp_path) == ["mine"]


@pytest.mark.parametrize("asked", ["on", "published", "results", "..", "two"])
def test_what_is_no_machine_is_refused_with_what_there_is(asked, publish):
    publish("one")
    publish("two/default")
    publish("two/gpu")
    with pytest.raises(UserError, match=r"several profiles: say one of two/default, two/gpu|one") as refused:
        known(asked)
    assert "\n" not in str(refused.value)


def test_a_summary_without_costs_says_nothing_and_breaks_nothing(publish):
    found = known(publish("bare", []))
    assert found.cells == () and memory.missed(found.cells) == [] and times.missed(found) == []


def test_heads_that_hold_what_they_declare_and_libraries_are_predicted_exactly(publish):
    cells = known(publish()).cells
    assert {cell.meter for cell in cells} == {TENSORS}
    assert memory.of_others(cells) == LIBRARIES
    assert memory.beyond(cells, "fc", 12_345) == memory.beyond(cells, "hf_softmax", 10**9) == LIBRARIES
    found = memory.missed(cells)
    assert len(found) == len(cells) and max(abs(one.error) for one in found) < 1e-9
    assert all(one.close and one.slack == 0 for one in found)


def test_a_row_that_holds_more_is_predicted_with_what_it_holds_between_its_sizes(publish):
    def more(row, bytes_):
        held = row.memory.tensor_peak_bytes + bytes_
        return row.model_copy(update={"memory": Memory(tensor_peak_bytes=held)})

    costs = [more(alone("fc", 1.0, size), extra) for size, extra in zip(SIZES, (0, 900, 9900), strict=True)]
    cells = known(publish("more", costs)).cells
    found = [memory.beyond(cells, "fc", size) - LIBRARIES for size in (5_000, 10_000, 55_000, 1_000_000, 10**8)]
    assert found == [0, 0, 450, 9900, 9900]


def test_the_growth_of_a_process_may_be_off_by_what_it_keeps_and_no_more():
    row = alone("dcq", 0.1, 10_000)
    peak = declared("dcq", 0.1, 10_000).state_bytes
    grown = {"memory": Memory(host_peak_rss_bytes=peak), "peak_bytes": peak, "peak_meter": PROCESS}
    cell = Cell(row.model_copy(update=grown), declared("dcq", 0.1, 10_000), peak, PROCESS)
    assert memory.growths(cell)
    (missed,) = memory.missed([cell])
    assert missed.slack == KEPT and missed.close and abs(missed.error) > memory.CLOSE
    assert not missed._replace(predicted=missed.measured + KEPT + 1).close
    assert not missed._replace(slack=0).close


def test_a_step_says_nothing_of_periodic_work_so_there_the_process_is_what_was_measured(publish):
    row = alone("fc", 1.0, 10_000)
    kept_up = {"upkeep": Upkeep(seconds=1.0, every_steps=100), "peak_bytes": 30_000_000, "peak_meter": PROCESS}
    (cell,) = known(publish("index", [row.model_copy(update=kept_up)])).cells
    assert (cell.peak, cell.meter) == (30_000_000, PROCESS)


def test_cells_that_did_not_fit_or_of_unknown_heads_are_passed_over(publish):
    lost = alone("fc", 1.0, 10_000_000).model_copy(update={"outcome": Ending.MEMORY})
    strange = alone("fc", 1.0, 10_000).model_copy(update={"head": "gone", "label": "gone", "name": "gone"})
    assert [cell.row.classes for cell in known(publish("odd", [lost, strange, alone("fc", 1.0, 10_000)])).cells] == [
        10_000
    ]


def test_times_along_a_line_are_predicted_from_the_others_exactly(publish):
    found = times.missed(known(publish()))
    assert len(found) == len(ROWS) * len(SIZES) and max(abs(one.error) for one in found) < 1e-6


def test_of_a_single_size_the_other_ratios_of_the_head_tell_its_time(publish):
    costs = [alone("dcq", ratio, 100_000) for ratio in (0.1, 0.2, 0.3)] + [alone("fc", 1.0, 100_000)]
    found = times.missed(known(publish("ratios", costs)))
    assert [one.name for one in found] == ["dcq r 0.1", "dcq r 0.2", "dcq r 0.3"]  # nothing is left of fc
    assert max(abs(one.error) for one in found) < 1e-6


def test_a_pace_is_what_all_sizes_of_a_head_say():
    points = [(floor, 2 + 3 * floor) for floor in (1.0, 10.0, 100.0)]
    assert times.pace(points) == pytest.approx((2, 3, 1), rel=1e-6)
    assert times.pace(points[:1]) == (0, 5, 10) and times.pace([]) is None
    bent = times.pace([(1.0, 5.0), (10.0, 20.0), (100.0, 400.0)])
    assert bent.fixed >= 0 <= bent.factor and bent.error > 1
    assert bent.at(10.0).low <= 20 <= bent.at(10.0).high


def test_a_time_that_is_far_off_is_told(publish):
    costs = [alone("fc", 1.0, size) for size in SIZES]
    slow = costs[1].step_ms.model_copy(update={"median": 3 * truth("fc", 1.0, SIZES[1])})
    costs[1] = costs[1].model_copy(update={"step_ms": slow})
    off = next(one for one in times.missed(known(publish("slow", costs))) if one.classes == 100_000)
    assert off.measured == slow.median and off.error == pytest.approx(-2 / 3, rel=0.1)


def test_made_up_records_are_at_one_batch_and_dimension(publish):
    assert {(cell.row.batch, cell.row.dim) for cell in known(publish()).cells} == {(BATCH, DIM)}


def test_options_are_those_that_the_cost_cell_was_measured_with(publish):
    """Of a row that no run trains nothing else says them."""
    costs = [alone("f2c", 0.1, size).model_copy(update={"options": {"rows": 1}}) for size in SIZES]
    found = known(publish("options", costs))
    assert found.options("f2c r 0.1") == {"rows": 1}
    assert found.cells[0].cost.state_bytes < declared("f2c", 0.1, SIZES[0]).state_bytes
