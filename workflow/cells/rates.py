"""How fast a machine is. Numbers are computed with it, so rules depend on this file, as on no other of cells/."""

from pydantic import Field

from workflow.cells.records import Part


class Rates(Part):
    """How fast a machine multiplies and moves memory: the best of several shapes and repetitions."""

    gemm_gflops: float
    """10^9 floating-point operations a second in matrix products of `precision`"""
    copy_gb_s: float
    """10^9 bytes a second of a block that no cache holds, reads and writes both counted"""
    threads: int
    precision: str
    gemm_gflops_by_precision: dict[str, float] = Field(default_factory=dict)
    """the same for every arithmetic that was timed; older records have none"""
    gb_s_by_bytes: dict[int, float] = Field(default_factory=dict)
    """10^9 bytes a second by the bytes that were gone over again and again; older records have none"""

    def product_gflops(self, precision: str) -> float | None:
        """The rate of matrix products of `precision`; None where it was not timed."""
        return (self.gemm_gflops_by_precision or {self.precision: self.gemm_gflops}).get(precision)

    def traffic_gb_s(self, held: float) -> float:
        """The rate at which `held` bytes, which a cache may hold, can be gone over: the best of any block as large."""
        return max((rate for size, rate in self.gb_s_by_bytes.items() if size >= held), default=self.copy_gb_s)

    def floor_ms(self, flops: float, moved: float, held: float, precision: str) -> float | None:
        """Milliseconds of the slower of `flops` in matrix products and `moved` bytes to and from a state of `held`;
        None where products of `precision` were not timed."""
        gflops = self.product_gflops(precision)
        return None if gflops is None else max(flops / gflops, moved / self.traffic_gb_s(held)) / 1e6

    def or_faster(self, other: "Rates") -> "Rates":
        """The better of both for everything that both timed."""
        products = {
            name: max(rate, other.gemm_gflops_by_precision.get(name, rate))
            for name, rate in self.gemm_gflops_by_precision.items()
        }
        traffic = {size: max(rate, other.gb_s_by_bytes.get(size, rate)) for size, rate in self.gb_s_by_bytes.items()}
        best = {name: max(getattr(self, name), getattr(other, name)) for name in ("gemm_gflops", "copy_gb_s")}
        return self.model_copy(update=best | {"gemm_gflops_by_precision": products, "gb_s_by_bytes": traffic})
