"""The one tree of errors, split by what the catcher can do.

::

    MandegarError
    ├── InputError            what was given cannot be used: the person who gave it changes it
    │   ├── BadUrlError           not an http or https URL
    │   ├── BadConfigurationError a setting or a source file contradicts itself
    │   ├── UnknownNameError      no such source, article, capture or crawl in this archive
    │   └── NotASiteError         the URL answers, but there is nothing to crawl
    ├── StoreError            the archive on disk cannot be used: a person must look
    │   ├── NotAnArchiveError     the folder is no Mandegar archive
    │   ├── DamagedArchiveError   the catalogue or a WARC file is broken
    │   │   └── CopiesAwayError       no good copy can be read now, and a store did not answer: try again
    │   ├── StoreBusyError        another process holds the archive
    │   ├── StoreFullError        no room left on the disk
    │   └── RemoteStoreError      a store of copies failed; the archive itself is as it was
    │       ├── StoreUnreachableError  no answer, or one that says «later»: it may go away by itself
    │       ├── StoreRefusedError      credentials, permission, no bucket, no lock: a person must look
    │       ├── ObjectMissingError     no such object
    │       └── ObjectDiffersError     under this key lies something else, or something damaged
    ├── FetchError            one request failed: it may be tried again (carries the observation)
    └── ReadError             these bytes cannot be read as what they were taken for

Every message is one sentence a person can act on; values are attributes too. A command line prints
``str(error)`` and exits with ``error.exit_code``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from model.observation import Observation


class MandegarError(Exception):
    """Everything this project raises on purpose."""

    exit_code: ClassVar[int] = 1


class InputError(MandegarError):
    """What was given cannot be used; the message says what to give instead."""

    exit_code = 2


class BadUrlError(InputError):
    """Not an http or https URL with a host."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"{url!r} is not a web address: {why}")
        self.url = url


class BadConfigurationError(InputError):
    """A setting or a source file contradicts itself; ``setting`` names it."""

    def __init__(self, setting: str, why: str) -> None:
        super().__init__(f"{setting}: {why}")
        self.setting = setting


class UnknownNameError(InputError):
    """No such source, article, capture or crawl in this archive."""

    def __init__(self, kind: str, name: str, hint: str = "") -> None:
        super().__init__(f"no {kind} {name!r} in this archive" + (f"; {hint}" if hint else ""))
        self.kind = kind
        self.name = name


class NotASiteError(InputError):
    """The URL answers (or does not), but there is nothing to crawl there."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"nothing to crawl at {url}: {why}")
        self.url = url


class StoreError(MandegarError):
    """The archive on disk cannot be used as it is; a person must look."""

    exit_code = 3


class NotAnArchiveError(StoreError):
    """The folder is no Mandegar archive."""

    def __init__(self, path: object, why: str) -> None:
        super().__init__(f"{path} is not a Mandegar archive: {why}")


class DamagedArchiveError(StoreError):
    """The catalogue or a WARC file is broken; the message says what still can be done."""


class CopiesAwayError(DamagedArchiveError):
    """No good copy can be read now, and ``stores`` did not answer: it may go away by itself."""

    def __init__(self, message: str, stores: tuple[str, ...]) -> None:
        super().__init__(message)
        self.stores = stores


class StoreBusyError(StoreError):
    """Another process holds the archive; ``holder`` says which."""

    def __init__(self, path: object, holder: str, advice: str = "wait for it to end, or stop it") -> None:
        super().__init__(f"{path} is in use by {holder}; {advice}")
        self.holder = holder


class StoreFullError(StoreError):
    """No room is left where the archive lies; what was acknowledged before is intact.

    ``may_pass``: the same write may succeed once there is room (not where a limit of file size stands).
    """

    def __init__(self, message: str, *, may_pass: bool = True) -> None:
        super().__init__(message)
        self.may_pass = may_pass


class RemoteStoreError(StoreError):
    """A store of copies failed; ``store`` is its name. The archive itself is as it was."""

    def __init__(self, store: str, message: str) -> None:
        super().__init__(f"store {store}: {message}")
        self.store = store


class StoreUnreachableError(RemoteStoreError):
    """No answer, or one that says «later» (500, 503 SlowDown, a cut connection): it may go away by itself."""


class StoreRefusedError(RemoteStoreError):
    """The store will not do it until a person changes something; the message says what."""


class ObjectMissingError(RemoteStoreError):
    """No such object (or no such version of it) in the store; ``key`` names it."""

    def __init__(self, store: str, key: str) -> None:
        super().__init__(store, f"it has no {key}")
        self.key = key


class ObjectDiffersError(RemoteStoreError):
    """Under ``key`` lies something else than was put, or something damaged."""

    def __init__(self, store: str, key: str, why: str) -> None:
        super().__init__(store, f"{key} is not what it should be: {why}")
        self.key = key


class FetchError(MandegarError):
    """One request failed before a whole response head arrived; it may be tried again."""

    exit_code = 4

    def __init__(self, observation: Observation) -> None:
        failure = observation.failure
        super().__init__(
            f"{observation.url}: {failure.kind.value} ({failure.detail})"
            if failure
            else f"{observation.url}: failed"
        )
        self.observation = observation


class ReadError(MandegarError):
    """These bytes cannot be read as what they were taken for (a feed, a sitemap, a page)."""
