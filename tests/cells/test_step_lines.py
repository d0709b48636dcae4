"""A step log is read whole, without a last line that a kill cut short, or is refused by name."""

import pytest

from workflow.cells.step_lines import step_lines
from workflow.errors import UserError
from workflow.summary.rows import progress_lines

GOOD = '{"step": 3, "seconds": 0.1, "images": 9}'


@pytest.mark.parametrize(
    ("content", "number"), [("", 0), (f"{GOOD}\n", 1), (f"{GOOD}\n{GOOD}\n", 2), (f"{GOOD}\n{GOOD[:-9]}", 1)]
)
def test_whole_lines_are_read(tmp_path, content, number):
    path = tmp_path / "steps.jsonl"
    assert step_lines(path) == []
    path.write_text(content)
    assert [line["step"] for line in step_lines(path)] == [3] * number == [line.step for line in progress_lines(path)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x80\xff", "steps.jsonl cannot be read"),
        (b"null", "is no step log in line 1: delete"),
        (b"[]\n", "is no step log in line 1"),
        (b"{}\n", "is no step log in line 1"),
        (f"{GOOD}\n{GOOD[:-9]}\n{GOOD}\n".encode(), "is no step log in line 2"),
        (f"{GOOD}\n\n{GOOD}\n".encode(), "is no step log in line 2"),
    ],
)
def test_what_is_none_is_named(tmp_path, content, said):
    (tmp_path / "steps.jsonl").write_bytes(content)
    with pytest.raises(UserError, match=said) as raised:
        step_lines(tmp_path / "steps.jsonl")
    assert str(tmp_path / "steps.jsonl") in str(raised.value)


def test_a_value_of_another_kind_is_named_too(tmp_path):
    (tmp_path / "steps.jsonl").write_text('{"step": "three", "seconds": 1, "images": 2}\n')
    with pytest.raises(UserError, match=r"steps\.jsonl is no step log \(step: Input should be a valid integer"):
        progress_lines(tmp_path / "steps.jsonl")


def test_a_folder_in_its_place_is_named(tmp_path):
    (tmp_path / "steps.jsonl").mkdir()
    with pytest.raises(UserError, match="cannot be read"):
        step_lines(tmp_path / "steps.jsonl")
