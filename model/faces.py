"""Faces of packages whose names are imported when first asked for (PEP 562).

Most commands and all worker processes need a small part of a package: what the rest stands on (SQLAlchemy,
Scrapy) takes a third of a second of each start, and 20 MB of each process.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def later(package: str, places: Mapping[str, str]) -> Callable[[str], object]:
    """Return the ``__getattr__`` of a package's face: ``places`` names each name's module.

    A name that is in none of them raises ``AttributeError``, as of any module.
    """

    def getattr_of_package(name: str) -> object:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(places[name]), name)

    return getattr_of_package
