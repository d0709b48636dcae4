"""The whole answer: what is measured is told as measured, what is composed as the report composes it."""

import json

import pytest

import heads
from heads.kit import Place
from tests.planner.conftest import BATCH, DIM, IMAGES_MS, LIBRARIES, REST, SIZES, alone, truth
from workflow.cells.cost_records import Memory
from workflow.planner.__main__ import main
from workflow.planner.answer import content
from workflow.planner.asking import Question, asked, parser
from workflow.planner.held import declared
from workflow.planner.plan import plan
from workflow.planner.words import WIDTH, text
from workflow.summary.composed import coefficients
from workflow.summary.costs import ALLOCATOR
from workflow.summary.step_model import Setting


def answer(text_: str):
    return plan(asked(parser().parse_args(text_.split())))


def line(found, name: str):
    return next(line for line in found.lines if line.row.name == name)


def test_every_head_has_a_line_at_every_ratio_and_none_is_timed_without_a_machine():
    found = answer("--classes 2e6 --batch 1024 --gpus 8 --gpu-memory 80GiB")
    wanted = {(name, ratio) for name in heads.names() if heads.takes_ratio(name) for ratio in (0.01, 0.1, 0.3)}
    assert wanted < {(line.row.head, line.row.ratio) for line in found.lines}
    assert {line.row.head for line in found.lines} == set(heads.names())
    assert line(found, "uniface").row.ratio == 1.0  # its own default
    for each in found.lines:
        assert each.held and each.fits and each.most_classes > 2e6 and each.changes == ()
        assert (each.timed.step, each.images_per_second) == (None, None) and each.sent > 0
    said = text(found)
    assert "not measured" in said and "times: not measured" in said and "memory: as declared" in said


def test_what_does_not_fit_says_what_would():
    found = answer("--classes 2e8 --batch 1024 --gpus 8 --gpu-memory 80GiB --heads fc partial_fc dcq --ratios 0.3")
    fc = line(found, "fc")
    assert fc.fits is False and fc.most_classes < 2e8
    assert {change.setting: change.value for change in fc.changes} == {"gpus": 16, "dim": 256}
    said = text(found)
    assert "To fit, one of\nfc" in said and "16 GPUs, or dimension 256" in said
    assert {change.setting for change in line(found, "dcq r 0.3").changes} == {"ratio", "dim"}


def test_without_a_limit_nothing_is_said_to_fit():
    found = answer("--classes 1e5 --heads fc")
    assert (line(found, "fc").fits, line(found, "fc").most_classes) == (None, None)
    assert "fits" not in text(found)


def test_measured_cells_are_told_as_they_were_measured(publish):
    publish()
    for classes in SIZES:
        found = answer(f"--classes {classes} --dim {DIM} --batch {BATCH} --machine made-up --heads fc f2c --ratios 0.1")
        for name, head, ratio, twin in (("fc", "fc", 1.0, 0), ("f2c r 0.1", "f2c", 0.1, 30)):
            own, each = truth(head, ratio, classes), line(found, name)
            assert each.timed.basis == "measured" and each.timed.head.value == pytest.approx(own)
            assert each.timed.step.value == pytest.approx(IMAGES_MS + twin + own, rel=1e-6)
            assert each.held.libraries == LIBRARIES and each.held.backbone == pytest.approx(REST, rel=1e-6)


@pytest.mark.parametrize(
    "setting", [Setting(37_000, 256, 128), Setting(5_000_000, 1024, 512), Setting(10**6, 512, 128, 4)]
)
def test_times_of_measured_rows_are_the_reports(publish, setting):
    """One set of coefficients, which the report's page evaluates, too."""
    publish()
    sizes = f"--classes {setting.classes} --batch {setting.batch} --dim {setting.dim} --gpus {setting.processes}"
    found = answer(f"{sizes} --machine made-up --ratios 0.1")
    rows = coefficients(found.known.summary).rows
    for row in (row for row in rows if row.ratio in (1.0, 0.1)):
        assert line(found, row.name).timed.step == row.at(setting).each_ms
    assert content(found)["coefficients"] == coefficients(found.known.summary).model_dump(mode="json")


def test_a_ratio_that_was_not_measured_is_timed_by_the_pace_of_its_head(publish):
    publish()
    found = answer(f"--classes 1e6 --dim {DIM} --batch {BATCH} --machine made-up --heads f2c dcq --ratios 0.02")
    for head in ("f2c", "dcq"):
        each = line(found, f"{head} r 0.02")
        assert each.timed.basis == "fitted" and each.timed.head.value == pytest.approx(
            truth(head, 0.02, 10**6), rel=1e-6
        )
        assert each.timed.step.value == pytest.approx(IMAGES_MS + 30 + each.timed.head.value, rel=1e-6)


def test_a_head_that_was_never_measured_has_no_time_and_says_so(publish):
    publish()
    each = line(answer("--classes 1e6 --machine made-up --heads triplet"), "triplet")
    assert (each.timed.head, each.timed.step) == (None, None) and "no size of this head" in each.timed.basis
    assert each.held.libraries == LIBRARIES


