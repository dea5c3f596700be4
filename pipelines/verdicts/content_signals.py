"""What one look says of an article that stood at its address before: that it is there, what stands in its
place, or nothing at all.

The order of the questions is the safety: first whether the answer may speak on content (who answered, over
what, whether it is whole), then whether the old text is anywhere on the page, whatever status or template
came with it; only what lacks the text is asked what it shows instead. An answer that fits no rule says
nothing: a page that we do not understand is no takedown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from model import ContentSignal, PageKind, SignalKind
from pipelines.addresses import same_site
from pipelines.kind import url_shape
from pipelines.verdicts.content_look import Look, Twin, is_same_address
from pipelines.verdicts.content_page import PageSigns
from pipelines.verdicts.content_print import TextPrint, likeness, share_of, share_of_words

TEXT_IS_THERE = 0.8
"""Share of the old text from which it is the same article (an edited article that moved is still one)."""
TEXT_IS_LESS = 0.3
"""Share of the old text below which it is gutted, when it is shorter than that, too."""
TEXT_IS_GONE = 0.1
"""Share of the old text below which nothing of it is left but what any page of the site says."""
LIKE_TWIN = 0.9
"""Likeness from which a page is the twin's: Bar-Yossef's near-identity; slugs and times differ."""
NOTICE_WORDS = 120
"""A page with more words outside its margins is no notice, whatever its title says."""
WALL_WORDS = 0.6
"""A wall leaves at most this share of the words; where more are left, an offer stands beside a text."""
SAME_TITLE = 0.6
"""Share of the old title's words from which a page still calls itself that article."""

# 408, 425, 429 and all of 5xx: the server could not now. 407 and 511: somebody on the way.
_LATER = frozenset((407, 408, 421, 425, 429, 511))


class Outcome(StrEnum):
    """What a look comes to."""

    PRESENT = "present"
    ELSEWHERE = "elsewhere"
    """The address led to another one, and the text is there."""
    LACKING = "lacking"
    UNHEARD = "unheard"
    """It may not speak, or says nothing that we understand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The article as it was last seen at its publisher; a failed fetch never becomes one."""

    text: TextPrint
    """Title, lede and paragraphs: what makes a version."""
    body: TextPrint
    """Lede and paragraphs."""
    fullest: TextPrint
    """The longest body ever seen of what is still this article: what «gutted» is measured against."""
    title: str
    language: str | None
    post_id: int | None
    extractor: str
    had_password: bool
    had_paywall: bool
    told_of_removal: bool
    """It had a phrase of removal itself: news of a removal is news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What a look comes to, and why."""

    outcome: Outcome
    rule: str
    signal: ContentSignal | None = None
    """Set exactly when it is ``LACKING``."""
    wants: str = ""
    """What would let it speak: ``sibling``, ``twin``; empty when nothing would."""
    left: float | None = None
    """Share of the old text that is there; ``None`` when it was not compared."""
    is_rewritten: bool = False
    """Present under its own title, but hardly a word of the old text is left."""


def baseline_of(page: PageSigns, before: Baseline | None = None) -> Baseline | None:
    """Return the baseline that a sight of the article makes, ``None`` when the page is no article.

    ``before`` is the baseline until now: the fullest text is kept while the article is the same.
    """
    if page.article is None or page.body is None:
        return before
    fullest = page.body
    same = before is not None and before.extractor == page.extractor
    if before is not None and same and before.fullest.words > page.body.words:
        fullest = before.fullest
    return Baseline(
        text=page.article,
        body=page.body,
        fullest=fullest,
        title=page.headline or page.title,
        language=page.language,
        post_id=page.post_id,
        extractor=page.extractor,
        had_password=page.has_password,
        had_paywall=bool(page.paywall),
        told_of_removal=page.removed is not None,
    )


def assess(
    look: Look, baseline: Baseline | None, *, lives_at: str, known: tuple[str, ...] = ()
) -> Assessment:
    """Return what a look comes to.

    ``lives_at`` is the address where the article was last seen, ``known`` are its other ones. Without a
    baseline only ``PRESENT`` and ``UNHEARD`` are possible: what was never seen cannot be missed.
    """
    refusal = _may_not_speak(look)
    if refusal:
        return _unheard(refusal)
    if look.not_modified:
        found = baseline is not None and not look.hops
        return _present("content.present.unmodified/1") if found else _unheard("content.unheard.unmodified/1")
    page = look.page
    if baseline is None:
        return _present("content.present.first/1") if _is_first(look) else _unheard(_NEVER_SEEN)
    left = _left(baseline, page)
    there = _text_there(look, baseline, page, left, lives_at, known)
    if there is not None:
        return there
    if look.is_cut:
        return _unheard("content.unheard.cut/1", left)
    if look.mitigated or (page is not None and page.challenge):
        return _unheard("content.unheard.challenge/1", left)
    status = look.status or 0
    if status >= 500 or status in _LATER:
        return _unheard("content.unheard.later/1", left)
    return _with_sibling(look, _missing(look, baseline, page, left, status, (lives_at, *known)), left)


