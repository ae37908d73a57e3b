"""How the models of semeq are made: data, meaning, evaluation, artefact."""

from semeq_models.build import Build, build_model
from semeq_models.errors import DataError

__all__ = ["Build", "DataError", "build_model"]
