"""The words by which a page says «comments», «answer», «waiting», in Persian, Arabic, English and a few
more.

Patterns are matched against one line of text without outer white space. ``j`` below stands for what may
part two halves of a Persian word: nothing, a space, or ZERO WIDTH NON-JOINER (« دیدگاه‌ها », « دیدگاه ها
», « دیدگاهها »).
"""

from __future__ import annotations

import re

_J = "[\u200c\u00a0 ]?"
_Y = "[یي]"
_K = "[کك]"
_MANY = (
    rf"(?:نظرات|نظر{_J}ها{_J}{_Y}?|د{_Y}دگاه{_J}ها{_J}{_Y}?|{_K}امنت{_J}ها{_J}{_Y}?|پاسخ{_J}ها{_J}{_Y}?|تعل{_Y}قات|"
    rf"التعل{_Y}قات|comments?|responses|replies|discussion|kommentare|commentaires|comentarios|yorumlar)"
)
_ONE = rf"(?:نظر|د{_Y}دگاه|{_K}امنت|پاسخ|تعل{_Y}ق(?:ات)?|comments?|responses?|repl(?:y|ies)|thoughts?)"
_WHOSE = (
    rf"(?:{_J}(?:{_K}اربران|خوانندگان|ب{_Y}نندگان|مخاطبان|شما|بازد{_Y}د{_J}{_K}نندگان|القراء|"
    r"readers|users|from readers))?"
)
_NUMBER = r"(\d{1,3}(?:[,٬،.]\d{3})+|\d{1,7})"

# Possessive where white space may stand side by side: three such repetitions took cubic time.
HEADING = re.compile(
    rf"(?:reader |user )?{_MANY}{_WHOSE}\s*+[:(\[–-]?\s*+(?:{_NUMBER})?\s*+[)\]:]?"
    rf"|{_NUMBER}\s*{_ONE}{_WHOSE}(?:\b.{{0,200}})?"
    rf"|(?:{_Y}{_K}|one|a single)\s+{_ONE}(?:\b.{{0,200}})?",
    re.IGNORECASE | re.DOTALL,
)
"""A whole line that heads a list of comments: «نظرها (۱۲)», «۵ دیدگاه در …», “One response to …”."""

FORM_HEADING = re.compile(
    rf"(?:نظر(?:تان|{_J}خود)?(?:{_J}را)?\s*(?:بده{_Y}د|بنو{_Y}س{_Y}د|وارد|ارسال|ثبت)|"
    rf"(?:ارسال|ثبت|نوشتن|افزودن)\s+{_ONE}|"
    rf"د{_Y}دگاه(?:تان|{_J}ها{_Y}|{_J}خود)?(?:{_J}را)?\s*(?:بنو{_Y}س{_Y}د|بده{_Y}د|وارد)|"
    rf"پاسخ\s*(?:ده{_Y}د|بده{_Y}د)|لغو پاسخ|نظر شما|اترك تعل{_Y}قا|"
    rf"leave a (?:reply|comment|response)|add (?:a )?comment|post a comment|join the discussion|"
    rf"write a comment|your comment)\b.{{0,80}}",
    re.IGNORECASE | re.DOTALL,
)
"""A whole line that heads a form: «نظر بدهید», “Leave a Reply”."""

_BEFORE = re.compile(rf"{_NUMBER}\s*{_ONE}\b", re.IGNORECASE)
_AFTER = re.compile(rf"\b{_MANY}{_WHOSE}\s*+[:(\[–-]?\s*+{_NUMBER}", re.IGNORECASE)
_PUBLISHED = re.compile(rf"(?:انتشار\s+{_Y}افته|منتشر\s+شده)\s*+:?\s*+{_NUMBER}")
_SINGLE = re.compile(rf"^(?:{_Y}{_K}|one|a single)\s+{_ONE}\b", re.IGNORECASE)
_NONE = re.compile(
    rf"^(?:بدون|بی|هیچ|هنوز|no|without|zero)\b\s*.{{0,12}}(?:نظر|د{_Y}دگاه|{_K}امنت|comments?|responses?|replies)\b",
    re.IGNORECASE,
)


