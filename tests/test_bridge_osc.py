"""OSC: what other programs send is read, what nobody should send is refused, at once and by name."""

from __future__ import annotations

import random
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from semeq_bridge.errors import OscError
from semeq_bridge.osc import MOST_BYTES, Message, bundled, decode, encode
from semeq_bridge.pattern import matches

ARGS = st.lists(
    st.one_of(
        st.integers(-(2**31), 2**31 - 1),
        st.floats(allow_nan=False, allow_infinity=False, width=32),
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40),
        st.binary(min_size=1, max_size=40),  # the other library has no empty ones
    ),
    max_size=12,
)


@given(ARGS)
def test_what_is_written_is_read(args: list[int | float | str | bytes]) -> None:
    assert decode(encode("/semeq/x", *args)) == [Message("/semeq/x", tuple(args))]


@given(ARGS)
def test_another_library_reads_what_we_write(args: list[int | float | str | bytes]) -> None:
    theirs = OscMessage(encode("/semeq/x", *args))
    assert (theirs.address, list(theirs)) == ("/semeq/x", args)


@given(ARGS)
def test_we_read_what_another_library_writes(args: list[int | float | str | bytes]) -> None:
    builder = OscMessageBuilder("/semeq/x")
    for arg in args:
        builder.add_arg(arg)
    assert decode(builder.build().dgram) == [Message("/semeq/x", tuple(args))]


def test_bundles_within_bundles_are_unpacked_in_order_with_their_time() -> None:
    inner = OscBundleBuilder(1_800_000_000)
    inner.add_content(OscMessageBuilder("/b").build())
    outer = OscBundleBuilder(IMMEDIATELY)
    outer.add_content(OscMessageBuilder("/a").build())
    outer.add_content(inner.build())
    outer.add_content(OscMessageBuilder("/c").build())
    messages = decode(outer.build().dgram)
    assert [one.address for one in messages] == ["/a", "/b", "/c"]
    assert [one.due_s for one in messages] == [None, pytest.approx(1_800_000_000), None]
    assert decode(bundled([encode("/a"), encode("/b", 1)])) == [Message("/a"), Message("/b", (1,))]


def test_switches_are_read_in_every_way_and_written_as_numbers() -> None:
    assert decode(b"/x\0\0,TFN\0\0\0\0")[0].args == (True, False, None)
    assert decode(encode("/x", True, False))[0].args == (1, 0)


@pytest.mark.parametrize("number", [2**40, -(2**63), 2**64 - 1, 1e300, -3.5e38, 3.4e38])
def test_numbers_too_large_for_the_usual_types_are_written_in_wider_ones(number: float) -> None:
    """Whoever pings with such a number gets it back; the bridge does not fall over it."""
    assert decode(encode("/x", number))[0].args[0] == pytest.approx(number, rel=1e-6)


def test_ardours_replies_and_messages_without_types_are_read() -> None:
    assert decode(b"#reply\0\0,s\0\0x\0\0\0") == [Message("#reply", ("x",))]
    assert decode(b"/x\0\0") == [Message("/x")]


def nested(depth: int) -> bytes:
    packet = encode("/x")
    for _ in range(depth):
        packet = bundled([packet])
    return packet


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (b"#bundle\0" + bytes(8) + struct.pack(">i", -4) + bytes(8), "element of -4 bytes"),  # python-osc never returns
        (b"#bundle\0" + bytes(8) + struct.pack(">i", 0), "element of 0 bytes"),
        (nested(5), "4 deep at most"),
        (nested(300), "4 deep at most"),
        (b"/x\0\0," + b"[" * 2000 + bytes(3), "more than 256 arguments"),
        (b"/x\0\0,[i]\0\0\0\0" + bytes(4), r"type '\['"),
        (b"/x\0\0,Z\0\0", "type 'Z'"),
        (b"/x\0\0,f\0\0\0\0", "cut off"),
        (b"/x\0\0,f\0\0" + struct.pack(">f", float("nan")), "NaN"),
        (b"/x\0\0,d\0\0" + struct.pack(">d", float("inf")), "NaN or infinity"),
        (b"/x\0\0,s\0\0\xff\xfe\0\0", "no UTF-8"),
        (b"/x\0\0,s\0\0abcd", "without its end"),
        (b"/x\0\0,b\0\0" + struct.pack(">i", 2**30), "blob"),
        (b"/x\0\0,b\0\0" + struct.pack(">i", -1), "blob"),
        (b"/x\0\0,i\0\0" + bytes(8), "behind the last"),
        (b"x\0\0\0", "slash"),
        (b"", "without its end"),
        (bytes(MOST_BYTES + 4), "at most"),
        (bundled([encode("/x")] * 300), "more than 256"),
    ],
)
def test_what_nobody_should_send_is_refused_by_name(packet: bytes, reason: str) -> None:
    with pytest.raises(OscError, match=reason):
        decode(packet)


