"""One walk for the plan and the build: links followed, loops cut, nothing that hangs, and changes noticed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from workflow.cells.data_section import Data
from workflow.data.gathered import Gathered
from workflow.data.listing import listing
from workflow.data.walk import HIDDEN, LOOP, walk
from workflow.errors import UserError


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Six classes of one image each, in a folder."""
    for number in range(6):
        (tmp_path / "photos" / f"class {number}").mkdir(parents=True)
        Image.new("L", (8, 8), number).save(tmp_path / "photos" / f"class {number}" / "a.png")
    return tmp_path / "photos"


def data(photos: Path, **keys: object) -> Data:
    return Data.parse({"name": "photos", "source": "folder", "path": str(photos), **keys})


def files(photos: Path, name: str) -> list[str]:
    """What lies in a class, by its paths within the folder."""
    return [str(entry.path.relative_to(photos)) for entry in walk(photos).classes[name]]


def test_plan_and_build_see_the_same(photos, tmp_path):
    tree, found = walk(photos), Gathered(data(photos), tmp_path, 1)
    assert found.catalogue.files == [entry.path for entries in tree.classes.values() for entry in entries]
    assert found.names == list(tree.classes)


def test_classes_and_folders_may_be_links(photos, tmp_path):
    store = photos.rename(tmp_path / "store")
    photos.mkdir()
    for path in store.iterdir():
        (photos / path.name).symlink_to(path)
    (tmp_path / "more").mkdir()
    shutil.copy(store / "class 0/a.png", tmp_path / "more/b.png")
    (store / "class 1/more").symlink_to("../../more")
    assert files(photos, "class 1") == ["class 1/a.png", "class 1/more/b.png"]


def test_the_folder_itself_may_be_a_link(photos, tmp_path):
    (tmp_path / "here").symlink_to(photos)
    assert files(tmp_path / "here", "class 5") == ["class 5/a.png"]


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("class 0/all", ".."),
        ("class 0/self", "."),
        ("class 0/above", "../.."),
        ("all", "."),
        ("above", ".."),
        ("class 0/absolute", "{photos}"),
    ],
)
def test_a_loop_of_links_is_cut(link, target, photos):
    (photos / link).symlink_to(target.format(photos=photos))
    tree = walk(photos)
    assert tree.left_out == {LOOP: 1} and list(tree.classes) == [f"class {number}" for number in range(6)]
    assert files(photos, "class 0") == ["class 0/a.png"]


def test_classes_that_are_all_linked_to_each_other_end_too(photos):
    for one in sorted(photos.iterdir()):
        for other in range(6):
            (one / f"to {other}").symlink_to(f"../class {other}")
    assert all(len(entries) == 6 for entries in walk(photos).classes.values())


def test_a_folder_deeper_than_python_recurses_is_walked(photos):
    subprocess.run(["mkdir", "-p", "/".join("d" * 1010)], cwd=photos / "class 0", check=True)
    subprocess.run("cd -P " + "/".join("d" * 1010) + " && touch b.png", cwd=photos / "class 0", shell=True, check=True)
    try:
        assert len(files(photos, "class 0")) == 2
    finally:
        subprocess.run(["rm", "-r", "d"], cwd=photos / "class 0", check=True)  # shutil, and so pytest, recurses


def test_names_are_in_the_order_of_their_bytes(photos):
    for name in ("z", "a", "é", "漢", "\U0001f600", "\udcff"):
        (photos / "class 0" / f"{name}.png").write_bytes(b"")
    assert [Path(name).stem for name in files(photos, "class 0")] == ["a", "a", "z", "é", "漢", "\U0001f600", "\udcff"][
        1:
    ]


def test_two_names_that_read_alike_are_refused(photos):
    for name in ("caf\udce9", r"caf\xe9"):
        (photos / name).mkdir()
    with pytest.raises(UserError, match=r"two directories that both read caf\\xe9: rename one"):
        walk(photos)


@pytest.mark.parametrize("link", ["class 0/a.png", "class 9"])
def test_a_link_that_leads_nowhere_is_a_problem_of_its_own(link, photos):
    (photos / link).unlink(missing_ok=True)
    (photos / link).symlink_to("/no/such/disk/x")
    with pytest.raises(UserError, match=rf"{link} is a link to /no/such/disk/x, which does not exist: delete it, or"):
        Gathered(data(photos), photos.parent, 1)
    skipped = Gathered(data(photos, skip_unreadable=True), photos.parent, 1)
    assert skipped.account.skipped == [f"{link}: is a link to /no/such/disk/x, which does not exist"]
    assert skipped.sieve.rejected["unreadable"] == 1


def test_a_folder_that_cannot_be_listed_is_skipped_on_request(photos, deny_listing):
    deny_listing("class 4")
    found = Gathered(data(photos, skip_unreadable=True), photos.parent, 1)
    assert found.account.skipped == ["class 4: cannot be listed (Permission denied)"]


CHANGES = {
    "a file more": lambda photos: (photos / "class 0/b.png").write_bytes(b"x"),
    "a file less": lambda photos: (photos / "class 0/a.png").unlink(),
    "another name": lambda photos: (photos / "class 0/a.png").rename(photos / "class 0/b.png"),
    "another class": lambda photos: (photos / "class 0").rename(photos / "class 7"),
    "an empty class": lambda photos: (photos / "class 7").mkdir(),
    "another time": lambda photos: os.utime(photos / "class 0/a.png", (1, 1)),
    "a file more behind a link": lambda photos: (photos.parent / "linked/b.png").write_bytes(b"x"),
    "a pipe": lambda photos: os.mkfifo(photos / "class 0/b.png"),
    "a link to nothing": lambda photos: (photos / "class 0/b.png").symlink_to("nowhere"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_plan_notices(change, photos):
    (photos / "class 0").rename(photos.parent / "linked")
    (photos / "class 0").symlink_to("../linked")
    first = listing(data(photos))
    assert listing(data(photos)) == first and len(first) == 8
    CHANGES[change](photos)
    assert listing(data(photos)) != first


@pytest.mark.parametrize("name", [".DS_Store", "class 0/.#a.png", "@eaDir", "class 0/__MACOSX"])
def test_what_is_left_out_makes_no_plan_anew(name, photos):
    first = listing(data(photos))
    (photos / name).symlink_to("nowhere")
    assert listing(data(photos)) == first


def test_a_plan_goes_on_where_the_build_will_say_what_is_wrong(photos, tmp_path):
    assert listing(data(tmp_path / "nowhere")) != listing(data(photos / "class 0/a.png"))
    assert listing(Data.parse({"name": "glyphs"})) is None


@pytest.mark.parametrize("path", ["{photos}/class 0/a.png", "nul\0", "/" + "long" * 2000])
def test_a_path_that_is_no_folder_is_named(path, photos):
    with pytest.raises(UserError, match=r"^data\.path: .* cannot be (reached|listed)|cannot be listed"):
        walk(Path(path.format(photos=photos)))


def test_hidden_files_are_counted(photos):
    for name in (".a", "class 0/.b", "class 0/.c"):
        (photos / name).write_bytes(b"")
    assert walk(photos).left_out == {HIDDEN: 3}
