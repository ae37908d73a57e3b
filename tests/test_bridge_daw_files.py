"""What a musician drops into a DAW or on a controller: every address one we know, every range its control's."""

from __future__ import annotations

import base64
import gzip
import json
import re
import runpy
import socket
import struct
import subprocess
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import pytest

from semeq.settings import EqSettings
from semeq_bridge.controls import CONTROLS, Control
from semeq_bridge.core import Event, Refused, apply, new_state, value_at
from semeq_bridge.drivers.ardour import PROFILES
from semeq_bridge.osc import Message, decode, encode
from semeq_bridge.pattern import is_pattern
from semeq_presets import export, load
from tests.audio_files import peer
from tests.jack_ears import PATIENCE_S
from tests.test_bridge_ardour import Daw
from tests.test_bridge_peers import until
from tests.test_bridge_serve import running
from tests.waiting import eventually

BRIDGE = Path(__file__).parents[1] / "bridge"
FOLDERS = ("ableton", "ardour", "open-stage-control", "pd", "reaper", "touchosc")
ABOUT_US = {"/semeq/list", "/semeq/subscribe"}  # about the wire, not about an EQ


class Sent(NamedTuple):
    """What one thing on a panel sends: from and to where it goes, or the word it says."""

    address: str
    low: float | None = None
    high: float | None = None
    word: str | None = None


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_explains_itself_in_five_lines(folder: str) -> None:
    text = (BRIDGE / folder / "README.md").read_text("utf-8")
    lines = text.splitlines()
    assert len([line for line in lines if line.strip()]) == len(lines) == 5
    assert "semeq-bridge serve" in lines[3]
    named = {name for name in re.findall(r"`([\w-]+\.\w+)`", text) if name.startswith("semeq")}
    made_here = {path.name for path in (BRIDGE / folder).iterdir()}
    assert named - made_here <= {"semeq.ReaperOSC"}  # comes with the driver for REAPER
    assert {name for name in made_here if name.startswith("semeq") and "ReaperOSC" not in name} <= named


def pd_canvas(text: str) -> tuple[list[str], list[tuple[int, int]]]:
    """The objects of the outer canvas of a patch, and which follows which; a canvas within is one object."""
    depth, objects, wires = 0, [], []
    for line in re.split(r"(?<!\\);\n", text):
        match line.replace("\n", " ").split(" ", 4):
            case ["#N", "canvas", *_]:
                depth += 1
            case ["#X", "restore", *_]:
                depth -= 1
                objects += ["subpatch"] if depth == 1 else []
            case ["#X", "connect", source, _, rest] if depth == 1:
                wires.append((int(source), int(rest.split()[0])))
            case ["#X", _, _, _, *rest] if depth == 1:
                objects.append("".join(rest))
    return objects, wires


def of_pd() -> Iterator[Sent]:
    text = (BRIDGE / "pd" / "semeq.pd").read_text("utf-8")
    for said in re.findall(r"oscformat ([^;]+);", text):
        yield Sent("/" + said.replace(" ", "/"))
    objects, wires = pd_canvas(text)
    for source, target in wires:
        address = "/" + objects[target].removeprefix("oscformat ").replace(" ", "/")
        match objects[source].split(" "):
            case ["hsl", _, _, low, high, *_] if objects[target].startswith("oscformat"):
                yield Sent(address, float(low), float(high))
            case ["symbol", *words] if objects[target].startswith("oscformat"):
                yield Sent(address, word=" ".join(words).replace("\\", ""))


def of_open_stage_control() -> Iterator[Sent]:
    for widget in osc_widgets():
        address = widget.get("address", "auto")
        if address == "auto":
            continue
        for word in widget.get("values", []):
            yield Sent(address, word=word)
        match widget:
            case {"range": {"min": low, "max": high}}:
                yield Sent(address, low, high)
            case {"on": on, "off": off, "mode": "toggle"}:
                yield Sent(address, off, on)
            case _:
                yield Sent(address)
    yield from (Sent(said) for said in re.findall(r"send\('(.*?)'", osc_session()["content"]["onCreate"]))


def osc_session() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((BRIDGE / "open-stage-control" / "semeq.json").read_text("utf-8"))
    return read


