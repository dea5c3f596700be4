"""mandegar.toml: what it may say, what is refused and in which words, and how it is changed."""

import threading
from pathlib import Path

import pytest

from archive.objects import KeepingSettings, LockMode, StoreSettings, read_settings
from archive.objects.changing import add_store, remove_store, set_copies
from model import BadConfigurationError, NotAnArchiveError

PARIS = '[[stores]]\nname = "paris"\nurl = "s3://bucket/some/prefix"\n'
DISK = '[[stores]]\nname = "disk"\nurl = "../disk"\n'


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    (tmp_path / "archive").mkdir()
    return tmp_path / "archive" / "mandegar.toml"


def settings(marker: Path, text: str) -> KeepingSettings:
    marker.write_text(f"format = 1\n{text}")
    return read_settings(marker)


def test_an_archive_without_stores_is_as_ever(marker: Path) -> None:
    assert settings(marker, "") == KeepingSettings()
    assert KeepingSettings().keep_local_days is None


def test_everything_is_read(marker: Path) -> None:
    said = settings(
        marker,
        f"""copies = 2
keep_local_days = 30
cache_mb = 0
disk_reserve_mb = 5
{PARIS}endpoint = "https://s3.example.org:9000/"
region = "fr-1"
path_style = true
profile = "archive"
credentials_file = "/etc/keys"
lock = "compliance"
retention_days = 365
legal_hold = true
key_file = "paris.key"
ca_file = "../ca.pem"
{DISK}""",
    )
    paris, disk = said.stores
    assert paris == StoreSettings(
        name="paris",
        url="s3://bucket/some/prefix",
        endpoint="https://s3.example.org:9000",
        region="fr-1",
        path_style=True,
        profile="archive",
        credentials_file=Path("/etc/keys"),
        lock=LockMode.COMPLIANCE,
        retention_days=365,
        legal_hold=True,
        key_file=marker.parent / "paris.key",
        ca_file=marker.parent.parent / "ca.pem",
    )
    assert (paris.bucket, paris.prefix, paris.folder) == ("bucket", "some/prefix", None)
    assert (disk.folder, disk.bucket) == (marker.parent.parent / "disk", "")
    assert (said.copies, said.keep_local_days, said.cache_mb, said.disk_reserve_mb) == (2, 30, 0, 5)


def test_without_a_number_every_store_must_have_a_copy(marker: Path) -> None:
    assert settings(marker, PARIS + DISK).copies == 2
    assert settings(marker, "copies = 1\n" + PARIS + DISK).copies == 1


