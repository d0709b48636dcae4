"""What a config asks for and a machine does not have."""

import subprocess
from types import SimpleNamespace

import pytest

from workflow import libraries
from workflow.cells.config import Config
from workflow.errors import UserError
from workflow.running import machine
from workflow.running.machine import Machine, check, check_here, count_gpus

CANNOT = "this machine cannot run the config: "
TIMM = "@register_model\ndef resnet18(pretrained=False):\n    pass\n\ndef other(): pass\n"


def config(**sections: object) -> Config:
    whole = {"profile": "x", "data": {"name": "x"}, "heads": [{"head": "fc"}]}
    return Config.parse(whole | sections)


def lacking(here: Machine, **sections: object) -> str:
    with pytest.raises(UserError) as raised:
        check(config(**sections), here)
    return str(raised.value)


@pytest.mark.parametrize(
    ("cores", "gpus_given", "gpus", "sections", "sentence"),
    [
        (
            *(2, 1, 0),
            {"train": {"threads": 2, "processes": 2}},
            "'train.threads' is 2 and 'train.processes' 2: a run takes 4 cores and snakemake has 2; lower them, or "
            "raise --cores",
        ),
        (
            *(2, 1, 0),
            {"train": {"processes": 2, "nodes": 2}},
            "'train.nodes' is 2, and only Slurm's jobs have several: lower it, or add --profile profiles/slurm",
        ),
        (
            *(2, 1, 0),
            {"measure": {"threads": 3}},
            "'measure.threads' is 3, and snakemake has 2 cores: lower it, or raise --cores",
        ),
        (
            *(2, 1, 0),
            {"train": {"device": "cuda"}},
            "'train.device' is cuda, but nvidia-smi finds no GPU here: say auto or cpu",
        ),
        (
            *(2, 1, 0),
            {"measure": {"device": "cuda:0"}},
            "'measure.device' is cuda:0, but nvidia-smi finds no GPU here: say auto or cpu",
        ),
        (
            *(2, 1, 2),
            {"train": {"device": "cuda:2"}},
            "'train.device' is cuda:2, but the GPUs here are 0 to 1: say one of these, or cuda",
        ),
        (
            *(8, 8, 2),
            {"train": {"processes": 4}},
            "'train.processes' is 4, and there are 2 GPUs: lower it, or train on the cpu",
        ),
        (
            *(8, 1, 4),
            {"train": {"processes": 4, "device": "cuda"}},
            "'train.processes' is 4, and snakemake may use 1 GPUs: add --resources gpu=4",
        ),
    ],
)
def test_more_than_there_is_is_refused(cores, gpus_given, gpus, sections, sentence):
    assert lacking(Machine(cores, gpus_given, gpus, own_packages=False), **sections) == CANNOT + sentence


@pytest.mark.parametrize(
    ("here", "sections"),
    [
        (Machine(4, 1, 0, True), {"train": {"threads": 2, "processes": 2}}),
        (Machine(4, 1, 0, True), {"train": {"processes": 4, "device": "cpu"}}),
        (Machine(4, 4, 4, False), {"train": {"processes": 4, "device": "cuda"}}),
        (Machine(1, 1, 1, False), {"train": {"device": "cuda:0"}, "measure": {"device": "cuda"}}),
        (Machine(1, 1, 0, False), {"backbone": {"name": "timm:resnet18"}}),
    ],
)
def test_what_there_is_is_not(here, sections):
    check(config(**sections), here)


def test_all_that_is_lacking_is_said_at_once():
    said = lacking(Machine(1, 1, 0, True), train={"threads": 2, "device": "cuda"}, measure={"threads": 2})
    assert len(said.splitlines()) == 4


def test_a_torch_for_cpus_is_no_torch_for_gpus(monkeypatch):
    monkeypatch.setattr(machine, "installed", {"torch": "2.13.0+cpu"}.get)
    assert lacking(Machine(1, 1, 1, True), train={"device": "cuda"}) == (
        f"{CANNOT}'train.device' is cuda, but the torch that is installed knows CPUs only: install the other, or say "
        "cpu"
    )