def _is_first(look: Look) -> bool:
    page = look.page
    if look.status != 200 or look.is_cut or look.mitigated or page is None or page.article is None:
        return False
    told = page.removed is not None and page.main_words < NOTICE_WORDS
    return not (told or page.challenge or page.frames_out)


def _may_not_speak(look: Look) -> str:
    if not look.reachable:
        return "content.unheard.connection/1"
    if not look.via.speaks:
        return f"content.unheard.{look.via}/1"
    return "content.unheard.no_answer/1" if look.status is None else ""


def _left(baseline: Baseline, page: PageSigns | None) -> float:
    """Return how much of the old text is on the page, wherever it stands there."""
    if page is None:
        return 0.0
    share = share_of(baseline.body, page.whole)
    return max(share, share_of(baseline.body, page.body)) if page.body is not None else share


def _text_there(
    look: Look, baseline: Baseline, page: PageSigns | None, left: float, lives_at: str, known: tuple[str, ...]
) -> Assessment | None:
    """Return the assessment of a page that has the text, or ``None`` when it has not."""
    if page is None:
        return None
    same = page.article is not None and page.article.digest == baseline.text.digest
    if not same and not (left >= TEXT_IS_THERE and baseline.body.is_enough):
        return None
    if page.shape in {"front", "listing"} and page.kind is not PageKind.ARTICLE:
        # A blog's front page prints whole texts: that one stands there does not say that its own page does.
        return _unheard("content.unheard.stands_in_list/1", left)
    final = look.final_url
    if any(is_same_address(final, address) for address in (look.url, lives_at, *known)):
        return _present("content.present.text/1", left)
    return Assessment(outcome=Outcome.ELSEWHERE, rule="content.moved.redirect/1", left=left)


def _missing(
    look: Look, baseline: Baseline, page: PageSigns | None, left: float, status: int, own: tuple[str, ...]
) -> Assessment:
    """Return what stands in the place of the text."""
    if look.hops and not same_site(look.final_url, look.url):
        # Another site: the domain was sold, or the article moved; that it is gone that does not say.
        wall = _wall(look, baseline, page, left) if page is not None and status == 200 else None
        return wall or _unheard("content.unheard.other_site/1", left)
    if by_status := _by_status(look, status):
        return by_status
    if not 200 <= status < 300 or page is None:
        return _unheard("content.unheard.no_page/1", left)
    if page.upkeep is not None and page.kind is not PageKind.ARTICLE:
        return _unheard("content.unheard.upkeep/1", left)
    if page.blocked is not None and page.kind is not PageKind.ARTICLE:
        # A censor's words are not the publisher's, whatever the connection looked like.
        return _unheard("content.unheard.block_words/1", left)
    if page.frames_out:
        # A frame around another address is what a censor's page is, and never an article's.
        return _unheard("content.unheard.frame/1", left)
    if wall := _wall(look, baseline, page, left):
        return wall
    if left < TEXT_IS_GONE and (notice := _notice(look, baseline, page)):
        return notice
    if led := _led_away(look, left, own):
        return led
    if left < TEXT_IS_GONE and (soft := _soft(look, baseline, page)):
        return soft
    return _own_page(look, baseline, page, left)


def _by_status(look: Look, status: int) -> Assessment | None:
    if status == 404:
        return _lacking(SignalKind.NOT_FOUND, "content.status_404/1", look)
    if status == 410:
        return _lacking(SignalKind.GONE, "content.status_410/1", look)
    if status == 451:
        return _lacking(SignalKind.WITHHELD, "content.status_451/1", look, look.blocked_by or "")
    if status in {401, 403}:
        return _lacking(SignalKind.RESTRICTED, f"content.status_{status}/1", look)
    if status == 402:
        return _lacking(SignalKind.PAYWALL, "content.status_402/1", look)
    return None


def _wall(look: Look, baseline: Baseline, page: PageSigns, left: float) -> Assessment | None:
    asks = page.login is not None and page.has_password and not baseline.had_password
    if left < TEXT_IS_LESS and page.kind is not PageKind.ARTICLE and (page.is_login_address or asks):
        detail = page.login.text if page.login else page.url
        return _lacking(SignalKind.LOGIN_WALL, "content.login_wall/1", look, detail)
    shorter = page.body is None or page.body.words < WALL_WORDS * baseline.fullest.words
    if page.paywall and not baseline.had_paywall and shorter and _is_own_page(look, baseline, page):
        return _lacking(SignalKind.PAYWALL, "content.paywall/1", look, page.paywall)
    titled = page.login is not None and not asks and _is_own_page(look, baseline, page)
    if titled and page.main_words < NOTICE_WORDS and left < TEXT_IS_LESS and page.login is not None:
        return _lacking(SignalKind.LOGIN_WALL, "content.login_words/1", look, page.login.text)
    return None


def _notice(look: Look, baseline: Baseline, page: PageSigns) -> Assessment | None:
    phrase = page.removed
    if phrase is None:
        return None
    titled = page.is_removed_in_title and page.kind is not PageKind.ARTICLE and not baseline.told_of_removal
    in_place = page.is_removed_in_body and page.body is not None and page.body.words < NOTICE_WORDS
    if page.main_words >= NOTICE_WORDS and not titled and not in_place:
        return None
    return _lacking(SignalKind.NOTICE, f"content.notice.{phrase.language}/1", look, phrase.text)


