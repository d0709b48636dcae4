"""`python -m tests.make_lock UV`: bring requirements*.lock up to date with pyproject.toml.

The command UV, of the package of that name, finds what the direct pins pull in on every platform and the hash of each
file of each release. What is locked already stays at its version as long as the pins allow it. Builds of torch without
CUDA lie in indexes of their own: the hash of the one that pip takes on this machine is kept, if it takes one.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).parent.parent
LOCK, CUDA, CPU = (ROOT / f"requirements{end}.lock" for end in ("", "-cuda", "-cpu"))
HEADER = "# Made by `make lock`: what pyproject.toml pins and all that it pulls in, on every platform, with hashes.\n"
CUDA_HEADER = (
    "# Made by `make lock`: the libraries that torch's build for CUDA loads, with hashes; other builds need none.\n"
)
CPU_HEADER = "# Made by `make lock`: torch without CUDA, with the hash of the one file that was in reach:\n"
ONLY_LINUX = "sys_platform == 'linux'"
"""marks, in the closure, what nothing but torch's build for CUDA needs"""
COMPILE = [
    *("pip", "compile", "pyproject.toml", "--extra", "test", "--universal", "--python-version", "3.11"),
    *("--fork-strategy", "fewest", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"),
]


def main() -> None:
    """Write the files."""
    pins = compiled(sys.argv[1])
    LOCK.write_text(HEADER + "".join(pin for pin in pins if ONLY_LINUX not in pin), encoding="utf-8")
    CUDA.write_text(CUDA_HEADER + "".join(pin for pin in pins if ONLY_LINUX in pin), encoding="utf-8")
    torch = next(pin.split()[0] for pin in pins if pin.startswith("torch=="))
    CPU.write_text(without_cuda(torch), encoding="utf-8")


def compiled(uv: str) -> list[str]:
    """The closure, a text a package: its pin, its marker and its hashes."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "all.lock")
        out.write_text("".join(path.read_text(encoding="utf-8") for path in (LOCK, CUDA) if path.exists()))
        subprocess.run([uv, *COMPILE, "--output-file", str(out)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        return re.findall(r"^\S.*\n(?: .*\n)*", out.read_text(encoding="utf-8"), re.MULTILINE)


def without_cuda(pin: str) -> str:
    """requirements-cpu.lock: the build of torch, pinned by `pin`, that pip takes on this machine."""
    asked = ["install", "--dry-run", "--no-deps", "--ignore-installed", "--quiet", "--report", "-"]
    told = subprocess.run([sys.executable, "-m", "pip", *asked, pin], check=True, stdout=subprocess.PIPE).stdout
    taken = json.loads(told)["install"][0]
    if not taken["metadata"]["version"].endswith("+cpu"):
        sys.exit(f"pip finds no build of {pin} without CUDA here: requirements-cpu.lock stays as it was")
    found = taken["download_info"]
    file, digest = unquote(found["url"].rpartition("/")[2]), found["archive_info"]["hashes"]["sha256"]
    return f"{CPU_HEADER}# {file}\n{pin}+cpu ; {ONLY_LINUX} \\\n    --hash=sha256:{digest}\n"


if __name__ == "__main__":
    main()
