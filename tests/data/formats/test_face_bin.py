"""Evaluation sets of faces: read as every Python and numpy pickles them, and nothing of a hostile one is run."""

import io
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest

from workflow.data.formats.face_bin import Verification, read
from workflow.errors import UserError

IMAGES = [bytes([0xFF, 0xD8, number, 0x27, 0x0A, 0x5C]) + b"x" * 300 * (number % 2) for number in range(6)]
SAME = [True, False, True]
WHOLE = Verification(IMAGES, SAME)
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lfw.bin"


def refused(path: Path, content: object, protocol: int = 4) -> str:
    """What is said of a file of these bytes, or of this pickled."""
    path.write_bytes(content if isinstance(content, bytes) else pickle.dumps(content, protocol))
    with pytest.raises(UserError) as error:
        read(path)
    said = str(error.value)
    assert said.startswith(str(path)) and "\n" not in said
    return said


def arrays(images: list[bytes]) -> list[np.ndarray]:
    return [np.frombuffer(image, np.uint8) for image in images]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "content",
    [
        (IMAGES, SAME),
        [tuple(IMAGES), tuple(SAME)],
        (arrays(IMAGES), SAME),
        ([array.copy() for array in arrays(IMAGES)], np.array(SAME)),
        (IMAGES, [np.bool_(one) for one in SAME]),
        (IMAGES, [1, 0, 1]),
        (IMAGES, np.array([1, 0, 1], ">i8")),
        (np.array([*IMAGES, None], object)[:6], SAME),
    ],
)
def test_pickles_of_python_3(path, content, protocol):
    path.write_bytes(pickle.dumps(content, protocol))
    assert read(path) == WHOLE


def test_pickles_of_python_2(path):
    strings = b"".join(struct.pack("<cI", b"T", len(image)) + image for image in IMAGES)
    path.write_bytes(b"\x80\x02](" + strings + b"e](\x88\x89\x88e\x86.")
    assert read(path) == WHOLE


def quoted(image: bytes) -> bytes:
    return b"'" + b"".join(b"\\x%02x" % byte for byte in image) + b"'\n"


def test_pickles_of_python_2_as_text(path):
    items = b"".join(b"S" + quoted(image) + b"a" for image in IMAGES)
    path.write_bytes(b"((l" + items + b"(lI01\naI00\naI01\nat.")
    assert read(path) == WHOLE


def test_arrays_of_python_2(path):
    kind = b"cnumpy\ndtype\n(S'u1'\nI0\nI1\ntR(I3\nS'|'\nNNNI-1\nI-1\nI0\ntb"
    items = b"".join(
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
        b"(I1\n(I%d\nt%sI00\nS%stba" % (len(image), kind, quoted(image))
        for image in IMAGES
    )
    path.write_bytes(b"((l" + items + b"(lI01\naI00\naI01\nat.")
    assert read(path) == WHOLE


class Calls:
    """Pickles as a call."""

    def __init__(self, function: object, *given: object) -> None:
        self.call = function, given

    def __reduce__(self) -> tuple:
        return self.call


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "call",
    [
        lambda mark: Calls(os.mkdir, str(mark)),
        lambda mark: Calls(eval, f"__import__('os').mkdir({str(mark)!r})"),
        lambda mark: Calls(exec, f"import os; os.mkdir({str(mark)!r})"),
        lambda mark: Calls(open, str(mark), "w"),
        lambda mark: Calls(np.save, str(mark), [1]),
        lambda mark: Calls(np.memmap, str(mark), "u1", "w+", 0, 8),
        lambda mark: Calls(pickle.loads, pickle.dumps(Calls(os.mkdir, str(mark)))),
    ],
)
@pytest.mark.parametrize("place", ["whole", "image", "answer", "beside"])
def test_what_a_hostile_pickle_calls_is_not_called(path, tmp_path, call, place, protocol):
    mark = tmp_path / "mark"
    harm = call(mark)
    content = {
        "whole": harm,
        "image": ([harm, *IMAGES[1:]], SAME),
        "answer": (IMAGES, [harm, *SAME[1:]]),
        "beside": (IMAGES, SAME, harm),
    }[place]
    said = refused(path, content, protocol)
    assert "nothing of it was run" in said and "asks for " in said
    assert not list(tmp_path.glob("mark*"))


def name(module: bytes, function: bytes) -> bytes:
    """The instructions for a name by the stack, as of protocol 4."""
    return b"\x8c%c%s\x8c%c%s\x93" % (len(module), module, len(function), function)


