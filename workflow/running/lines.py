"""What a run says on the terminal: one line a finished job, with its headline and the time left, and of what failed
the sentence, once more at the end."""

import logging
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from snakemake_interface_logger_plugins.common import LogEvent

from workflow.console import duration
from workflow.running.time_left import TimeLeft

SAID = ".said"
"""ending of the file beside a job's log that holds its headline, or why it failed: workflow/rules/logged.sh"""
OURS = "headroom: "
"""how a sentence begins that a person can act on"""
EVERY_RUN = (
    "Assuming unrestricted",
    "Building DAG",
    "Complete log",
    "Conda environments: ignored",
    "Config file config/default.yaml is extended",
    "Elapsed time",
    "Exiting because a job execution failed",
    "Removing output files of failed job",
    "Select jobs",
    "Singularity containers: ignored",
    "Using shell",
)
"""how lines of snakemake begin that tell a reader nothing"""
WITHOUT_LINES = {"all", "everything", "published", "plan"}
"""rules that compute nothing"""
INTERRUPTED = "Terminating processes on user request"
DATED = re.compile(r"\d\d:\d\d:\d\d ")
"""how a line of a log begins that tells of progress"""
JOB_FAILED = "CalledProcessError"
ANY_FAILED = "At least one job did not complete successfully"


class Job(NamedTuple):
    """A job of the run: what it is called, and its log."""

    name: str
    log: str | None


class Lines:
    """The lines of one run, from the records that snakemake's logger is given."""

    def __init__(self) -> None:
        self.cores: int | None = None
        self.left = TimeLeft({}, None)
        self.jobs: dict[int, Job] = {}
        self.total = self.done = 0
        self.interrupted = False
        self.failed: defaultdict[str, list[Job]] = defaultdict(list)
        self.tell = {
            None: self.message,
            LogEvent.RESOURCES_INFO: self.resources,
            LogEvent.RUN_INFO: self.planned,
            LogEvent.JOB_INFO: self.started,
            LogEvent.JOB_FINISHED: self.finished,
            LogEvent.JOB_ERROR: self.failure,
            LogEvent.ERROR: self.error,
        }

    def of(self, record: logging.LogRecord) -> list[str]:
        """What to say of a record; nothing of most."""
        tell = self.tell.get(getattr(record, "event", None))
        return list(tell(record)) if tell else []

    def message(self, record: logging.LogRecord) -> Iterator[str]:
        text = str(record.msg or "").strip()
        self.interrupted |= text.startswith(INTERRUPTED)
        if text and record.levelno > logging.DEBUG and not text.startswith(EVERY_RUN):
            yield text

    def resources(self, record: logging.LogRecord) -> Iterator[str]:
        self.cores = getattr(record, "cores", self.cores)
        return iter(())

    def planned(self, record: logging.LogRecord) -> Iterator[str]:
        stats = {
            rule: number for rule, number in vars(record)["stats"].items() if rule not in {"total", *WITHOUT_LINES}
        }
        self.total, self.left = sum(stats.values()), TimeLeft(stats, self.cores)
        return iter(())

    def started(self, record: logging.LogRecord) -> Iterator[str]:
        rule, number = str(vars(record)["rule_name"]), int(vars(record)["jobid"])
        if rule not in WITHOUT_LINES:
            logs = vars(record)["log"]
            self.jobs[number] = Job(named(rule, vars(record)["wildcards"]), logs[0] if logs else None)
            self.left.start(number, rule, int(vars(record)["threads"]), record.created)
        return iter(())

    def finished(self, record: logging.LogRecord) -> Iterator[str]:
        number = int(vars(record)["job_id"])
        if job := self.jobs.get(number):
            took = self.left.finish(number, record.created)
            self.done += 1
            said = last_words(job)
            yield f"{self.so_far(record.created)} {said or f'{job.name}: done in {duration(took)}'}"

    def so_far(self, now: float) -> str:
        """`[13/33, 4:10 left]`"""
        seconds = self.left.seconds(now)
        more = "" if self.left.complete else "over "
        left = f", {more}{duration(seconds)} left" if seconds and round(seconds) and self.done < self.total else ""
        return f"[{self.done}/{self.total}{left}]"

    def failure(self, record: logging.LogRecord) -> Iterator[str]:
        number = int(vars(record)["jobid"])
        if job := self.jobs.get(number):
            self.left.lose(number)
            if self.interrupted:
                return
            reason = why(last_words(job))
            self.failed[reason].append(job)
            yield f"{self.so_far(record.created)} FAILED {job.name}: {reason}"

    def error(self, record: logging.LogRecord) -> Iterator[str]:
        text = str(record.msg)
        if ANY_FAILED in text and (self.failed or self.interrupted):
            yield from (of_all(jobs, reason) for reason, jobs in self.failed.items())
        elif JOB_FAILED not in text:
            yield text


def named(rule: str, wildcards: dict[str, str]) -> str:
    """A job in words: `train fc 1 seed 0`."""
    parts = [f"seed {value}" if name == "seed" else value for name, value in wildcards.items() if name != "print"]
    return " ".join([rule.replace("_", " "), *parts])


def last_words(job: Job) -> str | None:
    """The headline of a job, or why it failed: the last line of what it said, or the last sentence of ours in it."""
    try:
        said = Path(str(job.log)).with_suffix(SAID).read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return None
    lines = [line.strip() for line in said if line.strip()]
    ours = [line.removeprefix(OURS) for line in lines if line.startswith(OURS)]
    return next(reversed(ours or lines), None)


def why(said: str | None) -> str:
    """Why a job failed, as far as it said so."""
    if said is None or DATED.match(said):
        return "it ended without a word" + (f", the last of its log is: {said}" if said else "")
    return said


def of_all(jobs: list[Job], reason: str) -> str:
    """One sentence for all jobs that failed for the same reason."""
    first, others = jobs[0], len(jobs) - 1
    more = f" and {others} more" if others else ""
    return f"{OURS}{first.name}{more} failed: {reason}" + (f" ({first.log})" if first.log else "")
