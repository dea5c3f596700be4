"""robots.txt is read as its author meant it, and in bounded time."""

import time

import pytest
from protego import Protego

from crawler.robots import MAX_BYTES, rules_for

AGENT = "mandegar"
PAGE = "https://n.example/secret/1"


def allowed(text: str) -> bool:
    return Protego.parse(rules_for(text, AGENT)).can_fetch(PAGE, AGENT)


@pytest.mark.parametrize(
    "text",
    [
        "User-agent: *\nDisallow: /secret/",
        "user agent mandegar\nDisallow: /secret/",
        "\r\nUSERAGENT:Mandegar*  # us\rDisallow: /secret/",
        "User-agent: other\nUser-agent: mandegar\nDisallow: /secret/\nUser-agent: another\nAllow: /",
        "User-agent: mandegar\nUser-agent: other\nDisallow: /secret/",
        "User-agent: other\nAllow: /\nUser-agent: manDegar\nDisallow: /secret/",
        "User-agent: mande\nDisallow: /secret/",
        "User-agent: mandegar\nDisallow: /secret/\nUser-agent: *\nAllow: /",
        "User-agent: mandegar\nSitemap: https://n.example/s.xml\nDisallow: /secret/",
        # None of these means us.
        "User-agent: other\nDisallow: /secret/",
        "User-agent: degar\nDisallow: /secret/",
        "User-agent: *\nAllow: /\nUser-agent: other\nDisallow: /secret/",
        "User-agent: mandegar\nAllow: /\nUser-agent: *\nDisallow: /secret/",
        "User-agent:\nDisallow: /secret/",
        "User-agent: **\nDisallow: /secret/",
        "Disallow: /secret/",
        "User-agent: -\nDisallow: /secret/",
        "# User-agent: *\nDisallow: /secret/",
        "",
    ],
)
def test_leaving_out_other_agents_changes_nothing_for_us(text: str) -> None:
    assert allowed(text) is Protego.parse(text).can_fetch(PAGE, AGENT)


AGENTS = "".join(f"User-agent: a{n:05}\n" for n in range(13_000))
HOSTILE = {
    "agents times rules": AGENTS + "".join(f"Allow: /{n:05}\n" for n in range(18_000)),
    "the same agents again": AGENTS + "Allow: /\n" + AGENTS,
    "our agent with stars": "".join(f"User-agent: {'*' * n}mandegar\n" for n in range(900))
    + "Allow: /\n" * 9_000,
    "wildcards": "User-agent: *\n" + "Disallow: /*a*b*c*d*e*f\n" * 22_000,
    "one long wildcard": "User-agent: *\nDisallow: /" + "*s" * 260_000,
    "rules": "User-agent: *\n" + "".join(f"Allow:/{n:x}\n" for n in range(44_000)),
    "one long name": "User-agent: " + "a" * 500_000 + "\nDisallow: /",
    "white space": "User-agent: *\n" + " " * 500_000 + "x",
    "user and white space": "user" + " " * 500_000 + "x",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_rules_take_a_second_or_two_at_most(name: str) -> None:
    text = HOSTILE[name][:MAX_BYTES]
    started = time.process_time()
    assert allowed(text)
    assert time.process_time() - started < 5
