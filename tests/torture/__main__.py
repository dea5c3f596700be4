"""``make torture``: kills and power cuts at length, with the figures at the end."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from servers import s3_server

from torture import kills, power


def main() -> int:
    """Run what the command line asks for; return 1 when anything was lost."""
    given = argparse.ArgumentParser(prog="make torture", description=__doc__)
    given.add_argument("--kills", type=int, default=500)
    given.add_argument("--cuts", type=int, default=500, help="power cuts")
    given.add_argument(
        "--seed", type=int, default=None, help="what to draw from; else a new one, which is told"
    )
    given.add_argument("--posts", type=int, default=kills.POSTS, help="size of the site that is crawled")
    options = given.parse_args()
    seed = random.randrange(10**6) if options.seed is None else options.seed
    say(f"seed {seed}")
    # Kept when something fails: it must be looked at.
    workplace = Path(tempfile.mkdtemp(prefix="torture-"))
    lines = []
    failed = False
    if options.kills:
        with s3_server.running() as server:
            s3 = s3_server.S3(server, workplace)
            figures = kills.torture(
                workplace, kills=options.kills, seed=seed, posts=options.posts, s3=s3, tell=say
            )
        lines += figures.lines()
    if options.cuts:
        (workplace / "cuts").mkdir()
        with kills.undisturbed(workplace / "cuts", options.posts) as whole:
            cuts = power.torture(workplace / "cuts", whole, cuts=options.cuts, seed=seed, tell=say)
        lines += cuts.lines()
        failed = bool(cuts.failures)
    say("\n" + "\n".join(lines))
    if failed:
        say(f"what was found is kept in {workplace}")
        return 1
    shutil.rmtree(workplace)
    return 0


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
