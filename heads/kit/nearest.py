"""An approximate-nearest-neighbour index over class centres, built anew now and then. Nothing else needs faiss.

The index lives on the host: to build and to ask it, centres and embeddings are copied there, which on a GPU waits for
the device. To the bit, the same centres make the same index on any number of threads. With several processes
each indexes all classes, which must fit its host's memory, and searches for its part of the batch: an index split
over processes returns other neighbours than a whole one, so the trained model would depend on W. A
checkpoint holds the centres as they were indexed, read back out of the index, and loading builds it again from them.
"""

import math
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from tqdm import tqdm

from heads.kit import ranks
from heads.kit.chunking import chunk_on, chunk_size, chunks
from heads.kit.interface import Upkeep
from heads.kit.place import Place

EFFORT = 100
"""candidates that a graph index (HNSW) keeps while it is built and searched: `ef` in the script of Zhang et al."""
PART = 2**16
"""vectors that are added at once"""
LONGEST = 600.0
"""seconds that building an index may take: it is built anew every so many steps"""
SILENT = 5.0
"""seconds between two words about how far it is"""


class Index(nn.Module):
    """The class centres most similar to an embedding, among the centres as they were up to `every` steps ago.

    `kind` is what faiss's index_factory reads: HNSW16, Flat (exact), ...; ValueError where it cannot serve.
    """

    nothing: Tensor

    def __init__(self, num_classes: int, dim: int, kind: str, every: int):
        super().__init__()
        if every < 1:
            raise ValueError(f"rebuild {every}: the index is built anew every `rebuild` steps, at least 1")
        self.num_classes, self.dim, self.kind, self.every, self.age = num_classes, dim, kind, every, 0
        self.upkeep: Upkeep | None = None
        self.built: Any = None
        check_kind(kind, dim)
        self.register_buffer("nothing", torch.empty(0, dim), persistent=False)  # it is where the head is

    @torch.no_grad()
    def nearest(self, embeddings: Tensor, weight: Tensor, number: int) -> Tensor:
        """(n, N) classes most similar to each of the `embeddings` (N, D), the nearest first, -1 where none was found;
        n is `number`, or C if that is less. `weight` is this rank's share of the centres, of any length.

        One call is one step: the first and then every `every`-th builds the index from `weight` before it searches.
        """
        if self.built is None or self.age % self.every == 0:
            self.rebuild(weight)
        self.age += 1
        mine = ranks.share(len(embeddings))
        return ranks.gather(self.search(embeddings[mine.start : mine.stop], number)).T

    def search(self, embeddings: Tensor, number: int) -> Tensor:
        """(N, n) classes nearest to each of the `embeddings` (N, D)."""
        with threads(torch.get_num_threads()):
            _, classes = self.built.search(embeddings.float().cpu().numpy(), min(number, self.num_classes))
        return torch.from_numpy(classes).to(embeddings.device)

    def rebuild(self, weight: Tensor) -> None:
        """Index the directions of all ranks' `weight` (n, D) anew, and note the time it took."""
        weight[0, 0].item()  # waits for the device: what it still has to do is no part of the time
        started = time.perf_counter()
        self.built = None  # two at once would take twice the memory
        self.build(ranks.gather(unit_rows(weight)))
        times = self.upkeep.times if self.upkeep else 0
        self.upkeep = Upkeep(time.perf_counter() - started, self.every, times + 1)

    def build(self, vectors: Tensor) -> None:
        """Index the unit rows `vectors` (C, D), float32 on the host, telling how far it is. ValueError once it shows
        that this would take longer than LONGEST."""
        built, started = empty_index(self.kind, self.dim), time.perf_counter()
        told = tqdm(
            total=len(vectors), desc="indexing class centres", unit=" classes", delay=SILENT, mininterval=SILENT
        )
        with told, threads(torch.get_num_threads() if builds_alike() else 1):
            for rows in vectors.split(PART):
                built.add(rows.numpy())
                told.update(len(rows))
                check_pace(built.ntotal, len(vectors), time.perf_counter() - started)
        self.built = built

    def vectors(self) -> Tensor:
        """(C, D) unit rows that are indexed; none before the first step."""
        if self.built is None:
            return self.nothing
        return torch.from_numpy(self.built.reconstruct_n(0, self.built.ntotal)).to(self.nothing.device)

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination[prefix + "vectors"] = self.vectors()

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        own = dict(state_dict)
        vectors = own.pop(prefix + "vectors", self.nothing)
        super()._load_from_state_dict(own, prefix, *rest)
        self.built = None
        if len(vectors):
            self.build(vectors.float().cpu())

    def get_extra_state(self) -> Tensor:
        return torch.tensor(self.age)

    def set_extra_state(self, state: Tensor) -> None:
        self.age = int(state)


