"""HTML: what is seen, what is hidden, and what may leave."""

import pytest

from relay.scan.html import HIDDEN, read_html


def views(source: str, place: str) -> str:
    return "\n".join(view.text for view in read_html(source).views if view.place == place)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("T<b>LP</b>:RED", "TLP:RED"),
        ("<p>T<span>L</span><i><u>P</u></i>:<font color=red>RED</font></p>", "TLP:RED"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
        ("<table><tr><td>ivory</td><td>12 kg</td></tr><tr><td>scales</td></tr></table>", "ivory\t12 kg\nscales"),
        ("<ul><li>ivory</li><li>scales</li></ul>", "- ivory\n- scales"),
        ("a\n   b&nbsp;c  <b> d</b>", "a b\xa0c d"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<p>Hi<blockquote>TLP:RED<blockquote>deep</blockquote></blockquote>", "Hi\n\n> TLP:RED\n>\n>> deep"),
        ("&#84;LP&colon;RED", "TLP:RED"),
        ("TL<!-- x -->P:RED", "TLP:RED"),
        ("TLP:<wbr>RED", "TLP:RED"),
    ],
)
def test_the_rendering_reads_as_a_reader_sees_the_page(source, text):
    assert read_html(source).plain == text
    assert text in views(source, "text")


@pytest.mark.parametrize(
    "source",
    [
        "<p>TLP:<img src='red.png' alt='RED'></p>",
        "<p>TLP:<img src='cid:1' title='RED'></p>",
        "<img alt='TLP:'><b>RED</b>",
        "TLP:<input value='RED'>",
    ],
)
def test_words_that_stand_for_a_picture_or_a_field_are_read_in_their_place(source):
    assert "TLP:RED" in views(source, HIDDEN)


def test_hidden_words_do_not_split_what_is_seen():
    source = "T<span style='display: none'>xyz</span>LP:RED"
    assert "TLP:RED" in views(source, "text")
    assert "TxyzLP:RED" in views(source, HIDDEN)


def test_a_style_or_script_is_viewed_beside_the_text_and_not_in_it():
    source = (
        "<style>p {margin: 0}</style><SCRIPT type=x>\nf()</SCRIPT ><p>Ten kilograms of iv<style>b {}</style>ory.</p>"
    )
    texts = {view.text.strip() for view in read_html(source).views}
    assert {"Ten kilograms of ivory.", "p {margin: 0}", "f()", "b {}"} <= {
        line for text in texts for line in text.split("\n")
    }
    assert not [text for text in texts if "kilograms" in text and ("margin" in text or "f()" in text or "b {}" in text)]


@pytest.mark.parametrize(
    "source",
    [
        "<p style='display:none'>TLP:RED</p>",
        "<p style='DISPLAY : NONE !important'>TLP:RED</p>",
        "<p hidden>TLP:RED</p>",
        "<p style='mso-hide:all'>TLP:RED</p>",
        "<div style='visibility:hidden'><p><span hidden>x</span>TLP:RED</p></div>",
        "<!-- TLP:RED -->",
        "<img alt='TLP:RED' src='https://pixel.example/'>",
        "<p title='TLP:RED'>x</p>",
        "<meta name=x content='TLP:RED'>",
        "<style>/* TLP:RED */</style>",
        "<script>'TLP:RED'</script>",
        "<title>TLP:RED</title>",
        "<template><p>TLP:RED</p></template>",
        "<noscript>TLP:RED</noscript>",
        "<svg><title>TLP:RED</title></svg>",
        "<textarea>TLP:RED</textarea>",
        "<input value='TLP:RED'>",
        "<![CDATA[ TLP:RED ]]>",
        "<svg><![CDATA[ TLP:RED ]]></svg>",
        "<?xml TLP:RED?>",
        "<noscript><!-- TLP:RED --></noscript>",
        "<template><!-- TLP:RED --></template>",
        "<textarea><!-- TLP:RED --></textarea>",
        "<!-- <b>x</b> TLP&colon;RED -->",
        "<p data-x='<i>TLP:RED</i>'>x</p>",
        "<!-- TLP:RED",
    ],
)
def test_hidden_text_is_viewed_and_does_not_leave(source):
    page = read_html(f"<p>seen</p>{source}")
    assert "TLP:RED" in views(f"<p>seen</p>{source}", HIDDEN)
    assert "RED" not in page.html
    assert "RED" not in page.plain
    assert "seen" in page.html


