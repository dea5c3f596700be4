"""Writes, reads, mends and verifies WARC/1.1 files, byte for byte as the exchanges crossed the wire."""

from archive.warc.fault import Fault
from archive.warc.mend import close_left_open
from archive.warc.packed import Packed, pack
from archive.warc.payload import Payload, describe_payload, payload_digest, payload_length_and_digest
from archive.warc.reader import (
    LoadedResponse,
    WarcRecord,
    iterate_records,
    load_response,
    read_record,
    whole_length,
)
from archive.warc.verify import verify_warc
from archive.warc.writer import WarcWriter

__all__ = [
    "Fault",
    "LoadedResponse",
    "Packed",
    "Payload",
    "WarcRecord",
    "WarcWriter",
    "close_left_open",
    "describe_payload",
    "iterate_records",
    "load_response",
    "pack",
    "payload_digest",
    "payload_length_and_digest",
    "read_record",
    "verify_warc",
    "whole_length",
]
