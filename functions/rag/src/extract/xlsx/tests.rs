use super::super::{Limits, archive::make::zip, extract as read};
use crate::ErrorKind;

/// A workbook of one sheet with this content.
fn workbook(sheet: &str, parts: &[(&str, &str)]) -> Vec<u8> {
    let sheet = format!("<worksheet><sheetData>{sheet}</sheetData></worksheet>");
    let members = [
        (
            "xl/workbook.xml",
            "<workbook><sheets><sheet name='One' sheetId='1' r:id='s'/></sheets></workbook>",
        ),
        (
            "xl/_rels/workbook.xml.rels",
            "<Relationships><Relationship Id='s' Type='http://x/worksheet' Target='worksheets/a.xml'/>\
             <Relationship Id='t' Type='http://x/sharedStrings' Target='strings.xml'/></Relationships>",
        ),
        ("xl/worksheets/a.xml", &sheet),
    ];
    let strings = parts.iter().find(|(path, _)| *path == "xl/strings.xml");
    let strings = strings.map_or("<sst/>", |(_, text)| text);
    let mut all: Vec<(&str, &[u8])> = members
        .iter()
        .map(|(path, text)| (*path, text.as_bytes()))
        .collect();
    all.push(("xl/strings.xml", strings.as_bytes()));
    zip(&all)
}

#[test]
fn a_file_of_a_common_library() {
    let content = include_bytes!("../../../tests/files/orders.xlsx");
    let got = read("orders.xlsx", content, &Limits::new(1 << 20)).unwrap();
    let expect = "\
# Orders

Orders of 2024

Customer: Ann & Co; Day: 2024-03-01; Amount: 1,234.50 kr; Share: 12.50%; Paid: TRUE; Note: first
second

Customer: Bert; Day: 2024-12-31 23:59:00; Amount: -7.00 kr; Share: 100.00%; Paid: FALSE

# Places

City: Skarholm; Country: Vesterland";
    assert_eq!(got.text, expect);
}

#[test]
fn kinds_of_cells() {
    let strings = "<sst><si><t>name</t></si><si><r><t>ri</t></r><r><rPr/><t>ch</t></r><rPh><t>x</t></rPh></si></sst>";
    let sheet = "<row r='1'><c r='A1' t='s'><v>0</v></c><c t='inlineStr'><is><t>in</t></is></c></row>\
        <row r='2'><c r='B2'><f>1+1</f><v>2</v></c><c r='A2' t='s'><v>1</v></c><c r='D2' t='e'><v>#N/A</v></c></row>\
        <row r='3'><c r='A3' t='str'><v>out</v></c><c r='B3' t='s'><v>99</v></c></row>";
    let content = workbook(sheet, &[("xl/strings.xml", strings)]);
    let got = read("a.xlsx", &content, &Limits::new(1 << 20))
        .unwrap()
        .text;
    assert_eq!(got, "name: rich; in: 2; #N/A\n\nname: out");
}

#[test]
fn hostile_files() {
    let check = |content: &[u8], kind: ErrorKind, message: &str| {
        let mut limits = Limits::new(1 << 20);
        limits.cells = 10_000;
        let error = read("a.xlsx", content, &limits).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(message), "{error}");
    };
    // A column of a million: `BDWGN`.
    let wide = "<row><c r='A1'><v>1</v></c><c r='BDWGN1'><v>1</v></c></row>";
    check(
        &workbook(wide, &[]),
        ErrorKind::TooLarge,
        "a cell in column 1000000 of the sheet `One`; a sheet has 16384 columns at most",
    );
    let row = format!("<row>{}</row>", "<c><v>1</v></c>".repeat(16_385));
    check(
        &workbook(&row, &[]),
        ErrorKind::TooLarge,
        "more than 10000 cells",
    );
    let rows = "<row><c/></row>".repeat(10_001);
    check(
        &workbook(&rows, &[]),
        ErrorKind::TooLarge,
        "more than 10000 cells",
    );
    // One long string that every cell shows.
    let strings = format!("<sst><si><t>{}</t></si></sst>", "x".repeat(1 << 20));
    let row = format!("<row>{}</row>", "<c t='s'><v>0</v></c>".repeat(5000));
    check(
        &workbook(&row, &[("xl/strings.xml", &strings)]),
        ErrorKind::TooLarge,
        "is longer than",
    );
    let strings = format!("<sst>{}</sst>", "<si/>".repeat(10_001));
    check(
        &workbook("", &[("xl/strings.xml", &strings)]),
        ErrorKind::TooLarge,
        "more than 10000 cells",
    );
    check(
        &workbook("", &[]),
        ErrorKind::Empty,
        "`a.xlsx` has no text in it",
    );
    check(
        &workbook("<row>", &[]),
        ErrorKind::Broken,
        "`xl/worksheets/a.xml` ends in the middle",
    );
    let broken = zip(&[("xl/workbook.xml", b"<workbook/>"), ("xl/x", b"")]);
    check(&broken, ErrorKind::Empty, "no text");
}

proptest::proptest! {
    #[test]
    fn damage_never_panics(at in 0..10_000usize, byte: u8) {
        let whole = include_bytes!("../../../tests/files/orders.xlsx");
        let mut content = whole.to_vec();
        let length = content.len();
        content[at % length] = byte;
        let _ = read("a.xlsx", &content, &Limits::new(1 << 20));
    }
}
