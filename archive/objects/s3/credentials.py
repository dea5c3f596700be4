"""Where the keys to a bucket come from, and that new ones are taken up while a crawl runs.

A credentials file of the store's own (INI, as ``~/.aws/credentials``) comes before everything else; without
it boto3 looks where every AWS tool looks: the environment, a profile, the machine's role. Keys are never kept
here longer than it takes to make a client, and are in no message.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import boto3
import botocore.configloader
import botocore.loaders
import botocore.session
from botocore.exceptions import BotoCoreError

from archive.objects.settings import StoreSettings
from model import StoreRefusedError

# boto3 has no types of its own: sessions and clients are `Any`.


def make_session(settings: StoreSettings) -> Any:
    """Return a boto3 session with the store's keys; ``StoreRefusedError`` says which are missing where."""
    if settings.credentials_file is not None:
        return _session_of_file(settings, settings.credentials_file)
    try:
        session = boto3.Session(
            profile_name=settings.profile, region_name=settings.region, botocore_session=_new_session()
        )
        found = session.get_credentials()
    except BotoCoreError as error:
        raise StoreRefusedError(settings.name, f"its keys cannot be read: {error}") from error
    if found is None:
        raise StoreRefusedError(
            settings.name,
            "there are no access keys; give them in the environment (AWS_ACCESS_KEY_ID, "
            "AWS_SECRET_ACCESS_KEY), as a profile, or in a file that `credentials_file` names",
        )
    return session


def state_of(settings: StoreSettings) -> tuple[int, int, int] | None:
    """Return what changes when the credentials file does; ``None`` without one."""
    if settings.credentials_file is None:
        return None
    try:
        stat = settings.credentials_file.stat()
    except OSError:
        # Being replaced just now: the keys that we have go on to be used.
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def same_keys(one: Any, other: Any) -> bool:
    """Say whether two sessions have the same keys."""
    first, second = one.get_credentials(), other.get_credentials()
    return bool(first.get_frozen_credentials() == second.get_frozen_credentials())


def _session_of_file(settings: StoreSettings, path: Path) -> Any:
    profile = settings.profile or "default"
    try:
        # botocore says the same of a file that is not there and of one that we may not read.
        path.open("rb").close()
        sections = botocore.configloader.raw_config_parse(str(path))
    except OSError as error:
        message = f"the credentials file {path} cannot be read: {error.strerror}"
        raise StoreRefusedError(settings.name, message) from error
    except BotoCoreError as error:
        # Without botocore's words: they may show a line of the file.
        message = f"the credentials file {path} is not of the form of ~/.aws/credentials"
        raise StoreRefusedError(settings.name, message) from error
    section = sections.get(profile, {})
    key, secret = section.get("aws_access_key_id"), section.get("aws_secret_access_key")
    if not key or not secret:
        message = f"{path} has no section [{profile}] with aws_access_key_id and aws_secret_access_key"
        raise StoreRefusedError(settings.name, message)
    return boto3.Session(
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=section.get("aws_session_token"),
        region_name=settings.region,
        botocore_session=_new_session(),
    )


def _new_session() -> Any:
    session = botocore.session.Session()
    session.register_component("data_loader", _models())
    return session


@functools.cache
def _models() -> Any:
    """Return what reads botocore's descriptions of services: 80 ms of parsing that clients can share."""
    return botocore.loaders.create_loader()
