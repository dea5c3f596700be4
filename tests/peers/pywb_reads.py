"""Runs under pywb's own Python: indexes a WARC file with pywb and loads every page back with pywb.

    <python of pywb's environment> tests/peers/pywb_reads.py FILE.warc.gz [FILE.warc.gz …]

Prints one JSON line for each CDX entry: url, timestamp, status, mime, digest, offset, length as pywb
indexed them, then ``payload_url`` (of a revisit, where pywb found the payload), ``bytes`` and ``sha256`` of
the body as stored, chunk framing included. Exits with 1 when an entry cannot be loaded
(its line has ``error``).
Imports nothing of this project: pywb is GPL, so it stays a program beside it.
"""

import hashlib
import io
import json
import sys
from pathlib import Path

from pywb.indexer.cdxindexer import write_cdx_index
from pywb.warcserver.index.cdxobject import CDXObject
from pywb.warcserver.resource.blockrecordloader import BlockArcWarcRecordLoader
from pywb.warcserver.resource.resolvingloader import ResolvingLoader

SHOWN = ("url", "timestamp", "status", "mime", "digest", "offset", "length")


def index(path):
    out = io.BytesIO()
    with path.open("rb") as stream:
        write_cdx_index(out, stream, path.name, sort=True, cdxj=True, include_all=False)
    return [CDXObject(line) for line in out.getvalue().splitlines()]


def load_all(path):
    entries = index(path)
    loader = ResolvingLoader([lambda name, cdx: [str(path)]], BlockArcWarcRecordLoader())

    def find(query):
        """Answer as a CDX server does when pywb asks where a revisit's payload lies."""
        digest = next((f.partition(":")[2] for f in query["filter"] if f.startswith("digest:")), None)
        return iter(
            entry
            for entry in entries
            if entry["url"] == query["url"]
            and entry["mime"] != "warc/revisit"
            and (digest is None or entry.get("digest") == digest)
        )

    for entry in entries:
        line = {name: entry.get(name) for name in SHOWN}
        try:
            _, payload = loader.load_headers_and_payload(entry, None, find)
            body = payload.raw_stream.read()
        except Exception as error:  # noqa: BLE001 - whatever pywb raises is the finding
            line["error"] = repr(error)
        else:
            line["payload_url"] = payload.rec_headers.get_header("WARC-Target-URI")
            line["bytes"] = len(body)
            line["sha256"] = hashlib.sha256(body).hexdigest()
        yield line


def main(paths):
    failed = False
    for path in paths:
        for line in load_all(Path(path)):
            failed = failed or "error" in line
            print(json.dumps(line))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
