"""`semeq-models synthesize`: material as files with a manifest, checked before anybody learns from it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import click
import numpy as np

from semeq_models.artefact import write_whole
from semeq_models.errors import DataError
from semeq_models.synthesis.check import check
from semeq_models.synthesis.material import Clip, clip, makers, recorded
from semeq_models.synthesis.music import SPREAD_DB

_PATH = click.Path(path_type=Path, readable=False)


@click.command("synthesize")
@click.option("-o", "--output", type=_PATH, required=True, help="Folder to write.")
@click.option("--kind", default="music", show_default=True, help="pink, music, rawmix or speech.")
@click.option("--recordings", type=_PATH, help="Pieces of the recordings in this folder instead.")
@click.option("--count", type=click.IntRange(1, 100_000), default=12, show_default=True, help="Clips.")
@click.option("--seconds", type=click.FloatRange(0.5, 600), default=5.0, show_default=True, help="Length of each.")
@click.option("--rate", type=click.IntRange(8000, 192_000), default=44_100, show_default=True, help="Sample rate, Hz.")
@click.option("--spread", type=click.FloatRange(0, 12), default=SPREAD_DB, show_default=True, help="Of music, dB RMS.")
@click.option("--with-eq", is_flag=True, help="Put an EQ of SAFE-DB on each clip; three clips for each setting.")
@click.option("--data", type=_PATH, help="Folder of both data files; else $SEMEQ_DATA, else ../shared/data.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of everything random.")
@click.option("--force", is_flag=True, help="Replace files that exist.")
def synthesize_command(
    output: Path,
    kind: str,
    recordings: Path | None,
    count: int,
    seconds: float,
    rate: int,
    spread: float,
    with_eq: bool,
    data: Path | None,
    seed: int,
    force: bool,
) -> None:
    """Make material for audio encoders, and check it: slope, levels, repeats, DC, targets."""
    import soundfile

    known = makers(spread)
    if recordings is None and kind not in known:
        raise DataError(f"kind {kind!r}: use one of {', '.join(known)}, or --recordings FOLDER")
    manifest = output / "manifest.json"
    if manifest.exists() and not force:
        raise DataError(f"{manifest}: exists; use --force to replace it, or name another folder")
    name, maker = (kind, known[kind]) if recordings is None else ("recording", recorded(recordings))
    rows = _rows(data) if with_eq else []
    rng = np.random.default_rng(seed)
    clips: list[Clip] = []
    said: list[dict[str, Any]] = []
    row = None
    for number in range(count):
        if rows and number % 3 == 0:
            row = rows[int(rng.integers(len(rows)))]
        made = clip(name, maker, rng, rate, seconds, row)
        path = output / f"{name}-{number:05d}.wav"
        write_whole(path, b"")
        soundfile.write(path, made.audio.T, rate, subtype="PCM_24")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        said.append({"file": path.name, "sha256": digest, "word": made.word, "eq": list(made.eq)})
        clips.append(made)
    checks = check(clips)
    about = {"seed": seed, "kind": name, "rate_hz": rate, "seconds": seconds, "spread_db": spread}
    write_whole(manifest, (json.dumps({**about, "clips": said}, indent=1) + "\n").encode())
    for one in checks:
        click.echo(f"{'ok ' if one.fine else 'NOT'} {one.name}: {one.measured}")
    click.echo(f"{output}: {count} clips and manifest.json")
    if not all(one.fine for one in checks):
        raise DataError("the material is not what it should be; see the lines above")


def _rows(data: Path | None) -> list[Any]:
    from semeq_models.cleaning import load_corpus
    from semeq_models.folder import data_files

    corpus = load_corpus(*data_files(data, None, None))
    return [row for row in corpus.contributions if row.settings]
