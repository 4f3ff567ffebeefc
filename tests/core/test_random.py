"""The generator against published vectors, and addresses that never share a block (MODEL section 12)."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from running import DATA, TOY
from scipy.stats import kstest

from sim.core import random as rng
from sim.scenario import load, replace
from sim.study.alone import run_alone
from sim.world import make_frame

# Random123, kat_vectors, philox 4x32 with ten rounds: counter, key, result.
VECTORS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def _words(text: str) -> tuple[int, ...]:
    return tuple(int(word, 16) for word in text.split())


def _plain_philox(counter: tuple[int, ...], key: tuple[int, ...], m0: int = 0xD2511F53) -> tuple[int, ...]:
    """Philox 4x32-10 written from the paper, with Python's integers."""
    low = 0xFFFFFFFF
    (a, b, c, d), (k0, k1) = counter, key
    for _ in range(10):
        p0, p1 = m0 * a, 0xCD9E8D57 * c
        a, b, c, d = (p1 >> 32) ^ b ^ k0, p1 & low, (p0 >> 32) ^ d ^ k1, p0 & low
        k0, k1 = (k0 + 0x9E3779B9) & low, (k1 + 0xBB67AE85) & low
    return a, b, c, d


def _engine(counter: tuple[int, ...], key: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(w) for w in rng.philox(*(np.uint64(v) for v in (*counter, *key))))


@pytest.mark.parametrize(("counter", "key", "expected"), VECTORS)
def test_known_answers(counter: str, key: str, expected: str) -> None:
    assert _engine(_words(counter), _words(key)) == _words(expected)


@pytest.mark.parametrize(("counter", "key", "expected"), VECTORS[1:])
def test_a_wrong_multiplier_fails_the_known_answers(counter: str, key: str, expected: str) -> None:
    """Negative control. (The all-zero vector alone would not do: in its first round nothing is multiplied.)"""
    assert _plain_philox(_words(counter), _words(key)) == _words(expected)
    assert _plain_philox(_words(counter), _words(key), 0xD2511F51) != _words(expected)


def _twelve(seed: int, replicate: int, entity: int, sub: int, index: int) -> list[float]:
    """Four uniforms at each of three addresses in a row, one block after the other."""
    blocks = [rng.words(seed, replicate, 4, entity, (sub + k) % 2**32, index) for k in range(3)]
    return [(int(word) + 0.5) / 2**32 for block in blocks for word in block]


def test_three_blocks_side_by_side_are_those_one_by_one() -> None:
    """To the bit, also where the last address is the largest. Control: another address in the row."""
    numbers = np.random.default_rng(2).integers(0, 1 << 32, (500, 5)).tolist()
    for seed, replicate, entity, sub, index in [*numbers, [0, 0, 0, 0, 0], [1, 2, 2**56 - 1, 2**32 - 1, 2**32 - 1]]:
        found = list(rng.uniforms12(seed, replicate, 4, entity, sub, index))
        assert found == _twelve(seed, replicate, entity, sub, index)
        assert found != _twelve(seed, replicate, entity, sub + 1, index)


def test_equals_an_independent_implementation_on_many_blocks() -> None:
    numbers = np.random.default_rng(1).integers(0, 1 << 32, (500, 6), dtype=np.uint64)
    for row in numbers:
        counter, key = tuple(int(v) for v in row[:4]), tuple(int(v) for v in row[4:])
        assert _engine(counter, key) == _plain_philox(counter, key)


def test_an_address_is_packed_without_loss() -> None:
    """Every part of an address sits in bits of its own: the block differs whenever the address does."""
    address = {
        "seed": 0xDEADBEEF,
        "replicate": 0x12345678,
        "stream": 0x9A,
        "entity": 0x00BCDEF0_11223344,
        "sub": 0x55667788,
        "index": 0x99AABBCC,
    }
    entity = address["entity"]
    expected = _plain_philox(
        (
            address["index"],
            address["replicate"],
            entity & 0xFFFFFFFF,
            (entity >> 32) << 8 | address["stream"],
        ),
        (address["seed"], address["sub"]),
    )
    assert tuple(int(w) for w in rng.words(*address.values())) == expected


