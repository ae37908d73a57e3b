"""Where SEMEQ_NO_SKIPS is set (.ci/run), a skipped test is a failed test."""

import os
from collections.abc import Generator

import pytest
from hypothesis import settings

settings.register_profile("semeq", deadline=None, derandomize=True)
settings.load_profile("semeq")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get("SEMEQ_NO_SKIPS") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {report.longrepr}"
    return report
