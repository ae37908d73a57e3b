"""The files themselves: as each program's own parser, schema or saved files want them."""

from __future__ import annotations

import base64
import gzip
import io
import json
import math
import re
import struct
import xml.etree.ElementTree as ElementTree
import zipfile

import numpy as np
import pytest
import yaml

from semeq.response import log_grid_hz, response_db
from semeq.settings import EqBand, EqSettings
from semeq_presets import FORMATS, plan
from semeq_presets.export import bank_of, files_of, preset_of
from semeq_presets.formats.apo import slope_of_q
from semeq_presets.load import from_bytes
from tests.curves import some_settings, wild_settings

GRID = log_grid_hz(points=400)
TRIAL = EqSettings.of((120, 300, 1500, 5000, 9000), (4.5, -3, 5, -6, -4), (0.7071, 1.4, 0.6, 3, 0.7071))
KINDS = ("low_shelf", "bell", "bell", "bell", "high_shelf")


def made(name: str, settings: EqSettings = TRIAL, rate_hz: float = 48_000) -> bytes:
    """The file of a preset."""
    files = files_of(FORMATS[name], preset_of(plan(settings, FORMATS[name], rate_hz=rate_hz), "trial", "warm=0.7"))
    return next(data for path, data in files.items() if "manifest" not in path)


def held(name: str, settings: EqSettings = TRIAL) -> EqSettings:
    return plan(settings, FORMATS[name]).held


PIPEWIRE = re.compile(
    r"Filter (\d+): ON (LSC|PK|HSC) Fc ([\d.]{1,8}) Hz Gain (-?[\d.]{1,5}|[\d.]{1,6}) dB Q ([\d.]{1,6})"
)


def by_pipewire(text: str) -> EqSettings:
    """As its sscanf reads: the preamp from the first line only, widths of 8, 6 and 6."""
    first, *lines = text.splitlines()
    preamp = re.fullmatch(r"Preamp: (-?[\d.]{1,5}) dB", first)
    assert preamp is not None
    rows = [found for line in lines if (found := PIPEWIRE.fullmatch(line))]
    assert [row[2] for row in rows] == ["LSC", "PK", "PK", "PK", "HSC"]
    freqs, gains, qs = ([float(row[n]) for row in rows] for n in (3, 4, 5))
    return EqSettings.of(freqs, gains, qs, float(preamp[1]))


def by_easyeffects(text: str) -> EqSettings:
    """As its regular expressions read: digits before a point, no exponent."""
    number = r"([+-]?\d+(?:\.\d+)?)"
    preamp = re.search(rf"preamp\s*:\s*{number}\s*db", text, re.IGNORECASE)
    rows = [line for line in text.splitlines() if re.match(r"\s*filter\s*\d*\s*:\s*on\s+[a-z]+", line, re.IGNORECASE)]
    assert preamp is not None

    def all_of(pattern: str) -> list[float]:
        return [float(found[1]) for row in rows if (found := re.search(pattern, row, re.IGNORECASE))]

    gains, qs = all_of(rf"gain\s*{number}\s*db"), all_of(rf"\sq\s*{number}")
    return EqSettings.of(all_of(rf"fc\s*{number}\s*hz"), gains, qs, float(preamp[1]))


@pytest.mark.parametrize("read", [by_pipewire, by_easyeffects])
def test_pipewire_and_easyeffects_read_the_curve_out_of_an_apo_text(read: object) -> None:
    assert callable(read)
    for seed in range(200):
        settings = wild_settings(seed)
        got = read(made("apo", settings).decode("ascii"))
        assert np.abs(response_db(got.with_preamp(0.0), GRID) - response_db(settings, GRID)).max() <= 0.05
        assert got.preamp_db == pytest.approx(held("apo", settings).preamp_db)


def test_an_apo_text_never_has_three_decimals_in_a_frequency_and_its_comments_come_last() -> None:
    """Equalizer APO takes 200.125 for two hundred thousand."""
    for settings in (
        TRIAL,
        EqSettings.of((20.0, 20.005, 999.996, 12_345.678, 20_000), (-12, 12, 0, 1, -1), (0.1, 10, 9.9999, 1, 1)),
    ):
        lines = made("apo", settings).decode("ascii").splitlines()
        assert all(re.search(r"Fc \d+\.\d\d Hz", line) for line in lines[1:6])
        assert lines[0].startswith("Preamp: ")
        assert all(line.startswith("#") for line in lines[6:])


