"""Where the training rows lie on machines that have them."""

import os
from pathlib import Path

import pytest


def data_folder() -> Path:
    """The folder of training rows, or a skip that says how to provide it."""
    here = Path(os.environ.get("SEMEQ_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not (here / "socialfx_eq_contributions.csv").is_file():
        pytest.skip("no training rows here; set SEMEQ_DATA to their folder")
    return here