def held_back(text: str) -> tuple[int | None, int | None, int | None]:
    """Return how many comments a line says are published, wait, and are refused; ``None``: not told.

    >>> held_back("انتشار یافته: ۹ در انتظار بررسی: ۳ غیر قابل انتشار: ۲"), held_back("نظرها (۱۲)")
    ((9, 3, 2), (None, None, None))
    """
    published, waiting, refused = (
        int(re.sub(r"\D", "", found[1])) if (found := pattern.search(text)) else None
        for pattern in (_PUBLISHED, WAITING, REFUSED)
    )
    return published, waiting, refused


def counted(text: str) -> int | None:
    """Return the number of comments that a heading states, or ``None``.

    >>> counted("نظرها (۱۲)"), counted("۵ دیدگاه در «سال ۱۳۹۵»"), counted("One response to “1984”")
    (12, 5, 1)
    """
    for pattern in (_PUBLISHED, _BEFORE, _AFTER):
        if found := pattern.search(text):
            return int(re.sub(r"\D", "", found[1]))
    if _SINGLE.search(text):
        return 1
    return 0 if _NONE.search(text) else None


WAITING = re.compile(
    rf"(?:در\s+(?:صف|انتظار)\s+(?:بررس{_Y}|انتشار|تا{_Y}{_Y}?د|تأ{_Y}{_Y}?د)|awaiting moderation|pending)"
    rf"\s*+[:：(]?\s*+{_NUMBER}",
    re.IGNORECASE,
)
REFUSED = re.compile(
    rf"(?:غ{_Y}ر\s*+[\u200c]?\s*+قابل\s+انتشار|رد\s+شده|منتشر\s+نشده|rejected)\s*+[:：(]?\s*+{_NUMBER}",
    re.IGNORECASE,
)
"""Counts beside that of the published ones: «انتشار یافته: ۹ · در انتظار بررسی: ۰ · غیر قابل انتشار: ۱»."""

REPLY = frozenset(
    (
        "پاسخ",
        "پاسخ دادن",
        "پاسخ دهید",
        "پاسخ بدهید",
        "جواب",
        "جواب دادن",
        "رد",
        "الرد",
        "رد على التعليق",
        "reply",
        "reply to this",
        "respond",
        "antworten",
        "répondre",
        "responder",
        "rispondi",
        "yanıtla",
        "cevapla",
    )
)
"""What a button says by which one comment is answered, in small letters, Persian ye."""

PENDING = re.compile(
    rf"(?:your comment is (?:awaiting|held for) (?:moderation|approval)|"
    rf"(?:نظر|د{_Y}دگاه|پ{_Y}ام|{_K}امنت)\s+شما\s+(?:در\s+انتظار|پس\s+از|بعد\s+از)\s+"
    rf"(?:بررس{_Y}|تا{_Y}{_Y}?د|تأ{_Y}{_Y}?د|انتشار|باز{_J}ب{_Y}ن{_Y})|تعل{_Y}ق{_K} في انتظار)",
    re.IGNORECASE,
)
"""The note that only the writer of a comment sees, while nobody has let it through."""

SAYS = re.compile(
    # White space is bounded: an author's name may be megabytes of it (no-break spaces are not collapsed).
    rf"(?:(?:^|\s{{1,9}})(?:گفت(?:ه\s+است)?|م{_Y}{_J}گو{_Y}د|نوشت(?:ه\s+است)?|says?|said|wrote|writes|schrieb|sagt|dit))?\s{{0,9}}[:：]\s{{0,9}}$",
    re.IGNORECASE,
)
"""What follows a name: «گفت:», “says:”."""