def test_soundsource_says_ls_and_hs() -> None:
    assert re.findall(r"ON (\w+)", made("soundsource").decode()) == ["LS", "PK", "PK", "PK", "HS"]


@pytest.mark.parametrize("settings", [TRIAL, some_settings(3)])
def test_camilladsp_has_the_cookbooks_coefficients(settings: EqSettings) -> None:
    """By the formulas of its biquad source, from what a YAML reader reads."""
    said = yaml.safe_load(made("camilladsp", settings))
    (step,) = said["pipeline"]
    assert step["channels"] == [0, 1]
    total_db = np.full(len(GRID), said["filters"]["semeq_preamp"]["parameters"]["gain"])
    for name in step["names"][1:]:
        parameters = said["filters"][name]["parameters"]
        total_db += 20 * np.log10(
            np.abs(biquad(parameters["type"], parameters["freq"], parameters["gain"], parameters["q"]))
        )
    assert np.abs(total_db - response_db(held("camilladsp", settings), GRID)).max() < 1e-6


def biquad(kind: str, freq: float, gain: float, q: float) -> np.ndarray[tuple[int], np.dtype[np.complex128]]:
    omega, amp = 2 * math.pi * freq / 48_000, 10 ** (gain / 40)
    sn, cs = math.sin(omega), math.cos(omega)
    alpha = sn / (2 * q)
    beta = sn * math.sqrt(amp) / q
    b, a = {
        "Peaking": ((1 + alpha * amp, -2 * cs, 1 - alpha * amp), (1 + alpha / amp, -2 * cs, 1 - alpha / amp)),
        "Lowshelf": (
            (
                amp * (amp + 1 - (amp - 1) * cs + beta),
                2 * amp * (amp - 1 - (amp + 1) * cs),
                amp * (amp + 1 - (amp - 1) * cs - beta),
            ),
            (amp + 1 + (amp - 1) * cs + beta, -2 * (amp - 1 + (amp + 1) * cs), amp + 1 + (amp - 1) * cs - beta),
        ),
        "Highshelf": (
            (
                amp * (amp + 1 + (amp - 1) * cs + beta),
                -2 * amp * (amp - 1 + (amp + 1) * cs),
                amp * (amp + 1 + (amp - 1) * cs - beta),
            ),
            (amp + 1 - (amp - 1) * cs + beta, 2 * (amp - 1 - (amp + 1) * cs), amp + 1 - (amp - 1) * cs - beta),
        ),
    }[kind]
    z = np.exp(-2j * np.pi * GRID / 48_000)
    return np.asarray((b[0] + b[1] * z + b[2] * z * z) / (a[0] + a[1] * z + a[2] * z * z))


def test_easyeffects_has_both_channels_and_the_mode_that_plays_the_cookbook() -> None:
    said = json.loads(made("easyeffects"))["output"]
    equalizer = said["equalizer#0"]
    assert said["plugins_order"] == ["equalizer#0"]
    assert equalizer["left"] == equalizer["right"]
    assert {band["mode"] for band in equalizer["left"].values()} == {"APO (DR)"}
    assert equalizer["num-bands"] == len(equalizer["left"]) == 5


def reaper_parts(text: str) -> list[bytes]:
    lines = re.findall(r"^\s+([A-Za-z0-9+/=]+)$", text, re.MULTILINE)
    whole, part = [], ""
    for line in lines:
        part += line
        if len(line) < 128:
            whole.append(base64.b64decode(part))
            part = ""
    return whole


