"""What an instance hears and does about it, said in a line."""

from __future__ import annotations

from semeq_bridge.state import Instance


def heard_text(instance: Instance) -> str:
    """What it hears, as words with percentages."""
    return instance.heard.words or "nothing yet"


def expect_text(instance: Instance) -> str:
    """What it will do about it."""
    heard, words = instance.heard, instance.sound.wording.words
    if not words:
        return "no words: flat"
    if not instance.listening.adapt:
        return f"{words}: as asked"
    if heard.moment is None or not heard.moment.trust:
        return f"{words}: nothing heard yet, as asked"
    there = f"has {heard.have:.0%} of it" if heard.have >= 0.0 else f"has {-heard.have:.0%} of the opposite"
    going = "" if abs(heard.aim - heard.share) < 0.01 else f", on the way to {heard.aim:.0%}"
    why = " (held)" if instance.held else "" if heard.moment.sounding else " (silence: stands still)"
    return f"{words}: {there}; given {heard.share:.0%}{going}{why}"
