"""The hash tree of RFC 6962, section 2.1 (the same in RFC 9162, 2.1), with SHA-256.

::

    leaf hash   SHA-256(0x00 || data)
    node hash   SHA-256(0x01 || left || right)
    root        of no leaf: SHA-256(); of one: its leaf hash; of n: the node over the root of the first k
                and the root of the rest, k the largest power of two below n

Taken level by level this is: pair hashes from the left, and carry one that is left over up as it is. Hashes
are 32 bytes here; hexadecimal is for whoever shows them.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HASH_BYTES = 32


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf.

    >>> leaf_hash(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node over two hashes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that leaves are appended to; holds one hash a level, whatever the number of leaves."""

    def __init__(self) -> None:
        # Roots of whole subtrees, largest first: one for each bit that is set in the number of leaves.
        self._whole: list[bytes] = []
        self.leaves = 0

    def append(self, leaf: bytes) -> None:
        """Append a leaf, given as its hash."""
        self._whole.append(leaf)
        size = self.leaves
        while size & 1:
            right = self._whole.pop()
            self._whole[-1] = node_hash(self._whole[-1], right)
            size >>= 1
        self.leaves += 1

    def copy(self) -> Tree:
        """Return a tree that goes on by itself."""
        made = Tree()
        made._whole = self._whole.copy()
        made.leaves = self.leaves
        return made

    def root(self) -> bytes:
        """Return the root over what was appended so far."""
        if not self._whole:
            return hashlib.sha256().digest()
        root = self._whole[-1]
        for left in reversed(self._whole[:-1]):
            root = node_hash(left, root)
        return root


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def inclusion_path(index: int, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the hashes that lead from leaf ``index`` to the root, nearest first (RFC 6962, 2.1.1).

    ``IndexError`` when there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"there is no leaf {index} in a tree of {len(leaves)}")
    path = []
    level = list(leaves)
    while len(level) > 1:
        beside = index ^ 1
        if beside < len(level):
            path.append(level[beside])
        pairs = [node_hash(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) & ~1 :]
        index >>= 1
    return tuple(path)


def path_steps(index: int, size: int) -> tuple[bool, ...]:
    """Return for each hash of an inclusion path whether it stands on the left; ``IndexError`` as above.

    >>> path_steps(5, 7)
    (True, False, True)
    """
    if not 0 <= index < size:
        raise IndexError(f"there is no leaf {index} in a tree of {size}")
    steps = []
    last = size - 1
    while last:
        if index & 1:
            steps.append(True)
        elif index < last:
            steps.append(False)
        index, last = index >> 1, last >> 1
    return tuple(steps)


def root_by_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root that a leaf hash and its inclusion path lead to; ``None`` when they fit no such tree.

    The caller compares it with the root it trusts (RFC 9162, 2.1.3.2).
    """
    if not 0 <= index < size or any(len(one) != HASH_BYTES for one in (leaf, *path)):
        return None
    steps = path_steps(index, size)
    if len(steps) != len(path):
        return None
    at = leaf
    for is_left, beside in zip(steps, path, strict=True):
        at = node_hash(beside, at) if is_left else node_hash(at, beside)
    return at