def test_a_time_ages_ahead_is_told_and_not_waited_for() -> None:
    began = time.perf_counter()
    (message,) = decode(b"#bundle\0\xff\xff\xff\xff\xff\xff\xff\xff" + struct.pack(">i", 4) + b"/x\0\0")
    assert message.due_s is not None
    assert time.perf_counter() - began < 0.1


def test_two_hundred_thousand_mutated_packets_become_messages_or_one_error() -> None:
    chance = random.Random(2026)
    seeds = [encode("/semeq/intensity", 0.5), encode("/semeq/term", "warm", 3, b"abc"), nested(3)]
    seeds.append(bundled([encode("/semeq/vox/band/1/gain", 3.0), encode("/semeq/*/bypass", 1)]))
    slowest_s = 0.0
    for _ in range(200_000):
        packet = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 4)):
            match chance.randrange(4):
                case 0:
                    packet[chance.randrange(len(packet))] = chance.randrange(256)
                case 1:
                    del packet[chance.randrange(len(packet)) :]
                    packet += b"/"
                case 2:
                    packet += chance.randbytes(chance.randrange(8))
                case _:
                    packet[-4:] = struct.pack(">i", chance.choice((-4, -1, 0, 4, 2**31 - 1)))
        began = time.perf_counter()
        try:
            decode(bytes(packet))
        except OscError as error:
            assert "\n" not in str(error)
        slowest_s = max(slowest_s, time.perf_counter() - began)
    assert slowest_s < 1.0  # python-osc never comes back from the worst of them


@pytest.mark.parametrize(
    ("pattern", "address", "meant"),
    [
        ("/semeq/*/gain", "/semeq/vox/gain", True),
        ("/semeq/*", "/semeq/vox/gain", False),
        ("/semeq/v?x/gain", "/semeq/vox/gain", True),
        ("/semeq/v?x/gain", "/semeq/vx/gain", False),
        ("/semeq/{vox,gtr}/gain", "/semeq/gtr/gain", True),
        ("/semeq/{vox,gtr}/gain", "/semeq/bass/gain", False),
        ("/semeq/[a-c]x/gain", "/semeq/bx/gain", True),
        ("/semeq/[!a-c]x/gain", "/semeq/bx/gain", False),
        ("/semeq/*o*/gain", "/semeq/vox/gain", True),
        ("/semeq/{v,vo}x/gain", "/semeq/vox/gain", True),
    ],
)
def test_wildcards_mean_what_osc_says(pattern: str, address: str, *, meant: bool) -> None:
    assert matches(pattern, address) is meant


@pytest.mark.parametrize("pattern", ["/" + "*a" * 20, "/[a-", "/{a", "/a]", "/" + "?" * 200])
def test_patterns_beyond_reason_are_refused(pattern: str) -> None:
    with pytest.raises(OscError):
        matches(pattern, "/" + "a" * 50)


def test_no_pattern_takes_long() -> None:
    began = time.perf_counter()
    for _ in range(1000):
        matches("/semeq/*a*a*a*ab", "/semeq/" + "a" * 100)
    assert time.perf_counter() - began < 2  # a backtracking matcher needs minutes for one
