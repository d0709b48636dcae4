"""A Slurm of two nodes that are both this machine: real daemons, real queue, no accounting.

The jobs' own commands read the configuration where Slurm has it by default, so it is written to /etc/slurm, and only
where nobody has put another one.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from workflow.cells.supervising import die_with_parent

ETC = Path("/etc/slurm")
MARK = "# made by Headroom's tests"
NODES = ("one", "two")
PARTITION, ACCOUNT = "pretended", "nobody"
SECONDS = 60
CONF = f"""{MARK}
ClusterName=pretended
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=16817
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
SlurmUser=root
SlurmdUser=root
SlurmdParameters=config_overrides
StateSaveLocation={{work}}/state
SlurmdSpoolDir={{work}}/spool-%n
SlurmctldPidFile={{work}}/slurmctld.pid
SlurmdPidFile={{work}}/slurmd-%n.pid
SlurmctldLogFile={{work}}/slurmctld.log
SlurmdLogFile={{work}}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,batch_sched_delay=0
ReturnToService=2
MinJobAge=300
KillWait=30
MpiDefault=none
GresTypes=gpu
NodeName=one NodeHostname=localhost NodeAddr=127.0.0.1 Port=16818 CPUs=2 RealMemory=64000 Gres=gpu:1 State=UNKNOWN
NodeName=two NodeHostname=localhost NodeAddr=127.0.0.1 Port=16819 CPUs=2 RealMemory=64000 Gres=gpu:1 State=UNKNOWN
PartitionName={PARTITION} Nodes=one,two Default=YES MaxTime=INFINITE State=UP
"""
GRES = "".join(f"NodeName={name} Name=gpu File=/dev/null\n" for name in NODES)
CGROUP = "CgroupAutomount=no\n"


class Job(NamedTuple):
    """A job in the queue."""

    number: int
    state: str
    node: str
    comment: str


class Cluster:
    """The commands of a person who uses it."""

    def jobs(self) -> list[Job]:
        """All that are queued or run."""
        said = self.say("squeue", "--noheader", "--format=%A|%T|%N|%k").splitlines()
        found = [line.split("|", 3) for line in said]
        return [Job(int(number), state, node, comment) for number, state, node, comment in found]

    def job(self, comment: str, state: str = "RUNNING") -> Job:
        """The one whose comment has these words, once it is in this state."""
        return until(lambda: next((job for job in self.jobs() if comment in job.comment and job.state == state), None))

    def say(self, *command: str) -> str:
        """Run a command of Slurm's; returns what it prints."""
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS).stdout


def until(found: Callable[[], object], seconds: float = 3 * SECONDS):
    """What `found` returns once that is true of it; AssertionError when it is not in time."""
    end = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.2)
    return result


def missing() -> str | None:
    """Why no cluster can be made here; None where one can."""
    if os.geteuid() != 0:
        return "needs root"
    if not all(shutil.which(name) for name in ("slurmctld", "slurmd", "munged", "sbatch")):
        return "Slurm is not installed"
    conf = ETC / "slurm.conf"
    if conf.exists() and not conf.read_text().startswith(MARK):
        return "there is a Slurm of this machine's own"
    return None


@contextmanager
def running(work: Path) -> Iterator[Cluster]:
    """Start it, with its logs and state in `work`; ends its jobs and daemons after the block."""
    ETC.mkdir(exist_ok=True)
    for name, text in (("slurm.conf", CONF.format(work=work)), ("gres.conf", GRES), ("cgroup.conf", CGROUP)):
        (ETC / name).write_text(text)
    (work / "state").mkdir(parents=True)
    with (work / "said").open("wb") as said:
        daemons = [munge(said), *slurm(said)]
    cluster = Cluster()
    try:
        until(lambda: cluster.say("sinfo", "--noheader", "--format=%T %D").split() == ["idle", "2"])
        yield cluster
        subprocess.run(["scancel", "--user=root"], check=False)
        until(lambda: not cluster.jobs())
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
        for daemon in daemons:
            daemon.wait(SECONDS)
        for name in ("slurm.conf", "gres.conf", "cgroup.conf"):
            (ETC / name).unlink()


def tied(said: IO[bytes]) -> dict[str, Any]:
    """How a daemon is started that says what it says into a file, and ends with this process however that ends."""
    return {"stdout": said, "stderr": said, "preexec_fn": die_with_parent}


def munge(said: IO[bytes]) -> subprocess.Popen[bytes]:
    """The daemon that vouches for users."""
    run = Path("/run/munge")
    run.mkdir(exist_ok=True)
    shutil.chown(run, "munge", "munge")
    daemon = subprocess.Popen(["runuser", "-u", "munge", "--", "munged", "--foreground", "--force"], **tied(said))
    until((run / "munge.socket.2").exists)
    return daemon


def slurm(said: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """The daemons of the queue and of the nodes."""
    yield subprocess.Popen(["slurmctld", "-D", "-c"], **tied(said))
    for name in NODES:
        yield subprocess.Popen(["slurmd", "-D", "-N", name], **tied(said))
