"""Whether a split has enough images for the batches of every row, before the first is trained."""

import json

import pytest

from workflow.cells.batch_spec import BatchSpec
from workflow.data.fits import check_fit
from workflow.data.split_file import load_split
from workflow.errors import UserError


def asked(label: str, kind: str, batch: int, share: float = 0, min_shots: int = 7) -> dict[str, object]:
    return {"label": label, "kind": kind, "batch": batch, "first_stage": {"share": share, "min_shots": min_shots}}


def specs(*rows: dict[str, object]) -> list[BatchSpec]:
    return [BatchSpec.model_validate_json(json.dumps(row)) for row in rows]


@pytest.fixture(scope="module")
def made(split):
    """200 classes with 339 images, 30 of them with four."""
    return load_split(split)


def test_a_split_with_enough_images_says_what_it_trains_on(made):
    told = check_fit(made, specs(asked("fc", "instances", 339), asked("dcq", "pairs", 128)))
    assert told == "split of dejavu: 200 classes to train, with 339 images"


def test_every_row_that_lacks_images_is_named_once(made):
    with pytest.raises(UserError) as raised:
        check_fit(
            made,
            specs(
                *2 * [asked("fc", "instances", 340)],
                asked("dcq", "even pairs", 201),
                asked("f2c", "pairs", 9),
                asked("uniface", "instances", 340),
            ),
        )
    assert str(raised.value) == (
        "'train.batch' is 340: there are only 339 training images, lower it (rows fc, uniface); 'train.batch' is 201: "
        "the loader would draw 201 classes a step, but there are only 200, lower it (rows dcq)"
    )


def test_a_first_stage_is_of_fewer_images(made):
    rich = int((made.label_counts >= 4).sum())
    check_fit(made, specs(asked("dcq", "pairs", 4 * rich, 0.5, 4)))
    with pytest.raises(UserError, match=r"^'train.first_stage.min_shots' is 4: among classes with as many"):
        check_fit(made, specs(asked("dcq", "pairs", 4 * rich + 1, 0.5, 4)))
    with pytest.raises(UserError, match="there are only 0 training images"):
        check_fit(made, specs(asked("dcq", "pairs", 4, 0.5, 400)))


def test_a_small_folder_says_how_little_of_it_trains(made):
    counts = made.record.counts | {"train_classes": 2, "train_images": 9}
    own = made.record.model_copy(update={"settings": {"source": "folder"}, "counts": counts})
    assert check_fit(type(made)(made.arrays, own), []) == (
        "split of dejavu: 2 classes to train, with 9 images; 220 others are only asked about, more than train: "
        "data.open_set and data.distractors say how many"
    )
