"""What a run says: one line a finished job, nothing of what a reader need not know, and what failed once more at the
end."""

import logging
from pathlib import Path

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from workflow.running.lines import Lines


class Run:
    """Lines of a run of two training jobs and a score on one core, fed with what snakemake tells its logger."""

    def __init__(self, folder: Path):
        self.folder, self.lines, self.now = folder, Lines(), 0.0
        self.told(LogEvent.RESOURCES_INFO, cores=1)
        self.told(LogEvent.RUN_INFO, stats={"train": 2, "score": 1, "everything": 1, "total": 4})

    def told(self, event: LogEvent | None, text: str = "", level: int = logging.INFO, **facts: object) -> list[str]:
        record = logging.LogRecord("snakemake", level, "", 0, text, None, None)
        vars(record).update(facts, created=self.now, **({"event": event} if event else {}))
        return self.lines.of(record)

    def start(self, number: int, rule: str = "train", **wildcards: str) -> None:
        log = [str(self.folder / f"{number}.log")] if rule != "everything" else []
        said = self.told(LogEvent.JOB_INFO, jobid=number, rule_name=rule, wildcards=wildcards, log=log, threads=1)
        assert not said

    def end(self, number: int, said: str | None, after: float, failed: bool = False) -> list[str]:
        self.now += after
        if said is not None:
            (self.folder / f"{number}.said").write_text(said)
        if failed:
            return self.told(LogEvent.JOB_ERROR, level=logging.ERROR, jobid=number)
        return self.told(LogEvent.JOB_FINISHED, job_id=number)


@pytest.fixture
def run(tmp_path) -> Run:
    return Run(tmp_path)


def test_a_finished_job_has_a_line_with_its_headline_and_the_time_left(run):
    run.start(1, label="fc", ratio="1", seed="0", print="00ff00ff")
    assert run.end(1, "training fc into x\ntrained fc 1 seed 0: done\n", 60) == [
        "[1/3, over 1:00 left] trained fc 1 seed 0: done"
    ]
    run.start(2, "score", label="fc", ratio="1", seed="0", print="00ff00ff")
    assert run.end(2, "fc 1 seed 0: 88.7 %\n", 10) == ["[2/3, 1:00 left] fc 1 seed 0: 88.7 %"]
    run.start(3, label="dcq", ratio="0.3", seed="0", print="00ff00ff")
    assert run.end(3, "", 60) == ["[3/3] train dcq 0.3 seed 0: done in 1:00"]


def test_a_job_that_computes_nothing_has_no_line(run):
    run.start(9, "everything")
    assert run.end(9, None, 1) == []


def test_what_failed_is_said_at_once_and_again_at_the_end(run):
    sentence = "'train.batch' is 256: there are only 12 training images"
    for number, label in ((1, "fc"), (2, "dcq")):
        run.start(number, label=label, ratio="1", seed="0")
        assert run.end(number, f"21:00:00 loading\nheadroom: {sentence}\n", 1, failed=True) == [
            f"[0/3] FAILED train {label} 1 seed 0: {sentence}"
        ]
    run.start(3, "score", label="f2c", ratio="1", seed="0")
    run.end(3, None, 1, failed=True)
    assert run.told(LogEvent.ERROR, "WorkflowError:\nAt least one job did not complete successfully.") == [
        f"headroom: train fc 1 seed 0 and 1 more failed: {sentence} ({run.folder}/1.log)",
        f"headroom: score f2c 1 seed 0 failed: it ended without a word ({run.folder}/3.log)",
    ]


def test_a_job_that_was_killed_is_known_by_where_it_was(run):
    run.start(1, label="fc", ratio="1", seed="0")
    assert run.end(1, "21:00:01 step 60/600\n", 1, failed=True) == [
        "[0/3] FAILED train fc 1 seed 0: it ended without a word, the last of its log is: 21:00:01 step 60/600"
    ]


def test_who_stops_a_run_is_not_told_that_jobs_failed(run):
    run.start(1, label="fc", ratio="1", seed="0")
    stopping = "Terminating processes on user request, this might take some time."
    assert run.told(None, stopping, logging.WARNING) == [stopping]
    assert run.end(1, "21:00:01 step 60/600\n", 1, failed=True) == []
    assert run.told(LogEvent.ERROR, "WorkflowError:\nAt least one job did not complete successfully.") == []


def test_a_traceback_s_last_line_is_what_is_said_of_it(run):
    run.start(1, label="fc", ratio="1", seed="0")
    assert run.end(1, "Traceback\n  File\nKeyError: 'x'\n", 1, failed=True) == [
        "[0/3] FAILED train fc 1 seed 0: KeyError: 'x'"
    ]


@pytest.mark.parametrize(
    "text", ["Select jobs to execute...", "Building DAG of jobs...", "Using shell: /usr/bin/bash", "", None]
)
def test_what_tells_a_reader_nothing_is_left_out(run, text):
    assert run.told(None, text) == []


def test_snakemake_s_frame_around_a_failed_job_is_left_out(run):
    assert run.told(LogEvent.ERROR, "RuleException:\nCalledProcessError in file common.smk, line 20") == []
    assert run.told(LogEvent.SHELLCMD, "Shell command: logged") == [] == run.told(LogEvent.PROGRESS, "")


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (None, "Nothing to be done (all requested files are present and up to date)."),
        (None, "Creating conda environment workflow/envs/train.yaml..."),
        (None, "All is done. Open reports/quick.html"),
        (LogEvent.ERROR, "MissingRuleException:\nNo rule to produce nothing.txt"),
        (LogEvent.ERROR, "WorkflowError:\nAt least one job did not complete successfully."),  # and we know of none
    ],
)
def test_all_else_that_snakemake_says_is_said(run, event, text):
    assert run.told(event, text) == [text]
