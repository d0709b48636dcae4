"""A benchmark run holds the machine alone, uses one thread, and ends with the table."""

from collections.abc import Iterator

import pytest
import torch

from tests.benchmarks import table
from tests.benchmarks.session import Session
from workflow.allocator import keep_freed_memory
from workflow.files import write_json
from workflow.measuring.exclusive import alone

SESSION = pytest.StashKey[Session]()


@pytest.fixture(scope="session")
def bench_session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """Where results gather; its first use waits until no other measurement of Headroom runs on this machine."""
    threads = torch.get_num_threads()
    keep_freed_memory()  # as training does
    torch.set_num_threads(1)
    with alone():
        session = request.config.stash[SESSION] = Session()
        yield session
    torch.set_num_threads(threads)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table, and save it as table.json beside pytest-benchmark's own file."""
    session, place = config.stash.get(SESSION, None), config.getoption("benchmark_json")
    if session is not None and session.images_per_second and place:
        write_json(place.with_name("loader.json"), session.loader_record())
    if session is None or not session.rows:
        return
    terminalreporter.section("heads and their references")
    terminalreporter.write_line(table.text(session.lines()))
    terminalreporter.write_line(table.legend(max(session.gflops)))
    if place:
        path = place.with_name("table.json")
        write_json(path, session.record())
        terminalreporter.write_line(f"saved as {path}")
