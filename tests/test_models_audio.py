"""Audio encoders: trained from a seed, resumed as if never stopped, read by numpy alone, hostile files refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from semeq import eq, suggest
from semeq.artefact import load_model
from semeq.demo import music
from semeq.errors import ModelError
from semeq.hearing.adaptive import adapt
from semeq.hearing.encoder import load_encoder, parse_encoder
from semeq.hearing.listening import listen
from semeq.hearing.longterm import BANDS_HZ, Spectrum
from semeq.hearing.mel import RATE_HZ, WINDOW, hz_to_mel, log_mel
from semeq.hearing.reference import Reference, load_reference, parse_references, references
from semeq.weights import weights_folder
from semeq_models.audio.bench import evaluate_audio
from semeq_models.audio.figures import audio_table
from semeq_models.audio.profiles import profile, references_file, steady
from semeq_models.audio.recordings import Recording, recordings
from semeq_models.audio.train import train_audio
from semeq_models.cleaning import Corpus, load_corpus
from semeq_models.errors import DataError
from semeq_models.folder import data_folder
from semeq_models.systems import AUDIO_SPECS
from semeq_models.workshop import train_to_file
from tests.sound import noise, write
from tests.synthetic import synthetic_corpus

SHORT = replace(AUDIO_SPECS["audio-default"], epochs=2, batch_size=32, save_every=1)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return synthetic_corpus()


def test_the_same_seed_gives_the_same_bytes(corpus: Corpus) -> None:
    assert train_audio(SHORT, corpus).data == train_audio(SHORT, corpus).data


def test_a_resumed_training_ends_as_an_uninterrupted_one(corpus: Corpus, tmp_path: Path) -> None:
    whole = train_audio(SHORT, corpus, folder=tmp_path / "whole")
    half = tmp_path / "half"
    train_audio(replace(SHORT, schedule="fixed"), corpus, folder=tmp_path / "other")
    train_audio(SHORT, corpus, folder=half)
    (half / "last.safetensors").write_bytes((half / "epoch-0001.safetensors").read_bytes())
    assert train_audio(SHORT, corpus, folder=half, resume=True).data == whole.data


def test_the_loss_falls(corpus: Corpus) -> None:
    history = train_audio(replace(SHORT, epochs=4, batch_size=128), corpus).history
    assert history[-1]["error_db"] < history[0]["error_db"]


def test_numpy_hears_what_torch_learnt(corpus: Corpus) -> None:
    run = train_audio(SHORT, corpus)
    x = np.random.default_rng(0).normal(0, 5, (7, 41))
    y = torch.tensor(x)
    for layer in run.model.network.layers:
        tensors = {key: torch.tensor(run.model.network.tensors[layer[key]]) for key in layer if key != "op"}
        match layer["op"]:
            case "affine":
                y = y * tensors["scale"] + tensors["shift"]
            case "linear":
                y = torch.nn.functional.linear(y, tensors["weight"], tensors.get("bias"))
            case "silu":
                y = torch.nn.functional.silu(y)
    assert np.abs(run.model.network(x) - y.numpy()).max() < 1e-5


def test_training_writes_a_file_that_semeq_reads(corpus: Corpus, tmp_path: Path) -> None:
    run = train_to_file(SHORT, corpus, tmp_path / "ears.safetensors")
    assert load_encoder(tmp_path / "ears.safetensors").sha256 == run.model.sha256
    assert (tmp_path / "ears.run" / "losses.png").is_file()


def test_early_stop_is_refused_where_material_never_repeats(corpus: Corpus) -> None:
    with pytest.raises(DataError, match="leave out --early-stop"):
        train_audio(replace(SHORT, early_stop=5), corpus)


@pytest.mark.parametrize("name", sorted(AUDIO_SPECS))
def test_every_audio_encoder_is_shipped_and_leads_into_its_space(name: str) -> None:
    encoder = load_encoder(name)
    assert encoder.space == AUDIO_SPECS[name].space
    assert encoder.network.outputs == load_model(encoder.space).latent_dim


def test_hostile_and_damaged_files_are_refused() -> None:
    good = (weights_folder() / "audio-default.safetensors").read_bytes()
    rng = np.random.default_rng(0)
    for data in (b"", b"PK\x03\x04", good[:100], good[:-1], b"\x80\x04pickle", rng.bytes(500)):
        with pytest.raises(ModelError, match=r"damaged|pickle"):
            parse_encoder(data, "file")
        with pytest.raises(ModelError, match=r"damaged|pickle"):
            parse_references(data, "file")
    for place in rng.integers(8, len(good), 20):
        bent = bytearray(good)
        bent[place] ^= 0xFF
        with pytest.raises(ModelError):
            parse_encoder(bytes(bent), "file")
    with pytest.raises(ModelError, match="no audio encoder"):
        load_encoder("nobody")
    with pytest.raises(ModelError):
        parse_encoder((weights_folder() / "default.safetensors").read_bytes(), "file")


# references


def piece(shape_db: np.ndarray, heard: np.ndarray | None = None, collection: str = "a") -> Recording:
    everything = np.ones(len(BANDS_HZ), dtype=bool)
    spectrum = Spectrum(
        levels_db=shape_db, heard=everything if heard is None else heard, loud_s=60.0, flutter_db=np.ones(40)
    )
    return Recording(collection=collection, spectrum=spectrum)


def drawn(count: int, spread_db: float) -> list[Recording]:
    rng = np.random.default_rng(0)
    slope = -5.0 * np.log2(BANDS_HZ / 1000.0)
    return [piece(slope + spread_db * rng.standard_normal(40) - 20.0) for _ in range(count)]


def test_a_profile_finds_the_mean_and_the_spread() -> None:
    found = profile("x", "drawn", drawn(300, 3.0))
    slope = -5.0 * np.log2(BANDS_HZ / 1000.0)
    assert np.abs(found.mean_db - (slope - slope.mean())).max() < 1.0
    assert found.spread_db == pytest.approx(3.0, rel=0.1)


def test_bands_without_sound_are_filled_in() -> None:
    pieces = drawn(50, 1.0)
    deaf = np.arange(40) < 30
    quiet = piece(pieces[0].spectrum.levels_db, deaf)
    found = profile("x", "drawn", [*pieces, quiet])
    off = found.deviation_db(quiet.spectrum)
    assert np.isfinite(off).all()
    assert np.abs(off[~deaf]).max() < 3.0


def test_a_large_collection_does_not_drown_a_small_one() -> None:
    flat, steep = np.zeros(40), -6.0 * np.log2(BANDS_HZ / 1000.0)
    found = profile("x", "two", [piece(flat, collection="big")] * 100 + [piece(steep, collection="small")])
    share = np.dot(found.mean_db, steep - steep.mean()) / np.sum((steep - steep.mean()) ** 2)
    assert share == pytest.approx(1 / 11, abs=0.02)  # weights go with the square root of the pieces


def test_references_survive_their_file() -> None:
    made = [profile("music", "drawn", drawn(20, 2.0)), steady("pink", "noise", -10 * np.log10(BANDS_HZ))]
    read = parse_references(references_file(made, {}), "file")
    assert list(read) == ["music", "pink"]
    assert np.abs(read["music"].covariance - made[0].covariance).max() < 1e-4


def test_recordings_are_found_and_short_clips_joined(tmp_path: Path) -> None:
    (tmp_path / "voice").mkdir()
    for number in range(3):
        write(tmp_path / "voice" / f"{number}.wav", noise(8.0, 44_100, seed=number), 44_100)
    (tmp_path / "readme.txt").write_text("no sound")
    (tmp_path / "broken.ogg").write_bytes(b"no ogg")
    [whole] = recordings([tmp_path], short=True)
    assert whole.spectrum.loud_s > 20
    with pytest.raises(DataError, match="20 s or more"):
        recordings([tmp_path])
    with pytest.raises(DataError, match="no such folder"):
        recordings([tmp_path / "none"])


def test_the_shipped_references_hold_no_recording() -> None:
    for one in references().values():
        assert isinstance(one, Reference)
        assert np.linalg.eigvalsh(one.covariance).min() > -1e-3
        assert (np.diff(one.usual_db) >= 0).all()
    assert load_reference("music").about.startswith("362 tracks")


@pytest.mark.slow
def test_the_bench_runs_and_the_default_meets_its_bars() -> None:
    try:
        corpus = load_corpus(data_folder())
    except DataError as error:
        pytest.skip(str(error))
    found = {one.name: one for one in evaluate_audio(load_encoder(), corpus, clips=8, eqs=4)}
    assert found["EQ at intensity 0, with audio: largest dB"].value == 0.0
    assert found["change when 26 dB quieter or channels swapped, dB"].value <= 0.01
    assert found["slope of the boost against what is there"].value <= -0.52
    assert found["sources with an inverted slope"].value == 0
    assert found["EQ left when it is there already"].value <= 0.45
    assert found["music-like: matching error, dB (no model: 4.4)"].value <= 2.7
    assert found["music-like: share of the EQ removed"].value >= 0.36
    assert found["pink: matching error, dB (no model: 4.4)"].value <= 1.5
    assert found["pink: share of the EQ removed"].value >= 0.6
    assert len(audio_table(list(found.values()))) == len(found) + 2


# the origin's design


def test_log_mel_hears_a_tone_in_its_band() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(WINDOW) / RATE_HZ)[None]
    picture = log_mel(tone)
    assert picture.shape == (64, 86)
    low, high = hz_to_mel(np.array([20.0, 20_000.0])).tolist()
    corners = np.linspace(low, high, 66)[1:-1]
    assert abs(corners[picture.mean(axis=1).argmax()] - hz_to_mel(np.array(1000.0))) < 60


def test_the_convolutional_network_is_the_same_in_torch_and_numpy() -> None:
    network = load_encoder("audio-cnn").network
    x = np.random.default_rng(0).normal(-4, 1, (3, network.inputs))
    y = torch.tensor(x)
    for layer in network.layers:
        tensors = {
            key: torch.tensor(network.tensors[layer[key]])
            for key in ("weight", "bias", "scale", "shift")
            if key in layer
        }
        match layer["op"]:
            case "affine":
                y = y * tensors["scale"] + tensors["shift"]
            case "conv2d":
                y = y.reshape(-1, *layer["shape"])
                y = torch.nn.functional.conv2d(y, tensors["weight"], tensors["bias"], layer["stride"], 1).flatten(1)
            case "mean":
                y = y.reshape(len(y), -1, layer["shape"][2]).mean(dim=-1)
            case "linear":
                y = torch.nn.functional.linear(y, tensors["weight"], tensors["bias"])
            case "relu":
                y = torch.relu(y)
    assert np.abs(network(x) - y.numpy()).max() < 1e-5


def test_the_origins_encoder_trains_from_a_seed() -> None:
    few = synthetic_corpus(people=2)
    spec = replace(AUDIO_SPECS["audio-cnn"], epochs=1, min_examples=1)
    run = train_audio(spec, few)
    assert run.data == train_audio(spec, few).data
    assert run.model.hears == "mel"
    assert run.model.network.outputs == 32


def test_the_origins_formula_works_in_its_own_space_and_nowhere_else() -> None:
    piece = music(4.0)
    found = suggest("warm", 0.5, model="v2", audio=piece, rate_hz=44_100, mode="traverse")
    assert any(found.settings.gains_db)
    with pytest.raises(ModelError, match="no audio encoder leads into the space of model v1"):
        suggest("warm", model="v1", audio=piece, rate_hz=44_100, mode="traverse")
    with pytest.raises(ModelError, match="traverse only"):
        adapt(eq("warm"), 1.0, listen(piece, 44_100, encoder=load_encoder("audio-cnn")))


def test_the_study_bench_shows_that_it_depends_on_level(corpus: Corpus) -> None:
    found = {one.name: one.value for one in evaluate_audio(load_encoder("audio-cnn"), corpus, clips=2, eqs=2)}
    assert found["change when 26 dB quieter, dB"] > 0.1
    assert found["traverse at intensity 0: largest dB"] > 0.5
