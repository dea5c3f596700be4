"""Messages about settings, in the words of the command line: what was typed, not the keys of a file."""

from __future__ import annotations

import re

from archive.objects.settings import STORE_KEYS
from model import BadConfigurationError, InputError

# What stands in messages as a key of mandegar.toml, and cannot be a plain word there.
_KEYS = "credentials_file|retention_days|legal_hold|path_style|key_file|ca_file"
_ASSIGNED = re.compile(r'\b(lock|legal_hold|path_style) = (?:true|"(\w+)")')


def as_options(text: str) -> str:
    """Return a message with options where it names keys of a store's table.

    >>> as_options('it needs lock = "governance"; add retention_days (or legal_hold = true)')
    'it needs --lock governance; add --retention-days (or --legal-hold)'
    """
    text = _ASSIGNED.sub(lambda found: " ".join(filter(None, (_option(found[1]), found[2]))), text)
    text = re.sub(rf"(?<![\w-])({_KEYS})\b", lambda found: _option(found[1]), text)
    return text.replace("address as endpoint", "address as --endpoint").replace(
        "set region or endpoint", "set --region or --endpoint"
    )


def as_typed(error: BadConfigurationError, store: str) -> InputError:
    """Return an error about a store that is being added, named as it was typed: an argument or option."""
    key = error.setting.rpartition(": ")[2]
    ours = error.setting.endswith((f"store {store}: {key}", f"[[stores]] {store}: {key}"))
    if not ours or key not in STORE_KEYS:
        return error
    why = str(error).removeprefix(f"{error.setting}: ")
    return InputError(f"{'URL' if key == 'url' else _option(key)}: {as_options(why)}")


def _option(key: str) -> str:
    return "--" + key.replace("_", "-")