def test_an_fx_chain_has_reaeqs_three_parts() -> None:
    """A header of 60 bytes that gives the length, five bands in 205 bytes, the name behind it."""
    text = made("reaper").decode()
    assert text.startswith('BYPASS 0 0 0\n<VST "VST: ReaEQ (Cockos)" reaeq.dll 0 "" 1919247729<')
    header, data, trailer = reaper_parts(text)
    assert (len(header), len(data), trailer) == (60, 205, b"\0trial\0\x10\0\0\0")
    assert header[:8] == b"qeer\xee\x5e\xed\xfe"
    assert struct.unpack_from("<I", header, 48) == (205,)
    assert struct.unpack_from("<ii", data) == (33, 5)
    kinds, on = zip(*(struct.unpack_from("<ii", data, 8 + 33 * band) for band in range(5)), strict=True)
    assert kinds == (0, 8, 8, 8, 1)
    assert set(on) == {1}
    assert struct.unpack_from("<iiii", data, 205 - 16) == (0, 576, 363, 2)
    freq_hz, gain, octaves, last = struct.unpack_from("<dddB", data, 8 + 33 + 8)
    assert (freq_hz, round(20 * math.log10(gain), 9), last) == (300.0, -3.0, 1)
    warped = 2 * math.pi * 300 / 48_000
    assert octaves == pytest.approx(2 / math.log(2) * math.asinh(1 / 2.8) * math.sin(warped) / warped)


def test_reapers_list_has_a_checksum_and_a_length_without_it() -> None:
    text = made("reaper-ini").decode()
    data = bytes.fromhex(re.findall(r"Data=(\w+)", text)[0])
    assert re.findall(r"Len=(\d+)", text) == [str(len(data) - 1)] == ["205"]
    assert sum(data[:-1]) & 0xFF == data[-1]
    assert "NbPresets=1\n" in text


def test_a_shelf_of_reaeq_one_octave_wide_is_ours_of_q_0_7071() -> None:
    _, data, _ = reaper_parts(made("reaper").decode())
    assert struct.unpack_from("<d", data, 8 + 8 + 16)[0] == pytest.approx(1.0, abs=1e-4)


def test_a_pro_q_preset_has_24_bands_of_13_floats_and_22_more() -> None:
    data = made("proq3")
    assert data[:4] == b"FQ3p"
    assert struct.unpack_from("<II", data, 4) == (4, 334)
    floats = np.frombuffer(data, "<f4", offset=12)
    assert len(floats) == 334 == 24 * 13 + 22
    bands = floats[: 24 * 13].reshape(24, 13)
    assert bands[:, 0].tolist() == [1.0] * 5 + [0.0] * 19
    assert bands[:5, 8].tolist() == [1.0, 0.0, 0.0, 0.0, 3.0]
    np.testing.assert_allclose(2 ** bands[:5, 2], TRIAL.freqs_hz, rtol=1e-6)
    np.testing.assert_allclose(
        10 ** ((bands[:5, 7] - 0.5) * math.log10(1600)), np.sqrt(2) * np.array(TRIAL.qs), rtol=1e-5
    )


def test_a_vstpreset_lists_its_chunks_and_has_records_of_140_bytes() -> None:
    data = made("vstpreset")
    assert data[:8] == b"VST3\x01\0\0\0"
    (listed,) = struct.unpack_from("<q", data, 40)
    assert data[listed : listed + 4] == b"List"
    (count,) = struct.unpack_from("<i", data, listed + 4)
    chunks = {}
    for number in range(count):
        name, start, size = struct.unpack_from("<4sqq", data, listed + 8 + 20 * number)
        chunks[name] = data[start : start + size]
    assert set(chunks) == {b"Comp", b"Cont", b"Info"}
    (size,) = struct.unpack_from("<I", chunks[b"Comp"])
    assert (size, size % 140) == (len(chunks[b"Comp"]) - 4, 0)
    records = {}
    for start in range(4, len(chunks[b"Comp"]), 140):
        name, _, value = struct.unpack_from("<128sId", chunks[b"Comp"], start)
        records[name.rstrip(b"\0").decode()] = value
    assert [records[f"equalizerAfreq{n}"] for n in (1, 2, 3, 4, 8)] == list(TRIAL.freqs_hz)
    assert [records[f"equalizerAtype{n}"] for n in (1, 2, 3, 4, 8)] == [5, 1, 1, 1, 7]
    assert [records[f"equalizerAbandon{n}"] for n in range(1, 9)] == [1, 1, 1, 1, 0, 0, 0, 1]
    assert ElementTree.fromstring(chunks[b"Info"].decode("utf-8-sig")).tag == "MetaInfo"


