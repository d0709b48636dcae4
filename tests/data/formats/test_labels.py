"""Labels of any kind become classes without gaps, and their names are kept as a manifest keeps them."""

import json

import numpy as np
import pytest

from workflow.data.formats.labels import Labels


def mapped(*given: int | str) -> tuple[list[str], list[int]]:
    labels = Labels()
    for label in given:
        labels.add(label)
    names, classes = labels.mapped()
    assert classes.dtype == np.int64
    assert [names[number] for number in classes] == [str(label) for label in given], "the names give the labels back"
    assert json.loads(json.dumps(names)) == names
    return names, classes.tolist()


@pytest.mark.parametrize(
    ("given", "names", "classes"),
    [
        ((0, 1, 2), ["0", "1", "2"], [0, 1, 2]),
        ((100, 7, 20, 7), ["7", "20", "100"], [2, 0, 1, 0]),
        (("100", 7, "20", "7"), ["7", "20", "100"], [2, 0, 1, 0]),
        ((-1, 0, 10**17), ["-1", "0", "100000000000000000"], [0, 1, 2]),
        (("b", "a", "é", "Z", "b"), ["Z", "a", "b", "é"], [2, 1, 3, 0, 2]),
        (("7", "07", "8"), ["07", "7", "8"], [1, 0, 2]),
        ((10, 9, "cat"), ["10", "9", "cat"], [0, 1, 2]),
        (("²", "10", "9"), ["10", "9", "²"], [2, 0, 1]),
        (("-", "10", "9"), ["-", "10", "9"], [0, 1, 2]),
        (("9" * 5000, "8"), ["8", "9" * 5000], [1, 0]),
        ((5,), ["5"], [0]),
        ((), [], []),
    ],
)
def test_labels_are_mapped(given, names, classes):
    assert mapped(*given) == (names, classes)


def test_the_order_of_the_images_changes_no_class():
    labels = [3, 1, 44, 2, 44, 3]
    names, classes = mapped(*labels)
    again, turned = mapped(*reversed(labels))
    assert again == names and turned == classes[::-1]
