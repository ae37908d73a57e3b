"""One module for each kind of file: `write` a preset, and `read` one where we can."""
