"""One file holds a session; an option goes over it; what is wrong in it is named; a table shows how it goes."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from semeq import eq
from semeq.errors import SemeqError
from semeq_bridge.cli import app
from semeq_bridge.jobs import address_table
from semeq_bridge.monitor import table
from semeq_bridge.session import started
from semeq_bridge.setup import Setup, read_setup
from tests.test_bridge_serve import BRIDGE, Running, command, running

SESSION = """
version = 1
osc = 9100
tcp = "127.0.0.1:9101"
instances = ["vox", "gtr"]
programs = ["warm", "airy"]
daws = ["gtr=print:"]
midi = "nano"
maps = ["knobs.toml"]
record = "tonight.jsonl"

[start]
"/semeq/vox/term" = "70% warm + 30% full"
"/semeq/vox/intensity" = 0.5

[[device]]
match = "nano"
[[device.map]]
cc = 21
target = "/semeq/vox/intensity"
"""


def written(folder: Path, text: str = SESSION) -> Path:
    path = folder / "semeq.toml"
    path.write_text(text)
    return path


def test_a_file_says_what_options_say(tmp_path: Path) -> None:
    path = written(tmp_path)
    setup = read_setup(path)
    assert (setup.osc, setup.tcp, setup.midi) == ("9100", "127.0.0.1:9101", "nano")
    assert (setup.instances, setup.programs, setup.daws) == (("vox", "gtr"), ("warm", "airy"), ("gtr=print:",))
    assert setup.maps == (path, tmp_path / "knobs.toml")
    assert setup.record == tmp_path / "tonight.jsonl"


def test_options_go_over_the_file(tmp_path: Path) -> None:
    setup = read_setup(written(tmp_path)).with_options(osc="127.0.0.1:9200", instances=(), midi=None, announce=False)
    assert (setup.osc, setup.instances, setup.midi) == ("127.0.0.1:9200", ("vox", "gtr"), "nano")


def test_a_session_begins_with_the_sound_it_names(tmp_path: Path) -> None:
    state, _ = started(read_setup(written(tmp_path)), print)
    assert state.instances["vox"].settings == eq("70% warm + 30% full", 0.5)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("version = 1", "", "version = 1"),
        ("osc = 9100", "ocs = 9100", "'ocs' is no key"),
        ("osc = 9100", "osc = 9100.5", "in quotes"),
        ('midi = "nano"', "midi = true", "in quotes"),
        ('midi = "nano"', "midi = 3", "in quotes"),
        ('daws = ["gtr=print:"]', 'daws = "print:"', "a list"),
        ('"/semeq/vox/intensity" = 0.5', '"/semeq/vox/intensity" = [1]', "a number or text"),
        ('"/semeq/vox/intensity" = 0.5', '"intensity" = 0.5', "an address in quotes"),
        ("[start]", "[[start]]", "a table"),
        ("osc = 9100", "announce = 1.5", "true or false"),
        ("version = 1", "version = ", "no TOML"),
    ],
)
def test_a_wrong_file_gets_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(SemeqError, match=said):
        read_setup(written(tmp_path, SESSION.replace(old, new, 1)))


def test_a_sound_that_cannot_be_set_at_the_start_is_named(tmp_path: Path) -> None:
    with pytest.raises(SemeqError, match=r"\[start\] /semeq/vox/intensity: 5: it takes -1 to 2"):
        started(read_setup(written(tmp_path, SESSION.replace("0.5", "5"))), print)


def test_a_file_that_is_not_there_is_one_line_and_an_exit_code(tmp_path: Path) -> None:
    done = command("serve", "--config", str(tmp_path / "none.toml"))
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)


def test_the_command_serves_what_the_file_says(tmp_path: Path) -> None:
    path = written(tmp_path, 'version = 1\n[start]\n"/semeq/gtr/term" = "bright"\n')
    with running("--config", str(path)) as bridge:
        assert bridge.value("/semeq/gtr/term") == "bright"


def test_a_record_of_a_session_is_followed_to_the_same_end(tmp_path: Path) -> None:
    """`record` serves and keeps; `replay` ends where the session ended."""
    target = tmp_path / "session.jsonl"
    args = ["record", str(target), "--osc", "127.0.0.1:0", "--instance", "vox", "--json"]
    process = subprocess.Popen([*BRIDGE, *args], stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        port = int(process.stderr.readline().split("127.0.0.1:")[1].split(";")[0])
        bridge = Running(process, port)  # type: ignore[arg-type]
        bridge.ask("/semeq/vox/term", "warm")
        bridge.ask("/semeq/vox/band/2/gain", 3.0)
        bridge.ask("/semeq/vox/intensity", 0.3)
        gain = bridge.value("/semeq/vox/band/2/gain")
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    assert process.returncode == 0
    done = command("replay", str(target), "--instance", "vox", "--json")
    values = json.loads(done.stdout)["values"]
    assert values["/semeq/vox/band/2/gain"] == pytest.approx(gain, abs=1e-5)
    whole = target.read_text("utf-8")
    (tmp_path / "cut.jsonl").write_text(whole + whole[:30], "utf-8")  # the machine went down while a line was written
    cut = command("replay", str(tmp_path / "cut.jsonl"), "--instance", "vox", "--json")
    assert json.loads(cut.stdout) == json.loads(done.stdout)
    again = command("record", str(target), "--osc", "127.0.0.1:0")
    assert (again.returncode, "exists" in again.stderr) == (1, True)


def test_the_monitor_shows_sounds_rates_ways_and_what_was_not_followed() -> None:
    with running("--daw", "vox=print:") as bridge:
        bridge.ask("/semeq/vox/term", "warm")
        bridge.ask("/semeq/vox/bypass", 1)
        bridge.ask("/semeq/vox/intensity", 9)
        done = command("monitor", "--to", bridge.to, "--once")
    assert done.returncode == 0, done.stderr
    assert "vox       A        1.00" in done.stdout
    assert "warm (bypass)" in done.stdout
    assert "refused 1" in done.stdout
    assert "to the driver: p50 " in done.stdout


def test_the_monitor_has_room_for_as_many_instances_as_there_can_be() -> None:
    """Three thousand values come at once; they used to be lost on the way."""
    names = [f"i{number}" for number in range(60)]
    with running(*(part for name in names for part in ("--instance", name))) as bridge:
        done = command("monitor", "--to", bridge.to, "--once")
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()[1:63]] == ["vox", "gtr", *names]


def test_what_was_lost_on_the_way_leaves_out_a_row_and_no_more() -> None:
    whole = {"/semeq/vox/ab": 1, "/semeq/vox/intensity": 0.5, "/semeq/vox/term": "warm", "/semeq/gtr/term": "airy"}
    said = table(whole, {}, 0.0)
    assert "vox       B        0.50" in said
    assert "airy" not in said


def test_a_record_that_cannot_be_written_is_told_and_the_session_goes_on(tmp_path: Path) -> None:
    """A disk that is full, by a limit on the size of files."""
    code = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    code += "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); from semeq_bridge.cli import main; main()"
    target = tmp_path / "r.jsonl"
    args = [sys.executable, "-c", code, "record", str(target), "--osc", "127.0.0.1:0", "--instance", "vox"]
    process = subprocess.Popen(args, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        port = int(process.stderr.readline().split("127.0.0.1:")[1].split(";")[0])
        bridge = Running(process, port)  # type: ignore[arg-type]
        with bridge.talk() as talk:
            for number in range(2000):
                talk.send("/semeq/vox/intensity", number / 2000)
            talk.ask("/semeq/list", patience_s=10)
        assert bridge.value("/semeq/vox/intensity") == pytest.approx(1999 / 2000)
    finally:
        process.terminate()
        _, err = process.communicate(timeout=10)
    assert process.returncode == 0
    assert err.count("nothing more is recorded") == 1
    assert "Traceback" not in err
    assert int(command("replay", str(target), "--instance", "vox").stdout.split()[0]) > 10


def test_what_is_no_record_is_refused(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG no line ends here")
    done = command("replay", str(tmp_path / "picture.png"))
    assert (done.returncode, done.stderr.count("\n"), "line 1" in done.stderr) == (1, 1, True)


def test_rates_are_what_came_between_two_looks() -> None:
    head, usual = "/semeq/status/", {"p50-ms": 0.5, "p99-ms": 0.9, "slowest-ms": 1.0}
    before = {head + name: value for name, value in {"packets": 100, **usual}.items()}
    now = {head + name: value for name, value in {"packets": 600, "dropped": 3, **usual}.items()}
    said = table(now, before, 0.5)
    assert "packets 1000/s" in said
    assert "not followed: dropped 3" in said


def test_a_map_without_midi_and_an_empty_name_are_told(tmp_path: Path) -> None:
    (tmp_path / "knobs.toml").write_text('version = 1\n[[device]]\n[[device.map]]\ncc = 1\ntarget = "/semeq/morph"\n')
    args = [*BRIDGE, "serve", "--osc", "127.0.0.1:0", "--map", str(tmp_path / "knobs.toml")]
    process = subprocess.Popen(args, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        assert "give --midi too" in process.stderr.readline()
    finally:
        process.terminate()
        process.communicate(timeout=10)
    for option in ("--osc", "--midi", "--midi-port", "--project"):
        assert command("serve", option, "").returncode == 2


def test_what_nobody_may_hear_of_is_not_opened() -> None:
    """Loopback is the rule for every wire; a network is named twice: where to listen, and who may speak."""
    with pytest.raises(SemeqError, match="--lan with --allow"):
        Setup(tcp="192.168.1.5:9000").checked()
    with pytest.raises(SemeqError, match="go together"):
        Setup(lan="192.168.1.5").checked()


def test_the_example_of_a_session_can_be_served() -> None:
    """The file in bridge/ is read; what it names but this machine lacks is left out."""
    setup = read_setup(Path(__file__).parents[1] / "bridge" / "semeq.toml")
    assert started(setup, print)[0].instances["vox"].settings.gains_db != (0,) * 5
    assert setup.checked() == setup
    assert len(setup.maps) == 1


def test_the_unit_for_systemd_starts_what_there_is() -> None:
    text = (Path(__file__).parents[1] / "bridge" / "semeq-bridge.service").read_text()
    line = next(line for line in text.splitlines() if line.startswith("ExecStart="))
    words = line.partition("=")[2].split()
    assert words[0].endswith("semeq-bridge")
    assert command(words[1], "--help").returncode == 0
    assert words[2] in command(words[1], "--help").stdout


TREE = Path(__file__).parents[1]
LINES = [
    line.partition("#")[0].strip()
    for path in (TREE / "README.md", TREE / "bridge" / "README.md", *sorted((TREE / "bridge").glob("*/README.md")))
    for line in re.findall(r"^semeq-bridge .*|(?<=`)semeq-bridge [^`]+(?=`)", path.read_text("utf-8"), re.MULTILINE)
]


@pytest.mark.parametrize("line", LINES)
def test_a_line_in_the_documents_is_one_that_the_command_understands(line: str) -> None:
    name, *words = shlex.split(line)[1:]
    if name.startswith("-"):
        return
    found = app.commands[name]
    if words or name in ("doctor", "devices", "drivers", "monitor", "addresses"):
        with found.make_context(name, words) as context:  # parsed, not run
            assert context.params is not None


def test_the_table_of_addresses_is_the_one_that_the_code_makes() -> None:
    """Made by: semeq-bridge addresses, below the line of the title."""
    shown = (TREE / "bridge" / "addresses.md").read_text("utf-8")
    assert shown.partition("\n\n")[2] == address_table() + "\n"


def test_there_are_lines_to_look_at() -> None:
    assert len(LINES) > 25


def test_two_sessions_cannot_have_one_port() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        done = command("serve", "--osc", f"127.0.0.1:{taken.getsockname()[1]}")
    assert done.returncode == 1
    assert "another program has it" in done.stderr