def test_a_dawproject_keeps_to_the_order_of_its_schema() -> None:
    """From the published Project.xsd: what each element must hold, in this order, with these attributes."""
    with zipfile.ZipFile(io.BytesIO(made("dawproject"))) as archive:
        assert archive.namelist() == ["project.xml", "metadata.xml"]
        project = ElementTree.fromstring(archive.read("project.xml"))
        metadata = ElementTree.fromstring(archive.read("metadata.xml"))
    assert [one.tag for one in metadata] == ["Title", "Comment"]
    assert (project.tag, project.attrib, [one.tag for one in project]) == (
        "Project",
        {"version": "1.0"},
        ["Application", "Structure"],
    )
    device = project.find("Structure/Track/Channel/Devices/Equalizer")
    assert device is not None
    assert {"deviceName", "deviceRole"} <= set(device.attrib)
    assert [one.tag for one in device] == ["Enabled", *["Band"] * 5, "OutputGain"]
    assert [one.get("type") for one in device.iter("Band")] == ["lowShelf", "bell", "bell", "bell", "highShelf"]
    for band in device.iter("Band"):
        assert [one.tag for one in band] == ["Freq", "Gain", "Q", "Enabled"]
        assert [one.get("unit") for one in band][:3] == ["hertz", "decibel", "linear"]
    ids = [one.get("id") for one in project.iter() if one.get("id")]
    assert len(ids) == len(set(ids))


def test_lsps_configuration_says_gains_in_db_and_switches_in_words() -> None:
    lines = dict(re.findall(r"^(\w+) = (.+)$", made("lsp-cfg").decode(), re.MULTILINE))
    assert [lines[f"ft_{n}"] for n in range(16)] == ["5", "1", "1", "1", "3", *["0"] * 11]
    assert {lines[f"fm_{n}"] for n in range(5)} == {"6"}
    assert lines["g_1"] == "-3.0000 db"
    assert {lines["xm_0"], lines["bypass"]} == {"false"}


def test_voicemeeter_has_five_cells_on_each_of_eight_channels() -> None:
    rows = list(ElementTree.fromstring(made("voicemeeter").decode()).iter("Bus"))
    assert len(rows) == 40
    assert [row.get("EQtype") for row in rows[:5]] == ["5", "0", "0", "0", "6"]
    assert [float(row.get("freq", "")) for row in rows[:5]] == list(TRIAL.freqs_hz)


def test_rockbox_counts_in_tenths() -> None:
    text = made("rockbox").decode()
    assert "eq low shelf filter: 120, 7, 45\n" in text
    assert "eq peak filter 3: 5000, 30, -60\n" in text
    assert re.findall(r"eq precut: (\d+)", text) == [str(round(-10 * held("rockbox").preamp_db))]


def test_audacity_has_its_keys_in_the_order_of_letters() -> None:
    pairs = re.findall(r'(\w+)="([^"]*)"', made("audacity").decode())
    keys = [key for key, _ in pairs]
    assert keys[:3] == ["f0", "f1", "f10"]
    assert keys[-2:] == ["v98", "v99"]
    said = dict(pairs)
    assert (said["FilterLength"], said["InterpolationMethod"]) == ("8191", "B-spline")
    freqs = np.array([float(said[f"f{n}"]) for n in range(150)])
    values = np.array([float(said[f"v{n}"]) for n in range(150)])
    np.testing.assert_allclose(values, response_db(held("audacity"), freqs), atol=6e-4)


@pytest.mark.parametrize(("name", "decimals"), [("graphiceq", 2), ("wavelet", 1)])
def test_a_graphic_eq_is_the_curve_with_its_preamp(name: str, decimals: int) -> None:
    line = made(name).decode().splitlines()[0]
    pairs = np.array(
        [[float(value) for value in pair.split()] for pair in line.removeprefix("GraphicEQ: ").split("; ")]
    )
    assert len(pairs) == (127 if name == "wavelet" else 512)
    assert pairs[:, 1].max() <= 0
    np.testing.assert_allclose(pairs[:, 1], response_db(held(name), pairs[:, 0]), atol=0.51 * 10**-decimals)