def test_addresses_are_injective() -> None:
    """All combinations of extreme and neighbouring values give different blocks."""
    parts = [
        (0, 1, 2**32 - 1),  # seed
        (0, 1, 4095, 4096, 2**32 - 1),  # replicate
        (1, 2, 255),  # stream
        (0, 1, 255, 256, 2**32 - 1, 2**32, 2**56 - 1),  # entity
        (0, 1, 8, 2**16, 2**32 - 1),  # sub
        (0, 1, 2**32 - 1),  # index
    ]
    blocks = {tuple(int(w) for w in rng.words(*address)) for address in itertools.product(*parts)}
    assert len(blocks) == np.prod([len(p) for p in parts])


def test_packing_with_fewer_bits_would_collide() -> None:
    """Negative control of injectivity: a seed of 33 bits falls on another seed's blocks, so files may not name one."""
    assert tuple(rng.words(1 << 32, 0, 1, 0, 0, 0)) == tuple(rng.words(0, 0, 1, 0, 0, 0))


def test_names_become_keys_that_fit() -> None:
    keys = [rng.entity_key("area", "North", n) for n in range(2000)]
    assert max(keys) < 1 << 56
    assert len(set(keys)) == 2000


def test_names_are_not_joined_ambiguously() -> None:
    assert rng.entity_key("a", "bc") != rng.entity_key("ab", "c")
    assert rng.entity_key("a", 1) == rng.entity_key("a", "1")


def test_replicates_have_places_of_their_own() -> None:
    pairs = [(0, 0), (0, 4095), (1, 0), (1, 4095), (2**20 - 1, 4095)]
    assert len({rng.replicate_index(*p) for p in pairs}) == len(pairs)
    assert rng.replicate_index(2**20 - 1, 4095) == 2**32 - 1
    for outside in [(-1, 0), (0, -1), (0, 4096), (2**20, 0)]:
        with pytest.raises(ValueError, match="outside the address space"):
            rng.replicate_index(*outside)


def test_zero_is_a_seed() -> None:
    u = np.array([rng.uniform(0, 0, 1, entity, 0, 0) for entity in range(1000)])
    other = np.array([rng.uniform(1, 0, 1, entity, 0, 0) for entity in range(1000)])
    assert len(np.unique(u)) == 1000
    assert abs(np.corrcoef(u, other)[0, 1]) < 0.15


def test_uniforms_are_uniform() -> None:
    """Kolmogorov-Smirnov on 400,000 numbers, rejected at p < 1e-4 (z = 3.9); the power against the control below,
    u**1.02, is above 0.99."""
    u = rng.uniforms(3, 5, rng.STREAM_FACT, np.arange(400_000, dtype=np.uint64), 7, 11)
    assert kstest(u, "uniform").pvalue > 1e-4
    assert kstest(u**1.02, "uniform").pvalue < 1e-4
    a, b = rng.uniform2(3, 5, rng.STREAM_FACT, 0, 7, 11)
    assert a == u[0]
    assert a != b


def test_uniforms_are_never_zero() -> None:
    low = np.uint64(0)
    assert 0.0 < rng.to_unit(low, low) < 1e-15


def test_uniforms_are_never_one() -> None:
    high = np.uint64(0xFFFFFFFF)
    assert 1.0 - 1e-15 < rng.to_unit(high, high) < 1.0


def test_stream_numbers_are_distinct_and_fit() -> None:
    streams = {name: value for name, value in vars(rng).items() if name.startswith("STREAM_")}
    assert len(set(streams.values())) == len(streams)
    assert all(0 < value < 256 for value in streams.values())
    # Numbers that results already depend on: never given to another purpose.
    assert (rng.STREAM_PARAMETER, rng.STREAM_COUNT, rng.STREAM_CANDIDATE, rng.STREAM_FACT) == (1, 2, 3, 4)


def test_names_that_share_an_address_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the world is laid out, before anything is drawn: here a hash that gives everything one of seven keys."""
    scenario = load(TOY)
    make_frame(scenario)
    monkeypatch.setattr("sim.world.frame.entity_key", lambda *names: len(str(names)) % 7)
    with pytest.raises(ValueError, match="random addresses .*collide"):
        make_frame(scenario)


def test_more_items_than_there_are_names_are_refused() -> None:
    """The last item of 2**32 would have the draws of the first; it becomes a replicate that failed."""
    far = load(DATA / "constant_hazard.yaml")
    failure = run_alone(replace(far, {"contamination.mines.items": 5e9}), 0).failure
    assert failure is not None
    assert "in one hazard area, and there are names for 4,294,967,295 only" in failure["error"]
