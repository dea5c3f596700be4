"""The tree against the published vectors of Certificate Transparency, RFC 6962's own words, and a shell."""

from __future__ import annotations

import hashlib
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.manifest.merkle import (
    Tree,
    inclusion_path,
    leaf_hash,
    node_hash,
    path_steps,
    root_by_path,
    root_of,
)

# https://github.com/google/certificate-transparency, cpp/merkletree/merkle_tree_test.cc (inputs, roots of the
# first 1 to 8 of them, inclusion paths).
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# (leaf from 1, tree size) -> path
PATHS = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (3, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (2, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
LEAVES = [leaf_hash(data) for data in INPUTS]
leaves = st.lists(st.binary(max_size=9).map(leaf_hash), min_size=1, max_size=70)


def _as_the_rfc_says(hashes: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, word by word."""
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return hashlib.sha256(b"\1" + _as_the_rfc_says(hashes[:k]) + _as_the_rfc_says(hashes[k:])).digest()


def _path_as_the_rfc_says(m: int, hashes: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1, word by word."""
    if len(hashes) == 1:
        return []
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    if m < k:
        return [*_path_as_the_rfc_says(m, hashes[:k]), _as_the_rfc_says(hashes[k:])]
    return [*_path_as_the_rfc_says(m - k, hashes[k:]), _as_the_rfc_says(hashes[:k])]


def test_the_root_of_no_leaf_is_the_hash_of_nothing() -> None:
    assert root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_the_published_ones(size: int) -> None:
    assert root_of(LEAVES[:size]).hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("leaf", "size"), PATHS)
def test_paths_are_the_published_ones(leaf: int, size: int) -> None:
    assert [one.hex() for one in inclusion_path(leaf - 1, LEAVES[:size])] == PATHS[leaf, size]


@given(leaves)
def test_root_and_paths_are_what_the_rfc_defines(hashes: list[bytes]) -> None:
    root = _as_the_rfc_says(hashes)
    assert root_of(hashes) == root
    for index, leaf in enumerate(hashes):
        path = inclusion_path(index, hashes)
        assert list(path) == _path_as_the_rfc_says(index, hashes)
        assert root_by_path(leaf, index, len(hashes), path) == root


@given(leaves, st.data())
def test_a_path_proves_nothing_else(hashes: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(hashes) - 1))
    path = list(inclusion_path(index, hashes))
    leaf, root, size = hashes[index], root_of(hashes), len(hashes)
    assert root_by_path(leaf_hash(b"another leaf!"), index, size, path) != root
    assert root_by_path(leaf, index, size, [*path, leaf]) is None
    assert root_by_path(leaf, size, size, path) is None
    assert root_by_path(leaf, -1, size, path) is None
    if path:
        assert root_by_path(leaf, index, size, path[:-1]) is None
        at = data.draw(st.integers(0, len(path) - 1))
        path[at] = bytes([path[at][0] ^ 1]) + path[at][1:]
        assert root_by_path(leaf, index, size, path) != root
        assert root_by_path(leaf, index, size, [*path[:-1], path[-1][:-1]]) is None


def test_a_tree_goes_on_by_itself_after_a_copy() -> None:
    tree = Tree()
    for leaf in LEAVES[:5]:
        tree.append(leaf)
    copy = tree.copy()
    for leaf in LEAVES[5:]:
        tree.append(leaf)
    assert (copy.root().hex(), copy.leaves) == (ROOTS[4], 5)
    assert (tree.root().hex(), tree.leaves) == (ROOTS[7], 8)


def test_a_leaf_that_is_not_there_has_no_path() -> None:
    for index in (-1, 8):
        with pytest.raises(IndexError):
            inclusion_path(index, LEAVES)
        with pytest.raises(IndexError):
            path_steps(index, 8)


def _shell(script: str) -> str:
    return subprocess.run(
        ["sh", "-c", script], check=True, capture_output=True, text=True, timeout=60
    ).stdout.split()[0]


def test_a_shell_comes_to_the_same_hashes() -> None:
    assert _shell(r"printf '\000%s' 'a leaf' | sha256sum") == leaf_hash(b"a leaf").hex()
    joined = f"01{LEAVES[0].hex()}{LEAVES[1].hex()}"
    assert _shell(f"printf %s {joined} | xxd -r -p | openssl dgst -sha256 -r") == node_hash(*LEAVES[:2]).hex()