def test_minidsp_has_five_biquads_with_turned_signs() -> None:
    text = made("minidsp").decode()
    values = {
        name: [float(value) for value in re.findall(rf"{name}=(\S+?),?$", text, re.MULTILINE)]
        for name in ("b0", "b1", "b2", "a1", "a2")
    }
    z = np.exp(-2j * np.pi * GRID / 48_000)
    response = np.ones(len(GRID), complex)
    for b0, b1, b2, a1, a2 in zip(*values.values(), strict=True):
        response *= (b0 + b1 * z + b2 * z * z) / (1 - a1 * z - a2 * z * z)
    assert len(values["b0"]) == 5
    np.testing.assert_allclose(20 * np.log10(np.abs(response)), response_db(held("minidsp"), GRID), atol=1e-6)


def test_logics_file_has_240_bytes_and_eight_bands() -> None:
    data = made("logic-pst")
    assert (len(data), struct.unpack_from("<III", data), data[12:20]) == (240, (240, 1, 52), b"GAMETSPP")
    rows = np.frombuffer(data, "<f4", 32, 24).reshape(8, 4)
    assert rows[:, 1].tolist() == [0, 1, 1, 1, 1, 0, 1, 0]
    np.testing.assert_allclose(rows[[1, 2, 3, 4, 6], 2], TRIAL.freqs_hz)


def test_lives_file_is_xml_in_gzip_with_real_units() -> None:
    root = ElementTree.fromstring(gzip.decompress(made("ableton-adv")))
    bands = [root.find(f"Eq8/Bands.{n}/ParameterA") for n in range(8)]
    said = [{one.tag: one.find("Manual").get("Value") for one in band} for band in bands if band is not None]  # type: ignore[union-attr]
    assert [one["Mode"] for one in said[:5]] == ["2", "3", "3", "3", "5"]
    assert [one["IsOn"] for one in said] == ["true"] * 5 + ["false"] * 3
    assert [float(str(one["Freq"])) for one in said[:5]] == list(TRIAL.freqs_hz)


def test_totalmix_has_shelves_on_the_first_band_and_the_last() -> None:
    said = dict(re.findall(r'<val e="([^"]+)" v="([^"]+),"/>', made("rme-tmreq").decode()))
    assert (said["REQ Band1Type"], said["REQ Band9 Type"]) == ("1.00", "2.00")
    assert float(said["REQ Band9 Freq"]) == 9000
    assert float(said["Chan Gain"]) == pytest.approx(held("rme-tmreq").preamp_db, abs=0.01)


def test_nova_gets_four_bands() -> None:
    root = ElementTree.fromstring(made("tdr-nova").decode())
    assert [root.get(f"bandActive_{n}") for n in range(1, 5)] == ["On"] * 4
    assert root.get("bandActive_5") is None


def test_poweramp_begins_with_its_two_tone_knobs() -> None:
    (said,) = json.loads(made("poweramp-json"))
    assert [(band["type"], band["frequency"]) for band in said["bands"][:2]] == [(0, 90), (1, 10_000)]
    assert [band["gain"] for band in said["bands"]] == [0, 0, *TRIAL.gains_db]


def test_the_table_has_octaves_for_bells_and_slopes_for_shelves() -> None:
    rows = [line.split() for line in made("table").decode().splitlines() if re.match("low shelf|bell|high shelf", line)]
    bell, shelf = rows[1], rows[0]
    assert float(bell[-2]) == pytest.approx(2 / math.log(2) * math.asinh(1 / (2 * 1.4)), abs=1e-3)
    assert float(shelf[-1]) == pytest.approx(slope_of_q(0.7071, 10 ** (4.5 / 40)), abs=1e-3)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
def test_the_code_of_the_jsfx_plays_the_curve(rate_hz: int) -> None:
    """Its statements, run one after the other for each sample, as REAPER runs them."""
    settings = some_settings(7)
    text = made("jsfx", settings, rate_hz).decode()
    names = {f"slider{n}": float(value) for n, value in re.findall(r"^slider(\d+):([-\d.]+)<", text, re.MULTILINE)}
    head, _, sample = text.partition("@sample\n")
    heard = run_jsfx(head.partition("@slider\n")[2], sample, names | {"srate": float(rate_hz)}, 1 << 15)
    for channel in heard:
        bins = np.fft.rfftfreq(1 << 18, 1 / rate_hz)
        curve = np.interp(GRID, bins, 20 * np.log10(np.abs(np.fft.rfft(channel, 1 << 18)) + 1e-30))
        wanted = plan(settings, FORMATS["jsfx"], rate_hz=rate_hz).held
        assert np.abs(curve - response_db(wanted, GRID, rate_hz)).max() < 0.005


