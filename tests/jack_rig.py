"""A player and a recorder in JACK, told what to do by lines of JSON: `python tests/jack_rig.py NAME OUTS INS`.

They are two clients, so that what lies between them is no loop: JACK delays nothing. The player goes round its table
for ever; whatever it plays next goes on at the same place.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import jack
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


class Rig:
    """The ports `NAME_player:out_1` ... and `NAME_ear:in_1` ..."""

    def __init__(self, name: str, outs: int, ins: int) -> None:
        jack.set_error_function(lambda _: None)
        jack.set_info_function(lambda _: None)
        make = {"use_exact_name": True, "no_start_server": True}
        self.player, self.ear = jack.Client(f"{name}_player", **make), jack.Client(f"{name}_ear", **make)
        self.outs = [self.player.outports.register(f"out_{number}") for number in range(1, outs + 1)]
        self.ins = [self.ear.inports.register(f"in_{number}") for number in range(1, ins + 1)]
        self.table: Floats = np.zeros((outs, 1), np.float32)
        self.heard: Floats = np.zeros((ins, 0), np.float32)
        self.place = self.filled = 0
        self.player.set_process_callback(self._play)
        self.ear.set_process_callback(self._hear)
        for client in (self.player, self.ear):
            client.set_shutdown_callback(lambda *_: os._exit(1))
            client.activate()

    def _play(self, frames: int) -> None:
        table = self.table
        block = table.take(np.arange(self.place, self.place + frames), axis=1, mode="wrap")
        self.place += frames
        for port, row in zip(self.outs, block, strict=True):
            port.get_array()[:] = row

    def _hear(self, frames: int) -> None:
        heard, at = self.heard, self.filled
        count = min(frames, heard.shape[1] - at)
        if count > 0:
            for port, row in zip(self.ins, heard, strict=True):
                row[at : at + count] = port.get_array()[:count]
            self.filled = at + count

    def follow(self, said: dict[str, Any]) -> object:
        """Do it; gives the answer."""
        match said:
            case {"play": str(path)}:
                self.table = np.load(path)
            case {"record": int(frames)}:
                self.heard, self.filled = np.zeros((len(self.ins), 0), np.float32), 0
                self.heard = np.zeros((len(self.ins), frames), np.float32)
            case {"recorded": str(path)}:
                done = self.filled == self.heard.shape[1]
                np.save(path, self.heard[:, : self.filled])
                return done
            case {"filled": _}:
                return self.filled
            case {"connect": list(pairs)}:
                for pair in pairs:
                    self.ear.connect(*pair)
            case {"part": list(pairs)}:
                for pair in pairs:
                    self.ear.disconnect(*pair)
            case {"ports": str(pattern)}:
                return sorted(port.name for port in self.ear.get_ports(pattern))
            case {"from": list(ports)}:
                return sorted((one, other.name) for one in ports for other in self.ear.get_all_connections(one))
            case {"block": int(frames)}:
                self.ear.blocksize = frames
        return None


def main(name: str, outs: str, ins: str) -> None:
    """Until nobody says anything any more."""
    rig = Rig(name, int(outs), int(ins))
    print("null", flush=True)
    for line in sys.stdin:
        try:
            answer = rig.follow(json.loads(line))
        except jack.JackError as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)
    for client in (rig.player, rig.ear):
        client.deactivate()
        client.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
