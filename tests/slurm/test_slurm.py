"""The profile for Slurm, on a real queue with two pretended nodes: what jobs ask for, and how stopped ones go on."""

import json
import re
import shlex
from contextlib import suppress
from pathlib import Path

import psutil

from tests.slurm.cluster import Cluster, until
from tests.slurm.conftest import CONFIG, Submitted
from workflow.cells.records import RunRecord

MEASURED = ("machine", "cost_head", "cost_end_to_end")
LONG = {"steps": 600, "batch": 32, "log_every": 10, "curve_points": 2, "checkpoint_every": 1}


def ended(submitted: Submitted, started, status: int = 0) -> str:
    """What snakemake said, once it has ended, with this exit status."""
    said, _ = started.communicate(timeout=600)
    assert started.returncode == status, said
    return said


def asked(submitted: Submitted) -> dict[str, list[str]]:
    """The options of sbatch by the rule of the job."""
    lines = [shlex.split(line.split("--wrap")[0]) for line in submitted.asked.read_text().splitlines()]
    return {re.match(r"rule_(\w+?)(_wildcards_.*)?$", line[line.index("--comment") + 1])[1]: line for line in lines}


def record(submitted: Submitted, seed: int = 0) -> RunRecord:
    """That of a trained cell."""
    (path,) = submitted.folder.glob(f"results/tiny/*/*/*/*/{seed}-*/run.json")
    found = RunRecord.read(path)
    lines = [json.loads(line) for line in (path.parent / "steps.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == [*range(10, found.steps + 1, 10)]
    return found


def trained(submitted: Submitted, config: dict[str, object], *arguments: str):
    return submitted.start(config, "--until", "train", *arguments)


def saved(submitted: Submitted, seed: int) -> Path | None:
    """The first checkpoint of a cell."""
    return next(submitted.folder.glob(f"results/tiny/*/*/*/*/{seed}-*/checkpoint.pt"), None)


def test_jobs_ask_for_what_any_node_has(submitted, stages):
    config = CONFIG | {"train": CONFIG["train"] | {"device": "cuda"}, "measure": CONFIG["measure"] | {"device": "cuda"}}
    said = ended(submitted, submitted.start(config, stages=stages))
    assert "All is done. Open reports/tiny.html" in said
    options = asked(submitted)
    assert {"dataset", "split", "train", "embed", "score", "machine", "cost_head", "summary", "rendering"} <= set(
        options
    )
    assert {rule for rule, line in options.items() if "--exclusive" in line} == {*MEASURED}
    assert {rule for rule, line in options.items() if "--gpus=1" in line} == {"train", "embed", *MEASURED}
    cores = {rule: next(one for one in line if one.startswith("--cpus-per-task")) for rule, line in options.items()}
    assert {cores.pop("dataset")} == {"--cpus-per-task=2"} and set(cores.values()) == {"--cpus-per-task=1"}
    assert "--signal=URG@180" in options["train"]


def test_jobs_that_are_cancelled_or_requeued_go_on(submitted, cluster: Cluster):
    started = trained(submitted, CONFIG | {"train": LONG, "seeds": [0, 1]})
    try:
        until(lambda: saved(submitted, 0) and saved(submitted, 1))
        cancelled, requeued = (cluster.job(f"train_wildcards_fc_1_{seed}") for seed in (0, 1))
        cluster.say("scancel", str(cancelled.number))
        cluster.say("scontrol", "update", "NodeName=one", "State=DRAIN", "Reason=test")
        cluster.say("scontrol", "requeue", str(requeued.number))
        said = ended(submitted, started)
    finally:
        started.kill()
        cluster.say("scontrol", "update", "NodeName=one", "State=RESUME")
    for seed in (0, 1):
        found = record(submitted, seed)
        assert (found.outcome, found.steps, found.resumed > 0) == ("ok", LONG["steps"], True), said


def test_a_cell_on_two_nodes_saves_before_it_is_stopped_and_is_told_of_when_one_dies(submitted, cluster: Cluster):
    started = trained(submitted, CONFIG | {"train": LONG | {"processes": 2, "nodes": 2}}, "--retries", "1")
    until(lambda: saved(submitted, 0))
    first = cluster.job("train_wildcards_fc_1_0")
    assert first.node == "one,two"
    cluster.say("scancel", "--signal=URG", str(first.number))
    stopped = until(lambda: re.search(r"stopped at step (\d+); run again", log_of(submitted)))
    until(lambda: f"continuing from step {stopped[1]} of" in log_of(submitted))
    rank(submitted, 1).kill()
    said = ended(submitted, started, status=1)
    path = next(submitted.folder.glob("results/tiny/*/*/*/*/0-*/run.json"))
    found = RunRecord.read(path)
    assert (found.outcome, found.reason) == ("failed", "one of 2 processes was killed by signal 9 (SIGKILL)"), said

    again = "--forcerun", str(path.relative_to(submitted.folder))
    said = ended(submitted, trained(submitted, CONFIG | {"train": LONG}, *again))
    found = record(submitted)
    assert (found.outcome, found.processes, found.resumed > 0) == ("ok", 1, True), said


def log_of(submitted: Submitted) -> str:
    """What the only cell has logged."""
    return next(submitted.folder.glob("logs/tiny/train/*/*/0-*.log")).read_text()


def rank(submitted: Submitted, number: int) -> psutil.Process:
    """The process of that rank of the only cell that is trained there on several."""
    for one in psutil.process_iter():
        with suppress(psutil.Error):  # of another user, or ended meanwhile
            if one.cwd() == str(submitted.folder) and one.environ().get("RANK") == str(number):
                return one
    raise AssertionError(f"there is no process {number}")


def test_a_time_limit_is_outlived(submitted):
    config = CONFIG | {"train": LONG | {"steps": 2400}}
    resources = ["--set-resources", "train:runtime=1", "train:slurm_extra='--signal=URG@20'"]
    said = ended(submitted, trained(submitted, config, "--retries", "9", *resources))
    found = record(submitted)
    assert (found.outcome, found.steps, found.resumed > 0) == ("ok", 2400, True), said
