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
_FADE_S = 0.01
_FIRST_S = 2.0  # so long a disk may take for the first piece


class Source:
    """Blocks of a file; read ahead by a thread of its own. ``rate_hz`` is what it is resampled to where it differs.

    A pause and a jump fade, so that neither clicks.
    """

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
        self.is_loop, self.paused, self.late, self.failed = is_loop, False, 0, ""
        self._ring = np.zeros((self.channels, _AHEAD), np.float32)
        self._read = self._filled = 0  # frames in all
        self._origin = (0, 0.0)  # a frame of ours and where in the file it was
        self._end: int | None = None
        self._seek: float | None = None
        self._gain, self._step = 1.0, 1.0 / round(_FADE_S * self.rate_hz)
        self._turn = threading.Lock()  # held for a copy, never while the disk is waited for
        self._again: Audio | None = None
        self._room, self._ready, self._stop = threading.Event(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._follow, args=(path.name,), daemon=True)
        self._thread.start()
        self._ready.wait(_FIRST_S)

    def _follow(self, name: str) -> None:
        """Fill the ring for as long as this is open. A file that breaks off is over there."""
        try:
            if self.is_loop and self.dur_s * self.rate_hz < _PIECE / 2:
                self._again = self._repeated()
            self._fill()
        except Exception as error:  # whatever a decoder raises; the sound must not end with a trace
            self.failed = f"{name}: cannot be read on: {str(error).splitlines()[0][:120]}"
            self._end, self._seek = self._filled, None
        self._ready.set()

    def _repeated(self) -> Audio:
        """A file so short that to go back to its beginning again and again would be most of the work."""
        whole: Audio = self._file.read(_PIECE)
        if not whole.shape[1]:
            raise AudioError("no sound in it")
        return np.tile(whole, _PIECE // whole.shape[1])

    def _fill(self) -> None:
        empty = 0
        while not self._stop.is_set():
            if self._seek is not None and not self._gain:
                self._jump(self._seek)
            if self._end is not None or self._filled - self._read > _AHEAD - _PIECE:
                self._room.wait(0.05)
                self._room.clear()
                continue
            piece = self._file.read(_PIECE) if self._again is None else self._again
            if piece.shape[1]:
                empty, first = 0, self._filled % _AHEAD
                head = min(piece.shape[1], _AHEAD - first)
                self._ring[:, first : first + head] = piece[:, :head]
                self._ring[:, : piece.shape[1] - head] = piece[:, head:]
                self._filled += piece.shape[1]
                self._ready.set()
            elif self.is_loop and not empty:
                self._file.seek(0)
                self._origin, empty = (self._filled, 0.0), empty + 1
            elif self.is_loop:
                raise AudioError("no more sound in it")
            else:
                self._end = self._filled

    def _jump(self, place_s: float) -> None:
        """Go on elsewhere; what was read ahead is forgotten."""
        if self._again is None:
            self._file.seek(int(place_s * self.rate_hz))
        with self._turn:
            self._filled, self._end = self._read, None
            self._origin = (self._read, place_s)
            if self._seek == place_s:  # nobody wants to be elsewhere by now
                self._seek = None

    def read(self, frames: int) -> Audio:
        """The next frames; silence where it is paused, at its end, or where the disk was too slow."""
        block = np.zeros((self.channels, frames), np.float32)
        still = self.paused or self._seek is not None
        if still and not self._gain:
            return block
        with self._turn:
            first, count = self._read, min(frames, self._filled - self._read)
            at = first % _AHEAD
            head = min(count, _AHEAD - at)
            block[:, :head] = self._ring[:, at : at + head]
            block[:, head:count] = self._ring[:, : count - head]
            self._read = first + count
        if not count and not self._gain and self._end is None:  # it has just jumped
            return block
        if count < frames and self._end is None:
            self.late += 1
        if still or self._gain < 1.0:
            way = self._gain + np.arange(1, frames + 1) * (-self._step if still else self._step)
            block *= np.clip(way, 0.0, 1.0, dtype=np.float64).astype(np.float32)
            self._gain = min(max(float(way[-1]), 0.0), 1.0)
        self._room.set()
        return block

    @property
    def place_s(self) -> float:
        """Where it is in the file."""
        frame, place_s = self._origin
        place_s += (self._read - frame) / self.rate_hz
        return place_s % self.dur_s if self.is_loop else min(place_s, self.dur_s)

    @property
    def is_over(self) -> bool:
        """Whether all of it was read."""
        return self._end is not None and self._read >= self._end and self._seek is None

    def order(self, said: Mapping[str, Any]) -> None:
        """``{"pause": true}``, ``{"seek": seconds}``."""
        if "pause" in said:
            self.paused = bool(said["pause"])
        if "seek" in said and not self.failed:
            self._seek = min(max(float(said["seek"]), 0.0), self.dur_s)
        self._room.set()

    def close(self) -> None:
        """Let go of the file."""
        self._stop.set()
        self._room.set()
        self._thread.join(2)
        self._file.close()
