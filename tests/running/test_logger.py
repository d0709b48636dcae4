"""The logger plugin: ours on the terminal, snakemake's own lines where they are asked for."""

import logging
from types import SimpleNamespace

import pytest
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry

from workflow.running import logger

PROFILE = {Quietness.RULES, Quietness.REASON, Quietness.HOST}


def handler(**settings: object) -> logger.LogHandler:
    usual = dict.fromkeys(("dryrun", "verbose", "printshellcmds", "debug_dag", "stdout", "show_failed_logs"), False)
    return logger.LogHandler(SimpleNamespace(**usual | {"quiet": PROFILE, "nocolor": True} | settings), None)


def said(made: logger.LogHandler, capsys: pytest.CaptureFixture) -> str:
    for text in ("Select jobs to execute...", "Nothing to be done."):
        made.handle(logging.LogRecord("snakemake", logging.INFO, "", 0, text, None, None))
    return "".join(capsys.readouterr())


def test_snakemake_knows_it_once_it_is_registered():
    logger.register()
    plugin = LoggerPluginRegistry().get_plugin("headroom")
    assert plugin.log_handler is logger.LogHandler


def test_our_lines_take_the_place_of_snakemake_s(capsys, monkeypatch):
    monkeypatch.delenv(logger.TELLS, raising=False)
    assert said(handler(), capsys) == "Nothing to be done.\n"
    assert logger.os.environ.pop(logger.TELLS) == "1"


@pytest.mark.parametrize(
    "asked",
    [
        {"dryrun": True, "stdout": True},
        {"verbose": True},
        {"printshellcmds": True},
        {"debug_dag": True, "verbose": True},
        {"quiet": {Quietness.HOST}},
    ],
    ids=str,
)
def test_snakemake_s_own_are_there_for_who_asks(capsys, monkeypatch, asked):
    monkeypatch.delenv(logger.TELLS, raising=False)
    assert "Select jobs to execute..." in said(handler(**asked), capsys)
    assert logger.TELLS not in logger.os.environ


def test_silence_is_kept(capsys):
    assert said(handler(quiet={Quietness.ALL}), capsys) == ""
