"""Real servers that several rooms test against."""

from collections.abc import Iterator

import pytest
from hypothesis import settings
from servers.s3_server import S3, running

# Wall time says nothing of a property on a machine that others use, too: «deadline exceeded» is no finding.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    """Give the S3 server (Ceph's RADOS Gateway) that all test processes share; see ``servers.s3_server``."""
    with running() as server:
        yield S3(server, tmp_path_factory.mktemp("s3"))