def test_another_backbone_than_the_measured_one_leaves_the_step_unmeasured(publish):
    publish()
    found = answer("--classes 1e6 --machine made-up --heads fc --backbone small --size 32 --channels 1")
    each = line(found, "fc")
    assert each.timed.step is None and each.timed.head is not None and each.held.activations > 0
    assert "activations: counted of" in text(found).splitlines()[-1]


def test_more_gpus_take_their_share(publish):
    publish()
    one, four = (
        line(answer(f"--classes 1e6 --dim {DIM} --batch 512 --gpus {gpus} --machine made-up --heads fc"), "fc")
        for gpus in (1, 4)
    )
    assert (
        four.timed.step.value < one.timed.step.value / 3
        and four.images_per_second.value > 3 * one.images_per_second.value
    )
    assert one.sent == 0 < four.sent


def test_a_pool_that_a_batch_may_outgrow_is_told_of():
    said = text(answer("--classes 1e4 --batch 512 --heads f2c dcq fc --ratios 0.01 0.1"))
    assert "may refuse: f2c r 0.01, dcq r 0.01." in said
    assert "may refuse" not in text(answer("--classes 1e6 --batch 512 --heads f2c --ratios 0.01"))


def test_a_gpus_records_are_held_against_a_gpus_chunks_and_say_what_the_driver_takes(publish):
    gpu, beside, extra = "NVIDIA H100", 700 << 20, 20_000_000
    costs = []
    for classes in SIZES:
        place = Place("cuda")
        stated = heads.cost("fc", BATCH, classes, DIM, options={}, ratio=1.0, place=place)
        peak = stated.state_bytes + stated.working_bytes + extra
        memory = Memory(
            allocator_peak_bytes=peak, allocator_reserved_bytes=2 * peak, nvml_process_bytes=2 * peak + beside
        )
        more = {"device": gpu, "memory": memory, "peak_bytes": peak, "peak_meter": ALLOCATOR}
        costs.append(alone("fc", 1.0, classes).model_copy(update=more))
    found = answer(
        f"--classes 1e6 --dim {DIM} --batch {BATCH} --gpu-memory 8GiB --heads fc --machine " + publish("h100", costs)
    )
    assert found.case.device == "cuda" and found.known.context == beside
    assert max(abs(missed.error) for missed in found.memory) < 1e-9
    each = line(found, "fc")
    assert each.held.libraries == extra and each.held.logits == 4 * BATCH * 16384
    most = declared(each.row, found.case._replace(classes=each.most_classes))
    assert most.state_bytes + most.working_bytes + extra + beside <= 8 << 30
    assert "700 MiB, in `fits`" in text(found)


def test_batches_that_no_loader_makes_are_refused_by_row():
    found = answer("--classes 1e5 --batch 1022 --heads triplet n_pair")
    assert line(found, "triplet").refused == "its batches are multiples of 4" and line(found, "n_pair").refused is None
    assert "its batches are multiples of 4" in text(found)


@pytest.mark.parametrize(
    "more", ["", "--machine made-up --gpu-memory 1GB", "--gpu-memory 30GiB --gpus 8", "--classes 2000"]
)
def test_the_answer_is_no_wider_than_a_terminal_and_the_same_as_json(more, publish, capsys):
    publish()
    question = f"--classes 2e7 --batch 2048 {more}".split()
    main(question)
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= WIDTH
    main([*question, "--json"])
    told = json.loads(capsys.readouterr().out)
    assert {row["name"] for row in told["rows"]} == {
        line.split("  ")[0] for line in printed.split("\n\n")[1].splitlines()[2:]
    }
    for row in told["rows"]:
        parts = {name: size for name, size in row["memory"].items() if name not in ("total", "host")}
        assert row["memory"]["total"] == sum(parts.values())


def test_errors_have_a_line_each(publish):
    publish()
    last = text(answer("--classes 1e6 --machine made-up")).splitlines()[-2:]
    assert last[0].startswith("memory: 15 cells, each from the others, within 0%")
    assert last[1].startswith("times: 15 cells, each from the others, within 0%")


def test_a_head_that_cannot_be_imported_is_left_out_and_told_of(add_head, capsys):
    add_head("broken", "raise SystemExit(3)\n")
    found = plan(Question(classes=1000, dim=16, batch=16))
    assert "broken" not in {line.row.head for line in found.lines} and len(found.lines) > 20
    assert "left out: heads/broken.py cannot be imported" in capsys.readouterr().err


def test_a_head_that_knows_no_place_is_planned_alone_and_its_traffic_is_not_known(add_head):
    add_head("in_batch", (heads.FOLDER / "new_head.txt").read_text())
    found = plan(Question(classes=1000, dim=16, batch=16, gpus=2))
    assert line(found, "in_batch").sent is None and line(found, "in_batch").held.total > 0
