"""How notices of blocking speak, by language; over text folded by ``search_key``.

Written from what such notices have to say (access, page or site; blocked, restricted, forbidden), not from any one
of them. A phrase alone proves nothing: news about filtering says the same.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from pipelines.text import search_key

# «Г» a gap of a few words. Lazy and counted: the work for each place where a phrase could begin is bounded.
_GAP: Final = r"(?: [^ ]{1,40}){0,9}?"
_PHRASES: Final = {
    "en": (
        r"\b(?:web ?sites?|web ?pages?|sites?|pages?|url|domain|resources?|address|content|destination)\bГ "
        r"(?:(?:is|are|was|been|being)(?: [a-z]{1,15}){0,3}? "
        r"(?:blocked|restricted|prohibited|forbidden|filtered|banned|denied|censored|not permitted|not allowed"
        r"|unavailable|inaccessible|not accessible))",
        r"\baccess(?:ing)?Г (?:blocked|restricted|denied|prohibited|forbidden|barred|not allowed|not permitted)\b",
        r"\b(?:blocked|restricted|forbidden|prohibited|banned|filtered) (?:by|due to|web ?site|site|page|url|content)\b",
        r"\b(?:page|site|web ?site|url|category|content) (?:blocked|restricted|prohibited|forbidden|filtered)\b",
        r"\bblock(?:ed|ing)? ?(?:page|domain|notice|override)\b",
        r"\b(?:web|content|url|internet|family|parental|adult|dns) ?(?:content )?(?:filter(?:ing)?|controls?|shield)\b",
        r"\b(?:age|adult) (?:restricted|restriction|verification|content)\b|\bover 18\b|\bchild (?:abuse|safety)\b",
        r"\b(?:safe|safer|secure|surf|clean|healthy|positive) ?(?:surf(?:ing)?|safely|internet)\b",
        r"\brequested (?:url|page|site)Г (?:could not be retrieved|cannot be displayed|violat[a-z]{1,4})\b",
        r"\b(?:in violation of|violates?)Г (?:polic(?:y|ies)|laws?|regulations?)\b",
        r"\bprotect you from (?:internet )?threats\b|\bcourt order\b|\bcannot load the page\b|\bcouldn ?t load the page\b",
    ),
    "ru": (
        r"\b(?:доступ|ресурс|саит|сторінк|страниц|домен|адрес)[а-яіїє]{0,5}Г "
        r"(?:ограничен|закрыт|заблокирован|запрещен|приостановлен|внесен|обмежен|заборонен|заблокован)",
        r"\b(?:ресурс|саит|страниц|домен)[а-я]{0,4} (?:за)?блокир|\bблокировк[аи]\b|\bзапрещенн[а-я]{1,3} саит",
        r"\b(?:ограничен[а-я]{0,3}|запрет) доступ|\bроскомнадзор|\b149 ?фз\b|\bреестр[а-я]{0,2} запрещенн|\bzapret\b",
    ),
    "id": (
        r"\bdi ?blokir\b|\bsitus terlarang\b|\binternet ?(?:sehat|positif|baik|aman)\b|\btrust ?positif\b",
        r"\b(?:konten|situs) ?negatif\b|\bnegatif ?konten\b|\b(?:situs|laman|halaman|sesawang)Г (?:tidak|tak) (?:dapat|boleh)\b",
        r"\bakses(?: ke)?Г (?:ditutup|dilarang|ditolak|dibatasi|disekat)\b|\bmelanggar undang\b",
    ),
    "tr": (
        r"\beri[sş][iı]m[a-zıi]{0,5}Г (?:engel|k[iı]s[iı]t|kapat|sagla?nama)|\bengellenm[iı]s|\bguvenl[iı] [iı]nternet\b",
    ),
    "de": (
        r"\b(?:zugriff|zugang|seite|webseite|website|inhalt|domain)[a-z]{0,2}Г (?:gesperrt|blockiert|verweigert|verboten)\b",
        r"\bnetzsperre\b|\bjugendschutz",
    ),
    "fr": (r"\b(?:acces|site|page|contenu)Г (?:bloquee?|interdite?|refusee?|restreinte?|filtree?)\b",),
    "es": (r"\b(?:acceso|acesso|sitio|site|pagina|contenido|conteudo)Г (?:bloquead|restringid|denegad|prohibid|negad)[oa]\b",),
    "it": (r"\b(?:accesso|sito|pagina|contenuto)Г (?:bloccat|inibit|negat|vietat|oscurat|sequestrat|interdett)[oa]\b",),
    "pl": (r"\b(?:stron|witryn|domen|dostep)[a-ząęó]{0,3}Г (?:zablokowan|ograniczon|zabronion|wstrzyman)",),
    "ar": (
        r"\b(?:الموقع|الصفحه|الرابط|العنوان|المحتوی|الدخول|الوصول)Г (?:محجوب|محجوبه|ممنوع|محظور|محظوره|غیر متاحه?|غیر مسموح)",
        r"\bتم حجب\b|\bحجب (?:هذا )?الموقع\b|\bموقع محجوب\b",
    ),
    "fa": (
        r"\bدسترسیГ (?:امکان ?پذیر نیست|مجاز نیست|ممکن نیست|مسدود|محدود|ممنوع|مقدور نیست)",
        r"\b(?:سایت|تارنما|پایگاه|صفحه|وب ?سایت|نشانی|درگاه)Г (?:مسدود|فیلتر|پالایش)",
        r"\b(?:مشترک|کاربر) گرامیГ (?:دسترسی|مسدود|فیلتر|پیوند)|\bکارگروه تعیین مصادیق\b|\bمصادیق محتوای مجرمانه\b",
    ),
}  # fmt: skip

# Of scripts whose words are not parted by spaces, or whose marks folding drops: plain pieces.
_PIECES: Final = {
    "ko": ("차단", "유해정보", "유해사이트", "불법·유해", "접속이 제한"),
    "zh": ("禁止访问", "被屏蔽", "被拦截", "已被封锁", "禁止訪問", "無法瀏覽"),
    "ja": ("アクセスがブロック", "フィルタリング", "閲覧できません", "アクセスが制限"),
    "th": ("ถูกระงับ", "ถูกปิดกั้น", "ไม่เหมาะสม", "กระทรวงเทคโนโลยี", "กระทรวงดิจิทัล"),
    "vi": ("bị chặn", "bị cấm truy cập", "không được phép truy cập"),
    "hi": ("अवरुद्ध", "ब्लॉक किया", "प्रतिबंधित"),
    "el": ("απαγορεύεται η πρόσβαση", "έχει αποκλειστεί", "αποκλεισμός πρόσβασης"),
    "bg": ("достъпът е ограничен", "блокиран достъп", "спрян достъп"),
}


@cache
def _compiled() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (language, re.compile(phrase.replace("Г", _GAP)))
        for language, phrases in _PHRASES.items()
        for phrase in phrases
    )


@cache
def _pieces() -> tuple[tuple[str, str], ...]:
    return tuple((language, search_key(piece)) for language, each in _PIECES.items() for piece in each)


def languages_of_blocking(text: str) -> tuple[str, ...]:
    """Return in which languages a folded text says that something is blocked; empty when in none.

    >>> languages_of_blocking("access to this web site has been denied")
    ('en',)
    >>> languages_of_blocking("the minister visited the new hospital")
    ()
    """
    found = {language: None for language, phrase in _compiled() if phrase.search(text)}
    found |= {language: None for language, piece in _pieces() if piece in text}
    return tuple(found)