@pytest.mark.parametrize(
    ("instructions", "said"),
    [
        (b"cos\nsystem\n(S'true'\ntR.", "asks for os.system"),
        (b"cposix\nsystem\n(S'true'\ntR.", "asks for posix.system"),
        (b"(S'true'\nios\nsystem\n.", "the instruction INST"),
        (b"(c_codecs\nencode\nS'true'\no.", "the instruction OBJ"),
        (b"\x80\x02cnumpy\nndarray\n)\x81.", "the instruction NEWOBJ"),
        (b"\x80\x04" + name(b"os", b"system") + b"\x8c\x04true\x85R.", "asks for os.system"),
        (b"\x80\x04" + name(b"numpy", b"ndarray.tofile") + b".", "asks for numpy.ndarray.tofile"),
        (b"\x80\x04" + name(b"numpy.core.multiarray", b"fromfile") + b".", "asks for numpy.core.multiarray.fromfile"),
        (b"\x80\x02\x82\x01.", "the instruction EXT1"),
        (b"Pname\n.", "the instruction PERSID"),
        (b"}.", "the instruction EMPTY_DICT"),
        (b"c_codecs\nencode\n(NN}tb.", "the instruction EMPTY_DICT"),
        (b"c_codecs\nencode\nNb.", "changes a function"),
        (b"c_codecs\nencode\n(X\1\0\0\0aX\3\0\0\0ziptR.", "asks for the encoding zip"),
        (b"]r\xff\xff\xff\xff.", "numbers what it keeps by 4294967295"),
        (b"]p-1\n.", "numbers what it keeps by -1"),
    ],
)
def test_instructions_that_are_not_needed(path, instructions, said):
    assert said in refused(path, instructions)


@pytest.mark.parametrize("kind", ["V8", "M8[s]", "S4", "f8", "U1", "c16"])
def test_arrays_of_other_kinds(path, kind):
    assert refused(path, ([np.zeros(3, kind)] * 2, [True])) != ""


def test_shapes_are_held_against_bytes(path):
    kind = b"cnumpy\ndtype\n(S'u1'\nI0\nI1\ntR"
    start = b"((lcnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"
    for shape in (b"I9", b"I-3", b"I999999999999999", b"I1\nI2", b"Nt(I3"):
        said = refused(path, start + b"(I1\n(%s\nt%sI00\nS'abc'\ntba(lI01\nat." % (shape, kind))
        assert "is no whole pickle" in said
    assert "has no encoded image as image 0" in refused(path, start + b"aNa(lI01\nat.")
    pointers = start + b"(I1\n(I1\ntcnumpy\ndtype\n(S'O8'\nI0\nI1\ntRI00\nS'abcdefgh'\ntba(lI01\nat."
    assert "holds an array of |O8" in refused(path, pointers)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (IMAGES, "is not a pair of images and answers"),
        (7, "is not a pair"),
        ((b"ab", SAME), "is not a list of images and one of answers"),
        ((IMAGES[:5], SAME), "has 5 images for 3 answers"),
        (([], []), "has 0 images for 0 answers"),
        (([*IMAGES[:5], b""], SAME), "has no encoded image as image 5"),
        (([*IMAGES[:5], "text"], SAME), "has no encoded image as image 5"),
        (([np.zeros((8, 8, 3), np.uint8), *IMAGES[1:]], SAME), "has an array 8x8x3 of uint8 as image 0"),
        (([np.zeros(8, np.int64), *IMAGES[1:]], SAME), "has an array 8 of int64 as image 0"),
        ((IMAGES, [True, 2, False]), "has as answer 1 neither"),
        ((IMAGES, [True, True, None]), "has as answer 2 neither"),
        ((IMAGES, np.zeros((3, 1), bool)), "is not a list of images and one of answers"),
    ],
)
def test_other_pickles_than_such_a_set(path, content, said):
    assert said in refused(path, content)


def test_files_that_are_cut_off(path):
    whole = pickle.dumps((arrays(IMAGES), SAME))
    for size in range(1, len(whole), 7):
        assert "is no whole pickle of images and answers" in refused(path, whole[:size])


def test_files_that_are_no_pickles(path, tmp_path):
    memory = io.BytesIO()
    np.save(memory, np.zeros(3))
    for content in (b"PK\3\4", b"\xff\xd8\xff\xe0", memory.getvalue(), b"<html>", b"\x80\x09."):
        assert "fetch" in refused(path, content)
    assert "is empty" in refused(path, b"")
    with pytest.raises(UserError, match=r"none\.bin cannot be opened"):
        read(tmp_path / "none.bin")
