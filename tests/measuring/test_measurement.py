"""A head measured alone, from the command line to its record, on sizes that take no time."""

import json
import os
import platform
import signal
import statistics
import subprocess
import sys

import pytest
import torch

import heads
from heads.kit.interface import Cost
from tests.broken_head import broken
from tests.measuring.conftest import MEASURE, RATES, ROOT, other_load
from workflow.cells.cost_records import BUSY_CORES, CostRecord, Memory, Nvml
from workflow.cells.spec import CostSpec
from workflow.errors import UserError
from workflow.measuring import attempts, conclusion, measurement
from workflow.measuring import floor as floors
from workflow.measuring.__main__ import main
from workflow.measuring.head_alone import HeadAlone
from workflow.measuring.headline import headline
from workflow.measuring.measurement import Measurement

CONTRACT = {
    "cell": {"profile", "label", "head", "ratio", "mode", "classes", "dim", "batch", "precision"},
    "images_per_step": {"gradient", "encoded"},
    "memory": set(Memory.model_fields),
    "nvml": set(Nvml.model_fields),
    "floor": {"flops", "bytes", "state_bytes", "ms"},
}
FIELDS = {"outcome", "reason", "step_ms", "step_cpu_ms", "warmup_steps", "pools_full", "parts_ms", "host_meter"}
FIELDS |= {"upkeep", "exclusive", "conditions", "start", "finish", "command", "commit", "machine", "versions"}


CPU = torch.device("cpu")
CELL = {"profile": "default", "dataset": "glyphs-s", "backbone": "small", "label": "fc", "ratio": 1.0, "seed": 0}


def check_fields(record: dict) -> None:
    assert record.keys() >= FIELDS | CONTRACT.keys()
    for section, names in CONTRACT.items():
        assert record[section].keys() >= names, section


def run(spec: CostSpec | dict, machine, out) -> dict:
    text = spec.as_json() if isinstance(spec, CostSpec) else json.dumps(spec)
    main(["head", "--spec", text, "--machine", str(machine), "--out", str(out)])
    return json.loads(out.read_text())


def test_every_head_is_measured_from_the_command_line(head_name, make_spec, machine, tmp_path, capsys):
    out = tmp_path / "cost" / "200.json"
    record = run(make_spec(head_name), machine, out)
    check_fields(record)
    assert (record["outcome"], record["reason"], record["exclusive"]) == ("ok", None, True)
    assert len(record["step_ms"]) == len(record["step_cpu_ms"]) == 4
    assert record["pools_full"] in (True, None) and record["warmup_steps"] == 1
    assert record["images_per_step"]["gradient"] == 12
    twin = heads.load(head_name).momentum is not None
    assert record["images_per_step"]["encoded"] == (24 if twin else 12)
    assert record["cell"]["classes"] == 200 and record["cell"]["mode"] == "head"
    assert record["floor"]["ms"] > 0 and record["memory"]["declared_state_bytes"] == record["floor"]["state_bytes"]
    assert record["options"] == make_spec(head_name).options and record["sends"] is None
    tensors, grown = record["memory"]["tensor_peak_bytes"], record["memory"]["declared_state_bytes"]
    assert tensors >= 0.9 * grown or head_name == "hf_softmax"  # whose index is no tensor
    printed = capsys.readouterr().out
    assert printed.startswith(f"cost {head_name} ") and "at 200 classes" in printed and printed.count("\n") == 1


def test_periodic_work_is_a_number_of_its_own(measure_head):
    record = measure_head("hf_softmax", ratio=0.2)
    upkeep = record.upkeep
    assert upkeep.every_steps == 100 and upkeep.ms_per_step == pytest.approx(upkeep.seconds * 10)
    assert f"{upkeep.ms_per_step:.3g} ms of it for work done every 100 steps" in headline(record)
    median = statistics.median(record.step_ms) + upkeep.ms_per_step
    assert f": {median:.3g} ms a step" in headline(record)
    assert measure_head("fc").upkeep is None


