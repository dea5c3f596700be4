"""Compiling a library that a test's processes are to load before all others (``LD_PRELOAD``)."""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
from pathlib import Path


@functools.cache
def library(source: Path) -> Path:
    """Compile a C file, once a process; the library is removed when the process ends."""
    compiler = shutil.which("gcc")
    if compiler is None:
        raise RuntimeError("gcc is needed: apt-get install -y --no-install-recommends gcc libc6-dev")
    made = _folder() / f"{source.stem}.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", made, source, "-ldl"],
        check=True,
        timeout=60,
    )
    return made


@functools.cache
def _folder() -> Path:
    # An object of its own keeps the folder until the interpreter ends.
    _folder.kept = tempfile.TemporaryDirectory(prefix="preload-")  # type: ignore[attr-defined]
    return Path(_folder.kept.name)  # type: ignore[attr-defined]
