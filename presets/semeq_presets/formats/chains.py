"""Effect chains for the command line: ffmpeg, mpv and SoX, in their own words."""

from __future__ import annotations

from semeq.settings import EqSettings
from semeq_presets.preset import Files, Preset, one_file
from semeq_presets.text import plain, safe_name

_FFMPEG = {"low_shelf": "lowshelf", "bell": "equalizer", "high_shelf": "highshelf"}
_SUFFIX = {"ffmpeg": ".ffmpeg.txt", "sox": ".sox.txt", "mpv": ".mpv.conf"}


def filtergraph(settings: EqSettings) -> str:
    """The chain of ffmpeg's own filters, computed in double precision."""
    parts = [f"volume={plain(settings.preamp_db)}dB:precision=double"]
    for band in settings.bands:
        f, g, q = plain(band.freq_hz), plain(band.gain_db), plain(band.q)
        parts.append(f"{_FFMPEG[band.kind]}=f={f}:t=q:w={q}:g={g}:precision=f64")
    return ",".join(parts)


def effects(settings: EqSettings) -> str:
    """SoX's effects in a row; q behind the width, without which a shelf's number is a slope."""
    lines = [f"gain {plain(settings.preamp_db)}"]
    for band in settings.bands:
        f, g, q = plain(band.freq_hz), plain(band.gain_db), plain(band.q)
        match band.kind:
            case "low_shelf":
                lines.append(f"bass {g} {f} {q}q")
            case "bell":
                lines.append(f"equalizer {f} {q}q {g}")
            case "high_shelf":
                lines.append(f"treble {g} {f} {q}q")
    return " ".join(lines)


def write(preset: Preset, variant: str) -> Files:
    """A file for -filter_script:a, for --effects-file, or a profile to include in mpv.conf."""
    if variant == "mpv":
        return write_bank([preset], variant, preset.stem)
    text = filtergraph(preset.settings) if variant == "ffmpeg" else effects(preset.settings)
    return one_file(preset, _SUFFIX[variant], f"{text}\n")


def write_bank(presets: list[Preset], variant: str, stem: str) -> Files:
    """Several mpv profiles in one file."""
    parts = []
    for preset in presets:
        # mpv computes shelves and bells with ffmpeg's filters; [ ] keeps the commas out of its own list
        lines = [f"# {preset.comment}"] if preset.note else []
        lines += [f"[{profile_name(preset)}]", f"af=lavfi=[{filtergraph(preset.settings)}]"]
        parts.append("\n".join(lines))
    return {f"{stem}{_SUFFIX[variant]}": ("\n\n".join(parts) + "\n").encode("utf-8")}


def profile_name(preset: Preset) -> str:
    """The name after --profile=: ASCII, without what ends a section or an option."""
    name = safe_name(preset.name).encode("ascii", "replace").decode()
    return "semeq-" + "".join(c if c.isalnum() or c in "-+." else "-" for c in name).rstrip("-")
