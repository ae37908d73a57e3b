"""Files from anybody and disks in any state: one clear line, nothing lost, no more memory and time than it needs."""

from __future__ import annotations

import errno
import io
import os
import random
import subprocess
import sys
import time
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from semeq.errors import SemeqError
from semeq_presets import FORMATS, PresetError, disk, export, load, plan
from semeq_presets.export import files_of, preset_of
from semeq_presets.filters import Loaded
from semeq_presets.load import detect, parse
from semeq_presets.safexml import from_zip, parse_xml
from tests.audio_files import peer
from tests.curves import some_settings

READ = [name for name, form in FORMATS.items() if form.reads]
CASES = 100_000


def whole(name: str) -> bytes:
    files = files_of(FORMATS[name], preset_of(plan(some_settings(2), FORMATS[name]), "x", "y"))
    return next(data for path, data in files.items() if "manifest" not in path)


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Cut off, bytes and pieces changed, doubled or taken out, numbers made absurd; now and then nothing but noise."""
    if chance.random() < 0.05:
        return chance.randbytes(chance.randrange(300))
    held = bytearray(data[: chance.randrange(len(data) + 1)] if chance.random() < 0.3 else data)
    for _ in range(chance.randint(0, 5)):
        if not held:
            break
        start = chance.randrange(len(held))
        end = min(len(held), start + chance.randint(1, 30))
        match chance.randrange(5):
            case 0:
                held[start] = chance.randrange(256)
            case 1:
                del held[start:end]
            case 2:
                held[start:start] = held[start:end]
            case 3:
                held[start:start] = chance.choice(
                    (b"9e999", b"nan", b"-0", b"1e-320", b"\0" * 9, b"<![CDATA[", b"[[[[", b'"')
                )
            case _:
                held[start:end] = chance.randbytes(end - start)
    return bytes(held)


def test_a_hundred_thousand_damaged_files_get_one_line_each() -> None:
    """In a process of its own, whose memory is limited to 64 MB more than it had before the first file."""
    code = f"import tests.test_presets_safety as it; it.read_damaged({CASES})"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    read, refused, slowest_s = done.stdout.split()
    assert int(read) + int(refused) == CASES
    assert int(read) > CASES // 100  # some are only a little damaged
    assert float(slowest_s) < 5


def read_damaged(count: int) -> None:
    import resource

    chance = random.Random(2026)
    wholes = {name: whole(name) for name in READ}
    for name in READ:
        parse(wholes[name], name)  # what has to be imported is there before memory is counted
    now = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (now + 64_000_000, now + 64_000_000))
    read, refused, slowest_s = 0, 0, 0.0
    for number in range(count):
        name = READ[number % len(READ)]
        data = mutated(wholes[name], chance)
        began = time.perf_counter()
        try:
            assert isinstance(parse(data, name), Loaded)
            read += 1
        except SemeqError as error:
            assert "\n" not in str(error), str(error)
            refused += 1
        try:
            detect(data, f"x{FORMATS[name].suffix}")
        except SemeqError as error:
            assert "\n" not in str(error), str(error)
        slowest_s = max(slowest_s, time.perf_counter() - began)
    print(read, refused, slowest_s)


@pytest.mark.parametrize("name", READ)
def test_what_a_damaged_file_still_says_becomes_five_bands_or_one_line(name: str, tmp_path: Path) -> None:
    chance = random.Random(name)
    good = whole(name)
    for _ in range(12):
        path = tmp_path / f"x{FORMATS[name].suffix}"
        path = path.with_suffix(".ttl") if path.suffix == ".lv2" else path
        path.write_bytes(mutated(good, chance))
        try:
            load(path, name)
        except SemeqError as error:
            assert str(error).startswith(str(path))
            assert "\n" not in str(error)


def refuses_within_64_mb(data: bytes, name: str) -> str:
    tracemalloc.start()
    try:
        with pytest.raises(SemeqError) as caught:
            parse(data, name)
        assert tracemalloc.get_traced_memory()[1] < 64_000_000
    finally:
        tracemalloc.stop()
    return str(caught.value)


def zipped(name: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


def test_an_entity_bomb_is_refused_before_it_grows() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]><Project>&l11;</Project>'.encode()
    assert "document type" in refuses_within_64_mb(zipped("project.xml", bomb), "dawproject")


def test_an_outside_entity_is_not_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    bomb = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]><Project name="a">&e;</Project>'.encode()
    with pytest.raises(PresetError, match="document type"):
        parse_xml(bomb)


def test_a_zip_bomb_is_read_no_further_than_a_preset_goes() -> None:
    assert "no preset is that large" in refuses_within_64_mb(zipped("project.xml", bytes(300_000_000)), "dawproject")


def test_too_deep_and_too_many_elements_are_refused() -> None:
    refuses_within_64_mb(zipped("project.xml", b"<a>" * 200_000), "dawproject")
    refuses_within_64_mb(zipped("project.xml", b"<a>" + b"<b/>" * 500_000), "dawproject")


def test_no_member_of_a_zip_is_written_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../evil.txt", b"x")
        archive.writestr("/evil.txt", b"x")
        archive.writestr("project.xml", b"<Project/>")
    assert from_zip(buffer.getvalue(), "project.xml") == b"<Project/>"
    with pytest.raises(PresetError, match="no equalizer"):
        parse(buffer.getvalue(), "dawproject")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("easyeffects", b"[" * 1_000_000),
        ("semeq", b'{"a":' * 500_000),
        ("camilladsp", b"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nfilters: [*b,*b,*b,*b,*b]"),
        ("camilladsp", b"[" * 90_000),
        ("apo", b"Filter 1: ON PK Fc " + b"1" * 20_000_000 + b" Hz"),
        ("apo", b"Filter 1: ON PK Fc 100 Hz Gain 1 dB Q 1\n" * 100_000),
        ("graphiceq", b"GraphicEQ: " + b"20 1; " * 2_000_000 + b"x"),
        ("lv2-calf", b"lv2:appliesTo <http://calf.sourceforge.net/plugins/Equalizer5Band> ; [" + b"[" * 5_000_000),
        ("reaper", b"<VST ReaEQ\n" + b"A" * 20_000_000 + b"\n>"),
        ("reaper-ini", b"[General]\nNbPresets=1\nData=" + b"A" * 20_000_000),
        ("proq3", b"FQ3p\x04\0\0\0\xff\xff\xff\xff" + bytes(20_000_000)),
    ],
)
def test_too_much_of_anything_is_refused_soon(name: str, data: bytes) -> None:
    began = time.perf_counter()
    refuses_within_64_mb(data, name)
    assert time.perf_counter() - began < 20  # with memory being traced; a hang would be minutes


def test_a_file_too_large_for_a_preset_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    with path.open("wb") as file:
        file.truncate(1_000_000_000)
    with pytest.raises(PresetError, match="larger than 32 MB"):
        load(path)


def test_a_full_disk_leaves_the_old_file_and_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "x.txt"
    export(some_settings(0), "apo", target)
    old = target.read_bytes()

    def full(path: Path, data: bytes) -> int:
        with path.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(PresetError, match="no space left"):
        export(some_settings(1), "apo", target, overwrite=True)
    assert target.read_bytes() == old
    assert list(tmp_path.iterdir()) == [target]


def command_line(*args: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, which may write no file longer than 2 kB."""
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000));"
        "from semeq_presets.cli import main; main()"
    )
    command = [sys.executable, "-c", code, *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_where_the_system_lets_no_more_be_written_one_line_says_so(tmp_path: Path) -> None:
    done = command_line("export", "warm", "--format", "apo", "-o", str(tmp_path))
    assert done.returncode == 0  # it is short
    done = command_line("export", "warm", "--format", "easyeffects", "-o", str(tmp_path))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "no space left" in done.stderr
    assert not list((tmp_path / "easyeffects").iterdir())


def test_a_folder_that_takes_no_files_gets_one_line() -> None:
    """/sys takes none, not even from root."""
    if not Path("/sys/kernel").is_dir():
        pytest.skip("no /sys here")
    done = command_line("export", "warm", "-o", "/sys/kernel/semeq")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "/sys/kernel/semeq" in done.stderr
    assert "no permission" in done.stderr


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "apo").write_text("mine")
    with pytest.raises(PresetError, match="a file, not a folder"):
        export(some_settings(0), "apo", tmp_path / "apo" / "x.txt")
    assert (tmp_path / "apo").read_text() == "mine"