def test_what_was_not_measured_is_null_and_never_zero(measure_head):
    record = measure_head("fc")
    memory = record.memory
    assert all(value is None for name, value in memory if name.startswith(("allocator", "nvml", "requested")))
    assert record.nvml == Nvml()
    assert record.parts_ms is None
    assert memory.host_peak_rss_bytes > 0 and memory.host_rss_before_bytes > 0


def loads(monkeypatch, *cores: float | None) -> None:
    """Let the rest of the machine be so busy in one attempt after another, and in the pause after each that is
    disturbed."""
    given = iter(cores)
    monkeypatch.setattr(attempts, "OtherLoad", lambda: other_load(next(given)))


@pytest.mark.parametrize(
    ("load", "exclusive"), [(BUSY_CORES, True), (BUSY_CORES + 0.01, False), (None, None)], ids=["idle", "busy", "mute"]
)
def test_a_busy_machine_is_not_exclusive(load, exclusive, measure_head, monkeypatch):
    loads(monkeypatch, load, 0.0)
    record = measure_head("fc", repeats=1)
    assert (record.other_load_cores, record.exclusive) == (load, exclusive)
    assert [attempt.other_load_cores for attempt in record.attempts] == [load]


def test_a_disturbed_timing_is_taken_again_until_one_is_not(measure_head, monkeypatch):
    loads(monkeypatch, 0.9, 0.0, 0.5, 0.0, 0.05)
    record = measure_head("fc", repeats=4)
    assert [attempt.other_load_cores for attempt in record.attempts] == [0.9, 0.5, 0.05]
    assert (record.exclusive, record.other_load_cores) == (True, 0.05)
    assert record.attempts[2].median_ms == pytest.approx(statistics.median(record.step_ms))
    assert record.attempts[2].steps == len(record.step_ms) == 4


@pytest.mark.parametrize(
    ("load", "idle", "exclusive"),
    [
        (0.2, 0.12, True),
        (0.2, 0.09, False),
        (0.24, 0.9, True),
        (0.26, 0.9, False),
        (1.0, 1.0, False),
        (0.2, None, False),
    ],
)
def test_what_a_machine_does_by_itself_disturbs_nothing(load, idle, exclusive, measure_head, monkeypatch):
    """Up to IDLE_CORES: a program that runs all the time does so in the pause, too."""
    loads(monkeypatch, load, idle)
    record = measure_head("fc", repeats=1)
    assert (record.other_load_cores, record.idle_load_cores, record.exclusive) == (load, idle, exclusive)


def test_the_quietest_pause_says_what_the_machine_does_by_itself(measure_head, monkeypatch):
    loads(monkeypatch, 0.5, 0.02, 0.22, 0.14, 0.23, 0.14)
    record = measure_head("fc")
    assert (record.idle_load_cores, record.exclusive, len(record.attempts)) == (0.02, False, 3)
    loads(monkeypatch, 0.5, 0.14, 0.22)
    record = measure_head("fc")
    assert (record.idle_load_cores, record.exclusive, len(record.attempts)) == (0.14, True, 2)


def test_a_quiet_timing_is_not_paused_for(measure_head, monkeypatch):
    loads(monkeypatch, 0.0)
    assert measure_head("fc").idle_load_cores is None


def test_of_disturbed_timings_the_least_disturbed_is_kept_and_marked(measure_head, monkeypatch):
    loads(monkeypatch, 0.9, 0.1, 0.4, 0.1, 0.7, 0.1)
    record = measure_head("dcq")
    assert (record.exclusive, record.other_load_cores, len(record.attempts)) == (False, 0.4, 3)
    assert record.attempts[1].median_ms == pytest.approx(statistics.median(record.step_ms))
    assert record.images_per_step.gradient == 12 and record.images_per_step.encoded == 24
    assert record.outcome == "ok"


def test_what_a_head_declares_is_noted_at_twice_its_batch_and_dimension(measure_head):
    record = measure_head("dcq", ratio=0.5)
    assert [(each.batch, each.dim) for each in record.declares] == [(12, 16), (24, 16), (12, 32), (24, 32)]
    flops = [each.flops for each in record.declares]
    assert flops == [record.floor.flops * times for times in (1, 2, 2, 4)]
    assert record.declares[0].held_bytes > record.memory.declared_state_bytes
    assert record.shares_classes is False and measure_head("fc").shares_classes is True


