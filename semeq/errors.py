"""Every error we foresee: one root, leaves by concern, each message says what to do next."""


class SemeqError(Exception):
    """Root of all foreseen errors; its message is one line for the user."""

    exit_code = 1


class SettingsError(SemeqError, ValueError):
    """An EQ setting is outside its legal range or cannot be read."""


class RequestError(SemeqError, ValueError):
    """The words asked for are empty, contradictory or not understood."""

    exit_code = 2


class UnknownWordError(RequestError):
    """A word the model does not know."""


class CurveError(SemeqError, ValueError):
    """A target curve cannot be read or fitted."""


class ModelError(SemeqError):
    """A model artefact is missing, damaged or too new."""


class AudioError(SemeqError):
    """An audio file or array cannot be read, rendered or written."""


class UsageError(SemeqError, ValueError):
    """Options that do not fit together or are out of range."""

    exit_code = 2


class MissingExtraError(SemeqError, ImportError):
    """An optional dependency is needed and not installed."""