def run_jsfx(
    once: str, each: str, names: dict[str, float], frames: int
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """EEL2's assignments are Python's, but for the name of pi and that variables begin at 0."""

    def compiled(code: str) -> object:
        return compile(re.sub(r"\s*;\s*", "\n", code.replace("$pi", "pi")).strip(), "jsfx", "exec")

    class Variables(dict[str, object]):
        def __missing__(self, name: str) -> float:
            return 0.0

    known = Variables(
        {
            "pi": math.pi,
            "cos": math.cos,
            "sin": math.sin,
            "exp": math.exp,
            "log": math.log,
            "sqrt": math.sqrt,
            "__builtins__": {},
        }
    )
    known.update(names)
    exec(compiled(once), {}, known)  # type: ignore[arg-type]  # our own code, made above
    step = compiled(each)
    heard = np.zeros((2, frames))
    for place in range(frames):
        known["spl0"] = known["spl1"] = float(place == 0)
        exec(step, {}, known)  # type: ignore[arg-type]
        heard[:, place] = [float(str(known[name])) for name in ("spl0", "spl1")]
    return heard


NO_ROOM = [
    "ffmpeg",
    "sox",
    "proq3",
    "logic-pst",
    "voicemeeter",
    "wavelet",
    "audacity",
    "minidsp",
    "rme-tmreq",
    "tdr-nova",
]
NO_ROOM += ["poweramp-json", "reaper", "reaper-rpl", "reaper-ini"]


@pytest.mark.parametrize("name", sorted(set(FORMATS) - set(NO_ROOM)))
def test_what_it_was_made_from_is_kept_where_there_is_room(name: str) -> None:
    data = made(name)
    if name == "ableton-adv":
        data = gzip.decompress(data)
    if name == "dawproject":
        data = zipfile.ZipFile(io.BytesIO(data)).read("metadata.xml")
    assert b"warm=0.7" in data
    assert b"semeq 0.1.0" in data


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.bank])
def test_a_bank_holds_every_preset_by_its_name(name: str) -> None:
    presets = [preset_of(plan(some_settings(seed), FORMATS[name]), f"curve {seed}", "x") for seed in range(3)]
    whole = b"".join(bank_of(FORMATS[name], presets, "bank").values()).decode("utf-8", "replace")
    for seed in range(3):
        assert f"curve {seed}" in whole or f"curve-{seed}" in whole


def test_the_same_curve_gives_the_same_bytes() -> None:
    for name in FORMATS:
        assert made(name) == made(name)


def test_equalizer_apos_ls_is_a_shelf_by_its_corner() -> None:
    """LS 200 Hz is not LSC 200 Hz: read as such it would be wrong by a dB."""
    corner = from_bytes(b"Filter 1: ON LS Fc 200 Hz Gain 6 dB Q 0.7071", "apo")
    centre = from_bytes(b"Filter 1: ON LSC Fc 200 Hz Gain 6 dB Q 0.7071", "apo")
    apart = response_db(corner.settings, GRID) - response_db(centre.settings, GRID)
    assert np.abs(apart).max() == pytest.approx(0.99, abs=0.05)
    assert "corner" in corner.notes[0]
    assert from_bytes(b"Filter 1: ON LS Fc 200 Hz Gain 6 dB Q 0.7071", "soundsource").settings == centre.settings


def test_rews_own_text_with_commas_is_read() -> None:
    text = (
        "Filter Settings file\n\nRoom EQ V5.01\n\nEqualiser: Generic\n"
        "Filter  1: ON  PK       Fc    20,0 Hz  Gain -10,4 dB  Q  1,00\nFilter  2: ON  None\n"
    )
    back = from_bytes(text.encode(), "apo")
    assert back.settings.bands[1] == EqBand(kind="bell", freq_hz=20.0, gain_db=-10.4, q=1.0)
