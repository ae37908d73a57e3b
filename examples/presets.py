"""Words into the EQs people own, and a headphone preset of theirs back into five bands."""

from pathlib import Path
from tempfile import TemporaryDirectory

import semeq
from semeq_presets import export, load

with TemporaryDirectory() as folder:
    for format, name in (("reaper", "warm.RfxChain"), ("lv2-calf", "warm.lv2"), ("rockbox", "warm.cfg")):
        made = export(semeq.eq("warm", 0.7), format, Path(folder) / name)
        print(f"{name}: {made}")

    theirs = Path(folder) / "headphones.txt"
    theirs.write_text(
        "Preamp: -4 dB\nFilter 1: ON LSC Fc 105 Hz Gain 4 dB Q 0.7\nFilter 2: ON PK Fc 3000 Hz Gain -3 dB Q 2"
    )
    print(load(theirs).settings)