def osc_widgets() -> list[dict[str, Any]]:
    def below(widget: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield widget
        for child in widget.get("widgets", []):
            yield from below(child)

    return list(below(osc_session()["content"]))


def of_touchosc() -> Iterator[Sent]:
    for node in ET.fromstring(zlib.decompress((BRIDGE / "touchosc" / "semeq.tosc").read_bytes())).iter("node"):
        for osc in node.findall("messages/osc"):
            address = "".join(part.findtext("value") or "" for part in osc.findall("path/partial"))
            rows = [[part.text or "" for part in row] for row in osc.findall("arguments/partial")]
            match rows:
                case [["VALUE", "FLOAT" | "INTEGER", "x", low, high]]:
                    yield Sent(address, float(low), float(high))
                case [["CONSTANT", "STRING", word, _, _]]:
                    yield Sent(address, word=word)
                case _:
                    yield Sent(address)
        for row in node.findall("properties/property"):
            if row.findtext("key") == "script":
                yield from (Sent(said) for said in re.findall(r"sendOSC\(\{ '(.*?)'", row.findtext("value") or ""))


PANELS = {"pd": of_pd, "open-stage-control": of_open_stage_control, "touchosc": of_touchosc}


def control_at(address: str) -> Control:
    value_at(new_state(), address)  # refuses what is none
    return CONTROLS[re.sub("^/semeq/(main/)?", "", address)]


@pytest.mark.parametrize("panel", PANELS)
def test_every_address_is_one_the_bridge_knows(panel: str) -> None:
    addresses = {one.address for one in PANELS[panel]()}
    assert len(addresses) > 15
    assert "/semeq/subscribe" in addresses
    for address in addresses - ABOUT_US:
        assert not is_pattern(address)
        assert control_at(address)


@pytest.mark.parametrize("panel", PANELS)
def test_every_fader_goes_as_far_as_its_control_and_no_further(panel: str) -> None:
    faders = [one for one in PANELS[panel]() if one.low is not None]
    assert len({one.address for one in faders}) >= 8
    for one in faders:
        control = control_at(one.address)
        assert (one.low, one.high) == (control.low, control.high), one.address
        for end in (control.low, control.high):
            assert end is not None
            _, effects = apply(new_state(), Event(one.address, (float(end),)), 0.0)
            assert not [effect for effect in effects if isinstance(effect, Refused)]


@pytest.mark.parametrize("panel", PANELS)
def test_every_word_on_a_panel_changes_the_sound(panel: str) -> None:
    words = {one.word: one.address for one in PANELS[panel]() if one.word is not None}
    assert set(words) >= {"warm", "bright", "airy", "full", "less harsh"}
    for word, address in words.items():
        state, _ = apply(new_state(), Event(address, (word,)), 0.0)
        assert max(map(abs, state.instances["main"].settings.gains_db)) > 0.5


def test_the_open_stage_control_session_starts_where_the_bridge_does() -> None:
    """Types, starting values, and no target of its own; no two widgets of one name, which would mirror each other."""
    session, widgets = osc_session(), osc_widgets()
    assert (session["type"], session["content"]["type"]) == ("session", "root")
    assert len({widget["id"] for widget in widgets}) == len(widgets)
    for widget in widgets:
        assert not widget.get("target")
        if "address" in widget:
            control = control_at(widget["address"])
            assert widget["typeTags"] == (control.kind or "i")
            assert widget["preArgs"] == ""
            if widget["default"] != "":
                assert widget["default"] == pytest.approx(value_at(new_state(), widget["address"]), abs=1e-6)


def test_the_touchosc_layout_is_what_its_script_makes() -> None:
    """Byte for byte within zlib, whose own bytes differ from one zlib to the next."""
    made = runpy.run_path(str(BRIDGE / "touchosc" / "make.py"))
    shipped = (BRIDGE / "touchosc" / "semeq.tosc").read_bytes()
    assert zlib.decompress(shipped) == made["xml"]()
    assert zlib.decompress(made["tosc"]()) == made["xml"]()


def test_touchosc_faders_start_where_the_bridge_does_and_lie_within_the_panel() -> None:
    root = ET.fromstring(zlib.decompress((BRIDGE / "touchosc" / "semeq.tosc").read_bytes()))
    ids = [node.get("ID") for node in root.iter("node")]
    assert len(set(ids)) == len(ids)
    for node in root.iter("node"):
        x, y, width, height = (
            int(node.findtext(f"properties/property[key='frame']/value/{tag}") or -1) for tag in "xywh"
        )
        assert x >= 0
        assert y >= 0
        assert x + width <= 1024
        assert y + height <= 768
        name = node.findtext("properties/property[key='name']/value")
        if node.get("type") == "FADER" and name is not None:
            control = CONTROLS[name]
            share = float(node.findtext("values/value[key='x']/default") or -1)
            assert control.low is not None
            assert control.high is not None
            value = value_at(new_state(), f"/semeq/main/{name}")
            assert control.low + share * (control.high - control.low) == pytest.approx(value, abs=1e-4)


def test_the_chain_for_reaper_is_five_flat_bands_and_comes_from_the_exporter(tmp_path: Path) -> None:
    shipped = BRIDGE / "reaper" / "semeq-five-bands.RfxChain"
    export(EqSettings.flat(), "reaper", tmp_path / "made.RfxChain", name="semeq five bands")
    assert shipped.read_bytes() == (tmp_path / "made.RfxChain").read_bytes()
    found = load(shipped)
    assert [band.kind for band in found.settings.bands] == ["low_shelf", "bell", "bell", "bell", "high_shelf"]
    assert found.settings.gains_db == (0,) * 5
    data = base64.b64decode(shipped.read_text("utf-8").splitlines()[3])
    assert struct.unpack("<ii", data[:8]) == (33, 5)  # the version of ReaEQ's block, and how many bands are in it


def test_the_preset_for_ableton_comes_from_the_exporter(tmp_path: Path) -> None:
    """Its bytes within gzip, whose own differ."""
    export(EqSettings.flat(), "ableton-adv", tmp_path / "made.adv", name="semeq five bands")
    shipped = (BRIDGE / "ableton" / "semeq-five-bands.adv").read_bytes()
    assert gzip.decompress(shipped) == gzip.decompress((tmp_path / "made.adv").read_bytes())


@contextmanager
def pd_with_the_patch(folder: Path, port: int, driver: str = "", *sent: str) -> Iterator[Path]:
    """Pd on the patch, which is pointed at a bridge of ours; yields what Pd says, and lets no error pass."""
    text = (BRIDGE / "pd" / "semeq.pd").read_text("utf-8")
    assert text.count("127.0.0.1 9000;") == 1
    (folder / "semeq.pd").write_text(text.replace("127.0.0.1 9000;", f"127.0.0.1 {port};"), "utf-8")
    (folder / "driver.pd").write_text(f"#N canvas 0 0 400 300 10;\n{driver}", "utf-8")
    command = [peer("pd"), "-nogui", "-noaudio", "-nomidi", "-stderr", "-open", str(folder / "driver.pd")]
    command += ["-open", str(folder / "semeq.pd"), *(word for message in sent for word in ("-send", message))]
    said = folder / "pd.log"
    with said.open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            yield said
        finally:
            process.terminate()
            process.wait(10)
    lines = said.read_text("utf-8").splitlines()
    assert [line for line in lines if re.search("error|couldn't|can't|refused|no such", line, re.I)] == []


@pytest.mark.peer
def test_every_control_of_the_pd_patch_arrives(tmp_path: Path) -> None:
    values = {"intensity": 0.7, "morph": 0.25, "range": 11.5} | {
        f"band/{number}/gain/norm": 0.3 + number / 10 for number in range(1, 6)
    }
    gains = [f"semeq-gain-{number} {values[f'band/{number}/gain/norm']}" for number in range(1, 6)]
    sent = ["semeq-term symbol bright", "semeq-intensity 0.7", "semeq-morph 0.25", "semeq-range 11.5", *gains]
    sent += ["semeq-morph 0.9", "semeq-undo bang", "semeq-redo bang", "semeq-undo bang", "semeq-store bang"]
    sent += ["semeq-ab 1", "semeq-bypass 1", "semeq-hold 1"]
    with running() as bridge, pd_with_the_patch(tmp_path, bridge.port, "", *sent):
        until(1, bridge, "/semeq/hold")
        for path, value in values.items():
            assert bridge.value(f"/semeq/vox/{path}") == pytest.approx(value, abs=1e-5), path
        assert bridge.value("/semeq/vox/term") == "bright"
        assert bridge.value("/semeq/vox/ab") == 1
        assert bridge.value("/semeq/vox/bypass") == 1
        assert bridge.value("/semeq/gtr/intensity") == 1


SHOWN = """#X obj 0 0 r semeq-heard;
#X obj 0 20 route hold;
#X obj 0 40 sel 1;
#X obj 0 60 s semeq-intensity;
#X obj 80 60 s semeq-gain-2;
#X obj 0 100 r semeq-intensity-is;
#X obj 0 120 print intensity-is;
#X obj 200 100 r semeq-gain-2-is;
#X obj 200 120 print gain-is;
#X connect 0 0 1 0;
#X connect 1 0 2 0;
#X connect 2 0 3 0;
#X connect 2 0 4 0;
#X connect 5 0 6 0;
#X connect 7 0 8 0;
"""


@pytest.mark.peer
def test_the_pd_patch_shows_what_others_change_and_does_not_send_it_back(tmp_path: Path) -> None:
    """Others move things of two instances; the sliders stand as the first has it: they say so when asked."""
    record = tmp_path / "record.jsonl"
    with running("--record", str(record)) as bridge, pd_with_the_patch(tmp_path, bridge.port, SHOWN) as said:
        until(1, bridge, "/semeq/status", "subscribers")
        bridge.ask("/semeq/vox/intensity", -0.5)
        bridge.ask("/semeq/vox/band/2/gain", 6.0)
        bridge.ask("/semeq/gtr/intensity", 0.1)
        time.sleep(0.5)
        assert "-is:" not in said.read_text("utf-8")
        bridge.ask("/semeq/vox/hold", 1)  # here the driver asks the sliders
        eventually(lambda: "gain-is: 0.75" in said.read_text("utf-8"), 10)
        eventually(lambda: "intensity-is: -0.5" in said.read_text("utf-8"), 10)
    rows = [json.loads(line) for line in record.read_text("utf-8").splitlines()]
    from_pd = {row["address"]: row["args"] for row in rows if row["address"].startswith(("/semeq/i", "/semeq/b"))}
    assert from_pd == {"/semeq/intensity": [-0.5], "/semeq/band/2/gain/norm": [0.75]}
    asked = next(place for place, row in enumerate(rows) if row["address"] == "/semeq/vox/hold")
    assert min(place for place, row in enumerate(rows) if row["address"] in from_pd) > asked


@pytest.mark.peer
@pytest.mark.parametrize("names", [("main",), ("vox", "gtr")])
def test_the_pd_patch_listens_to_the_first_instance_from_the_socket_it_speaks_from(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    """From there the bridge knows who moved what, and does not answer a hand that still moves."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as fake:
        fake.bind(("127.0.0.1", 0))
        fake.settimeout(PATIENCE_S)
        with pd_with_the_patch(tmp_path, fake.getsockname()[1]):
            asked, pd = fake.recvfrom(8192)
            assert decode(asked)[0] == Message("/semeq/list", ())
            fake.sendto(encode("/semeq/list", *names), pd)
            subscribed, place = fake.recvfrom(8192)
    assert decode(subscribed)[0] == Message("/semeq/subscribe", (f"/semeq/{names[0]}/",))
    assert place == pd


def test_the_script_for_ardour_knows_the_equalizers_that_the_driver_knows() -> None:
    text = (BRIDGE / "ardour" / "semeq-eq.lua").read_text("utf-8")
    (known,) = re.findall(r"local known = \{(.*)\}", text)
    assert re.findall('"(.*?)"', known) == list(PROFILES)


ON_TRACKS = """
AudioEngine:set_backend("None (Dummy)", "", "")
AudioEngine:set_sample_rate(48000)
AudioEngine:set_buffer_size(256)
AudioEngine:start(false)
Session = create_session(os.getenv("HOME") .. "/session", "session", 48000)
for channels, name in ipairs({"vox", "wide"}) do
  local order = ARDOUR.PresentationInfo.max_order
  Session:new_audio_track(channels, 2, nil, 1, name, order, ARDOUR.TrackMode.Normal, true)
end
function ardour(about) print("it is an " .. about["type"]) end
dofile(os.getenv("SEMEQ_SCRIPT"))
for _, name in ipairs({"vox", "wide", "vox", "nobody"}) do factory({track = name})() end
factory({})()
for route in Session:get_routes():iter() do
  local i = 0
  while not route:nth_plugin(i):isnil() do
    print("on " .. route:name() .. ": " .. route:nth_plugin(i):to_insert():plugin(0):name())
    i = i + 1
  end
end
close_session()
quit()
"""


@pytest.mark.peer
def test_the_script_puts_one_equalizer_on_a_track_of_ardour_and_no_second(tmp_path: Path) -> None:
    (tmp_path / "tracks.lua").write_text(ON_TRACKS, "utf-8")
    done = subprocess.run(
        [peer("ardour7-lua"), str(tmp_path / "tracks.lua")],
        env=Daw(tmp_path).environment | {"SEMEQ_SCRIPT": str(BRIDGE / "ardour" / "semeq-eq.lua")},
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE_S,
        check=True,
    )
    said = done.stdout.splitlines()
    assert "it is an EditorAction" in said
    assert "semeq: vox has an EQ now" in said
    assert said.count("semeq: vox has an EQ already") == 1
    assert sum("no such track" in line for line in said) == 2
    on = [line for line in said if line.startswith("on ")]
    assert on == ["on vox: x42-eq - Parametric Equalizer Mono", "on wide: x42-eq - Parametric Equalizer Stereo"]
