"""The bridge without a wire: messages in, settings out. `semeq-bridge serve` does just this, with sockets around it."""

from semeq_bridge import Changed, Event, apply, new_state

state = new_state(("vox",))
messages = [
    Event("/semeq/vox/term", ("warm",)),
    Event("/semeq/vox/intensity", (0.5,)),
    Event("/semeq/vox/band/2/gain", (1.0,)),
    Event("/semeq/vox/intensity", (9.0,)),
    Event("/semeq/vox/undo"),
]
for now_s, message in enumerate(messages):
    state, effects = apply(state, message, float(now_s))
    for effect in effects:
        if isinstance(effect, Changed):
            print(
                effect.address, "->", ", ".join(f"{gain:+.1f} dB" for gain in state.instances["vox"].settings.gains_db)
            )
        else:
            print(effect)