@pytest.mark.parametrize(
    "source",
    [
        "<!-- TLP:RED --><html><p>x</p></html>",
        "<!doctype html><!-- TLP:RED --><html><p>x</p></html>",
        "<!-- <b>TLP:RED</b> --><html><p>x</p></html>",
        "<html><p>x</p></html><!-- TLP:RED -->",
        "<html><body><p>x</p></body><!-- TLP:RED --></html>",
        '<!DOCTYPE html PUBLIC "TLP:RED"><p>x</p>',
        "<!DOCTYPE TLP:RED><p>x</p>",
        "<?TLP:RED?><html><p>x</p></html>",
        "<p>x</p></TLP:RED>",
        "<p>x</p><a TLP:RED>x</a>",
    ],
)
def test_what_stands_around_the_page_is_viewed_and_does_not_leave(source):
    assert "tlp:red" in views(source, HIDDEN).lower()
    assert read_html(source).html in {"<p>x</p>", '<p>x</p><a rel="noopener noreferrer">x</a>'}


def test_a_page_that_is_nested_without_end_is_not_read():
    for source in ("<div>" * 501, "<div><table></div></table>" * 1000, "<div></p>" * 300_000):
        page = read_html(source)
        assert page.too_deep
        assert (page.html, page.plain) == ("", "")


@pytest.mark.parametrize(
    "source",
    [
        "<div>" * 400 + "x" + "</div>" * 400,
        "<table><tr><td>x</td></tr></table>" * 3000,
        "<p>one<br><img src=x><li>two<td>three" * 3000,
        "<!--" + "<w:LsdException/>" * 2000 + "--><p>x</p>",
    ],
)
def test_everyday_pages_are_not_too_deep(source):
    assert not read_html(source).too_deep


def test_the_text_between_tags_that_hide_nothing_is_no_marking_of_its_own():
    source = "<p>Please never write <b>TLP:RED</b> in a subject line of this list, whatever you do</p>"
    assert "\nTLP:RED\n" not in f"\n{views(source, HIDDEN)}\n"


def test_link_addresses_are_viewed_and_shown_behind_their_words():
    source = '<a href="https://agency.example/TLP:RED">the page</a> <a href="https://a.example/">https://a.example/</a>'
    page = read_html(source)
    assert "https://agency.example/TLP:RED" in views(source, HIDDEN)
    assert page.plain == "the page <https://agency.example/TLP:RED> https://a.example/"


@pytest.mark.parametrize(
    ("source", "forbidden"),
    [
        ("<script>alert(1)</script>", "alert"),
        ("<p onclick='x()'>a</p>", "onclick"),
        ("<a href='javascript:x()'>a</a>", "javascript"),
        ("<a href='java\tscript:x()'>a</a>", "script:"),
        ("<a href='data:text/html,x'>a</a>", "data:"),
        ("<a href='/relative'>a</a>", "relative"),
        ("<img src='https://pixel.example/1.gif'>", "pixel"),
        ("<iframe src='https://x.example'>in</iframe>", "iframe"),
        ("<form action='https://x.example'><input name=q></form>", "x.example"),
        ("<svg><a href='https://x.example'>a</a></svg>", "svg"),
        ("<p style='background:url(https://x.example)'>a</p>", "style"),
        ("<link rel=stylesheet href='https://x.example/'>", "x.example"),
        ("<base href='https://x.example/'><a href='y'>a</a>", "x.example"),
        ("<math><mi//xlink:href='data:x,<script>alert(4)</script>'>", "alert"),
    ],
)
def test_nothing_active_or_remote_leaves(source, forbidden):
    """Rows 56 and 69."""
    assert forbidden not in read_html(source).html


def test_what_leaves_is_plain_structure_with_safe_links():
    """Row 69."""
    page = read_html(
        "<h1>Saisie</h1><p dir='rtl' class='x'>Voir <a href='https://a.example/' target=_blank>ici</a></p>"
    )
    assert (
        page.html
        == '<h1>Saisie</h1><p dir="rtl">Voir <a href="https://a.example/" rel="noopener noreferrer">ici</a></p>'
    )


def test_references_to_controls_do_not_leave():
    page = read_html("<p>T&#x202e;L&#7;P&#x85;x</p>")
    assert page.html == "<p>TLP…x</p>"  # HTML reads &#x85; as Windows' ellipsis


def test_tables_whose_own_font_size_is_zero_stay():
    assert (
        "ivory"
        in read_html("<table style='font-size:0px'><tr><td><p style='font-size:14px'>ivory</p></td></tr></table>").html
    )


@pytest.mark.parametrize(
    "source",
    ["", "   ", "<", "<!doctype html>", "<frameset><frame src=x></frameset>", "</p></p>", "<p" * 500, "<template>"],
)
def test_broken_pages_are_read_without_complaint(source):
    read_html(source)
