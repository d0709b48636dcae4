"""The machine's own rates, from sizes too small to mean anything."""

import json

import pytest
import torch

from workflow.errors import UserError
from workflow.measuring import rates
from workflow.measuring.__main__ import main

CPU = torch.device("cpu")


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setitem(rates.EDGE, "cpu", 64)
    monkeypatch.setitem(rates.COPIED, "cpu", 1 << 16)


def test_work_over_time(monkeypatch):
    monkeypatch.setattr(rates, "seconds", lambda work, device: work() is None or 2.0)
    assert rates.gemm_gflops(CPU, edge=100) == pytest.approx(2 * 100**3 / 2e9)
    assert rates.copy_gb_s(CPU, size=4000) == pytest.approx(2 * 4000 / 2e9)


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
    assert record["rates"]["gemm_gflops"] > 0 and record["rates"]["copy_gb_s"] > 0
    assert (record["rates"]["threads"], record["rates"]["precision"]) == (1, "fp32")
    assert {"start", "finish", "command", "commit", "machine", "versions"} <= record.keys()
    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("{", "not valid JSON"),
        ("[]", "JSON object"),
        ('{"thread": 1}', "'measure.thread' is not a key.*did you mean 'threads'"),
        ('{"threads": 0}', "'measure.threads' is 0"),
    ],
)
def test_unusable_settings_are_named(settings, message, tmp_path):
    with pytest.raises(UserError, match=message):
        main(["machine", "--settings", settings, "--out", str(tmp_path / "machine.json")])
