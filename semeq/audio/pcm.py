"""Samples as they lie in a file and samples as we compute: exact both ways, clipping counted, channels first.

Between the two stand whole numbers scaled by ``2**(bits-1)``: every integer sample is a float exactly (24 bits in
float32, 32 in float64) and rounds back to itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from semeq.audio.info import BITS

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int32]
Block = NDArray[Any]  # [channels, n] of float32 or float64

TILE = 16_384  # frames at a time, so that scratch stays in the processor's cache
WIDTH = {"PCM_U8": 1, "PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4, "DOUBLE": 8}
LITTLE = {"PCM_16": "<i2", "PCM_32": "<i4", "FLOAT": "<f4", "DOUBLE": "<f8"}


def decode(raw: Bytes, frames: int, channels: int, subtype: str) -> Block:
    """Turn little-endian interleaved bytes into floats. Shapes: ``[4 + frames*channels*WIDTH] -> [channels, frames]``.

    The four bytes in front are not read as sound; they let 24-bit samples be taken as 32-bit words.
    """
    if subtype == "PCM_24":
        return _decode_24(raw, frames, channels)
    if subtype == "PCM_U8":
        sound = raw[4 : 4 + frames * channels].reshape(frames, channels).T
        out = np.empty((channels, frames), np.float32)
        np.subtract(sound, np.float32(128), out=out, dtype=np.float32)
        out *= np.float32(2.0**-7)
        return out
    words = np.ndarray((frames, channels), LITTLE[subtype], raw.data, 4).T
    if subtype in ("FLOAT", "DOUBLE"):
        return np.array(words, dtype=np.float32 if subtype == "FLOAT" else np.float64, order="C")
    dtype = np.float64 if subtype == "PCM_32" else np.float32
    out_wide: Block = np.empty((channels, frames), dtype)
    np.multiply(words, dtype(2.0 ** (1 - BITS[subtype])), out=out_wide, dtype=dtype)
    return out_wide


def _decode_24(raw: Bytes, frames: int, channels: int) -> Block:
    # Each word begins one byte before its sample; the shift drops that byte and carries the sign.
    words = np.ndarray((frames, channels), "<i4", raw.data, 3, (3 * channels, 3))
    out = np.empty((channels, frames), np.float32)
    scratch = np.empty((min(TILE, frames), channels), np.int32)
    for start in range(0, frames, TILE):
        tile = words[start : start + TILE]
        shifted = np.right_shift(tile, 8, out=scratch[: len(tile)])
        target = out[:, start : start + TILE]
        np.multiply(shifted.T, np.float32(2.0**-23), out=target, dtype=np.float32, casting="unsafe")
    return out


def interleaved(block: Block, dtype: str) -> Block:
    """Samples in the order of a file. Shapes: ``[channels, n] -> [n, channels]``."""
    out: Block = np.empty((block.shape[1], block.shape[0]), dtype)
    for channel, sound in enumerate(block):  # five times as fast as a transposed copy
        out[:, channel] = sound
    return out


def quantise(block: Block, bits: int, dither_rng: np.random.Generator | None = None) -> tuple[Ints, int]:
    """Round to whole numbers, half to even, and count what had to be clipped.

    Shapes: ``[channels, n] -> [n, channels]``.
    Dither, where asked for, is triangular, two steps wide from peak to peak, and added before rounding.
    """
    channels, frames = block.shape
    dtype = np.float64 if bits > 24 or dither_rng is not None else block.dtype.type
    scaled = np.empty((frames, channels), dtype)
    for channel in range(channels):
        np.multiply(block[channel], dtype(2.0 ** (bits - 1)), out=scaled[:, channel], dtype=dtype)
    if dither_rng is not None:
        scaled += dither_rng.random(scaled.shape)
        scaled -= dither_rng.random(scaled.shape)
    np.rint(scaled, out=scaled)
    low, high = -(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1
    clipped = 0
    if frames and not (scaled.min() >= low and scaled.max() <= high):
        clipped = int(np.count_nonzero((scaled < low) | (scaled > high) | np.isnan(scaled)))
        scaled = np.clip(np.nan_to_num(scaled, nan=0.0, posinf=high, neginf=low), low, high)
    return scaled.astype("<i4"), clipped


def pack(ints: Ints, subtype: str) -> Bytes:
    """Lay whole numbers out as little-endian bytes. Shapes: ``[n, channels] -> [n*channels*WIDTH]``."""
    flat = ints.reshape(-1)
    if subtype == "PCM_U8":
        return (flat + 128).astype(np.uint8)
    if subtype == "PCM_16":
        return flat.astype("<i2").view(np.uint8)
    octets = flat.view(np.uint8)
    if subtype == "PCM_32":
        return octets
    out = np.empty((flat.size, 3), np.uint8)
    for place in range(3):  # three strided passes are faster than one copy of three bytes at a time
        out[:, place] = octets[place::4]
    return out.reshape(-1)
