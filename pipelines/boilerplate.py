"""What on a page is not the article, told by the names of elements and by the words themselves.

Names are the first hint and never enough: a page whose class names say nothing is read by the words. The
phrases are those of Persian, Arabic and English sites; each stands at the beginning of a short block, so
that an article which quotes one keeps its sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

# Parts of names that are furniture wherever they stand in a name («socialshare», «js-share-bar»).
_UNLIKELY_PART = re.compile(
    r"share(?!holder)|sharing|social|newsletter|subscri(?!pt)|sign-?up|signin|login|paywall|regwall"
    r"|donat|donation"
    r"|cookie|consent|gdpr|banner|sponsor|advert|adsense|outbrain|taboola|disqus|breadcrumb|pagination|pager"
    r"|related|recommend|trending|most-?(?:read|popular|view)|popular|read-?(?:more|next|also)"
    r"|also-?(?:read|like)"
    r"|more-?(?:from|on|stories|news|articles|posts)|see-?also|you-?may|next-?(?:article|story|post)"
    r"|prev-?(?:post|article)"
    r"|toolbar|tooltip|popup|pop-up|modal|overlay|lightbox|carousel|slideshow|sitemap|skip-?(?:to|link)"
    r"|screen-?reader"
    r"|visually-?hidden|sr-only|print-?(?:only|button)|tag-?(?:list|cloud|s)\b|hashtag|author-?(?:bio"
    r"|box|info|card|desc)"
    r"|about-?(?:the-)?author|post-?(?:nav|meta|tags|footer)|entry-?(?:meta|footer|utility)"
    r"|article-?(?:meta|footer|tags)"
    r"|meta-?(?:data|info)|by-?line|dateline-?info|time-?stamp|publish-?date|comment|respond|reply|discuss"
    r"|addthis|jp-relatedposts|sharedaddy|sd-block|wpd-|mashsb|essb|swp_|a2a_|addtoany"
    r"|wp-block-(?:latest|categories|tag)"
    r"|editsection|mw-jump|navbox|toc\b|table-of-contents|feedback|survey|poll\b|rating|countdown"
    r"|copyright|disclaimer"
)
# Names that mean furniture only as a whole token.
_UNLIKELY_TOKEN = re.compile(
    r"(?:^|[\s_-])(?:ads?|adv|advs|adbox|adslot|sidebar|aside|nav|navbar|navigation|menu|footer|foot|tags?"
    r"|topics|masthead|legal|hidden|credits?|caption|captions|copy-?link|like|likes|views|icons?"
    r"|toggle|search|buttons?|complementary|contentinfo|dialog|alert|figcaption|wp-caption-text"
    r"|image-?credit|photo-?credit|teaser|teasers|byline|dateline|pubdate|timestamp|hide|noprint|no-print"
    r"|infobox|metadata|reflist|mw-editsection|keywords|notification|pleas?)(?=$|[\s_-])"
)
# Page builders use these for anything (elementor-widget, widget-span, et_pb_promo): furniture when there
# is little text.
_WEAK = re.compile(
    r"(?:^|[\s_-])(?:widgets?|side|rail|bottom|cta|follow|tools|labels?|embed|source|sources|connection"
    r"|status|offline|callout)"
    r"(?=$|[\s_-])|promo"
)
# A name that says «this is the text» outweighs a name that says it is not, on the same element.
_LIKELY = re.compile(
    r"(?:article|entry|post|story|news|page|main|single|blog|text|content|item|detail|rich)[\s_-]{0,2}"
    r"(?:body|content|text|main|copy|entry|area|inner|wrap|article|detail)|articlebody|(?:^"
    r"|[\s_-])(?:body|content|matn|main|article|story|hentry)(?=$|[\s_-])"
)
BODY_NAMES = re.compile(
    r"(?:article|entry|post|story|news|single|blog|item)[_-]{0,2}(?:body|content|text|copy|main|entry"
    r"|detail)s?(?=$|[\s_-])"
    r"|(?:^|[\s_-])(?:body|content)[_-]{0,2}(?:body|content|text|copy|article|main)(?=$|[\s_-])"
    r"|articlebody|storybody|(?:^|\s)(?:matn|itemfulltext|td-post-content|rich-?text)(?=$|[\s_-])"
)
LEDE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:lede?|lead|standfirst|stand-first|sub-?title|sub-?heading|sub-?head(?:line)?|deck"
    r"|dek|summary|excerpt|intro"
    r"|introtext|abstract|kicker-?text|teaser-?text|post-excerpt|chapeau|article-?lead|news-?lead)(?=$"
    r"|[\s_-])"
)


# «menu-innovation-strategies-building-memorable-experiences»: the words of a heading as an anchor.
_SLUG = re.compile(r"(?:[^\W_]+-){4,}[^\W_]+")
# Names that tell a state or the subject of the post, not what the element is: WordPress's post_class prints
# «tag-ads category-video has-post-thumbnail», layouts «with-right-rail», Drupal «field-label-hidden».
_STATE = re.compile(
    r"(?:has|with|and|no|not|is|w|tag|category|cat|format|status|type|post_tag|post_format|label|show"
    r"|without|term|topic|field-label|field-type|lm-grid-|page-has|layout|col|span|xs|sm|md|lg)-"
    r"|.*(?:-with-|-has-|-w-|-no-|-and-|label-hidden|label-above|label-inline)|[^\s]*(?:__|--)with"
)


@lru_cache(maxsize=8192)
def names_furniture(names: str) -> bool:
    """Tell whether an element's names (class, id, role; lower case) say that it is no article text.

    >>> names_furniture("entry-content"), names_furniture("js-socialshare"), names_furniture("ad slot")
    (False, True, True)
    >>> names_furniture("post tag-ads category-comment has-sidebar")
    False
    """
    said = 0
    kept: list[str] = []
    for name in names.split():
        says = _says(name)
        if not says & _IS_STATE:
            said |= says
            kept.append(name)
    if said & _IS_UNLIKELY:
        return not said & _IS_BODY
    return bool(said & _HAS_UNLIKELY) and not _LIKELY.search(" ".join(kept))


_IS_STATE, _IS_UNLIKELY, _HAS_UNLIKELY, _IS_BODY, _IS_WEAK = 1, 2, 4, 8, 16


@lru_cache(maxsize=1 << 15)
def _says(name: str) -> int:
    """Return what one name says, as bits; pages share their single names far more often than whole lists of
    them, and none of these patterns reaches over white space."""
    return (
        (
            _IS_STATE
            if (_STATE.match(name) or _SLUG.fullmatch(name)) and not name.startswith("tag-list")
            else 0
        )
        | (_IS_UNLIKELY if _UNLIKELY_TOKEN.search(name) else 0)
        | (_HAS_UNLIKELY if _UNLIKELY_PART.search(name) else 0)
        | (_IS_BODY if BODY_NAMES.search(name) else 0)
        | (_IS_WEAK if _WEAK.search(name) else 0)
    )


@lru_cache(maxsize=8192)
def names_body(names: str) -> bool:
    """Tell whether an element's names say that it is the article's text."""
    return any(_says(name) & _IS_BODY for name in names.split())


@lru_cache(maxsize=8192)
def names_doubtful(names: str) -> bool:
    """Tell whether an element's names say that it is no article text unless it holds a good deal of it.

    >>> names_doubtful("elementor-widget"), names_doubtful("entry-content")
    (True, False)
    """
    said = 0
    for name in names.split():
        said |= _says(name)
    return bool(said & _IS_WEAK) and not said & _IS_BODY


_ENGLISH = (
    r"(?:read|see|watch|learn|find out|discover) (?:more|also|next|now|too)\b|also (?:read|see|on)\b"
    r"|related\b(?: \w+)?\s*(?::|$)"
    r"|more (?:from|on|stories|news|about|in|great)\b.{0,40}:?$|you (?:may|might) (?:also )?(?:like|be "
    r"interested)|recommended\b.{0,20}:?$"
    r"|continue reading|click here|sign up|subscribe\b|follow us|share this|share on|like us|join us|join our"
    r"|advertisement|sponsored|story continues|article continues|support (?:us|our)|donate|get the "
    r"latest|get our"
    r"|leave a (?:comment|reply)|comments?\s*\(?\d*\)?$|photo(?:s|graph)?\s*(?:by|credit|:)"
    r"|image(?:s)?\s*(?:by|credit|source|:)"
    r"|copyright|©|all rights reserved|filed under|tags?\s*:|posted in|categor(?:y|ies)\s*:|topics?\s*:"
    r"|print this|email this"
    r"|like this (?:story|article)|(?:think|want) your friends|read (?:the )?full (?:story|article)"
    r"|download the .{0,30} app|editor['’]s note: this (?:story|article) (?:was|has)"
    r"|follow .{2,40} on (?:twitter|facebook|instagram|x)\b|last (?:updated|modified)|\d+ "
    r"(?:min(?:ute)?s?) read|trending|most read"
    r"|loading|please (?:enable|log|sign)|your (?:email|browser)|this (?:video|content) is not available"
)
# ZWNJ may be kept, lost or a space.
_PERSIAN = (
    r"بیشتر بخوانید|بیشتر بدانید|در همین (?:زمینه|رابطه|باره)|همچنین بخوانید|هم‌?چنین ببینید|مطالب مرتبط"
    r"|مطلب مرتبط|خبرهای مرتبط|اخبار مرتبط"
    r"|مطالب دیگر|مطالب بیشتر|از همین نویسنده|پربیننده|پر‌?خواننده|پربازدید|تازه[ ‌]?ترین|ادامه مطلب"
    r"|ادامهٔ? ?مطلب|ادامه خبر"
    r"|به اشتراک|اشتراک[ ‌]?گذاری|هم[ ‌]?رسانی|هم[ ‌]?خوان کنید|این مطلب را (?:پسند|به اشتراک|همرسان"
    r"|دوست)|این خبر را به اشتراک"
    r"|این مطلب را پسندیدید|آیا مایل[ ‌]?(?:هستید|اید) ما را|\.?در حال حاضر امکان دریافت کمک|کمک مالی"
    r"|حمایت مالی|از ما حمایت|توضیح بیشتر در مورد اینکه چطور"
    r"|ما را در|به کانال|عضو کانال|کانال تلگرام|خبرنامه|در خبرنامه|مشترک شوید|عضویت در|نظر بدهید|نظرتان "
    r"را|نظر خود را|نظرها$|نظرات$|دیدگاه[ ‌]?ها|دیدگاهتان"
    r"|ارسال (?:نظر|دیدگاه)|نشانی ایمیل شما|در پر ?کردن فرم|ثبت (?:نظر|دیدگاه)|برچسب[ ‌]?ها|کلید ?واژه"
    r"|کلیدواژه[ ‌]?ها|لینک کوتاه|کد خبر|چاپ|نسخه چاپی|پرینت"
    r"|عکس[ ]?[:：]|منبع عکس|آگهی|تبلیغات|حق نشر|کپی لینک|لینک کپی شد|ارتباط (?:ناشناخته|بدون سانسور"
    r"|برقرار)|سایت اصلی احتمال|احتمال دارد اینترنت"
)
_ARABIC = (
    r"اقرأ أيض|اقرأ المزيد|اقرأ ايض|إقرأ|اقرئي|المزيد (?:من|عن|حول)|مواضيع (?:ذات صلة|متعلقة|مرتبطة)"
    r"|مقالات (?:ذات صلة|مشابهة)|أخبار (?:ذات صلة|متعلقة)"
    r"|ذات صلة|قد يعجبك|قد يهمك|شاهد أيض|شاهد المزيد|شارك(?:ها)?(?: على| هذا| الخبر|$)|مشاركة|تابعنا"
    r"|تابعونا|اشترك|النشرة (?:البريدية|الإخبارية)"
    r"|الأكثر (?:قراءة|مشاهدة)|التعليقات|تعليقات$|أضف تعليق|اترك تعليق|لن يتم نشر عنوان|إعلان$|اعلان$"
    r"|الكلمات (?:المفتاحية|الدلالية)|كلمات (?:مفتاحية|دلالية)|وسوم|طباعة|تبرع|ادعم|حقوق النشر"
)
_BEGINNINGS = f"{_ENGLISH}|{_PERSIAN}|{_ARABIC}"
# For text in small letters: a pattern that ignores case looks at each of its hundred alternatives in turn.
_BEGINNING = re.compile(r"[\s>»«•▪■◄◀▶:\-–|*\[(]*(?:" + _BEGINNINGS + ")")

# Said anywhere in a block of a few lines, these are a plea, a widget's message or a form's, never reporting.
# Each phrase beside a word of it, in small letters: the word is looked for first, for nearly no paragraph
# holds one, and one pattern of all phrases took 22 us a paragraph.
_ANYWHERE = tuple(
    (word, re.compile(phrases))
    for word, phrases in (
        ("کمک", r"کمک مالی شما|(?:امکان|حاضر) دریافت کمک"),
        ("حمایت", r"حمایت مالی شما|چطور از ما حمایت"),
        ("نوشتن", r"ما را در (?:تحقیق|پژوهش) و نوشتن"),
        ("ارتباط", r"ارتباط (?:بدون سانسور|ناشناخته)|ارتباط اینترنت خود را امتحان"),
        ("موازی", r"سایت[ ‌]*\(?های?\)?[ ‌]*موازی برقرار"),
        ("خطایی", r"فرم خطایی صورت"),
        ("علامت", r"بخش[ ‌]?های (?:موردنیاز|مورد نیاز) علامت"),
        ("ایمیل", r"نشانی ایمیل شما منتشر نخواهد"),
        ("البريد", r"البريد الإلكتروني لن"),
        ("بريدك", r"لن يتم نشر عنوان بريدك"),
        ("تبرعكم", r"تبرعكم"),
        ("دعمكم", r"دعمكم المالي"),
        ("mail", r"your e-?mail address will not be published"),
        ("required", r"required fields are marked"),
        ("sign up", r"sign up for our"),
        ("subscribe", r"subscribe to our"),
        ("javascript", r"enable javascript"),
        ("your ", r"your (?:financial )?(?:donation|contribution)s? (?:help|enable|make|allow)"),
    )
)


def says_furniture(text: str) -> bool:
    """Tell whether a short block's words are a plea, an invitation, a label of a list; long ones never are.

    >>> says_furniture("بیشتر بخوانید:"), says_furniture("Read the law.")
    (True, False)
    """
    if len(text) > 400:
        return False
    lower = text.lower()
    if len(text) <= 160 and _BEGINNING.match(lower):
        return True
    for word, phrases in _ANYWHERE:  # noqa: SIM110 - a loop takes half the time of any()
        if word in lower and phrases.search(lower):
            return True
    return False


# A block of these words only: labels of advertisements, of players and galleries, and of lists of contents.
_LABEL_WORDS = """
ad ads advert adverts advertisement advertisements advertising sponsored promoted iklan anzeige werbung
publicidad anuncio publicité pubblicità publicidade reklam reklama реклама propaganda 広告 광고 广告
caption close play pause replay loading save print gallery fullscreen
image_copyright photo_gallery table_of_contents on_this_page in_this_article contents jump_to
media_playback_is_unsupported_on_your_device copy_link link_copied where_to_buy buy_now
إعلان اعلان إعلانات آگهی تبلیغات تبلیغ فهرست فهرست_مطالب محتويات
"""
_LABELS = frozenset(_LABEL_WORDS.split())
_COUNTER = re.compile(
    r"(?:(?:image|photo|picture|slide|عکس|تصویر|صورة)\s+)?\d{1,3}\s*(?:of|/|از|من)\s*\d{1,3}", re.IGNORECASE
)
_NOT_LETTERS = re.compile(r"[\W\d]+")


def is_label(text: str) -> bool:
    """Tell whether a block is nothing but a label that is no text of an article.

    >>> is_label("Advertisement:"), is_label("Image 2 of 5"), is_label("Advertisement is an art.")
    (True, True, False)
    """
    if len(text) > 50:
        return False
    return _NOT_LETTERS.sub("_", text.lower()).strip("_") in _LABELS or bool(_COUNTER.fullmatch(text))


# Who wrote or reported it, and where to reach them, printed below the text.
_END_NOTE = re.compile(
    r"[\s(\[*_–—-]*(?:(?:additional |with )?(?:reporting|writing|editing|research)(?: and \w+)? by\b"
    r"|(?:you can |please )?(?:follow|e-?mail|reach|contact)\s+(?:me|him|her|them|us"
    r"|the (?:author|reporter|writer)s?"
    r"|[^.!?]{2,60}? (?:at|on|via|@))\b"
    r"|(?:source|sources|via)\s*:\s*[^.!?]{2,60}$"
    r"|[^.!?]{2,250}\bcontributed to (?:this|the) (?:report|story|article|post)\b)",
    re.IGNORECASE,
)
_IS_SOMEBODY = re.compile(
    r"^[^.]{0,40}?\b(?:is|was|are|has|have|writes|covers|reports|works|lives|holds|joined|serves)\b"
    r"|^.{0,120}?(?:روزنامه[ \u200c]?نگار|نویسنده|خبرنگار|پژوهشگر|تحلیل[ \u200c]?گر|کارشناس|استاد"
    r"|دانشجو|مترجم"
    r"|كاتب|كاتبة|صحفي|صحافي|باحث|أستاذ|محلل|مراسل)"
)


def is_end_note(text: str, names: Sequence[str]) -> bool:
    """Tell whether a block below a text says who wrote it («Ann Lee is a reporter»); ``names`` its authors.

    >>> is_end_note("Bo Li contributed to this report.", ()), is_end_note("Ann Lee is a writer.", ["Ann Lee"])
    (True, True)
    """
    if len(text) <= 300 and _END_NOTE.match(text):
        return True
    for name in names:
        if len(text) <= 900 and text.startswith(name) and _IS_SOMEBODY.match(text[len(name) :]):
            return True
    return False


_LABEL = re.compile(r"[\s>»«•▪■◄◀▶:\-–|*]*(?:" + _BEGINNINGS + r")[^\n]{0,30}$", re.IGNORECASE)


def opens_list(text: str) -> bool:
    """Tell whether a block is the label over a list of other articles: «بیشتر بخوانید:», "Related
    stories"."""
    return len(text) <= 60 and bool(_LABEL.match(text))
