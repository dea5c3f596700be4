# ruff: noqa: E501 - a pattern is easier to check in one line
"""What publishers write in place of an article, in Persian, Arabic and English.

Matched on folded text in which half-spaces are spaces, so that «حذف شده‌است», «حذف شده است» and
«حذف شدهاست» are one phrase. Each pattern names its subject and its verb with a bounded number of words
between: «حذف» alone stands in half of the political news. A phrase found proves nothing; where it stands and
what else the page has is asked in :mod:`pipelines.verdicts.content_signals`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from pipelines.text import ZWNJ, search_key

MAX_TEXT = 4_000
"""Characters of a text that are looked at; a notice is short, or stands first."""


class Saying(StrEnum):
    """What a phrase says."""

    REMOVED = "removed"
    """It was taken away, and somebody did it."""
    NOT_FOUND = "not_found"
    """There is nothing at this address, or not any more."""
    LOGIN = "login"
    PAY = "pay"
    COMMENTS_CLOSED = "comments_closed"
    CHALLENGE = "challenge"
    """«Checking your browser»: the page stands in front of the site."""
    UPKEEP = "upkeep"
    """The whole site is being worked on."""
    BLOCKED = "blocked"
    """Somebody between us and the publisher, or its guard, lets nobody through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A phrase that was found."""

    saying: Saying
    language: str
    """``fa``, ``ar`` or ``en``."""
    text: str
    """As found, folded; at most 200 characters."""


def fold_phrase(text: str) -> str:
    """Return a text as phrases are looked for in it.

    >>> fold_phrase("حذف شده\u200cاست، «چرا»؟")
    'حذف شده است چرا'
    """
    return search_key(text[:MAX_TEXT].replace(ZWNJ, " "))


def find_phrase(text: str, *sayings: Saying) -> Phrase | None:
    """Return the first phrase that says one of ``sayings``, looked for in their order; ``None`` without any.

    >>> find_phrase("این مطلب به درخواست نویسنده حذف شد.", Saying.REMOVED).language
    'fa'
    >>> find_phrase("نماینده‌ای از فهرست نامزدها حذف شد", Saying.REMOVED) is None
    True
    """
    folded = fold_phrase(text)
    if not folded:
        return None
    for saying in sayings:
        for language, pattern in _PATTERNS[saying]:
            for found in pattern.finditer(folded):
                around = folded[max(found.start() - 60, 0) : found.end() + 40]
                if saying is not Saying.REMOVED or not _HEDGE.search(around):
                    return Phrase(saying=saying, language=language, text=found[0][:200])
    return None


# «The page may have been removed, or its address was changed»: any site's page for addresses that never were.
_HEDGE = re.compile(
    r"(?<!\w)(?:ممکن است|شاید|احتمالا|احتمال دارد|امکان دارد|ممکن|شده باشد|یا (?:تغییر|منتقل|جابه|جا به|وجود|نشانی|ادرس)"
    r"|may|might|could|possibly|perhaps|maybe|either|or (?:moved|renamed|does|is|never|the)|ربما|قد (?:یکون|تکون)|او (?:نقل|تغییر|انتقل|غیر))(?!\w)"
)


def is_bare_error(title: str) -> bool:
    """Tell whether a part of a title is nothing but an error's number or name.

    >>> is_bare_error("۴۰۴ - روزنامهٔ نمونه"), is_bare_error("۴۰۴ نفر بازداشت شدند")
    (True, False)
    """
    return any(_BARE.fullmatch(fold_phrase(part)) for part in _TITLE_PARTS.split(title[:MAX_TEXT]))


_TITLE_PARTS = re.compile(r"\s[-–—|·:»«]\s|[|»«]")
_BARE = re.compile(r"(?:error |خطا |خطای |صفحه )?(?:404|410)(?: (?:error|not found|page not found|خطا))?")

# Words between subject and verb; none is longer than 30 letters, so that nothing runs away.
_GAP = r"(?:\w{1,30} ){0,%d}"


def _compile(language: str, *sources: str) -> list[tuple[str, re.Pattern[str]]]:
    joined = "|".join(sources)
    return [(language, re.compile(rf"(?<!\w)(?:{joined})(?!\w)"))]


_FA_THING = (
    r"(?:مطلب|خبر|گزارش|مقاله|نوشته|یادداشت|صفحه|پست|محتوا|محتوای|ویدیو|ویدیوی|ویدئو|فیلم|فایل|گفتگو|گفتگوی"
    r"|گفت ?و ?گو|گفت ?و ?گوی|مصاحبه|متن|عکس|تصویر|نشانی|آدرس|ادرس)(?: ی)?"
)
_FA_DONE = r"(?:شد|شده|شده ?است|شده ?اند|گردید|گردیده|گردیده ?است|گشته ?است|کرده ?ایم|کردیم|میشود|می شود)"
_FA_SITE = r"(?:سایت|وبسایت|وب سایت|خروجی|خروجی سایت|پایگاه|رسانه|صفحه|دسترس|دسترس عموم)"
_AR_THING = r"(?:المقال|المقاله|الخبر|الصفحه|الماده|المحتوی|التقریر|المنشور|الموضوع|الفیدیو|النص|التدوینه|المقابله|الحوار)"
_EN_THING = (
    r"(?:article|page|post|story|content|report|video|item|piece|interview|material|publication|entry)"
)

_REMOVED = [
    *_compile(
        "fa",
        rf"(?:این|ان|آن) {_FA_THING} {_GAP % 10}(?:حذف|برداشته|پاک|برچیده) {_FA_DONE}",
        rf"{_FA_THING} (?:مورد نظر |مورد نظر شما |مذکور |درخواستی |یاد شده |یادشده |فوق )?{_GAP % 5}"
        rf"از (?:روی |این |)?{_FA_SITE} {_GAP % 3}(?:حذف|برداشته|پاک|خارج) {_FA_DONE}",
        rf"{_FA_THING} (?:مورد نظر |مورد نظر شما |مذکور |درخواستی |یاد شده |یادشده |فوق )?(?:حذف|پاک) {_FA_DONE}",
        rf"به (?:درخواست|دستور|حکم|تقاضای|خواست|دلیل شکایت|دلیل دستور|علت دستور|علت شکایت) "
        rf"{_GAP % 10}(?:حذف|برداشته|پاک|خارج) {_FA_DONE}",
        rf"انتشار (?:این|ان) {_FA_THING} {_GAP % 6}(?:متوقف|لغو) {_FA_DONE}",
        rf"(?:این|ان) {_FA_THING} {_GAP % 6}(?:پس گرفته|بازپس گرفته) {_FA_DONE}",
        rf"(?:ما|تحریریه|سردبیری) (?:این|ان) {_FA_THING} را {_GAP % 6}(?:حذف|برداشته) {_FA_DONE}",
    ),
    *_compile(
        "ar",
        rf"(?:تم|تمت|جری|جرت) (?:حذف|ازاله|سحب|الغاء نشر|الغا نشر) (?:هذا |هذه )?{_AR_THING}",
        rf"(?:حذف|حذفت|ازیل|ازیلت|سحب|سحبت|حذفنا|ازلنا|سحبنا) (?:هذا |هذه ){_AR_THING}",
        rf"(?:حذفت|ازیل|ازیلت|سحبت) {_AR_THING}",
        rf"(?:هذا|هذه) {_AR_THING} {_GAP % 3}(?:محذوف|محذوفه|تم حذفه|تم حذفها|تمت ازالته|تمت ازالتها|تم سحبه)",
        rf"{_AR_THING} {_GAP % 4}(?:تم حذفه|تم حذفها|تمت ازالته|تمت ازالتها|تم سحبه|تم سحبها)",
    ),
    *_compile(
        "en",
        rf"(?:this|the) {_EN_THING} {_GAP % 6}(?:has|have|was|were|is|had|s) (?:now |since |later )?(?:been )?"
        r"(?:removed|deleted|withdrawn|retracted|taken down|taken offline|unpublished|pulled)",
        rf"(?:we|the editors|the publisher) (?:have |has )?(?:removed|deleted|withdrawn|retracted|taken down"
        rf"|unpublished) (?:this|the) {_EN_THING}",
        rf"{_EN_THING} (?:removed|withdrawn|retracted|unpublished)(?: (?:at|by|on|due|following) .{{0,60}})?",
    ),
]
_NOT_FOUND = [
    *_compile(
        "fa",
        rf"(?:{_FA_THING}|چیزی|نتیجه ای|موردی|محتوایی|مطلبی|صفحه ای|خبری) {_GAP % 8}(?:یافت|پیدا) "
        r"(?:نشد|نشده|نشده ?است|نگردید|نمیشود|نمی شود|نکردیم)",
        rf"{_FA_THING} {_GAP % 8}(?:وجود ندارد|موجود نیست|موجود نمی ?باشد|در دسترس نیست|در دسترس نمی ?باشد)",
        r"(?:خطا|خطای|ارور) (?:404|410)",
        r"(?:یافت|پیدا) نشد",
    ),
    *_compile(
        "ar",
        rf"{_AR_THING} {_GAP % 6}(?:غیر موجود|غیر موجوده|غیر متاح|غیر متاحه|غیر متوفر|غیر متوفره|لا یوجد|لا توجد)",
        rf"(?:لم یتم|لا یمکن|لم|تعذر) (?:العثور|ایجاد|نعثر|یعثر) {_GAP % 3}{_AR_THING}",
        rf"(?:هذا |هذه )?{_AR_THING} (?:لم یعد|لم تعد|ما عاد) (?:متاحا|متاحه|متوفرا|متوفره|موجودا|موجوده)",
        rf"(?:لم یعد|لم تعد) (?:هذا |هذه )?{_AR_THING} (?:متاحا|متاحه|متوفرا|متوفره|موجودا|موجوده)",
        r"خطا (?:404|410)",
    ),
    *_compile(
        "en",
        r"page not found",
        rf"{_EN_THING} {_GAP % 8}(?:not found|does not exist|doesn t exist|cannot be found|can t be found"
        r"|could not be found|couldn t be found|no longer exists|no longer available|is not available"
        r"|is unavailable|isn t available)",
        r"(?:error|http) (?:404|410)",
        r"(?:404|410) (?:error|not found|page not found)",
        r"nothing (?:was )?found",
    ),
]
_LOGIN = [
    *_compile(
        "fa",
        rf"(?:برای|جهت) (?:مشاهده|خواندن|دیدن|دسترسی|مطالعه|ادامه) {_GAP % 8}(?:وارد|ثبت نام|عضو|لاگین)",
        rf"(?:لطفا|ابتدا) {_GAP % 4}(?:وارد (?:شوید|حساب|سایت|شده)|ثبت نام کنید|عضو شوید)",
        r"ورود (?:به (?:حساب|سایت|سامانه|پنل)|کاربران|اعضا)",
        r"وارد (?:حساب کاربری|حساب خود) (?:خود )?شوید",
    ),
    *_compile("ar", r"تسجیل الدخول", r"سجل (?:الدخول|دخولک)", r"یرجی (?:تسجیل|الدخول)"),
    *_compile(
        "en", r"(?:please )?(?:log|sign) ?in", r"login", r"log on", r"members? only", r"register to read"
    ),
]
_PAY = [
    *_compile(
        "fa",
        rf"(?:ادامه|متن کامل|خواندن|مطالعه) {_GAP % 8}(?:مشترک شوید|اشتراک|مشترکان|مشترکین|پرداخت|خریداری)",
        r"(?:ویژه|مخصوص) (?:مشترکان|مشترکین|مشترک ها|اعضای ویژه)",
        r"(?:اشتراک|مشترک) (?:بخرید|بگیرید|شوید و|شوید تا)",
    ),
    *_compile(
        "ar",
        rf"(?:اشترک|الاشتراک|للاشتراک|اشتراک) {_GAP % 4}(?:لمتابعه|لقراه|لاکمال|لمواصله)",
        r"(?:للمشترکین|للمشترکین فقط|حصریا للمشترکین)",
        rf"(?:لمتابعه|لقراه|لاکمال|لمواصله) {_GAP % 4}(?:اشترک|الاشتراک)",
    ),
    *_compile(
        "en",
        r"subscribe (?:now |today )?(?:to|and) (?:continue|keep reading|read|unlock)",
        r"(?:for )?subscribers? (?:only|exclusive)",
        r"already a subscriber",
        rf"to (?:continue|keep) reading {_GAP % 6}(?:subscribe|subscription|pay|buy)",
    ),
]
_FA_COMMENTS = (
    r"(?:دیدگاه|دیدگاه ها|دیدگاهها|نظر|نظرات|نظرها|نظر ها|کامنت|کامنت ها|ارسال نظر|ارسال دیدگاه|ثبت نظر"
    r"|ثبت دیدگاه|بخش نظرات|بخش دیدگاه ها|امکان ارسال نظر|امکان ثبت نظر|امکان ارسال دیدگاه|نظر دهی|نظردهی)"
)
_COMMENTS_CLOSED = [
    *_compile(
        "fa",
        rf"{_FA_COMMENTS} {_GAP % 6}(?:بسته|غیر فعال|غیرفعال|متوقف) {_GAP % 1}?(?:است|شد|شده|شده ?است|اند|می ?باشد|گردید)",
        rf"{_FA_COMMENTS} {_GAP % 6}(?:بسته ?است|بسته ?اند|ممکن نیست|امکان پذیر نیست|پایان یافته|وجود ندارد)",
    ),
    *_compile(
        "ar",
        r"(?:التعلیقات|التعلیق) (?:مغلق|مغلقه|مقفل|مقفله|متوقف|متوقفه|معطل|معطله)",
        r"(?:تم اغلاق|اغلق|اغلقت|اغلق باب|تم ایقاف) (?:التعلیقات|التعلیق|باب التعلیق)",
    ),
    *_compile(
        "en",
        r"comments? (?:are |is |have been |has been |were )?(?:now )?(?:closed|disabled|turned off|locked)",
        r"commenting (?:is |has been )?(?:now )?(?:closed|disabled)",
        r"(?:discussion|conversation|thread) is (?:now )?closed",
    ),
]
_CHALLENGE = [
    *_compile(
        "en",
        r"just a moment",
        r"checking (?:if the site|your browser|you are human)",
        r"attention required",
        r"verify (?:that )?you are (?:a )?human",
        r"ddos (?:guard|protection)",
        r"please (?:enable|turn on) (?:javascript and )?cookies",
        r"transferring to the website",
    ),
    *_compile(
        "fa",
        rf"در حال (?:بررسی|انتقال) {_GAP % 3}(?:مرورگر|سایت|وبسایت|وب سایت)",
        rf"(?:ثابت|تایید) کنید {_GAP % 3}(?:ربات نیستید|انسان هستید)",
        r"من (?:ربات|روبات) نیستم",
    ),
    *_compile("ar", r"(?:جار|جاری) التحقق", r"تحقق من انک (?:انسان|لست روبوت)"),
]
_UPKEEP = [
    *_compile(
        "fa",
        rf"(?:سایت|وبسایت|وب سایت|سامانه) {_GAP % 4}(?:در حال|در دست) (?:به روز ?رسانی|بروز ?رسانی|تعمیر|بازسازی"
        r"|تعمیرات|راه اندازی|ساخت|توسعه|طراحی)",
        r"به ?زودی باز ?می ?گردیم",
    ),
    *_compile("ar", r"(?:الموقع|موقعنا) (?:قید|تحت) (?:الصیانه|الانشا|التحدیث)", r"تحت الصیانه"),
    *_compile(
        "en",
        r"(?:site )?(?:is )?(?:under|down for) (?:maintenance|construction)",
        r"(?:scheduled|routine) maintenance",
        r"be (?:right )?back (?:soon|shortly)",
        r"(?:this )?domain (?:name )?(?:is|may be) for sale",
        r"buy this domain",
        r"account (?:has been )?suspended",
    ),
]
_BLOCKED = [
    *_compile(
        "fa",
        rf"(?:دسترسی|سایت|وبسایت|وب سایت|تارنما|تارنمای|صفحه|نشانی) {_GAP % 8}(?:مسدود|فیلتر|پالایش|ممنوع|محدود) "
        r"(?:شد|شده|شده ?است|است|می ?باشد|گردیده|گردیده ?است)",
        r"peyvandha|internet ir",
    ),
    *_compile(
        "ar",
        rf"(?:الموقع|الصفحه|الرابط|العنوان|المحتوی) {_GAP % 4}(?:محجوب|محجوبه|محظور|محظوره)",
        r"(?:تم|جری) (?:حجب|حظر) (?:هذا |هذه )?(?:الموقع|الصفحه|الرابط|العنوان|الوصول)",
    ),
    *_compile(
        "en",
        rf"(?:site|website|page|url|content|access|domain|resource) {_GAP % 8}(?:is|has been|was|are) {_GAP % 2}"
        r"(?:blocked|denied|filtered|prohibited|restricted)",
        r"(?:blocked|forbidden) (?:url|site|website|page|content)",
        r"access (?:denied|blocked|forbidden)",
    ),
]
_PATTERNS = {
    Saying.BLOCKED: _BLOCKED,
    Saying.REMOVED: _REMOVED,
    Saying.NOT_FOUND: _NOT_FOUND,
    Saying.LOGIN: _LOGIN,
    Saying.PAY: _PAY,
    Saying.COMMENTS_CLOSED: _COMMENTS_CLOSED,
    Saying.CHALLENGE: _CHALLENGE,
    Saying.UPKEEP: _UPKEEP,
}
