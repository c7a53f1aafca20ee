use super::super::{Limits, archive::make::zip, extract as read};
use crate::ErrorKind;

/// A document of this body, with the parts that other files write too.
fn document(body: &str, parts: &[(&str, &str)]) -> Vec<u8> {
    let body = format!("<w:document><w:body>{body}</w:body></w:document>");
    let mut members = vec![("word/document.xml", body.as_bytes())];
    members.extend(parts.iter().map(|(path, text)| (*path, text.as_bytes())));
    zip(&members)
}

fn text(body: &str, parts: &[(&str, &str)]) -> String {
    let limits = Limits::new(1 << 20);
    read("a.docx", &document(body, parts), &limits)
        .unwrap()
        .text
}

fn p(text: &str) -> String {
    format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
}

#[test]
fn a_file_of_a_common_library() {
    let content = include_bytes!("../../../tests/files/manual.docx");
    let got = read("manual.docx", content, &Limits::new(1 << 20)).unwrap();
    assert_eq!(got.title.as_deref(), Some("Pump manual"));
    let expect = "\
# Pump manual

# Care

The filter is changed every 90 days, see [the list](https://example.org/filters)

## Tools

- Wrench
- Gloves & goggles
1. Close the valve
2. Open the lid

| Part | Number | Price |
| --- | --- | --- |
| Seal | S-17 | 2.50 |
| Lid | L-3 | 11\\|12 |

Shown";
    assert_eq!(got.text, expect);
}

#[test]
fn what_is_shown() {
    let check = |body: &str, expect: &str| assert_eq!(text(body, &[]), expect, "{body}");
    check(&(p("one") + &p("two")), "one\n\ntwo");
    check(
        "<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t xml:space='preserve'> c</w:t></w:r></w:p>",
        "a\tb\n c",
    );
    check(
        "<w:p><w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del>\
         <w:moveFrom><w:r><w:t>gone</w:t></w:r></w:moveFrom></w:p>",
        "new",
    );
    let drawn = |text| {
        format!(
            "<wps:txbx><w:txbxContent>{}</w:txbxContent></wps:txbx>",
            p(text)
        )
    };
    check(
        &format!(
            "<w:p><w:r><mc:AlternateContent><mc:Choice>{}</mc:Choice><mc:Fallback>{}</mc:Fallback>\
             </mc:AlternateContent><w:t>after</w:t></w:r></w:p>",
            drawn("box"),
            drawn("box")
        ),
        "box\n\nafter",
    );
    check(
        "<w:p><w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>seen</w:t></w:r></w:p>",
        "seen",
    );
    check(
        "<w:p><w:pPr><w:outlineLvl w:val='2'/></w:pPr><w:r><w:t>H</w:t></w:r></w:p>",
        "### H",
    );
    // Any prefix will do.
    assert!(
        read(
            "a.docx",
            &zip(&[(
                "word/document.xml",
                b"<x:document><x:p><x:t>x</x:t></x:p></x:document>"
            )]),
            &Limits::new(1 << 20)
        )
        .is_ok_and(|got| got.text == "x")
    );
}

#[test]
fn tables() {
    let cell = |text: &str| format!("<w:tc>{}</w:tc>", p(text));
    let wide = format!(
        "<w:tc><w:tcPr><w:gridSpan w:val='2'/></w:tcPr>{}</w:tc>",
        p("wide")
    );
    let row = |cells: &str| format!("<w:tr>{cells}</w:tr>");
    let table = |rows: &str| format!("<w:tbl><w:tblPr/>{rows}</w:tbl>");
    let inner = table(&(row(&(cell("i") + &cell("j"))) + &row(&(cell("k") + &cell("l")))));
    let outer = table(
        &(row(&(cell("a") + &cell("b") + &cell("c")))
            + &row(&(wide + &format!("<w:tc>{inner}{}</w:tc>", p("m"))))),
    );
    assert_eq!(
        text(&outer, &[]),
        "| a | b | c |\n| --- | --- | --- |\n| wide |  | i j k l m |"
    );
    let frame = table(&row(&format!("<w:tc>{}{}</w:tc>", p("one"), p("two"))));
    assert_eq!(text(&frame, &[]), "one\ntwo");
}

#[test]
fn lists_and_notes() {
    let item = |list: &str, level: usize, text: &str| {
        format!(
            "<w:p><w:pPr><w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='{list}'/></w:numPr></w:pPr>\
             <w:r><w:t>{text}</w:t></w:r></w:p>"
        )
    };
    let numbering = "<w:numbering><w:abstractNum w:abstractNumId='7'>\
        <w:lvl w:ilvl='0'><w:start w:val='3'/><w:numFmt w:val='decimal'/></w:lvl>\
        <w:lvl w:ilvl='1'><w:numFmt w:val='lowerLetter'/></w:lvl></w:abstractNum>\
        <w:abstractNum w:abstractNumId='8'><w:lvl w:ilvl='0'><w:numFmt w:val='bullet'/></w:lvl></w:abstractNum>\
        <w:num w:numId='1'><w:abstractNumId w:val='7'/></w:num>\
        <w:num w:numId='2'><w:abstractNumId w:val='8'/></w:num></w:numbering>";
    let notes = "<w:footnotes><w:footnote w:id='5'><w:p><w:r><w:t>See the\
        </w:t></w:r></w:p><w:p><w:r><w:t>appendix.</w:t></w:r></w:p></w:footnote></w:footnotes>";
    let relations = "<Relationships>\
        <Relationship Id='a' Type='http://x/numbering' Target='numbering.xml'/>\
        <Relationship Id='b' Type='http://x/footnotes' Target='/word/footnotes.xml'/></Relationships>";
    let parts = [
        ("word/numbering.xml", numbering),
        ("word/footnotes.xml", notes),
        ("word/_rels/document.xml.rels", relations),
    ];
    let mark = "<w:p><w:r><w:t>Claim</w:t><w:footnoteReference w:id='5'/></w:r></w:p>";
    let body = [
        item("1", 0, "x"),
        item("1", 1, "y"),
        item("1", 1, "z"),
        item("1", 0, "w"),
        item("1", 1, "v"),
        item("2", 0, "dot"),
        item("0", 0, "none"),
        mark.to_owned(),
        mark.to_owned(),
    ];
    assert_eq!(
        text(&body.concat(), &parts),
        "3. x\n  1. y\n  2. z\n4. w\n  1. v\n- dot\n\nnone\n\nClaim[^1]\n\n[^1]: See the appendix.\n\nClaim[^1]"
    );
}

#[test]
fn hostile_files() {
    let check = |content: &[u8], kind: ErrorKind, message: &str| {
        let mut limits = Limits::new(1 << 20);
        limits.text = 1 << 20;
        let error = read("a.docx", content, &limits).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    };
    let whole = include_bytes!("../../../tests/files/manual.docx");
    for part in [4, 30, whole.len() / 2, whole.len() - 1] {
        check(
            &whole[..part],
            ErrorKind::Broken,
            "`a.docx` is broken: the archive is cut off",
        );
    }
    check(
        &document(&p(&" ".repeat(40 << 20)), &[]),
        ErrorKind::TooLarge,
        "unpacks to more than",
    );
    let bomb = "<!DOCTYPE d [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'>]><w:document/>";
    check(
        &zip(&[("word/document.xml", bomb.as_bytes())]),
        ErrorKind::Broken,
        "declares entities",
    );
    check(
        &document(&"<w:p>".repeat(1000), &[]),
        ErrorKind::Broken,
        "nests elements deeper than 256",
    );
    check(
        &document("<w:p>", &[]),
        ErrorKind::Broken,
        "ends in the middle",
    );
    check(&document("", &[]), ErrorKind::Empty, "no text");
    // One long link target in many links.
    let target = format!("http://x/{}", "a".repeat(1900));
    let relations = format!(
        "<Relationships><Relationship Id='l' Type='http://x/hyperlink' TargetMode='External' Target='{target}'/>\
         </Relationships>"
    );
    let links = "<w:hyperlink r:id='l'><w:r><w:t>x</w:t></w:r></w:hyperlink>".repeat(1000);
    check(
        &document(
            &format!("<w:p>{links}</w:p>"),
            &[("word/_rels/document.xml.rels", &relations)],
        ),
        ErrorKind::TooLarge,
        "is longer than",
    );
    let spans = "<w:tc><w:tcPr><w:gridSpan w:val='999999999'/></w:tcPr></w:tc>".repeat(5000);
    check(
        &document(&format!("<w:tbl><w:tr>{spans}</w:tr></w:tbl>"), &[]),
        ErrorKind::TooLarge,
        "is longer than",
    );
    let mut locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    locked.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    check(&locked, ErrorKind::Encrypted, "encrypted with a password");
}

proptest::proptest! {
    /// Whatever is done to a file, reading it ends, and without a panic.
    #[test]
    fn damage_never_panics(at in 0..40_000usize, byte: u8, cut in 0..100usize) {
        let whole = include_bytes!("../../../tests/files/manual.docx");
        let mut content = whole.to_vec();
        let length = content.len();
        content[at % length] = byte;
        if cut > 80 {
            content.truncate(at % length);
        }
        let _ = read("a.docx", &content, &Limits::new(1 << 20));
    }
}
