"""`semeq-models references`: the built-in references, made anew from folders of recordings."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from semeq.hearing.longterm import BANDS_HZ
from semeq.hearing.reference import FORMAT
from semeq_models.artefact import WEIGHTS, write_artefact
from semeq_models.audio.profiles import profile, references_file, steady
from semeq_models.audio.recordings import check_folders, recordings
from semeq_models.outputs import check_file

_FOLDER = click.Path(path_type=Path, readable=False)


@click.command("references")
@click.option("--music", type=_FOLDER, multiple=True, required=True, help="A collection of music; again for more.")
@click.option("--speech", type=_FOLDER, multiple=True, required=True, help="A collection of speech; again for more.")
@click.option("-o", "--output", type=_FOLDER, default=WEIGHTS / "references.safetensors", help="File to write.")
def references_command(music: tuple[Path, ...], speech: tuple[Path, ...], output: Path) -> None:
    """Learn the references "music" and "speech" from folders of recordings; "pink" and "flat" are what they are."""
    check_file(output)
    check_folders((*music, *speech))
    made = []
    for name, folders, short in (("music", music, False), ("speech", speech, True)):
        pieces = recordings(folders, short=short)
        what = "tracks" if name == "music" else "sets of clips"
        about = f"{len(pieces)} {what} from {len(folders)} collections"
        made.append(profile(name, about, pieces))
        click.echo(f"{name}: {about}, half of it within {made[-1].spread_db:.2f} dB RMS")
    made.append(steady("pink", "noise that falls by 3 dB an octave", -10.0 * np.log10(BANDS_HZ)))
    made.append(steady("flat", "the same power at every Hz", np.zeros(len(BANDS_HZ))))
    collections = {"music": sorted(path.name for path in music), "speech": sorted(path.name for path in speech)}
    write_artefact(references_file(made, {"collections": collections}), output, FORMAT)
    click.echo(f"wrote {output}")