@pytest.mark.peer
def test_a_locale_with_decimal_commas_changes_no_byte(tmp_path: Path) -> None:
    program = peer("localedef")
    if not Path("/usr/share/i18n/locales/de_DE").exists():
        pytest.skip("no descriptions of locales here (Debian: apt install locales)")
    subprocess.run([program, "-i", "de_DE", "-f", "UTF-8", str(tmp_path / "de_DE.UTF-8")], check=True)
    code = (
        "import locale, hashlib, tests.test_presets_safety as it; locale.setlocale(locale.LC_ALL, '');"
        "print(locale.str(0.5), hashlib.sha256(b''.join(it.everything())).hexdigest())"
    )
    said = []
    for name in ("C.UTF-8", "de_DE.UTF-8"):
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        environment |= {"LC_ALL": name, "LOCPATH": str(tmp_path)} if name.startswith("de") else {"LC_ALL": name}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=True
        )
        said.append(done.stdout.split())
    assert [half for half, _ in said] == ["0.5", "0,5"]
    assert said[0][1] == said[1][1]


def everything() -> list[bytes]:
    """Every format, and what is read back out of it."""
    found = []
    for name in FORMATS:
        found.append(whole(name))
        if FORMATS[name].reads:
            found.append(repr(parse(found[-1], name)).encode())
    return found


def test_a_draft_never_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_path: Path, _target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        disk.write_whole(tmp_path / "x.txt", b"x")
    assert not list(tmp_path.iterdir())
