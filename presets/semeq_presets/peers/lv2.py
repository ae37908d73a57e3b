"""LV2 plug-ins as they are installed: load a preset bundle, run noise through, hear what comes out.

A small host on liblilv (through ctypes, so that nothing has to be compiled). It runs in a process of its own
(`python -m semeq_presets.peers.lv2`): a plug-in that crashes takes only that process with it.
"""

from __future__ import annotations

import ctypes as c
import io
import os
import re
import subprocess
import sys
from ctypes.util import find_library
from pathlib import Path
from typing import Any

import numpy as np

from semeq.response import Floats
from semeq_presets.errors import PeerError
from semeq_presets.peers.measure import FRAMES, from_period, period

CORE = b"http://lv2plug.in/ns/lv2core#"
TYPE = b"http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
APPLIES = b"http://lv2plug.in/ns/lv2core#appliesTo"
PRESET = b"http://lv2plug.in/ns/ext/presets#Preset"
BLOCK, EVENTS, SETTLE_S = 1024, 16_384, 0.5  # gains glide to their place
FLOAT, INT = b"http://lv2plug.in/ns/ext/atom#Float", b"http://lv2plug.in/ns/ext/atom#Int"
BLOCK_LENGTHS = tuple(
    b"http://lv2plug.in/ns/ext/buf-size#" + name
    for name in (b"maxBlockLength", b"minBlockLength", b"nominalBlockLength")
)


class _Feature(c.Structure):
    _fields_ = (("uri", c.c_char_p), ("data", c.c_void_p))


_MapFunction = c.CFUNCTYPE(c.c_uint32, c.c_void_p, c.c_char_p)


class _Map(c.Structure):
    _fields_ = (("handle", c.c_void_p), ("map", _MapFunction))


class _Option(c.Structure):
    _fields_ = (
        ("context", c.c_int),
        ("subject", c.c_uint32),
        ("key", c.c_uint32),
        ("size", c.c_uint32),
        ("type", c.c_uint32),
        ("value", c.c_void_p),
    )


_Run = c.CFUNCTYPE(None, c.c_void_p, c.c_uint32)


class _Descriptor(c.Structure):
    _fields_ = (
        ("uri", c.c_char_p),
        ("instantiate", c.c_void_p),
        ("connect_port", c.CFUNCTYPE(None, c.c_void_p, c.c_uint32, c.c_void_p)),
        ("activate", c.CFUNCTYPE(None, c.c_void_p)),
        ("run", _Run),
        ("deactivate", c.CFUNCTYPE(None, c.c_void_p)),
        ("cleanup", c.CFUNCTYPE(None, c.c_void_p)),
        ("extension_data", c.c_void_p),
    )


class _Instance(c.Structure):
    _fields_ = (("descriptor", c.POINTER(_Descriptor)), ("handle", c.c_void_p), ("pimpl", c.c_void_p))


_SetPort = c.CFUNCTYPE(None, c.c_char_p, c.c_void_p, c.c_void_p, c.c_uint32, c.c_uint32)


class _Ports:
    """The memory behind every port of an instance, and which of them are what."""

    def __init__(self) -> None:
        self.memory: list[Any] = []
        self.inputs: list[int] = []
        self.events: list[tuple[int, int]] = []
        self.output = -1