def test_a_head_that_beats_the_rates_has_them_measured_again(measure_head, monkeypatch):
    slow = RATES.rates.model_copy(update={"gemm_gflops": 1e-6, "gemm_gflops_by_precision": {"fp32": 1e-6}})
    monkeypatch.setattr("tests.measuring.conftest.RATES", RATES.model_copy(update={"rates": slow}))
    fast = slow.model_copy(update={"gemm_gflops": 1e9, "gemm_gflops_by_precision": {"fp32": 1e9}})
    monkeypatch.setattr(floors, "measured_rates", lambda device: fast)
    record = measure_head("fc")
    assert record.floor.note == floors.AGAIN and record.floor.ms < statistics.median(record.step_ms)
    monkeypatch.setattr(floors, "measured_rates", lambda device: slow)
    record = measure_head("fc")
    assert record.floor.note == floors.TOO_LOW and record.floor.ms > statistics.median(record.step_ms)
    assert "its floor" not in headline(record)


@pytest.mark.parametrize("kept", [True, False])
def test_the_record_says_whether_freed_memory_was_kept(kept, measure_head, monkeypatch):
    monkeypatch.setattr(measurement, "keep_freed_memory", lambda: kept)
    assert measure_head("fc", steps=3).conditions.freed_memory_kept is kept


def test_a_written_record_is_read_as_it_was(measure_head, tmp_path):
    record = measure_head("hf_softmax", ratio=0.2)
    record.write(tmp_path / "record.json")
    assert CostRecord.read(tmp_path / "record.json") == record
    assert record.measure.keys() == MEASURE.keys()


def test_the_peak_has_the_heads_state_in_it(measure_head):
    memory = measure_head("fc", classes=200_000, steps=3).memory
    grown = memory.host_peak_rss_bytes - memory.host_rss_before_bytes
    assert memory.declared_state_bytes == 8 * 200_000 * 16
    assert grown > 0.9 * memory.declared_state_bytes


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4096 bytes."),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 4.00 KiB."),
    ],
    ids=["host", "gpu"],
)
def test_out_of_memory_is_written_down_and_no_error(error, make_spec, machine, tmp_path, monkeypatch, capsys):
    def step(*_):
        raise error

    monkeypatch.setattr(HeadAlone, "step", step)
    record = run(make_spec("fc"), machine, tmp_path / "record.json")
    check_fields(record)
    assert record["outcome"] == "out of memory" and record["memory"]["requested_bytes"] == 4096
    assert record["step_ms"] == [] and record["floor"]["ms"] > 0
    assert "out of memory" in capsys.readouterr().out


@pytest.mark.skipif(platform.system() != "Linux", reason="the limit is Linux's")
def test_a_request_that_the_host_cannot_meet_is_a_result(measure_head, monkeypatch):
    monkeypatch.setattr("workflow.measuring.meters.available_bytes", lambda device: 64 << 20)
    record = measure_head("fc", classes=8_000_000)
    assert record.outcome == "out of memory" and "can't allocate" in record.reason
    assert record.memory.requested_bytes == 4 * 8_000_000 * 16
    assert record.memory.host_rss_before_bytes > 0 and record.memory.host_peak_rss_bytes is None