ACTION = re.compile(
    rf"(?:پاسخ(?:\s*(?:دادن|ده{_Y}د|بده{_Y}د|به\s+.{{1,60}}))?|جواب|لغو پاسخ|گزارش(?:\s*تخلف)?|پسند{_Y}دم|"
    rf"م{_Y}{_J}پسندم|اشترا{_K}(?:{_J}گذار{_Y})?|و{_Y}را{_Y}ش|پ{_Y}وند|ل{_Y}ن{_K}|رد|repl(?:y|ies)(?:\s+to\s+.{{1,60}})?|"
    r"respond|quote|report|like|dislike|share|edit|permalink|link|flag|up|down)?"
    r"[\s\d+\-–−↩⤶↵👍👎❤♥|•·.()»«#]*",
    re.IGNORECASE,
)
"""A button or counter beside a comment, and nothing else."""

RELATIVE = re.compile(
    rf"(?:پ{_Y}ش|قبل|ago|منذ|د{_Y}روز|پر{_Y}روز|امروز|yesterday|today|just now|همین{_J}الان|لحظات{_Y})",
    re.IGNORECASE,
)
"""A date told from the moment of reading: it differs with every capture."""

_MONTHS = (
    rf"فرورد{_Y}ن|ارد{_Y}بهشت|خرداد|ت{_Y}ر|مرداد|شهر{_Y}ور|مهر|آبان|آذر|د{_Y}|بهمن|اسفند|ژانو{_Y}ه|فور{_Y}ه|مارس|آور{_Y}ل|"
    rf"مه|م{_Y}|ژوئن|ژوئ{_Y}ه|ژولا{_Y}|اوت|آگوست|سپتامبر|ا{_K}تبر|نوامبر|دسامبر|حمل|ثور|جوزا|سرطان|اسد|سنبله|م{_Y}زان|عقرب|قوس|"
    rf"جد{_Y}|دلو|حوت|{_Y}ناير|فبرا{_Y}ر|أبر{_Y}ل|ما{_Y}و|{_Y}ون{_Y}و|{_Y}ول{_Y}و|أغسطس|سبتمبر|أ{_K}توبر|نوفمبر|د{_Y}سمبر|"
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?"
)
DATE = re.compile(
    rf"\d{{4}}\s?[/\-.]\s?\d{{1,2}}\s?[/\-.]\s?\d{{1,2}}|\b\d{{1,2}}[/\-.]\d{{1,2}}[/\-.](?:\d{{4}}|\d{{2}})\b"
    rf"|\b\d{{1,2}}\.?\s*(?:st|nd|rd|th)?(?:\s+of)?\s*(?:{_MONTHS})(?:{_J}ماه)?\b|\b(?:{_MONTHS})(?:{_J}ماه)?\.?\s+\d{{1,2}}\b"
    rf"|(?:\d{{1,3}}|{_Y}{_K}|چند|a|an|one)\s*(?:ثان{_Y}ه|دق{_Y}قه|ساعت|روز|هفته|ماه|سال|seconds?|minutes?|mins?|hours?|days?|weeks?|months?|years?)"
    rf"{_J}\s*(?:پ{_Y}ش|قبل|ago)\b|^(?:د{_Y}روز|پر{_Y}روز|امروز|yesterday|today)\b",
    re.IGNORECASE,
)
"""Something that looks like a date within a short line; whether it is one, ``pipelines.dates`` says."""

# Every alternative of DATE holds one of these; most lines hold none.
_MAY_BE_DATE = re.compile(
    rf"\d|پ{_Y}ش|قبل|ago|^(?:د{_Y}روز|پر{_Y}روز|امروز|yesterday|today)", re.IGNORECASE
).search


def holds_date(text: str) -> bool:
    """Tell whether :data:`DATE` is found in a text."""
    return _MAY_BE_DATE(text) is not None and DATE.search(text) is not None
