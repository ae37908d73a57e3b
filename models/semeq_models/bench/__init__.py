"""The bench: every trained system on people it never saw, with intervals, ceilings and ties."""

from semeq_models.bench.bootstrap import Estimate, tie
from semeq_models.bench.figures import Figure, Report
from semeq_models.bench.latent_map import latent_map
from semeq_models.bench.learning import training_curves
from semeq_models.bench.pictures import parameter_distributions, reconstruction_histogram, word_curves
from semeq_models.bench.reconstruction import reconstruction_errors_db
from semeq_models.bench.scores import score
from semeq_models.bench.table import compare_table, report_lines

__all__ = [
    "Estimate",
    "Figure",
    "Report",
    "compare_table",
    "latent_map",
    "parameter_distributions",
    "reconstruction_errors_db",
    "reconstruction_histogram",
    "report_lines",
    "score",
    "tie",
    "training_curves",
    "word_curves",
]
