"""`semeq-models synthesize`: material as files with a manifest, checked before anybody learns from it."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import click
import numpy as np

from semeq_models.artefact import write_whole
from semeq_models.cleaning import Contribution
from semeq_models.errors import ChoiceError, DataError
from semeq_models.synthesis.check import measure, verdicts
from semeq_models.synthesis.material import Clip, clip, makers, recorded
from semeq_models.synthesis.music import SPREAD_DB

_PATH = click.Path(path_type=Path, readable=False)
_CLIPS_EACH = 3


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
@click.option("--safe", type=_PATH, metavar="CSV", help="SAFE-DB user data, instead of the one in --data.")
@click.option("--socialfx", type=_PATH, metavar="CSV", help="SocialFX EQ contributions, likewise.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of everything random.")
@click.option("--force", is_flag=True, help="Replace files that exist.")
@click.option("--check/--no-check", "checked", default=True, show_default=True, help="Check what was made.")
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
    safe: Path | None,
    socialfx: Path | None,
    seed: int,
    force: bool,
    checked: bool,
) -> None:
    """Make material for audio encoders, and check it: slope, levels, repeats, DC, targets."""
    known = makers(spread)
    if recordings is None and kind not in known:
        raise ChoiceError(f"kind {kind!r}: use one of {', '.join(known)}, or --recordings FOLDER")
    name, maker = (kind, known[kind]) if recordings is None else ("recording", recorded(recordings))
    manifest, paths = output / "manifest.json", [output / f"{name}-{number:05d}.wav" for number in range(count)]
    if not force and (there := [path for path in (manifest, *paths) if path.exists()]):
        raise DataError(f"{there[0]}: exists; use --force to replace it, or name another folder")
    rows = _rows(data, safe, socialfx) if with_eq else []
    said, found = [], []
    for number, path in enumerate(paths):
        row = rows[_rng(seed, 0, number // _CLIPS_EACH).integers(len(rows))] if rows else None
        made = clip(name, maker, _rng(seed, 1, number), rate, seconds, row)
        content = _wav(made)
        write_whole(path, content)
        digest = hashlib.sha256(content).hexdigest()
        said.append(
            {
                "file": path.name,
                "source": name,
                "seed": [seed, 1, number],
                "word": made.word,
                "eq": list(made.eq),
                "sha256": digest,
            }
        )
        if checked:
            found.append(measure(made))
    about: dict[str, Any] = {"seed": seed, "kind": name, "rate_hz": rate, "seconds": seconds, "spread_db": spread}
    write_whole(manifest, (json.dumps({**about, "clips": said}, indent=1) + "\n").encode())
    checks = verdicts(found) if checked else ()
    for one in checks:
        click.echo(f"{'ok ' if one.fine else 'NOT'} {one.name}: {one.measured}")
    click.echo(f"{output}: {count} clips and manifest.json")
    if not all(one.fine for one in checks):
        raise DataError("the material is not what it should be; see the lines above")


def _rng(*seed: int) -> np.random.Generator:
    """A generator for one clip, so that each can be made again without those before it."""
    return np.random.default_rng(seed)


def _wav(made: Clip) -> bytes:
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, made.audio.T, made.rate_hz, format="WAV", subtype="PCM_24")
    return file.getvalue()


def _rows(data: Path | None, safe: Path | None, socialfx: Path | None) -> list[Contribution]:
    """The contributions that are settings; SocialFX has curves only."""
    from semeq_models.cleaning import load_corpus
    from semeq_models.folder import data_files

    corpus = load_corpus(*data_files(data, safe, socialfx))
    rows = [row for row in corpus.contributions if row.settings]
    if not rows:
        raise DataError("no settings among these rows to put on clips; give SAFE-DB user data with --safe")
    return rows