class Host:
    """All installed plug-ins, and the features they ask of a host."""

    def __init__(self) -> None:
        name = find_library("lilv-0")
        if name is None:
            raise PeerError("no liblilv here: install it to run LV2 plug-ins (Debian: apt install lilv-utils)")
        self._lib = lib = c.CDLL(name)
        for function in _POINTERS:
            getattr(lib, function).restype = c.c_void_p
        lib.lilv_node_as_uri.restype = lib.lilv_node_as_string.restype = c.c_char_p
        lib.lilv_port_is_a.restype = c.c_bool
        self._world = c.c_void_p(lib.lilv_world_new())
        lib.lilv_world_load_all(self._world)
        self._plugins = c.c_void_p(lib.lilv_world_get_all_plugins(self._world))
        self._urids: dict[bytes, int] = {}
        self._map_function = _MapFunction(lambda _handle, uri: self._urid(uri))
        self._map = _Map(None, self._map_function)
        self._numbers = [c.c_int32(BLOCK), c.c_int32(1), c.c_int32(BLOCK)]

    def _urid(self, uri: bytes) -> int:
        return self._urids.setdefault(uri, len(self._urids) + 1)

    def _uri(self, uri: bytes) -> c.c_void_p:
        return c.c_void_p(self._lib.lilv_new_uri(self._world, uri))

    def plugin(self, uri: str) -> c.c_void_p:
        """The plug-in of that name."""
        found = self._lib.lilv_plugins_get_by_uri(self._plugins, self._uri(uri.encode()))
        if not found:
            raise PeerError(f"no LV2 plug-in {uri} here: install it, or check another format")
        return c.c_void_p(found)

    def presets(self, bundle: Path) -> list[tuple[str, str]]:
        """Name and plug-in of each preset in a bundle, which is added to what is known."""
        lib, before = self._lib, set(self._all_presets())
        node = c.c_void_p(lib.lilv_new_file_uri(self._world, None, (str(bundle.resolve()) + "/").encode()))
        lib.lilv_world_load_bundle(self._world, node)
        found = []
        for name in sorted(set(self._all_presets()) - before):
            applies = lib.lilv_world_get(self._world, self._uri(name.encode()), self._uri(APPLIES), None)
            if applies:
                found.append((name, lib.lilv_node_as_uri(c.c_void_p(applies)).decode()))
        if not found:
            raise PeerError(f"{bundle}: lilv finds no preset in it")
        return found

    def _all_presets(self) -> list[str]:
        lib = self._lib
        found = c.c_void_p(lib.lilv_world_find_nodes(self._world, None, self._uri(TYPE), self._uri(PRESET)))
        names, at = [], c.c_void_p(lib.lilv_nodes_begin(found))
        while not lib.lilv_nodes_is_end(found, at):
            names.append(lib.lilv_node_as_uri(c.c_void_p(lib.lilv_nodes_get(found, at))).decode())
            at = c.c_void_p(lib.lilv_nodes_next(found, at))
        return names

    def _features(self) -> Any:
        """What we offer a plug-in: names as numbers, and how long a block is."""
        options = (_Option * 4)()  # the last one stays empty
        for option, key, number in zip(options, BLOCK_LENGTHS, self._numbers, strict=False):
            option.key, option.type = self._urid(key), self._urid(INT)
            option.size, option.value = 4, c.cast(c.pointer(number), c.c_void_p)
        listed = [
            _Feature(b"http://lv2plug.in/ns/ext/urid#map", c.cast(c.pointer(self._map), c.c_void_p)),
            _Feature(b"http://lv2plug.in/ns/ext/options#options", c.cast(options, c.c_void_p)),
            _Feature(b"http://lv2plug.in/ns/ext/buf-size#boundedBlockLength", None),
        ]
        self._kept = (options, listed)  # the plug-in may look at them later
        return (c.POINTER(_Feature) * (len(listed) + 1))(*[c.pointer(one) for one in listed])

    def impulse_response(self, uri: str, preset: str, rate_hz: float) -> Floats:
        """What becomes of the first channel, with the values that lilv reads out of the preset."""
        lib, plugin = self._lib, self.plugin(uri)
        ports = self._ports(plugin, uri, self.preset_values(preset))
        made = lib.lilv_plugin_instantiate(plugin, c.c_double(rate_hz), self._features())
        if not made:
            raise PeerError(f"{uri}: does not start here")
        instance = c.cast(made, c.POINTER(_Instance)).contents
        call, handle = instance.descriptor.contents, instance.handle
        for number, memory in enumerate(ports.memory):
            call.connect_port(handle, number, memory.ctypes.data)
        if call.activate:
            call.activate(handle)
        played = np.tile(period().astype(np.float32), 2)
        heard, settle = [], int(rate_hz * SETTLE_S) // BLOCK + 1
        for block in range(settle + 2 * FRAMES // BLOCK):
            for number in ports.inputs:
                start = max(block - settle, 0) * BLOCK
                ports.memory[number][:] = played[start : start + BLOCK] * (block >= settle)
            for number, room in ports.events:
                ports.memory[number][:1] = room
            call.run(handle, BLOCK)
            if block >= settle + FRAMES // BLOCK:
                heard.append(ports.memory[ports.output].astype(np.float64))
        if call.deactivate:
            call.deactivate(handle)
        lib.lilv_instance_free(c.c_void_p(made))
        return from_period(np.concatenate(heard))

    def _ports(self, plugin: c.c_void_p, uri: str, values: dict[str, float]) -> _Ports:
        lib = self._lib
        count = lib.lilv_plugin_get_num_ports(plugin)
        low, high, usual = ((c.c_float * count)() for _ in range(3))
        lib.lilv_plugin_get_port_ranges_float(plugin, low, high, usual)
        ports = _Ports()
        known = set()
        for number in range(count):
            port = c.c_void_p(lib.lilv_plugin_get_port_by_index(plugin, c.c_uint32(number)))
            symbol = lib.lilv_node_as_string(c.c_void_p(lib.lilv_port_get_symbol(plugin, port))).decode()
            audio, control, incoming = (
                lib.lilv_port_is_a(plugin, port, self._uri(CORE + kind))
                for kind in (b"AudioPort", b"ControlPort", b"InputPort")
            )
            known.add(symbol)
            if control:
                ports.memory.append(np.array([values.get(symbol, np.nan_to_num(usual[number]))], np.float32))
            elif audio:
                ports.memory.append(np.zeros(BLOCK, np.float32))
                if incoming:
                    ports.inputs.append(number)
                elif ports.output < 0:
                    ports.output = number
            else:  # events: an empty sequence in, room for one out
                ports.memory.append(np.zeros(EVENTS // 4, np.uint32))
                ports.events.append((number, 8 if incoming else EVENTS - 8))
        if strange := sorted(set(values) - known):
            raise PeerError(f"{uri}: no control {strange[0]!r}; the preset is for another version of the plug-in")
        return ports

    def preset_values(self, preset: str) -> dict[str, float]:
        """The control values that lilv reads out of a preset."""
        lib, node, values = self._lib, self._uri(preset.encode()), {}
        lib.lilv_world_load_resource(self._world, node)
        state = lib.lilv_state_new_from_world(self._world, c.byref(self._map), node)
        if not state:
            raise PeerError(f"{preset}: lilv cannot read it")
        real = self._urid(FLOAT)

        def keep(symbol: bytes, _data: int, value: int, size: int, kind: int) -> None:
            data = c.string_at(value, size)
            form = "<f4" if kind == real else {4: "<i4", 8: "<f8"}[size]
            values[symbol.decode()] = float(np.frombuffer(data, form)[0])

        lib.lilv_state_emit_port_values(c.c_void_p(state), _SetPort(keep), None)
        return values


def played(bundle: Path, rate_hz: float) -> dict[str, Floats]:
    """The impulse responses of all presets in a bundle, by name; in a process of its own."""
    command = [sys.executable, "-m", "semeq_presets.peers.lv2", str(bundle), f"{rate_hz:g}"]
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        raise PeerError(f"{bundle}: the plug-in was still busy after 300 s; it was stopped") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise PeerError(
            said[-1].removeprefix("semeq_presets: ") if said else f"the plug-in crashed ({done.returncode})"
        )
    with np.load(io.BytesIO(done.stdout)) as held:
        return {name: held[name] for name in held.files}


def preset_plugins(bundle: Path) -> dict[str, str]:
    """The plug-in of each preset in a bundle that we wrote, from its manifest."""
    text = (bundle / "manifest.ttl").read_text("utf-8", "replace")
    return dict(re.findall(r"^<([^<>\s]+)>\s+a pset:Preset ;\s+lv2:appliesTo <([^<>\s]+)>", text, re.MULTILINE))


def main(bundle: str, rate_hz: str) -> None:
    """Write the responses to standard output, which the plug-ins do not get to see."""
    ours = os.dup(1)
    os.dup2(2, 1)
    try:
        host = Host()
        heard = {name: host.impulse_response(uri, name, float(rate_hz)) for name, uri in host.presets(Path(bundle))}
    except PeerError as error:
        sys.exit(f"semeq_presets: {error}")
    with os.fdopen(ours, "wb") as out:
        np.savez(out, **heard)  # type: ignore[arg-type]  # arrays by name
        out.flush()
        os._exit(0)  # some plug-ins crash on their way out; the work is done


_POINTERS = (
    "lilv_world_new",
    "lilv_world_get_all_plugins",
    "lilv_plugins_get_by_uri",
    "lilv_new_uri",
    "lilv_new_file_uri",
    "lilv_world_find_nodes",
    "lilv_world_get",
    "lilv_nodes_begin",
    "lilv_nodes_next",
    "lilv_nodes_get",
    "lilv_plugin_get_port_by_index",
    "lilv_port_get_symbol",
    "lilv_plugin_instantiate",
    "lilv_state_new_from_world",
)

if __name__ == "__main__":
    main(*sys.argv[1:3])
