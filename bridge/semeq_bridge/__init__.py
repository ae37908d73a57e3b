"""semeq bridge: OSC and MIDI steer the EQ inside a DAW session. The state is pure; `serve` only moves bytes."""

from semeq_bridge.controls import CONTROLS
from semeq_bridge.core import Changed, Event, Refused, Replied, apply, new_state, value_at, values
from semeq_bridge.drivers import DRIVERS, Driver
from semeq_bridge.errors import BridgeError, DriverError, MessageError, OscError
from semeq_bridge.osc import Message, bundled, decode, encode
from semeq_bridge.state import Instance, Sound, State

__all__ = [
    "CONTROLS",
    "DRIVERS",
    "BridgeError",
    "Changed",
    "Driver",
    "DriverError",
    "Event",
    "Instance",
    "Message",
    "MessageError",
    "OscError",
    "Refused",
    "Replied",
    "Sound",
    "State",
    "apply",
    "bundled",
    "decode",
    "encode",
    "new_state",
    "value_at",
    "values",
]
