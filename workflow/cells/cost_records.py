"""What measuring writes and reads: the record of a cost cell, and the rates of the machine that it was measured on."""

from pydantic import ConfigDict, Field, JsonValue

from workflow.cells.rates import Rates
from workflow.cells.records import Images, Part, Record
from workflow.cells.spec import CostMode
from workflow.endings import Outcome

BUSY_CORES = 0.1
"""processor cores kept busy by other programs, beyond what the machine keeps busy while nothing is timed, above which a
timing was not exclusive"""
IDLE_CORES = 0.15
"""most cores that count as what a machine keeps busy by itself: a program that never rests is a disturbance"""


class CostName(Part):
    """Which cost cell it is."""

    profile: str
    label: str
    head: str
    ratio: float
    mode: CostMode
    classes: int
    dim: int
    batch: int
    precision: str


class Conditions(Part):
    """What the numbers depend on beside the head. None where an older record does not say it."""

    device: str
    """`cpu`, or the GPU's name"""
    threads: int | None = None
    """CPU threads of torch"""
    precision: str | None = None
    """of the backbone end to end; fp32 for a head alone"""
    allow_tf32: bool | None = None
    matmul_precision: str | None = None
    """torch's float32 matmul precision: highest, high or medium"""
    cudnn_benchmark: bool | None = None
    deterministic: bool | None = None
    """whether torch was told to use deterministic algorithms"""
    load_average: float | None = None
    """the system's mean number of runnable processes over the last minute, before the cell began"""
    freed_memory_kept: bool | None = None
    """whether the host's allocator was told to keep what a step frees"""


class Memory(Part):
    """Bytes by every meter there is. Filled in while a cell is measured, so it may be changed."""

    model_config = ConfigDict(frozen=False)

    allocator_peak_bytes: int | None = None
    allocator_reserved_bytes: int | None = None
    allocator_before_bytes: int | None = None
    nvml_device_bytes: int | None = None
    nvml_process_bytes: int | None = None
    host_peak_rss_bytes: int | None = None
    host_rss_before_bytes: int | None = None
    tensor_peak_bytes: int | None = None
    """on a CPU: of all tensors in a further step, what is kept between steps included; None in older records"""
    declared_state_bytes: int | None = None
    requested_bytes: int | None = None


class Nvml(Part):
    """The driver's readings of a GPU while steps go on: medians, but for the lowest clock."""

    watched_seconds: float | None = None
    utilisation_percent: float | None = None
    power_w: float | None = None
    energy_j_per_image: float | None = None
    """of images with a gradient"""
    energy_meter: str | None = None
    """`counter` (the driver's own), or `integrated power`"""
    clock_mhz: float | None = None
    clock_min_mhz: float | None = None
    temperature_c: float | None = None


class Floor(Part):
    """The roofline of a head's step."""

    flops: int | None = None
    bytes: int | None = None
    state_bytes: int | None = None
    precision: str | None = None
    ms: float | None = None
    note: str | None = None


class Declares(Part):
    """What a head declares of one step at one batch and embedding dimension."""

    batch: int
    dim: int
    flops: int
    moved_bytes: int
    held_bytes: int
    """state, and the most temporaries that a step holds at once"""


class Sends(Part):
    """Bytes that one of several processes gives to the collectives of a training step, as coefficients."""

    gathered: tuple[float, float, float, float, float]
    """of its part, to all-gathers: fixed, for each of its own images, for each number of their embeddings, for each
    image of all processes, and for each number of its share of the class centres"""
    reduced: tuple[float, float]
    """of what all-reduces add up: fixed, gradients included, and for each image of all processes"""


class Attempt(Part):
    """One time the steps of a cell were timed."""

    other_load_cores: float | None
    stopped: bool | None = None
    """whether this process was stopped meanwhile; None in older records"""
    median_ms: float
    steps: int


class UpkeepFacts(Part):
    """A head's periodic work, in none of the steps' times."""

    seconds: float
    every_steps: int
    ms_per_step: float


class Measured(Part):
    """What is measured of a cost cell. It fills up while the cell is measured: what is not measured stays None."""

    model_config = ConfigDict(frozen=False)

    step_ms: list[float] = Field(default_factory=list)
    """wall time of each timed step, without the head's periodic work"""
    step_cpu_ms: list[float] = Field(default_factory=list)
    """this process's processor time in each timed step, with everything"""
    upkeep: UpkeepFacts | None = None
    warmup_steps: int | None = None
    pools_full: bool | None = None
    images_per_step: Images = Images()
    parts_ms: dict[str, float] | None = None
    parts_sum_ratio: float | None = None
    parts_other_load_cores: float | None = None
    """mean number of cores that other programs kept busy while the parts were timed"""
    memory: Memory = Field(default_factory=Memory)
    host_meter: str | None = None
    nvml: Nvml = Nvml()
    floor: Floor = Floor()
    declares: list[Declares] = Field(default_factory=list)
    """at the batch and dimension measured, then with the batch, the dimension and both doubled"""
    sends: Sends | None = None
    """of a whole training step, if its head says what it sends; None in older records"""
    shares_classes: bool | None = None
    """whether several processes share what the head keeps per class, or each keeps all of it"""
    other_load_cores: float | None = None
    """mean number of cores that other programs kept busy while the steps were timed"""
    idle_load_cores: float | None = None
    """the same in a pause while nothing was timed, the least of several; None where nothing disturbed the first
    attempt, and in older records"""
    exclusive: bool | None = None
    """whether the former is BUSY_CORES at most, IDLE_CORES of the latter taken off, and while the parts were timed too,
    and nothing stopped this process; records of the first version say True of every cell"""
    stopped: bool | None = None
    """whether this process was stopped while its steps or their parts were timed; None in older records"""
    attempts: list[Attempt] = Field(default_factory=list)
    """every time the steps were timed, in order; the samples are those of the least disturbed"""


def images_per_second(images: float | None, milliseconds: float | None) -> float | None:
    """Rate of a step of `images` images that takes `milliseconds`; None where either is unknown or zero."""
    return images * 1000 / milliseconds if images and milliseconds else None


class CostRecord(Measured, Record):
    """One cost cell, however it ended; raw samples, from which the report derives its numbers."""

    model_config = ConfigDict(frozen=True)

    cell: CostName
    conditions: Conditions
    measure: dict[str, JsonValue]
    """the config's section `measure`, without the list of all sizes"""
    options: dict[str, JsonValue] | None = None
    """the head's constructor arguments but for the ratio; None in older records"""
    outcome: Outcome
    reason: str | None = None


class GpuFacts(Part):
    """What the driver says of a GPU that does not change."""

    name: str | None = None
    memory_bytes: int | None = None
    max_clock_mhz: float | None = None
    power_limit_w: float | None = None


class MachineRecord(Record):
    """machine.json: the machine's rates, from which the floors of its cost cells follow."""

    device: str
    """`cpu`, or the GPU's name"""
    rates: Rates | None
    """None where measuring them did not end well"""
    outcome: Outcome = "ok"
    reason: str | None = None
    nvml: GpuFacts | None = None
