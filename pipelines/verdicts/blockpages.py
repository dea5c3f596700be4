"""Pages that look like a censor's: by what they frame, what they say, and known signatures.

This is never a verdict. :func:`looks_like_block_page` asks for a short page that is no article *and* matches;
what must have been seen beside it (an anomaly below, or a control that got another page) is for the rules of
``connection_http``. An article that quotes a block page is an article.
"""

from __future__ import annotations

import ipaddress
import json
import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from model import Answer
from pipelines.verdicts.blockpage_words import languages_of_blocking
from pipelines.verdicts.page_facts import PageFacts, host_of, page_facts

KNOWN_ADDRESSES: Final = {
    "10.10.34.34": "IR",
    "10.10.34.35": "IR",
    "10.10.34.36": "IR",
    "d0::11": "IR",
}
"""Addresses that a country's censor answers with, and the country (OONI's and Censored Planet's reports)."""
_KNOWN_HOSTS: Final = {"peyvandha.ir": "IR", "internet.ir": "IR"}
# «M5-8», «YTH1-1»: which box of the Iranian filter answered. Folded, so that the dash is a space.
_IRAN_TITLE: Final = re.compile(r"[a-z]{1,4}\d{0,2} \d{1,3}\Z")
_ALMOST_NOTHING: Final = 120
"""Letters below which a page has no text of its own: what it frames or leads to is all it is."""
_WILD: Final = re.compile(r"(?<!\\)\.\*")


def looks_like_block_page(answer: Answer, host: str = "") -> bool:
    """Say whether a page could be a censor's: it matches, is short, and is no article.

    ``host`` is the target's: a page that only leads on to its own host is its own.
    """
    facts = page_facts(answer)
    return facts.is_short and not facts.is_article and bool(block_page_matches(answer, host))


@lru_cache(maxsize=128)
def block_page_matches(answer: Answer, host: str = "") -> tuple[str, ...]:
    """Return the ids of everything about the page that block pages have, the most telling first.

    ``frame.iran``, ``said.en``, ``censoredplanet.b_nat_ir_national``…; of an article or a long page, too.
    """
    facts = page_facts(answer)
    found: list[str] = []
    location = answer.header(b"location").decode("utf-8", "replace")[:2000]
    for address in (*facts.frames, *((location,) if location else ())):
        found += _of_address(address, facts, host)
    if _IRAN_TITLE.fullmatch(facts.title) and len(facts.text) < _ALMOST_NOTHING:
        found.append("title.iran")
    found += [f"said.{language}" for language in languages_of_blocking(facts.saying)]
    if facts.is_short and facts.markup:
        found += [f"censoredplanet.{name}" for name, pattern in _signatures() if pattern.search(facts.markup)]
    return tuple(dict.fromkeys(found))


def known_country(address: str) -> str | None:
    """Return whose censor answers with this IP address or host; ``None`` when nobody's is known to."""
    host = address.strip("[]").lower()
    try:
        return KNOWN_ADDRESSES.get(str(ipaddress.ip_address(host)))
    except ValueError:
        return next(
            (
                country
                for known, country in _KNOWN_HOSTS.items()
                if host == known or host.endswith("." + known)
            ),
            None,
        )


def _of_address(address: str, facts: PageFacts, host: str) -> list[str]:
    """Return what it says of a page that it frames, or leads on to, this address."""
    target = host_of(address)
    country = known_country(target) if target else None
    if country is not None:
        return [f"frame.{country.lower()}"]
    try:
        if not ipaddress.ip_address(target).is_global:
            return ["frame.private"]
    except ValueError:
        pass
    away = target and target != host
    return ["frame.away"] if away and len(facts.text) < _ALMOST_NOTHING and facts.links < 3 else []


@cache
def _signatures() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return Censored Planet's signatures, those left out that a hostile page could make slow.

    One ``.*`` is bounded to 300 letters, a pattern with two is not used (there is one: its letters are
    mojibake).
    """
    found = []
    text = files("pipelines.verdicts").joinpath("signatures/censoredplanet.jsonl").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.strip():
            row = json.loads(line)
            if len(_WILD.findall(row["pattern"])) <= 1:
                bounded = _WILD.sub(".{0,300}", row["pattern"])
                found.append((row["fingerprint"], re.compile(bounded)))
    return tuple(found)
