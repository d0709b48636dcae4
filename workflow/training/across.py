"""One cell on several nodes of a cluster: Slurm starts torchrun on each, whose processes meet by its rendezvous.

`python -m workflow.training.across --nnodes N ... -m workflow.training ...` is torchrun with the exit status of the
process that failed first. Slurm reports the highest status of all nodes: a signal's (128 and its number) lies above
what an error has a process end with, and that above the status of those that only lost the others.
"""

import os
import shutil
import socket
import sys

from torch.distributed import run
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

from workflow.cells.stop_requests import WARNING
from workflow.cells.supervising import TOLD, Launcher
from workflow.cells.watching import WATCHED
from workflow.errors import UserError

WAIT = 60
"""seconds that the nodes have to end once one of them has"""


def launcher(nodes: int, processes: int, cores: int) -> Launcher:
    """What runs a module in `processes` processes on the `nodes` nodes of this job of Slurm's, on `cores` cores of all
    of them. UserError outside of a job.

    A signal to srun would have it kill what it has started: the queue is asked to send all of the job a WARNING.
    """
    if not shutil.which("srun") or "SLURM_JOB_ID" not in os.environ:
        raise UserError(f"'train.nodes' is {nodes}, and this is no job of Slurm's: lower it, or use profiles/slurm")
    with socket.socket() as free:
        free.bind(("", 0))
        meeting = f"{socket.gethostname()}:{free.getsockname()[1]}"
    per_node = [f"--nodes={nodes}", f"--ntasks={nodes}", "--ntasks-per-node=1", f"--cpus-per-task={cores // nodes}"]
    job = os.environ["SLURM_JOB_ID"]
    command = [
        *("srun", *per_node, f"--wait={WAIT}", sys.executable, "-m", "workflow.training.across"),
        *("--nnodes", str(nodes), "--nproc-per-node", str(processes // nodes), "--max-restarts", "0"),
        *("--rdzv-backend", "c10d", "--rdzv-endpoint", meeting, "--rdzv-id", job, "-m"),
    ]
    return Launcher(command, ["scancel", f"--signal={WARNING.name}", job])


def main() -> None:
    os.environ.pop(WATCHED, None)  # the supervisor's memory, on another machine
    try:
        run.main(sys.argv[1:])
    except ChildFailedError as error:
        _, first = error.get_first_failure()
        sys.exit(first.exitcode if first.exitcode > 0 else 128 - first.exitcode)
    except SignalException:  # a request to stop, which the processes have answered
        sys.exit(TOLD)


if __name__ == "__main__":
    main()