def check_pace(done: int, classes: int, seconds: float) -> None:
    """ValueError where at this pace an index over so many `classes` would take longer than LONGEST: to add a vector
    takes the longer, by the logarithm, the more there are."""
    needed = seconds * classes / done * math.log(classes + 1) / math.log(done + 1)
    if needed > LONGEST:
        raise ValueError(
            f"an index over {classes:,} class centres takes about {needed / 60:,.0f} minutes here, each time that it "
            f"is built anew: more than {LONGEST / 60:.0f} are refused; train with fewer classes, or with another head"
        )


def unit_rows(weight: Tensor) -> Tensor:
    """(n, D) directions of `weight` (n, D) in float32 on the host, with one copy of them and no more."""
    rows = torch.empty(weight.shape, dtype=torch.float32)
    for part in chunks(len(weight), chunk_size(weight.device)):
        rows[part] = normalize(weight[part], dim=1)
    return rows


def index_bytes(classes: int, dim: int, kind: str) -> int:
    """Bytes of an index over `classes` vectors: the vectors and, of a graph, 2 M links of 4 bytes at each and the
    levels above, which are few. Found by building some."""
    graph = re.match(r"HNSW(\d+)", kind)
    return classes * (4 * dim + (8 * int(graph[1]) + 48 if graph else 0))


def building_bytes(classes: int, dim: int, place: Place) -> int:
    """Bytes of the host's memory for temporaries while the index is built: a process's unit rows, a chunk at a time,
    and, of several processes, all rows as they come and put together."""
    own, everything = 4 * dim * place.share(classes), 8 * dim * classes if place.processes > 1 else 0
    return own + everything + 4 * dim * min(place.share(classes), chunk_on(place.device))


def check_kind(kind: str, dim: int) -> None:
    """ValueError unless faiss knows `kind`, and it is one that learns nothing beforehand and gives vectors back as they
    were put in: a checkpoint is made of them."""
    advice = "choose HNSW16, with another number of links if you like, or Flat, which is exact and slow"
    try:
        index = empty_index(kind, dim)
        serves = index.is_trained and keeps_vectors(index, torch.linspace(-1, 1, dim, dtype=torch.float32)[None])
    except (RuntimeError, TypeError) as error:  # faiss has no others
        raise ValueError(f"index '{kind}' is not one that faiss can build here: {advice}") from error
    if not serves:
        raise ValueError(f"index '{kind}' does not keep the vectors as they are: {advice}")


def keeps_vectors(index: Any, probe: Tensor) -> bool:
    """Whether the vector `probe` (1, D), once added to the empty `index`, comes back to the bit."""
    index.add(probe.numpy())
    return torch.equal(torch.from_numpy(index.reconstruct(0)), probe[0])


def empty_index(kind: str, dim: int) -> Any:
    """A faiss index of `kind` for inner products of vectors of `dim` numbers. RuntimeError where faiss refuses."""
    faiss = import_faiss()
    index = faiss.index_factory(dim, kind, faiss.METRIC_INNER_PRODUCT)
    if hasattr(index, "hnsw"):
        index.hnsw.efConstruction = index.hnsw.efSearch = EFFORT
    return index


def builds_alike() -> bool:
    """Whether this faiss builds a graph to the same bits with several threads; before 1.15 the order was left to
    chance, unless there is one thread."""
    return hasattr(import_faiss(), "hnsw_add_vertices_deterministic")


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Within the block, faiss uses `number` threads."""
    faiss = import_faiss()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(number)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def import_faiss() -> ModuleType:
    """The package faiss; ValueError where it is not installed."""
    try:
        import faiss
    except ImportError as error:
        raise ValueError("the head's index needs the package faiss: pip install faiss-cpu") from error
    return faiss
