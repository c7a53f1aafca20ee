use super::extract;

fn check(page: &str, expect: &str) {
    assert_eq!(extract(page).text, expect, "{page}");
}

#[test]
fn structure() {
    check("<h1>One</h1><h2>Two</h2>text", "# One\n\n## Two\n\ntext");
    check("<p>a  b\n c</p><p>d</p>", "a b c\n\nd");
    check("a<br>b<br/>c", "a\nb\nc");
    check("<b>bold</b> and <i>it</i>alic", "bold and italic");
    check("<ul><li>a<li>b</ul>c", "- a\n- b\n\nc");
    check(
        "<ol><li>a</li><li>b<ul><li>c</li></ul></li></ol>",
        "1. a\n2. b\n  - c",
    );
    check(
        "<table><tr><th>k</th><th>v</th></tr><tr><td><p>a</p></td><td>1</td></tr></table>x",
        "| k | v |\n| a | 1 |\n\nx",
    );
    check("<pre>a\n  b</pre>c", "```\na\n  b\n```\n\nc");
    check("<dl><dt>term<dd>meaning</dl>", "term\nmeaning");
    check("<div>a<div>b</div>c</div>", "a\nb\nc");
    check("<img alt='a chart' src=x> shows", "a chart shows");
}

#[test]
fn links() {
    check(
        "see <a href='https://e.org/x?a=1&amp;b=2'>the page</a>.",
        "see [the page](https://e.org/x?a=1&b=2).",
    );
    check(
        "<a href='/local'>here</a> <a href='#top'>top</a>",
        "here top",
    );
    check("<a href='https://e.org'>https://e.org</a>", "https://e.org");
    check("<a href='https://e.org'><img></a>x", "x");
}

#[test]
fn furniture() {
    check("<nav>Home</nav><p>text</p><footer>(c)</footer>", "text");
    check(
        "<head><title>T</title><style>p{}</style></head><body>x",
        "x",
    );
    check(
        "<script>if (a < b) document.write('<p>no')</script>yes",
        "yes",
    );
    check(
        "<div aria-hidden=true>no</div><div hidden>no</div>yes",
        "yes",
    );
    check("<div role=navigation><div>no</div></div>yes", "yes");
    check("<!-- <p>no --><p>yes", "yes");
    check("<select><option>no</select><button>no</button>yes", "yes");
    check(
        "side<main><h1>Head</h1>long enough to be the page</main>more",
        "# Head\n\nlong enough to be the page",
    );
    check(
        "all the text of the page is outside of it<main>x</main>",
        "all the text of the page is outside of it\n\nx",
    );
    check(
        "<article>one article</article><article>another one</article>",
        "one article\n\nanother one",
    );
    // Never closed: better furniture than nothing.
    check("<nav><a>Home</a><p>the text", "Home\n\nthe text");
}

#[test]
fn entities_and_odd_markup() {
    check("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d");
    check(
        "&copy; &eacute;&nbsp;&#233; &#xe9; &euro; &hellip;",
        "© é é é € …",
    );
    check("AT&T &unknown; &#0; &", "AT&T &unknown; \u{fffd} &");
    check("1 < 2 and 3 <4", "1 < 2 and 3 <4");
    check("<p class='a>b'>x", "x");
    check("<p", "");
    check("x<", "x<");
    check("<P>Up</P><BR>x", "Up\n\nx");
    check("</p></div></ul></tr></pre>x", "```\n\nx");
    check("<![CDATA[x]]>y", "y");
    check("<?xml version='1.0'?>y", "y");
}