def test_stores_may_lie_side_by_side(marker: Path) -> None:
    beside = PARIS.replace("paris", "rome").replace("prefix", "prefix-2")
    assert len(settings(marker, PARIS + beside + DISK + DISK.replace("disk", "disk2")).stores) == 4


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/mnt/disk/", "/mnt/disk"),
        ("file:///mnt/a%20disk", "/mnt/a disk"),
        ("file://localhost/mnt/disk", "/mnt/disk"),
        ("s3://bucket", "s3://bucket"),
        ("S3://bucket/", "s3://bucket"),
        ("s3://my.bucket/a/b/", "s3://my.bucket/a/b"),
    ],
)
def test_a_url_in_each_of_its_forms(marker: Path, url: str, expected: str) -> None:
    (store,) = settings(marker, f'[[stores]]\nname = "x"\nurl = "{url}"\n').stores
    assert store.url == expected


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("copys = 2\n", "mandegar.toml: copys", "do you mean copies"),
        ("zzz = 2\n", "mandegar.toml: zzz", "known are format, copies"),
        ("copies = 1\n", "copies", "only 0 stores are configured"),
        ("copies = 2\n" + PARIS, "copies", "only 1 store is configured"),
        ("copies = 0\n" + PARIS, "copies", "whole number from 1"),
        ('copies = "2"\n' + PARIS, "copies", "without quotes"),
        ("copies = true\n" + PARIS, "copies", "whole number"),
        ("keep_local_days = -1\n", "keep_local_days", "from 0"),
        ("stores = 3\n", "stores", "[[stores]]"),
        ("[stores]\nname = 'x'\n", "stores", "[[stores]]"),
        ("[[stores]]\nurl = 's3://bucket'\n", "no. 1: name", "a-z"),
        ("[[stores]]\nname = 'Paris'\nurl = 's3://bucket'\n", "Paris: name", "a-z"),
        ("[[stores]]\nname = 'x'\n", "x: url", "needs one"),
        (PARIS + "regoin = 'x'\n", "[[stores]] paris: regoin", "do you mean region"),
        (PARIS + "lock = 'forever'\nretention_days = 1\n", "lock", '"governance" or "compliance"'),
        (PARIS + "lock = 'governance'\n", "paris: lock", "retention_days"),
        (PARIS + "retention_days = 3\n", "retention_days", "it needs lock"),
        (PARIS + "path_style = 'yes'\n", "path_style", "true or false"),
        (PARIS + "endpoint = 's3.example.org'\n", "endpoint", "https://host"),
        (PARIS + "endpoint = 'https://h:99999'\n", "endpoint", "https://host"),
        (PARIS + "region = ''\n", "region", "text in quotes"),
        (PARIS + 'region = "a\\nb"\n', "region", "control character"),
        (PARIS + PARIS, "paris: name", "two stores"),
        (PARIS + PARIS.replace("paris", "rome"), "rome: url", "paris lies already"),
        (PARIS + PARIS.replace("paris", "rome").replace("/prefix", ""), "rome: url", "one within the other"),
        (DISK + DISK.replace('disk"\nurl = "../disk', 'sub"\nurl = "../disk/sub'), "sub: url", "one within"),
        (DISK + "endpoint = 'https://h'\n", "endpoint", "s3:// stores only"),
        (DISK + "legal_hold = true\n", "legal_hold", "s3:// stores only"),
        (DISK + "key_file = '../disk/key'\n", "key_file", "keep it elsewhere"),
        ("[[stores]]\nname = 'x'\nurl = 'ftp://h/x'\n", "url", "no store known"),
        ("[[stores]]\nname = 'x'\nurl = 'https://h/bucket'\n", "url", "as endpoint"),
        ("[[stores]]\nname = 'x'\nurl = 's3:bucket'\n", "url", "s3://bucket/prefix"),
        ("[[stores]]\nname = 'x'\nurl = 's3://'\n", "url", "no name of a bucket"),
        ("[[stores]]\nname = 'x'\nurl = 's3://bucket/a//b'\n", "url", "single slashes"),
        ("[[stores]]\nname = 'x'\nurl = 's3://bucket/../b'\n", "url", "single slashes"),
        ("[[stores]]\nname = 'x'\nurl = 'file://host/x'\n", "url", "file:///mnt/disk"),
        ("[[stores]]\nname = 'x'\nurl = '.'\n", "url", "lies in this folder"),
        ("[[stores]]\nname = 'x'\nurl = '..'\n", "url", "lies in this folder"),
        ("[[stores]]\nname = 'x'\nurl = 'warc/x'\n", "url", "archive's own folder"),
        ("format = 2", "mandegar.toml", "not TOML"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(marker: Path, text: str, place: str, why: str) -> None:
    with pytest.raises(BadConfigurationError) as error:
        settings(marker, text)
    assert str(marker) in error.value.setting
    assert error.value.setting.endswith(place)
    assert why in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        PARIS + "secret_key = 'hunter2'\n",
        PARIS + "aws_access_key_id = 'hunter2'\n",
        PARIS + "accesskey = 'hunter2'\n",
        PARIS + "password = 'hunter2'\n",
        "aws_session_token = 'hunter2'\n",
        "[[stores]]\nname = 'x'\nurl = 's3://key:hunter2@bucket/x'\n",
        "[[stores]]\nname = 'x'\nurl = 's3://bucket/x?secret=hunter2'\n",
        PARIS + "endpoint = 'https://key:hunter2@h'\n",
        PARIS + "endpoint = 'https://h/?X-Amz-Signature=hunter2'\n",
    ],
)
def test_a_secret_is_refused_with_what_to_do_and_never_shown(marker: Path, text: str) -> None:
    with pytest.raises(BadConfigurationError, match=r"AWS_ACCESS_KEY_ID.*credentials_file") as error:
        settings(marker, text)
    assert "hunter2" not in str(error.value)


