"""A file that is read ahead, for a callback that must not wait for a disk."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from semeq.errors import AudioError
from semeq.streaming import Audio

_AHEAD = 1 << 17
_PIECE = 1 << 14


class Source:
    """Blocks of a file; read ahead by a thread of its own. ``rate_hz`` is what it is resampled to where it differs."""

    def __init__(self, path: Path, rate_hz: float | None = None, *, is_loop: bool = True) -> None:
        from pedalboard.io import AudioFile

        try:
            self._file: Any = AudioFile(str(path))
        except (ValueError, OSError) as error:
            raise AudioError(f"{path.name}: cannot be played: {str(error).splitlines()[0][:120]}") from None
        self.file_rate_hz, self.channels = float(self._file.samplerate), int(self._file.num_channels)
        self.rate_hz = rate_hz or self.file_rate_hz
        self.dur_s = self._file.frames / self.file_rate_hz
        if not self._file.frames:
            raise AudioError(f"{path.name}: no sound in it")
        if self.rate_hz != self.file_rate_hz:
            self._file = self._file.resampled_to(self.rate_hz)
        self.is_loop, self.paused, self.late = is_loop, False, 0
        self._ring = np.zeros((self.channels, _AHEAD), np.float32)
        self._read = self._filled = 0  # frames in all
        self._origin = (0, 0.0)  # a frame of ours and where in the file it was
        self._end: int | None = None
        self._seek: float | None = None
        self._room, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._fill, daemon=True)
        self._thread.start()

    def _fill(self) -> None:
        while not self._stop.is_set():
            if self._seek is not None:
                place_s, self._seek = self._seek, None
                self._file.seek(int(place_s * self.rate_hz))
                self._filled, self._end = self._read + _PIECE // 8, None  # what comes at once is not waited for
                self._ring[:] = 0.0
                self._origin = (self._filled, place_s)
            if self._end is not None or self._filled - self._read > _AHEAD - _PIECE:
                self._room.wait(0.05)
                self._room.clear()
                continue
            piece = self._file.read(_PIECE)
            if piece.shape[1]:
                at = np.arange(self._filled, self._filled + piece.shape[1]) % _AHEAD
                self._ring[:, at] = piece
                self._filled += piece.shape[1]
            elif self.is_loop:
                self._file.seek(0)
                self._origin = (self._filled, 0.0)
            else:
                self._end = self._filled

    def read(self, frames: int) -> Audio:
        """The next frames; silence where it is paused, at its end, or where the disk was too slow."""
        block = np.zeros((self.channels, frames), np.float32)
        if self.paused:
            return block
        first, count = self._read, min(frames, self._filled - self._read)
        at = first % _AHEAD
        head = min(count, _AHEAD - at)
        block[:, :head] = self._ring[:, at : at + head]
        block[:, head:count] = self._ring[:, : count - head]
        if count < frames and self._end is None:
            self.late += 1
        self._read = first + count
        self._room.set()
        return block

    @property
    def place_s(self) -> float:
        """Where it is in the file."""
        frame, place_s = self._origin
        since_s = (self._read - frame) / self.rate_hz
        return place_s + since_s if since_s >= 0.0 else self.dur_s + since_s

    @property
    def is_over(self) -> bool:
        """Whether all of it was read."""
        return self._end is not None and self._read >= self._end

    def order(self, said: Mapping[str, Any]) -> None:
        """``{"pause": true}``, ``{"seek": seconds}``."""
        if "pause" in said:
            self.paused = bool(said["pause"])
        if "seek" in said:
            self._seek = min(max(float(said["seek"]), 0.0), self.dur_s)
            self._room.set()

    def close(self) -> None:
        """Let go of the file."""
        self._stop.set()
        self._room.set()
        self._thread.join(2)
        self._file.close()
