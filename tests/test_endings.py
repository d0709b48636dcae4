"""An ending has an outcome and a reason."""

import signal

import pytest
from pydantic import BaseModel, ValidationError

from workflow import endings
from workflow.endings import GONE, in_one_line, named, out_of_memory

KILLED = -signal.SIGKILL


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("std::bad_alloc"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
    ],
)
def test_want_of_memory_is_known_by_its_phrases(error, expected):
    assert out_of_memory(error) == expected


def test_what_does_not_fit_a_record_is_told_by_its_fields():
    class Facts(BaseModel):
        rows: int
        name: str

    with pytest.raises(ValidationError) as raised:
        Facts(rows="many", name=3)
    said = in_one_line(raised.value)
    assert said.startswith("Facts.rows: Input should be a valid integer") and "; Facts.name: Input should" in said
    assert in_one_line(ValueError("a\n  b")) == "a" and in_one_line(ValueError()) == ""
    assert len(in_one_line(ValueError("x" * 9999))) == 301


def test_an_unknown_signal_has_a_name_of_sorts():
    assert named([-99], False).reason == "the process was killed by signal 99 (unknown)"


def test_memory_kills_are_counted_where_the_kernel_says(tmp_path, monkeypatch):
    monkeypatch.setattr(endings, "VMSTAT", tmp_path / "vmstat")
    assert endings.memory_kills() is None
    (tmp_path / "vmstat").write_text("nr_free_pages 5\noom_kill 12\n")
    assert endings.memory_kills() == 12


@pytest.mark.parametrize(
    ("statuses", "reason"),
    [
        ([7], "the process ended with status 7 and left no record: see the log"),
        ([0, 7], "process 1 of 2 ended with status 7 and left no record: see the log"),
        ([GONE, None], "process 1 of 2 did not answer the others, and had to be ended"),
        ([None, GONE, GONE], "process 0 of 3 did not answer the others, and had to be ended"),
        ([GONE, 0], f"process 0 of 2 ended with status {GONE} and left no record: see the log"),
        ([GONE, None, 7], "process 2 of 3 ended with status 7 and left no record: see the log"),
        ([GONE, KILLED], "process 1 of 2 was killed by signal 9 (SIGKILL)"),
        ([None, 7, KILLED], "process 2 of 3 was killed by signal 9 (SIGKILL)"),
    ],
)
def test_what_says_most_is_the_reason(statuses, reason):
    assert named(statuses, False) == ("failed", reason)
