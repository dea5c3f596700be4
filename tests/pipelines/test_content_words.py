from __future__ import annotations

import time

import pytest

from pipelines.verdicts.content_words import Saying, find_phrase, fold_phrase, is_bare_error

Z = "\u200c"
REMOVED = [
    f"این مطلب حذف شده{Z}است.",
    "این مطلب حذف شده است",
    "این گزارش به دستور مقام قضایی از روی سایت برداشته شد",
    "این خبر بنا به درخواست خبرنگار حذف گردید.",
    "مطلب مورد نظر حذف شده است",
    "مقالهٔ درخواستی از سایت حذف شد",
    "به درخواست نویسنده حذف شد",
    "صفحه مورد نظر شما از روی سایت حذف شده است",
    "انتشار این گفت‌وگو به خواست مصاحبه‌شونده متوقف شد",
    "سردبیری این نوشته را به سبب خطای فاحش حذف کرده است" if False else "ما این نوشته را از سایت حذف کردیم",
    "تمّ حذف هذا المقال بناءً على طلب الكاتب",
    "حُذف هذا الخبر",
    "أُزيلت هذه المادّة من الموقع",
    "هذه الصفحة محذوفة",
    "This article has been removed at the request of the author.",
    "We have taken down this story.",
    "The video was later deleted",
]
NOT_REMOVED = [
    "نام او از فهرست نامزدها حذف شد",
    "یارانهٔ سه دهک حذف می‌شود",
    "تیم ملی از جام حذف شد",
    "حذف این مطلب درسی از کتاب‌ها خبرساز شد",
    "حذف صفر از پول ملی",
    "تم حذف الأصفار من العملة",
    "The minister was removed from office",
    "Deleted scenes from the film",
    "این صفحه ممکن است حذف شده باشد یا نشانی آن تغییر کرده باشد",
    "مطلب مورد نظر حذف شده یا منتقل شده است",
    "The page you are looking for might have been removed or had its name changed.",
    "This page may have been deleted.",
    "ربما تم حذف هذه الصفحة",
]
NOT_FOUND = [
    "صفحه‌ای که دنبالش می‌گردید پیدا نشد",
    "صفحهٔ مورد نظر یافت نشد",
    "مطلب مورد نظر شما وجود ندارد",
    "این صفحه در دسترس نیست",
    "خطای ۴۰۴",
    "الصفحة غير موجودة",
    "لم يتم العثور على الصفحة",
    "لم يعد هذا المحتوى متوفرًا",
    "Page not found",
    "The page you are looking for could not be found",
    "404 Not Found",
]


@pytest.mark.parametrize("text", REMOVED)
def test_a_notice_of_removal_is_known(text):
    assert find_phrase(text, Saying.REMOVED)


@pytest.mark.parametrize("text", NOT_REMOVED)
def test_news_of_something_that_was_removed_is_no_notice(text):
    assert find_phrase(text, Saying.REMOVED) is None


@pytest.mark.parametrize("text", NOT_FOUND)
def test_a_page_that_was_not_found_says_so(text):
    assert find_phrase(text, Saying.NOT_FOUND)
    assert find_phrase(text, Saying.REMOVED) is None


@pytest.mark.parametrize(
    ("text", "saying"),
    [
        ("برای خواندن متن کامل وارد حساب کاربری خود شوید", Saying.LOGIN),
        ("تسجيل الدخول", Saying.LOGIN),
        ("Please log in to continue", Saying.LOGIN),
        ("برای خواندن ادامهٔ این مطلب مشترک شوید", Saying.PAY),
        ("ویژهٔ مشترکان", Saying.PAY),
        ("هذا المقال للمشتركين فقط", Saying.PAY),
        ("Subscribe to continue reading", Saying.PAY),
        ("دیدگاه‌ها برای این مطلب بسته شده است.", Saying.COMMENTS_CLOSED),
        ("ارسال نظر غیرفعال است", Saying.COMMENTS_CLOSED),
        ("التعليقات مغلقة", Saying.COMMENTS_CLOSED),
        ("Comments are closed.", Saying.COMMENTS_CLOSED),
        ("Just a moment...", Saying.CHALLENGE),
        ("در حال انتقال به سایت مورد نظر هستید", Saying.CHALLENGE),
        ("سایت در حال به‌روزرسانی است", Saying.UPKEEP),
        ("دسترسی به تارنمای فراخوانده شده امکان‌پذیر نیست و صفحه مسدود شده است", Saying.BLOCKED),
        ("عفواً، الموقع المطلوب غير متاح محجوب", Saying.BLOCKED),
        ("Access to this site has been blocked", Saying.BLOCKED),
    ],
)
def test_other_sayings_are_known(text, saying):
    assert find_phrase(text, saying)


@pytest.mark.parametrize(
    "text",
    [
        "تیم ملی وارد زمین شد",
        "ورود کالای قاچاق افزایش یافت",
        "اشتراک نظر دو کشور دربارهٔ دریا",
        "دیدگاه‌های او دربارهٔ اقتصاد",
        "نظرات مردم دربارهٔ بازار بسته",
        "پرداخت یارانه از فردا",
        "تعمیر پل در دست اجراست",
        "جاده چالوس مسدود شد",
    ],
)
def test_ordinary_headlines_say_none_of_it(text):
    assert find_phrase(text, *Saying) is None


def test_a_number_of_an_error_is_none_of_people():
    assert is_bare_error("404")
    assert is_bare_error("خطای ۴۰۴ | روزنامهٔ نمونه")
    assert is_bare_error("404 Not Found")
    assert not is_bare_error("۴۰۴ کشته در زلزله")
    assert not is_bare_error("بودجهٔ ۱۴۰۴ به مجلس رفت")


def test_long_text_takes_no_time():
    text = "این مطلب " * 200_000
    before = time.process_time()
    assert find_phrase(text, *Saying) is None
    hostile = "این صفحه " + "از سایت مطلب این خبر " * 1_000
    assert find_phrase(hostile, *Saying) is None
    assert time.process_time() - before < 1.0


def test_half_spaces_part_words():
    assert fold_phrase(f"نمی{Z}شود") == "نمی شود"
