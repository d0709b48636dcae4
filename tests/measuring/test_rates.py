"""The machine's own rates, from sizes too small to mean anything."""

import json
import sys
from types import SimpleNamespace

import pytest
import torch

from workflow.cells.cost_records import CostRecord, MachineRecord
from workflow.errors import DIED, UserError
from workflow.measuring import rates
from workflow.measuring.__main__ import main, supervised
from workflow.reporting.pages.provenance import rates_words

CPU = torch.device("cpu")


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setitem(rates.SIZES, "cpu", (64, 32, 16))
    monkeypatch.setitem(rates.BLOCKS, "cpu", (1 << 12, 1 << 16))
    monkeypatch.setattr(rates, "SECONDS", 0.0)


def test_work_over_time(monkeypatch):
    monkeypatch.setattr(rates, "seconds", lambda work, device: work() is None or 2.0)
    assert rates.gemm_gflops(CPU, of=[(100, 50, 20)]) == pytest.approx(2 * 100 * 50 * 20 / 2e9)
    assert rates.traffic_gb_s(CPU, 4000) == pytest.approx(4000 / 2e9)


def test_the_best_shape_and_the_best_repetition_count(monkeypatch):
    took = iter([3.0, 1.0, 2.0])
    monkeypatch.setattr(rates, "seconds", lambda work, device: next(took))
    assert rates.gemm_gflops(CPU, of=[(10, 10, 10)] * 3) == pytest.approx(2 * 1000 / 1e9)


def test_the_shortest_repetition_counts_and_the_first_two_do_not(monkeypatch):
    lengths = iter([0.1, 0.2, *(1.0 + number for number in (4, 3, 5, 2, 6, 3, 4))])
    moments = [0.0]

    def work() -> None:
        moments.append(moments[-1] + next(lengths))

    monkeypatch.setattr(rates, "SECONDS", 0.0)
    monkeypatch.setattr(rates, "time", SimpleNamespace(perf_counter=lambda: moments[-1]))
    assert rates.seconds(work, CPU) == pytest.approx(3.0)


def test_heads_shapes_are_among_those_timed():
    assert {(1024, 128, 256), (256, 1024, 512), (1536, 1536, 1536)} <= set(rates.shapes(CPU))


def test_tf32_is_switched_on_only_while_it_is_timed():
    before = torch.backends.cuda.matmul.allow_tf32
    seen = []
    with rates._tf32(not before):
        seen.append(torch.backends.cuda.matmul.allow_tf32)
    assert seen == [not before] and torch.backends.cuda.matmul.allow_tf32 is before


def test_the_machines_record(small, tmp_path, capsys):
    out = tmp_path / "machine.json"
    main(["machine", "--settings", '{"threads": 1, "device": "cpu", "classes": [5], "batch": 8}', "--out", str(out)])
    record = json.loads(out.read_text())
    assert record["device"] == "cpu" and record["nvml"] is None
    assert record["rates"]["gemm_gflops"] > 0
    assert record["rates"]["copy_gb_s"] == record["rates"]["gb_s_by_bytes"]["65536"] > 0
    assert MachineRecord.read(out).rates.traffic_gb_s(5000) == record["rates"]["copy_gb_s"]
    assert (record["rates"]["threads"], record["rates"]["precision"]) == (1, "fp32")
    assert {"start", "finish", "command", "commit", "machine", "versions"} <= record.keys()
    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("{", "not valid JSON"),
        ("[]", "not a mapping of names to values"),
        ('{"thread": 1}', "'measure.thread' is not a key.*did you mean 'threads'"),
        ('{"threads": 0}', "'measure.threads' is 0"),
    ],
)
def test_unusable_settings_are_named(settings, message, tmp_path):
    with pytest.raises(UserError, match=message):
        main(["machine", "--settings", settings, "--out", str(tmp_path / "machine.json")])


def test_a_machine_whose_rates_were_lost_has_a_record_and_its_heads_no_floor(make_spec, tmp_path, monkeypatch, capsys):
    out, cost = tmp_path / "machine.json", tmp_path / "cost.json"
    monkeypatch.setenv(DIED, "137")
    monkeypatch.setattr(sys, "argv", ["measuring", "machine", "--settings", '{"device": "cpu"}', "--out", str(out)])
    supervised()
    reason = "the process was killed by signal 9 (SIGKILL)"
    assert capsys.readouterr().out == f"machine cpu: failed ({reason})\n"
    record = MachineRecord.read(out)
    assert (record.rates, record.outcome, record.reason, record.device) == (None, "failed", reason, "cpu")
    assert rates_words(record) == f"not measured (failed: {reason})"
    main(["head", "--spec", make_spec("fc").as_json(), "--machine", str(out), "--out", str(cost)])
    measured = CostRecord.read(cost)
    assert (measured.outcome, measured.floor.ms) == ("ok", None) and reason in measured.floor.note