def test_the_process_ends_well_when_a_cell_does_not_fit(make_spec, machine, tmp_path):
    spec, out = make_spec("fc", classes=10**12).as_json(), tmp_path / "record.json"
    command = [sys.executable, "-m", "workflow.measuring", "head", "--spec", spec, "--machine", str(machine)]
    done = subprocess.run([*command, "--out", str(out)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "at 1,000,000,000,000 classes: out of memory: predicted, not tried" in done.stdout
    assert json.loads(out.read_text())["outcome"] == "out of memory"


def test_a_process_that_is_killed_leaves_a_record(make_spec, machine, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import os, signal\nif 'HEADROOM_WORKER' in os.environ: os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    spec, out = make_spec("dcq", ratio=0.5), tmp_path / "record.json"
    command = [sys.executable, "-m", "workflow.measuring", "head", "--spec", spec.as_json(), "--machine", str(machine)]
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [*command, "--out", str(out)], capture_output=True, text=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": path}
    )
    assert done.returncode == 0, done.stderr
    record = CostRecord.read(out)
    assert record.outcome in ("failed", "out of memory") and "the process was killed by" in record.reason
    assert record.cell.model_dump() == Measurement(HeadAlone(spec, CPU), spec, RATES).run().cell.model_dump()
    assert record.step_ms == [] and record.exclusive is None and record.finish


def test_the_allocator_keeps_memory_only_once_the_head_is_built(measure_head, monkeypatch):
    order, build = [], HeadAlone.build
    monkeypatch.setattr(HeadAlone, "build", lambda self: (build(self), order.append("built")))
    monkeypatch.setattr(measurement, "keep_freed_memory", lambda: order.append("keeps"))
    measure_head("fc")
    assert order == ["built", "keeps"]


def test_a_state_that_cannot_fit_is_not_even_tried(measure_head, monkeypatch):
    built = []
    monkeypatch.setattr(HeadAlone, "build", lambda self: built.append(self))
    monkeypatch.setattr(conclusion, "available_bytes", lambda device: 1000)
    record = measure_head("fc", classes=200)
    assert record.outcome == "out of memory" and not built
    assert record.memory.declared_state_bytes == 8 * 200 * 16
    assert record.memory.requested_bytes == record.declares[0].held_bytes > 8 * 200 * 16


def test_a_size_that_the_head_refuses_is_a_failed_cell(measure_head):
    record = measure_head("f2c", ratio=0.005)  # one slot for the classes of a batch
    check_fields(record.model_dump(mode="json"))
    assert record.outcome == "failed"
    assert record.reason.startswith("a pool of 1 slots cannot hold")
    assert "failed: a pool of 1" in headline(record)


def test_a_store_that_does_not_fill_in_time_is_recorded(measure_head, monkeypatch):
    monkeypatch.setattr("workflow.measuring.head_alone.fill", lambda head, classes: None)
    assert measure_head("dcq", ratio=0.5).pools_full is False  # 4 steps of 12 for 100 slots
    assert measure_head("dcq", ratio=0.5, fill_limit=20).pools_full is True


def test_a_loss_that_is_no_number_is_divergence(measure_head, monkeypatch):
    monkeypatch.setattr(HeadAlone, "step", lambda self, batch: torch.tensor(float("nan")))
    record = measure_head("fc")
    assert record.outcome == "diverged" and len(record.step_ms) == 4
    json.dumps(record.model_dump(mode="json"), allow_nan=False)


class Unbound(heads.load("fc")):
    """A newcomer's head that states no cost and leaves its parameters to the optimiser."""

    def __init__(self, num_classes, embedding_dim, **options):
        super().__init__(num_classes, embedding_dim)
        self.shift = torch.nn.Parameter(torch.zeros(embedding_dim))

    def forward(self, encode, batch):
        return super().forward(lambda x: encode(x + self.shift), batch)

    @classmethod
    def cost(cls, *sizes, **options) -> Cost:
        raise NotImplementedError


def test_a_head_may_have_parameters_and_state_no_cost(make_spec, monkeypatch):
    monkeypatch.setattr(heads, "load", lambda name: Unbound)
    spec = make_spec("fc")
    subject = HeadAlone(spec, CPU)
    record = Measurement(subject, spec, RATES).run()
    assert record.outcome == "ok" and record.floor.ms is None
    assert record.memory.declared_state_bytes is None
    assert subject.head.shift.abs().sum() > 0  # its optimiser's step is part of the step that is timed


@pytest.mark.parametrize(
    ("part", "code", "outcome", "reason"),
    [
        ("outside", "1 / 0", "failed", "heads/broken.py cannot be imported: ZeroDivisionError: division by zero"),
        ("outside", "raise SystemExit(3)", "failed", "heads/broken.py cannot be imported: SystemExit: 3"),
        ("inside", "open('/nowhere')", "failed", "head 'broken' (heads/broken.py) cannot be made: [Errno 2] No"),
        ("inside", "raise RuntimeError('no')", "failed", "RuntimeError: no"),
        ("inside", "raise MemoryError", "out of memory", "MemoryError"),
        ("forward", "raise SystemExit(2)", "failed", "SystemExit: 2"),
        ("forward", "raise GeneratorExit", "failed", "GeneratorExit: GeneratorExit"),
    ],
)
def test_whatever_a_head_does_is_its_cells_record(make_spec, machine, tmp_path, add_head, part, code, outcome, reason):
    add_head("broken", broken(part, code))
    out = tmp_path / "cost.json"
    main(["head", "--spec", make_spec("broken").as_json(), "--machine", str(machine), "--out", str(out)])
    record = CostRecord.read(out)
    assert (record.outcome, record.reason[: len(reason)]) == (outcome, reason)


def test_a_gpus_sensors_are_read_while_the_head_keeps_stepping(make_spec, nvml, monkeypatch):
    from workflow.measuring import sensors
    from workflow.measuring.nvml import Gpu

    monkeypatch.setattr(sensors, "SHORTEST_SECONDS", 0.01)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device: None)
    monkeypatch.setattr(measurement, "open_gpu", lambda device: Gpu(nvml(), "handle"))
    spec = make_spec("fc")
    record = Measurement(HeadAlone(spec, CPU), spec, RATES).run()
    assert record.nvml.power_w == 250.0 and record.nvml.energy_j_per_image > 0
    assert record.memory.nvml_device_bytes == 3 << 30 and record.memory.nvml_process_bytes is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cell": CELL | {"head": "fcc"}}, "did you mean 'fc'"),
        ({"measure": None}, "'measure' is missing"),
        ({"measure": {"steps": 1, "thread": 1}}, "did you mean 'threads'"),
        ({"classes": None}, "lacks classes"),
    ],
)
def test_an_unusable_spec_is_named(change, message, make_spec, machine, tmp_path):
    given = make_spec("fc").model_dump(mode="json") | change
    spec = {key: value for key, value in given.items() if value is not None}
    with pytest.raises(UserError, match=message):
        run(spec, machine, tmp_path / "record.json")


