"""What would wait for ever to be written to is refused, whatever it is named as."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from workflow.data.formats import face_bin, lists, recordio
from workflow.data.formats.pairs import pairs
from workflow.data.formats.record_lists import read_index
from workflow.data.formats.tables import rows
from workflow.data.formats.tars import of_shard
from workflow.errors import UserError

READERS = {
    "list.csv": lists.images,
    "pairs.txt": lambda path: pairs(path, path.parent),
    "set.bin": face_bin.read,
    "set.idx": lambda path: [read_index(path)],
    "set.rec": recordio.images,
    "set.tar": lambda path: of_shard(path, "label"),
    "set.parquet": lambda path: rows(path, None, None, None),
    "set.arrow": lambda path: rows(path, None, None, None),
}


@pytest.mark.parametrize("name", READERS)
def test_a_pipe_is_named(tmp_path, name):
    os.mkfifo(tmp_path / name)
    read: Callable[[Path], object] = READERS[name]
    with pytest.raises(UserError, match=f"{tmp_path}/{name} is a named pipe: name a file"):
        list(read(tmp_path / name))
