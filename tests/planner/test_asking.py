"""What a person types: read as meant, or refused in one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workflow.errors import UserError
from workflow.planner.asking import asked, parser
from workflow.planner.quantities import classes_words, memory, size_words, whole

ROOT = Path(__file__).parents[2]


def question(text: str):
    return asked(parser().parse_args(text.split()))


@pytest.mark.parametrize("text", ["2000000", "2e6", "2,000,000", "2_000_000", "2000000.0"])
def test_whole_numbers_are_read_as_they_are_written(text):
    assert whole(text, "--classes", 2) == 2_000_000


@pytest.mark.parametrize(
    ("text", "size"),
    [("80GiB", 80 << 30), ("24 GB", 24 * 10**9), ("512mib", 512 << 20), ("1.5TiB", 3 << 39), ("1e3MB", None)],
)
def test_memory_needs_a_unit_and_takes_all_of_them(text, size):
    if size is None:
        with pytest.raises(UserError, match="no amount of memory"):
            memory(text, "--gpu-memory")
    else:
        assert memory(text, "--gpu-memory") == size


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("--classes 0", "--classes 0 is outside 2..1,000,000,000,000"),
        ("--classes 1", "outside 2.."),
        ("--classes -5", "outside 2.."),
        ("--classes 2.5", "is no whole number"),
        ("--classes many", "'many' is no number"),
        ("--classes nan", "is no whole number"),
        ("--classes 1e400", "outside"),
        ("--classes 10 --gpus 0", "--gpus 0 is outside 1.."),
        ("--classes 10 --dim 1", "--dim 1 is outside 2.."),
        ("--classes 10 --batch 2", "--batch 2 is outside 4.."),
        ("--classes 10 --size 4", "--size 4 is outside 8..2,048"),
        ("--classes 10 --gpu-memory 80", "--gpu-memory 80 has no unit: say 80GiB or 80GB"),
        ("--classes 10 --gpu-memory 80XB", "unknown unit 'XB'"),
        ("--classes 10 --gpu-memory much", "no amount of memory"),
        ("--classes 10 --gpu-memory 0GiB", "is no memory"),
        ("--classes 10 --heads fcc", "--heads names 'fcc'; did you mean 'fc'?"),
        ("--classes 10 --ratios 0.1 2", r"--ratios 2 is outside \(0, 1\]"),
        ("--classes 10 --ratios some", "--ratios 'some' is no number"),
        ("--classes 10 --precision fp8", "--precision 'fp8' is not known: choose one of fp32, bf16, fp16"),
        ("--classes 10 --backbone iresnet5", "--backbone 'iresnet5' is not known; did you mean 'iresnet50'?"),
        ("--classes 10 --batch 8 --gpus 9", "--batch 8 is too small for --gpus 9: each needs an image"),
        ("--classes 10 --batch 8 --gpus 5 --backbone small", "an image, two for its batch normalisation"),
        ("", "required: --classes"),
        ("--classes 10 --clases 3", "unrecognized arguments: --clases 3: `python -m heads cost --help`"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(arguments, sentence):
    with pytest.raises(UserError, match=sentence) as refused:
        question(arguments)
    assert "\n" not in str(refused.value)


def test_a_question_has_defaults_and_images_only_with_a_backbone():
    plain = question("--classes 1e6")
    assert (plain.dim, plain.batch, plain.gpus, plain.gpu_memory, plain.inputs) == (512, 512, 1, None, None)
    full = question("--classes 1e6 --backbone iresnet50 --size 112 --dim 256 --heads fc dcq --ratios 0.1 0.3")
    assert full.inputs == 3 * 112 * 112 and full.backbone.dim == 256
    assert full.heads == ("fc", "dcq") and full.ratios == (0.1, 0.3)
    twice = question("--classes 1e6 --heads fc dcq fc --ratios 0.1 0.3 0.1")
    assert (twice.heads, twice.ratios) == (full.heads, full.ratios)


@pytest.mark.parametrize(
    "arguments", [["--classes", "0"], ["--classes", "5", "--machine", "nowhere"], ["--clases", "5"]]
)
def test_the_command_says_it_in_one_line_and_ends_with_status_2(arguments):
    command = [sys.executable, "-m", "heads", "cost", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 2 and done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith("headroom: ")


def test_heads_alone_do_without_the_planner(tmp_path):
    (tmp_path / "heads").symlink_to(ROOT / "heads")
    command = [sys.executable, "-m", "heads", "cost", "--classes", "5"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={"PATH": ""})
    assert done.returncode == 1 and "needs workflow" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0"),
        (512, "0.5 KiB"),
        (999 << 20, "999 MiB"),
        (1000 << 20, "0.98 GiB"),
        (5 << 29, "2.5 GiB"),
        (3 << 42, "12 TiB"),
    ],
)
def test_bytes_take_eight_characters(number, words):
    assert size_words(number) == words and len(words) <= 8


def test_bytes_below_zero_have_a_sign():
    assert size_words(-630 * 1024) == "-630 KiB"


def test_classes_have_three_digits():
    assert [classes_words(number) for number in (412, 9_876, 123_456, 35_149_000)] == [
        "412",
        "9,880",
        "123,000",
        "35.1 M",
    ]
