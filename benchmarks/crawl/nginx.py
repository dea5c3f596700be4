"""nginx over a folder, on a free loopback port: faster than any crawler, so never the limit."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Yield the address of the folder, served by one nginx worker with ``gzip_static``."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        raise SystemExit("nginx is missing: apt-get install -y --no-install-recommends nginx-light")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="mandegar-nginx-") as scratch:
        temporary = "".join(
            f"{kind}_temp_path {scratch}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        config = Path(scratch) / "nginx.conf"
        config.write_text(
            f"daemon off; pid {scratch}/pid; error_log stderr crit; worker_processes 1;"
            "events { worker_connections 512; }"
            f"http {{ include /etc/nginx/mime.types; charset utf-8; access_log off; {temporary}"
            "keepalive_requests 1000000; gzip_static on; sendfile on; tcp_nodelay on;"
            f"server {{ listen 127.0.0.1:{port}; root {folder.resolve()}; }} }}\n"
        )
        process = subprocess.Popen([program, "-p", scratch, "-c", str(config)])
        url = f"http://127.0.0.1:{port}/"
        try:
            for _ in range(200):
                try:
                    with urlopen(url, timeout=1):
                        break
                except OSError:
                    if process.poll() is not None:
                        raise SystemExit("nginx did not start") from None
                    time.sleep(0.05)
            yield url
        finally:
            process.terminate()
            process.wait()
