"""The list of fonts keeps its promises: pinned, complete, and no family on two sides."""

import re

import pytest

from workflow.data.faces import SPLIT_PARTS, load_tier, tiers
from workflow.errors import UserError


@pytest.mark.parametrize("name", tiers())
def test_no_family_serves_two_parts_and_every_part_is_served(name):
    faces = load_tier(name).faces
    families = [{face.family for face in faces if face.part == part} for part in SPLIT_PARTS]
    assert all(families)
    assert len(set.union(*families)) == sum(map(len, families))


@pytest.mark.parametrize("name", tiers())
def test_every_source_has_a_face_and_what_registries_deliver_is_pinned(name):
    tier = load_tier(name)
    assert {face.source for face in tier.faces} == {source.name for source in tier.sources}
    for source in tier.sources:
        assert source.licence
        if source.registry in ("pypi", "npm"):
            assert re.fullmatch("[0-9a-f]{64}", source.sha256) and source.version
    assert len({(face.source, face.file, face.index, face.weight) for face in tier.faces}) == len(tier.faces)


@pytest.mark.parametrize("name", tiers())
def test_training_faces_come_first_so_that_a_shared_bitmap_is_never_a_probe(name):
    parts = [SPLIT_PARTS.index(face.part) for face in load_tier(name).faces]
    assert parts == sorted(parts)


def test_the_default_tier_holds_out_what_the_protocol_says():
    faces = load_tier("s").faces
    held_out = {part: sorted(face.name for face in faces if face.part == part) for part in SPLIT_PARTS[1:]}
    assert held_out["validation"] == ["Nanum Barun Gothic"]
    assert held_out["test"] == ["IPA Mincho", *(f"Noto Serif {r}" for r in ("JP", "KR", "SC", "TC")), "WQY Micro Hei"]
    assert len(faces) == 20


def test_larger_tiers_contain_the_smaller_ones():
    small, medium, large = (set(load_tier(name).sources) for name in "sml")
    assert small < medium < large


def test_an_unknown_tier_is_named_with_the_known_ones():
    with pytest.raises(UserError, match=r"data\.tier is 'xl'.*dejavu, xs, s, m, l"):
        load_tier("xl")