def _led_away(look: Look, left: float, own: tuple[str, ...]) -> Assessment | None:
    final = look.final_url
    if not look.hops or any(is_same_address(final, address) for address in (look.url, *own)):
        return None
    if left >= TEXT_IS_LESS:
        return _unheard("content.unheard.partly_elsewhere/1", left)
    home = url_shape(final) == "front"
    kind = SignalKind.TO_HOME if home else SignalKind.TO_SECTION
    return _lacking(kind, f"content.redirect.{'home' if home else 'section'}/1", look, final)


def _soft(look: Look, baseline: Baseline, page: PageSigns) -> Assessment | None:
    if look.twin is not None and is_like_twin(look, page, look.twin):
        signal = ContentSignal(
            kind=SignalKind.SOFT_NOT_FOUND,
            rule="content.soft_404.twin/1",
            detail=page.title[:200],
            record_ids=tuple(one for one in (*look.record_ids, look.twin.record_id) if one),
        )
        return Assessment(outcome=Outcome.LACKING, rule=signal.rule, signal=signal)
    said = page.not_found is not None and page.kind is not PageKind.ARTICLE
    if said and page.not_found is not None and share_of_words(baseline.title, page.title) < SAME_TITLE:
        return _lacking(SignalKind.SOFT_NOT_FOUND, "content.soft_404.words/1", look, page.not_found.text)
    return None


def is_like_twin(look: Look, page: PageSigns, twin: Twin) -> bool:
    """Tell whether a page is what the site shows for an address that never was."""
    if twin.status >= 400 or twin.page is None:
        return False
    if look.hops and is_same_address(look.final_url, twin.final_url):
        return True
    same_text = page.main and page.main == twin.page.main
    return bool(same_text) or likeness(page.whole, twin.page.whole) >= LIKE_TWIN


def _is_own_page(look: Look, baseline: Baseline, page: PageSigns) -> bool:
    """Tell whether a page still calls itself this article."""
    if page.post_id is not None and page.post_id == baseline.post_id:
        return True
    return share_of_words(baseline.title, page.title) >= SAME_TITLE


def _own_page(look: Look, baseline: Baseline, page: PageSigns, left: float) -> Assessment:
    """Return what the article's own page comes to when it has not all of its text."""
    own = _is_own_page(look, baseline, page)
    words = page.body.words if page.body is not None else page.main_words
    languages = {baseline.language, page.language} - {None}
    if left < TEXT_IS_LESS and len(languages) > 1:
        return _unheard("content.unheard.language/1", left)
    if page.kind is PageKind.ARTICLE and page.body is not None:
        if page.extractor != baseline.extractor:
            return _present("content.present.other_extractor/1", left) if own else _unheard(_UNKNOWN, left)
        shrunk = baseline.fullest.is_enough and words < TEXT_IS_LESS * baseline.fullest.words
        if shrunk and own and share_of(baseline.fullest, page.whole) < TEXT_IS_LESS:
            return _lacking(SignalKind.GUTTED, "content.gutted/1", look, f"{words}/{baseline.fullest.words}")
        if left >= TEXT_IS_LESS or (own and not baseline.body.is_enough):
            return _present("content.present.edited/1", left)
        if own and not shrunk:
            return Assessment(
                outcome=Outcome.PRESENT, rule="content.present.rewritten/1", left=left, is_rewritten=True
            )
        return _unheard(_UNKNOWN, left, wants="" if look.twin else "twin")
    if left >= TEXT_IS_LESS:
        return _present("content.present.part/1", left)
    if own and baseline.fullest.is_enough and words < TEXT_IS_LESS * baseline.fullest.words:
        return _lacking(SignalKind.GUTTED, "content.gutted/1", look, f"{words}/{baseline.fullest.words}")
    return _unheard(_UNKNOWN, left, wants="" if look.twin else "twin")


_NEVER_SEEN = "content.unheard.never_seen/1"
_UNKNOWN = "content.unheard.unknown_page/1"


def _with_sibling(look: Look, found: Assessment, left: float) -> Assessment:
    """Let a lack count only while another article of the site was there in the same run."""
    if found.outcome is not Outcome.LACKING or look.sibling:
        return found
    if look.sibling is None:
        return _unheard("content.unheard.no_sibling/1", left, wants="sibling")
    return _unheard("content.unheard.site_ill/1", left)


def _present(rule: str, left: float | None = None) -> Assessment:
    return Assessment(outcome=Outcome.PRESENT, rule=rule, left=left)


def _unheard(rule: str, left: float | None = None, wants: str = "") -> Assessment:
    return Assessment(outcome=Outcome.UNHEARD, rule=rule, left=left, wants=wants)


def _lacking(kind: SignalKind, rule: str, look: Look, detail: str = "") -> Assessment:
    signal = ContentSignal(kind=kind, rule=rule, detail=detail[:500], record_ids=look.record_ids)
    return Assessment(outcome=Outcome.LACKING, rule=rule, signal=signal)
