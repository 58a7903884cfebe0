"""What holds for every test."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

# A landing must not hang on the day's random examples; whoever works on the code gets new ones every time.
# A first call imports and compiles: its time is the machine's, not the code's, so no example has a deadline.
settings.register_profile("landing", derandomize=True, deadline=None)
settings.register_profile("work", deadline=None)
settings.load_profile("landing" if os.environ.get("CI") else "work")


@pytest.fixture(scope="session", autouse=True)
def unhurried() -> Iterator[None]:
    """No test cuts the power, so none needs to wait for a disk: a process that is killed loses nothing it has written.

    What happens when the disk refuses is tested by refusing; and commands that are started wait as ever.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where nothing may be skipped, a skip is a failure: a test that did not run has shown nothing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not os.environ.get("OVERLOOK_SKIP_NONE"):
        return
    skipped = reporter.stats.get("skipped", [])
    if skipped:
        reporter.write_line(f"OVERLOOK_SKIP_NONE is set and {len(skipped)} tests were skipped", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
