"""Which libraries a record's numbers come from: versions of packages, and what multiplies their matrices."""

import importlib.metadata
import re
import sys
from collections.abc import Callable, Mapping
from types import ModuleType

from workflow.checkout import pinned

PACKAGES = ("torch", "numpy", "pillow", "fonttools", "pandas", "matplotlib", "typst", "snakemake")


def versions() -> dict[str, str]:
    """Versions of the installed packages that can change a number."""
    return {package: version for package in PACKAGES if (version := installed(package))}


def installed(package: str) -> str | None:
    """The version of a package; None where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def to_install(package: str) -> str:
    """The command that adds a package and leaves the torch that is installed as it is."""
    version, _, build = (installed("torch") or "").partition("+")
    place = ", with pip pointed to where that torch came from" if build else ""
    return f"pip install {package}" + (f" torch=={version}{place}" if version else "")


def off_lock(pins: Mapping[str, str] | None = None) -> dict[str, str]:
    """Installed packages of another version than requirements.lock pins, or `pins`; a local part such as +cpu is none
    of it. Empty where all that is pinned and installed agrees."""
    found = {package: (installed(package), pin) for package, pin in (pinned() if pins is None else pins).items()}
    return {package: own for package, (own, pin) in found.items() if own and own.partition("+")[0] != pin}


def blas() -> dict[str, str]:
    """What multiplies the matrices of the packages that this process has loaded, with its version: package -> words."""
    told = {name: tell(sys.modules[name]) for name, tell in TELL.items() if name in sys.modules}
    return {name: words for name, words in told.items() if words}


def of_torch(torch: ModuleType) -> str:
    """Torch's library for matrices on the CPU, and the instructions that it found; of a GPU, also CUDA's version."""
    shown = torch.__config__.show()
    kernel = re.search(r"Math Kernel Library Version ([\d.]+)", shown)
    built = re.search(r"BLAS_INFO=(\w+)", shown)
    math = f"MKL {kernel.group(1)}" if kernel else built.group(1) if built else ""
    cuda = f"CUDA {torch.version.cuda}" if torch.cuda.is_available() else ""
    return ", ".join(part for part in (math, torch.backends.cpu.get_cpu_capability(), cuda) if part)


def of_numpy(numpy: ModuleType) -> str:
    """The library that numpy was built with."""
    told = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return " ".join(told[field] for field in ("name", "version") if told.get(field))


TELL: dict[str, Callable[[ModuleType], str]] = {"torch": of_torch, "numpy": of_numpy}