def test_what_cannot_be_read_is_told(marker: Path) -> None:
    with pytest.raises(NotAnArchiveError):
        read_settings(marker)
    marker.write_bytes(b"format = 1 # \xff\n")
    with pytest.raises(BadConfigurationError, match="UTF-8"):
        read_settings(marker)


def test_a_store_is_added_and_removed_beside_a_persons_own_lines(marker: Path) -> None:
    before = "# Ours.\nformat = 1  # never change\n\n# small disk\ncache_mb = 20\n\n# the old one\n" + DISK
    marker.write_text(before)
    marker.chmod(0o644)
    bucket = StoreSettings(
        name="paris",
        url="s3://bucket/p",
        lock=LockMode.GOVERNANCE,
        retention_days=30,
        key_file=Path("/k/paris.key"),
        path_style=True,
    )
    assert add_store(marker, bucket).stores[1] == bucket
    added = (
        '\n[[stores]]\nname = "paris"\nurl = "s3://bucket/p"\npath_style = true\nlock = "governance"\n'
        'retention_days = 30\nkey_file = "/k/paris.key"\n'
    )
    assert marker.read_text() == before + added
    assert marker.stat().st_mode & 0o777 == 0o600
    assert set_copies(marker, 2).copies == 2
    assert marker.read_text() == before.replace("change\n", "change\ncopies = 2\n") + added
    assert [path.name for path in marker.parent.iterdir()] == ["mandegar.toml"]
    with pytest.raises(BadConfigurationError, match="first: mandegar store copies 1"):
        remove_store(marker, "paris")
    set_copies(marker, 1)
    assert [store.name for store in remove_store(marker, "paris").stores] == ["disk"]
    assert remove_store(marker, "disk") == KeepingSettings(cache_mb=20)
    assert "# small disk\ncache_mb = 20" in marker.read_text()


@pytest.mark.parametrize("text", ["", "\n[[stores]]\nname = 'a'\nurl = '/mnt/a'", "stores = []\n"])
def test_a_store_is_added_to_any_file(marker: Path, text: str) -> None:
    marker.write_text("format = 1\n" + text)
    names = [store.name for store in add_store(marker, StoreSettings(name="b", url="s3://bucket")).stores]
    assert names[-1] == "b"
    assert len(names) == 1 + text.count("name")
    assert set_copies(marker, 1).copies == 1


def test_nothing_is_written_when_the_whole_would_contradict_itself(marker: Path) -> None:
    marker.write_text("format = 1\n" + PARIS)
    before = marker.read_bytes()
    for change in (
        lambda: add_store(marker, StoreSettings(name="paris", url="s3://other")),
        lambda: add_store(marker, StoreSettings(name="rome", url="s3://bucket/some/prefix")),
        lambda: set_copies(marker, 2),
        lambda: remove_store(marker, "rome"),
    ):
        with pytest.raises(BadConfigurationError):
            change()
    assert marker.read_bytes() == before


def test_changes_at_once_do_not_undo_each_other(marker: Path) -> None:
    marker.write_text("format = 1\n")
    names = [f"store-{number}" for number in range(8)]
    threads = [
        threading.Thread(target=add_store, args=(marker, StoreSettings(name=name, url=f"s3://bucket/{name}")))
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(store.name for store in read_settings(marker).stores) == names