def test_a_missing_machine_record_is_named(make_spec, tmp_path):
    with pytest.raises(UserError, match=r"absent\.json does not exist"):
        run(make_spec("fc"), tmp_path / "absent.json", tmp_path / "record.json")


def stopping(monkeypatch, *attempts_stopped: int) -> None:
    """Let the process be stopped in a step of these attempts, of four steps each after one of warm-up."""
    taken, usual = [], HeadAlone.step

    def step(self, batch):
        attempt, within = divmod(len(taken) - 2, 4)  # priming and warm-up take a step each
        taken.append(batch)
        if attempt in attempts_stopped and within == 1:
            signal.raise_signal(signal.SIGCONT)
        return usual(self, batch)

    monkeypatch.setattr(HeadAlone, "step", step)


def test_a_timing_that_was_stopped_is_taken_again(measure_head, monkeypatch, capsys):
    stopping(monkeypatch, 0)
    record = measure_head("fc")
    assert [attempt.stopped for attempt in record.attempts] == [True, False]
    assert (record.exclusive, record.stopped, len(record.step_ms)) == (True, False, 4)
    assert "this process was stopped: timing again (2 of 3)" in capsys.readouterr().err


def test_a_timing_that_was_always_stopped_is_marked_and_has_no_stopped_step(measure_head, monkeypatch):
    stopping(monkeypatch, 0, 1, 2)
    record = measure_head("fc")
    assert (record.exclusive, record.stopped, len(record.attempts), len(record.step_ms)) == (False, True, 3, 3)
    assert record.images_per_step.gradient == 12, "the stopped step's images are those of a step that was taken"
