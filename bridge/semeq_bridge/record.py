"""What came, kept in a file as lines of JSON, and followed again without a wire."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

from semeq_bridge.controls import Value
from semeq_bridge.core import Event, Refused, apply, new_state, values
from semeq_bridge.errors import BridgeError


class Record:
    """A new file of events. Where it cannot be written any more that is said, and the session goes on without it."""

    def __init__(self, path: Path, say: Callable[[str], None]) -> None:
        self._path, self._say = path, say
        try:
            self._file = path.open("x", encoding="utf-8")
        except FileExistsError:
            raise BridgeError(f"{path}: exists; give another name for the record") from None
        except OSError as error:
            raise BridgeError(f"{path}: {error.strerror}") from None

    def keep(self, event: Event, now_s: float) -> None:
        """One more event."""
        if self._file.closed:
            return
        try:
            self._file.write(record_line(event, now_s))
        except OSError as error:
            self._give_up(error)

    def close(self) -> None:
        """The end of it."""
        try:
            self._file.close()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        self._say(f"{self._path}: {error.strerror}; nothing more is recorded")
        with contextlib.suppress(OSError):  # what it still holds is lost
            self._file.close()


def record_line(event: Event, now_s: float) -> str:
    """An event as a line of JSON; blobs are left out."""
    args = [arg if isinstance(arg, (int, float, str, bool)) else None for arg in event.args]
    return json.dumps({"t": round(now_s, 4), "address": event.address, "args": args}, ensure_ascii=False) + "\n"


def replay(path: Path, instances: tuple[str, ...], programs: tuple[str, ...]) -> tuple[dict[str, Value], int, int]:
    """Follow a record again, without a wire: all values at its end, how many events, how many were refused."""
    state = new_state(instances, programs)
    count = refused = 0
    try:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                if count and not line.endswith("\n"):
                    break  # the last one, cut off where the session ended
                said = json.loads(line)
                event = Event(str(said["address"]), tuple(said["args"]))
                state, effects = apply(state, event, float(said["t"]))
                count += 1
                refused += sum(isinstance(effect, Refused) for effect in effects)
    except OSError as error:
        raise BridgeError(f"{path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise BridgeError(f"{path}: line {count + 1} is no event that serve --record wrote") from None
    return {address: value for name in state.instances for address, value in values(state, name)}, count, refused
