"""A logger plugin of snakemake, registered by the profile: our lines on the terminal in place of snakemake's own.

These stay where a person asks for them, by --dry-run, --verbose, --printshellcmds, --debug-dag or another --quiet than
the profile's, and always in .snakemake/log.
"""

import logging
import os
import sys

from snakemake.logging import ColorizingTextHandler, DefaultFilter, DefaultFormatter
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry
from snakemake_interface_logger_plugins.settings import OutputSettingsLoggerInterface

from workflow.running.lines import Lines

NAME = "snakemake_logger_plugin_headroom"
TELLS = "HEADROOM_TELLS"
"""set in the environment of jobs whose last words this logger says"""


def register() -> None:
    """Make the logger known to snakemake, as `--logger headroom`."""
    LoggerPluginRegistry().register_plugin(NAME, sys.modules[__name__])


class LogHandler(LogHandlerBase):
    """What a person sees of a run."""

    writes_to_stream, writes_to_file, has_filter, has_formatter, needs_rulegraph = True, False, True, True, False

    def __post_init__(self) -> None:
        self.lines, self.plain = Lines(), plain_handler(self.common_settings)
        if self.plain is None:
            os.environ[TELLS] = "1"

    def emit(self, record: logging.LogRecord) -> None:
        if self.plain is not None:
            self.plain.handle(record)
        else:
            for line in self.lines.of(record):
                print(line, file=sys.stderr, flush=True)


def plain_handler(settings: OutputSettingsLoggerInterface) -> logging.Handler | None:
    """Snakemake's own handler, where its own lines are asked for."""
    quiet = set(settings.quiet or ())
    silent, brief = Quietness.ALL in quiet, Quietness.RULES in quiet
    wanted = settings.dryrun or settings.verbose or settings.printshellcmds or settings.debug_dag
    if brief and not silent and not wanted:
        return None
    return ColorizingTextHandler(
        nocolor=settings.nocolor,
        stream=sys.stdout if settings.stdout else sys.stderr,
        formatter=DefaultFormatter(quiet, settings.show_failed_logs),
        filter=DefaultFilter(quiet, settings.debug_dag, settings.verbose, settings.dryrun, settings.printshellcmds),
    )