def test_a_package_is_installed_without_replacing_torch(monkeypatch):
    monkeypatch.setattr(machine, "find_spec", lambda name: None)
    monkeypatch.setattr(libraries, "installed", {"torch": "2.13.0+cpu"}.get)
    assert lacking(Machine(1, 1, 0, True), backbone={"name": "timm:resnet18"}) == (
        f"{CANNOT}'backbone.name' is timm:resnet18, which needs the package timm: pip install timm torch==2.13.0, "
        "with pip pointed to where that torch came from"
    )


def test_a_model_that_timm_does_not_have_is_refused_without_importing_timm(monkeypatch, tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models/resnet.py").write_text(TIMM)
    monkeypatch.setattr(machine, "find_spec", lambda name: SimpleNamespace(origin=str(tmp_path / "__init__.py")))
    monkeypatch.setattr(machine.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, stderr=""))
    check(config(backbone={"name": "timm:resnet18"}), Machine(1, 1, 0, True))
    for name, hint in (("resnet81", "; did you mean 'resnet18'?"), ("other", "")):
        assert lacking(Machine(1, 1, 0, True), backbone={"name": f"timm:{name}"}) == (
            f"{CANNOT}'backbone.name' is timm:{name}, a model that this timm does not have{hint}"
        )


def test_a_backbone_for_other_images_is_refused(monkeypatch):
    """Its own words reach a person; here those of one that is not timm's."""
    monkeypatch.setattr(machine, "models_of", lambda folder: ["a"])
    monkeypatch.setattr(machine, "find_spec", lambda name: SimpleNamespace(origin="/x/__init__.py"))
    said = lacking(Machine(1, 1, 0, True), backbone={"name": "timm:a"})
    assert said.startswith(f"{CANNOT}'backbone.name' is timm:a, which needs the package timm: pip install timm")


@pytest.mark.parametrize(
    ("said", "visible", "number"),
    [
        ("GPU 0: A (UUID: a)\nGPU 1: A (UUID: b)\n", None, 2),
        ("GPU 0: A (UUID: a)\n  MIG 1g.5gb Device 0: (UUID: c)\n", None, 1),
        ("GPU 0: A (UUID: a)\nGPU 1: A (UUID: b)\n", "1", 1),
        ("GPU 0: A (UUID: a)\n", "", 0),
        ("No devices were found\n", None, 0),
    ],
)
def test_gpus_are_counted_as_a_job_sees_them(monkeypatch, said, visible, number):
    monkeypatch.setattr(machine.shutil, "which", lambda name: "/bin/nvidia-smi")
    monkeypatch.setattr(machine.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, stdout=said))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert count_gpus() == number


def test_a_driver_that_does_not_answer_has_no_gpu(monkeypatch):
    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("nvidia-smi", 60)

    monkeypatch.setattr(machine.shutil, "which", lambda name: "/bin/nvidia-smi")
    monkeypatch.setattr(machine.subprocess, "run", hang)
    assert count_gpus() == 0


def workflow(*due: str, local: bool = True) -> SimpleNamespace:
    """As much of snakemake's workflow as is looked at, with jobs of the rules `due`, on one core."""
    jobs = [SimpleNamespace(rule=SimpleNamespace(name=name)) for name in due]
    return SimpleNamespace(
        local_exec=local,
        dag=SimpleNamespace(needrun_jobs=lambda: jobs),
        deployment_settings=SimpleNamespace(deployment_method=set()),
        global_resources={"gpu": SimpleNamespace(value=1)},
        cores=1,
    )


def test_only_jobs_that_run_here_are_held_against_this_machine(capsys):
    greedy = config(train={"threads": 2})
    check_here(greedy, workflow("train", local=False))
    check_here(greedy, workflow("publish", "summary"))
    with pytest.raises(SystemExit) as ended:
        check_here(greedy, workflow("summary", "train"))
    assert ended.value.code == 2 and "'train.threads' is 2" in capsys.readouterr().err
