"""What heads are made of: everything a head's author needs, in one import.

`interface` says what a head is; the other files are one idea each.
"""

from heads.kit import ranks, wire
from heads.kit.batches import KINDS, Kind, kind_of
from heads.kit.centres import Accumulator, Centres
from heads.kit.checks import (
    NotFinite,
    check_batch,
    check_centres,
    check_finite,
    check_labels,
    check_loss,
    check_option,
    check_pairs,
    refuse_unless,
)
from heads.kit.chunking import chunk_size, chunks, logits_bytes, working_bytes
from heads.kit.class_pool import Admission, ClassPool
from heads.kit.comparing import comparing
from heads.kit.dice import Dice, draw_seed, stream
from heads.kit.groups import Groups, group, run_starts
from heads.kit.hardest import Finding, Hardest, pull
from heads.kit.hide import Hide, OwnColumns, hide_also, hide_columns, hide_labels, mask
from heads.kit.idle import Idle, idle_bytes
from heads.kit.interface import Batch, Cost, Encoder, Head, Parts, Upkeep
from heads.kit.limits import Count, KindName, NotNegative, Positive, Share, ShareAboveZero, ShareBelowOne
from heads.kit.lse import Watcher, both_lse, log_sum_exp, negative_lse, widened
from heads.kit.margins import MARGINS, Margin, margin_loss
from heads.kit.nearest import Index, building_bytes, index_bytes
from heads.kit.place import ALONE, Place
from heads.kit.ratio import check_ratio, kept_classes, largest_sample
from heads.kit.ring import Ring
from heads.kit.sample import sample_classes, sampling_bytes
from heads.kit.store import EMPTY, Store
from heads.kit.wire import Wire

__all__ = [
    "ALONE",
    "EMPTY",
    "KINDS",
    "MARGINS",
    "Accumulator",
    "Admission",
    "Batch",
    "Centres",
    "ClassPool",
    "Cost",
    "Count",
    "Dice",
    "Encoder",
    "Finding",
    "Groups",
    "Hardest",
    "Head",
    "Hide",
    "Idle",
    "Index",
    "Kind",
    "KindName",
    "Margin",
    "NotFinite",
    "NotNegative",
    "OwnColumns",
    "Parts",
    "Place",
    "Positive",
    "Ring",
    "Share",
    "ShareAboveZero",
    "ShareBelowOne",
    "Store",
    "Upkeep",
    "Watcher",
    "Wire",
    "both_lse",
    "building_bytes",
    "check_batch",
    "check_centres",
    "check_finite",
    "check_labels",
    "check_loss",
    "check_option",
    "check_pairs",
    "check_ratio",
    "chunk_size",
    "chunks",
    "comparing",
    "draw_seed",
    "group",
    "hide_also",
    "hide_columns",
    "hide_labels",
    "idle_bytes",
    "index_bytes",
    "kept_classes",
    "kind_of",
    "largest_sample",
    "log_sum_exp",
    "logits_bytes",
    "margin_loss",
    "mask",
    "negative_lse",
    "pull",
    "ranks",
    "refuse_unless",
    "run_starts",
    "sample_classes",
    "sampling_bytes",
    "stream",
    "widened",
    "wire",
    "working_bytes",
]
