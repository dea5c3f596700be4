"""What may stand in a page that is given back: elements and attributes that only show.

Lists of what is allowed, not of what is forbidden: an element that browsers learn next year has no power
until somebody adds it here. Elements with a hyphen in their name (custom elements) are inert without scripts
and are kept for the style sheets that name them.
"""

from __future__ import annotations

import re


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


ELEMENTS = _names(
    """
    html head body title style article section nav aside h1 h2 h3 h4 h5 h6 hgroup header footer address
    main search p hr pre blockquote ol ul menu li dl dt dd figure figcaption div center dir a em strong
    small s cite q dfn abbr ruby rb rt rtc rp data time code var samp kbd sub sup i b u mark bdi bdo
    span br wbr ins del font big strike tt nobr acronym marquee picture source img map area video audio
    table caption colgroup col tbody thead tfoot tr td th form label input button select datalist
    optgroup option textarea output progress meter fieldset legend details summary dialog noscript
    """
)
# HTML 13.1.2. libxml2 knows only those of HTML 4 and hangs all that follows into the others.
VOID = _names(
    """
    area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr
    """
)
# Gone with all they hold: they run, load or declare, or browsers read what they hold by rules of its own.
REMOVED = _names(
    """
    script template object embed applet base basefont bgsound keygen portal fencedframe param track
    noembed noframes link meta foreignobject annotation-xml animate animatecolor animatemotion
    animatetransform set discard mpath handler listener
    """
)
# Old elements whose text browsers take raw: the same to look at.
RENAMED = {"xmp": "pre", "listing": "pre", "plaintext": "pre"}
FRAMES = frozenset(("iframe", "frame"))

DRAWING = _names(
    """
    svg g defs symbol use path rect circle ellipse line polyline polygon text tspan textpath image a
    switch marker lineargradient radialgradient stop pattern clippath mask filter feblend fecolormatrix
    fecomponenttransfer fecomposite feflood fefunca fefuncb fefuncg fefuncr fegaussianblur femerge
    femergenode femorphology feoffset fedropshadow feturbulence fedisplacementmap
    """
)
FORMULA = _names(
    """
    math mrow mi mn mo ms mtext mspace mfrac msqrt mroot mstyle merror mpadded mphantom menclose msub
    msup msubsup munder mover munderover semantics mmultiscripts mprescripts none mtable mtr mtd
    """
)

ATTRIBUTES = _names(
    """
    class id title lang dir hidden role align valign width height bgcolor color face size text link
    vlink alink border bordercolor cellpadding cellspacing colspan rowspan headers scope abbr alt name
    for type value placeholder checked disabled selected multiple rows cols maxlength min max low high
    optimum step open start reversed datetime media sizes controls loop muted label span nowrap clear
    noshade compact hspace vspace frame rules summary shape coords itemscope itemprop itemtype property
    direction behavior scrollamount wrap readonly char charoff
    """
)
# On any element of a drawing or formula: names only; addresses among them are looked at by value.
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,60}")
_POWERFUL = re.compile(
    r"on|href$|src|xlink|xml|formaction|action|ping|attributename|values$|from$|to$|by$|style$"
)


def is_kept_attribute(name: str, *, foreign: bool) -> bool:
    """Return whether an attribute only shows; those that hold addresses or styles are not asked about here.

    >>> is_kept_attribute("data-theme", foreign=False), is_kept_attribute("onclick", foreign=True)
    (True, False)
    """
    if not _NAME.fullmatch(name):
        return False
    if foreign:
        return not _POWERFUL.match(name)
    return name in ATTRIBUTES or name.startswith(("data-", "aria-"))
