"""Knobs, faders and keys: bytes become moves, moves become values of an address, whatever kind of knob it is."""
