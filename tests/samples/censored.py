"""Pages for the matrix of verdicts: an article, notices, challenges; written for these tests."""

# ruff: noqa: E501, ISC004
from __future__ import annotations

PARAGRAPHS = (
    "شورای صنفی معلمان شامگاه دوشنبه در بیانیه‌ای نوشت که گفت‌وگو با وزارتخانه به جایی نرسیده است و هیچ‌کدام از "
    "خواسته‌های آنان، از همسان‌سازی حقوق تا آزادی همکاران دربند، پاسخ روشنی نگرفته است.",
    "به گفتهٔ یکی از اعضای شورا، نمایندگان دولت در سه نشست گذشته تنها وعدهٔ بررسی داده‌اند و از نوشتن صورت‌جلسه "
    "خودداری کرده‌اند؛ او افزود که گردهمایی هفتهٔ آینده در بیست‌ودو شهر برگزار می‌شود.",
    "وزارت آموزش و پرورش تا هنگام انتشار این گزارش واکنشی نشان نداده است. در سال‌های گذشته چندین نفر از برگزارکنندگان "
    "این گردهمایی‌ها بازداشت شده‌اند و پروندهٔ برخی از آنان هنوز باز است.",
)


def article(title: str = "معلمان: گفت‌وگوها به جایی نرسید", paragraphs: tuple[str, ...] = PARAGRAPHS) -> bytes:
    """Return an article page in UTF-8."""
    text = "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"""<!DOCTYPE html>
<html lang="fa" dir="rtl"><head><meta charset="utf-8"><title>{title} - روزنامهٔ آزمون</title>
<meta property="og:type" content="article"></head>
<body><nav><a href="/">خانه</a> <a href="/society">جامعه</a> <a href="/politics">سیاست</a></nav>
<article><h1>{title}</h1><time datetime="2026-11-30T20:15:00+03:30">۹ آذر ۱۴۰۵</time>
{text}</article>
<footer>روزنامهٔ آزمون، همهٔ حقوق محفوظ است</footer></body></html>""".encode()


QUOTING = article(
    "وقتی «مشترک گرامی» به جای خبر می‌نشیند",
    (
        "کاربران چند شبکهٔ همراه از دیشب به جای سایت ما صفحه‌ای با عنوان M5-8 می‌بینند که در آن تنها این خط آمده است: "
        '<code>&lt;iframe src="http://10.10.34.34?type=Invalid Site&amp;policy=MainPolicy"&gt;</code>.',
        "نشانی 10.10.34.34 از راه DNS تزریق می‌شود و پیش‌تر peyvandha.ir/1-2 جای آن را داشت. متن صفحه می‌گوید: «مشترک "
        "گرامی، دسترسی به این سایت امکان‌پذیر نیست»؛ همان جمله‌ای که از سال ۱۳۸۸ بارها گزارش کرده‌ایم.",
        *PARAGRAPHS,
    ),
)
IRAN = (
    '<html><head><meta http-equiv="Content-Type" content="text/html; charset=windows-1256"><title>M5-8</title></head>'
    '<body><iframe src="http://10.10.34.34?type=Invalid Site&policy=MainPolicy" style="width: 100%; height: 100%" '
    'scrolling="no" marginwidth="0" marginheight="0" frameborder="0"></iframe></body></html>'
).encode("cp1256")
IRAN_TEXT = (
    (
        '<html><head><meta http-equiv="Content-Type" content="text/html; charset=windows-1256"><title>پیوندها</title></head>'
        "<body><p>مشترک گرامی، دسترسی به این سايت امکان پذير نيست.</p><p>در صورت اعتراض با کارگروه تعيين مصاديق تماس "
        "بگيريد.</p></body></html>"
    )
    .replace("ی", "ي")
    .encode("cp1256")
)
NOTICE = (
    b"<html><head><title>Web Page Blocked</title></head><body><h1>Access denied</h1><p>The page you have requested has "
    b"been blocked by your network operator.</p></body></html>"
)
UNKNOWN_NOTICE = (
    b"<html><head><title>Information</title></head><body><p>Dear subscriber, please contact our office at "
    b"counter number 7.</p></body></html>"
)
CHALLENGE = (
    b'<html><head><title>Just a moment...</title></head><body><script src="/cdn-cgi/challenge-platform/h/b/x.js">'
    b"</script><noscript>Enable JavaScript</noscript></body></html>"
)


def response(
    body: bytes = b"", status: str = "200 OK", *headers: str, content_type: str = "text/html; charset=utf-8"
) -> bytes:
    """Return a whole HTTP response that closes its connection."""
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    return ("\r\n".join([*lines, *headers]) + "\r\n\r\n").encode() + body
