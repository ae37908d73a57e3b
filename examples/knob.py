"""A knob moves the intensity: MIDI bytes as a device sends them, through a map, into the state. No device is needed.

With one: semeq-bridge serve --midi nanoKONTROL --map knobs.toml --daw ardour:Vocals
"""

import tempfile
from functools import partial
from pathlib import Path

from semeq_bridge import apply, new_state, value_at
from semeq_bridge.midi.table import Follower, read_map

MAP = """
version = 1

[[device]]
match = "nanoKONTROL"

[[device.map]]
cc = 16
target = "/semeq/vox/intensity"
takeover = "pickup"         # nothing jumps: the knob has to pass where the value stands

[[device.map]]
program = true
target = "/semeq/vox/term"
values = ["warm", "bright", "less harsh"]
"""

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "knobs.toml"
    path.write_text(MAP)
    devices = read_map(path)

state = new_state(("vox",))
knobs = Follower.of("nanoKONTROL2 20:0", devices)
program_change, control = 0xC0, 0xB0
turned = [(program_change, 0)] + [(control, 16, position) for position in (0, 60, 120, 127, 90, 64)]
for number, message in enumerate(turned):
    for event in knobs.follow(message, partial(value_at, state)):
        state, _ = apply(state, event, float(number))
    vox = state.instances["vox"]
    gains = ", ".join(f"{gain:+.1f}" for gain in vox.settings.gains_db)
    print(f"{message!s:<16} {vox.sound.wording.words} at {vox.sound.wording.intensity:.2f}: {gains} dB")
