use crate::{ErrorKind, Limits, extract};

/// Writes a file from the bodies of its objects; object 1 is the catalogue.
fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    file_with(objects, "")
}

fn file_with(objects: &[Vec<u8>], trailer: &str) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut places = Vec::new();
    for (at, body) in objects.iter().enumerate() {
        places.push(file.len());
        file.extend(format!("{} 0 obj\n", at + 1).bytes());
        file.extend(body);
        file.extend(b"\nendobj\n");
    }
    let xref = file.len();
    file.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    for place in places {
        file.extend(format!("{place:010} 00000 n \n").bytes());
    }
    let size = objects.len() + 1;
    file.extend(
        format!("trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{xref}\n%%EOF\n")
            .bytes(),
    );
    file
}

fn stream(dict: &str, data: &[u8]) -> Vec<u8> {
    let mut body = format!("<< {dict} /Length {} >>\nstream\n", data.len()).into_bytes();
    body.extend(data);
    body.extend(b"\nendstream");
    body
}

fn packed(data: &[u8]) -> Vec<u8> {
    stream(
        "/Filter /FlateDecode",
        &miniz_oxide::deflate::compress_to_vec_zlib(data, 6),
    )
}

/// A file of one page with this content and these fonts; more objects start at number 5.
fn page(content: &[u8], fonts: &str, more: &[Vec<u8>]) -> Vec<u8> {
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R \
             /Resources << /Font << {fonts} >> /XObject << /X 5 0 R >> >> >>"
        )
        .into_bytes(),
        packed(content),
    ];
    objects.extend_from_slice(more);
    file(&objects)
}

const HELVETICA: &str =
    "/F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>";

fn text_of(file: &[u8]) -> Result<String, (ErrorKind, String)> {
    extract("a.pdf", file, &Limits::new(1 << 20))
        .map(|extracted| extracted.text)
        .map_err(|error| (error.kind(), error.to_string()))
}

fn check(content: &str, expect: &str) {
    let file = page(content.as_bytes(), HELVETICA, &[]);
    assert_eq!(text_of(&file).unwrap(), expect, "{content}");
}

#[test]
fn lines_words_and_paragraphs() {
    check("BT /F 12 Tf 72 700 Td (Hello, world) Tj ET", "Hello, world");
    check(
        "BT /F 12 Tf 72 700 Td (one) Tj 0 -14 Td (two) Tj 0 -14 Td (three) Tj 0 -40 Td (four) Tj ET",
        "one\ntwo\nthree\n\nfour",
    );
    check(
        "BT /F 12 Tf 14 TL 72 700 Td (one) Tj T* (two) Tj (three) ' ET",
        "one\ntwo\nthree",
    );
    // Kerning is no gap, a wide shift is one.
    check(
        "BT /F 12 Tf 72 700 Td [(K) 80 (ern) -20 (ing) -400 (gap)] TJ ET",
        "Kerning gap",
    );
    // Words placed one by one: 12 pt Helvetica, `Hello` is 27.3 wide, a blank 3.3.
    check(
        "BT /F 12 Tf 72 700 Td (Hello) Tj 30.7 0 Td (world) Tj ET",
        "Hello world",
    );
    check(
        "BT /F 12 Tf 72 700 Td (Hel) Tj 17.3 0 Td (lo) Tj ET",
        "Hello",
    );
    check(
        "BT /F 12 Tf 1 0 0 1 72 700 Tm (a word is hyphen-) Tj 0 -14 Td (ated here) Tj ET",
        "a word is hyphenated here",
    );
    check(
        "BT /F 12 Tf 72 700 Td (E = mc) Tj /F 7 Tf 4 Ts (2) Tj ET",
        "E = mc2",
    );
    check(
        "BT /F 12 Tf 72 700 Td (bold) Tj ET BT /F 12 Tf 72.3 700 Td (bold) Tj ET",
        "bold",
    );
    check("BT /F 12 Tf (Gr\\374\\337e \\200) Tj ET", "Grüße €");
    // Turned by 90 degrees.
    check(
        "BT /F 12 Tf 0 1 -1 0 100 100 Tm (up) Tj 0 -14 Td (right) Tj ET",
        "up\nright",
    );
    check(
        "q 2 0 0 2 0 0 cm BT /F 6 Tf 36 350 Td (one) Tj 0 -7 Td (two) Tj ET Q",
        "one\ntwo",
    );
    check(
        "BT /F 24 Tf 72 700 Td (Title) Tj /F 12 Tf 0 -28 Td (text) Tj 0 -14 Td (more) Tj ET",
        "Title\n\ntext\nmore",
    );
    check(
        "/Span << /ActualText (ffi) >> BDC BT /F 12 Tf 72 700 Td (x) Tj ET EMC",
        "ffi",
    );
}

#[test]
fn columns_keep_their_order() {
    let mut content = String::from("BT /F 10 Tf ");
    for (x, words) in [
        (72, ["left one", "left two"]),
        (320, ["right one", "right two"]),
    ] {
        for (row, words) in words.iter().enumerate() {
            content.push_str(&format!("1 0 0 1 {x} {} Tm ({words}) Tj ", 700 - row * 12));
        }
    }
    check(
        &(content + "ET"),
        "left one\nleft two\n\nright one\nright two",
    );
}

#[test]
fn composite_fonts_with_a_map_to_unicode() {
    let map = b"begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange\n\
        1 beginbfrange <0001> <0003> <4E2D> endbfrange 1 beginbfchar <0010> <00660069> endbfchar endcmap";
    let font = "/F << /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /ToUnicode 6 0 R \
        /DescendantFonts [<< /Type /Font /Subtype /CIDFontType2 /DW 1000 /W [1 [500 500] 16 17 600] >>] >>";
    let more = [b"null".to_vec(), packed(map)];
    let file = page(
        b"BT /F 12 Tf 72 700 Td <000100020010> Tj 14 0 Td <0003> Tj ET",
        font,
        &more,
    );
    assert_eq!(text_of(&file).unwrap(), "中丮fi丯");
    let font = "/F << /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /GBK-EUC-H \
        /DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 >>] >>";
    let file = page(b"BT /F 12 Tf 72 700 Td <d6d0cec4> Tj ET", font, &[]);
    assert_eq!(text_of(&file).unwrap(), "中文");
}

#[test]
fn simple_fonts_with_differences_and_built_in_codes() {
    let font = "/F << /Type /Font /Subtype /Type1 /BaseFont /X /FirstChar 1 /Widths [500 500 500] \
        /Encoding << /Differences [1 /A /ffi /uni4E2D] >> >>";
    let file = page(b"BT /F 12 Tf 72 700 Td <010203> Tj ET", font, &[]);
    assert_eq!(text_of(&file).unwrap(), "Affi中");
    let font =
        "/F << /Type /Font /Subtype /Type1 /BaseFont /X /FontDescriptor << /FontFile 6 0 R >> >>";
    let program = b"%!PS-AdobeFont /Encoding 256 array dup 7 /gamma put dup 8 /fi put readonly def currentfile eexec";
    let file = page(
        b"BT /F 12 Tf 72 700 Td <0708> Tj ET",
        font,
        &[b"null".to_vec(), packed(program)],
    );
    assert_eq!(text_of(&file).unwrap(), "γfi");
}

#[test]
fn forms_inside_pages() {
    let form = stream(
        "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Matrix [1 0 0 1 0 -14]",
        b"BT /F 12 Tf 72 700 Td (inside) Tj ET",
    );
    let file = page(
        b"BT /F 12 Tf 72 700 Td (outside) Tj ET /X Do",
        HELVETICA,
        &[form],
    );
    assert_eq!(text_of(&file).unwrap(), "outside\ninside");
}

fn check_error(file: &[u8], kind: ErrorKind, message: &str) {
    let error = text_of(file).unwrap_err();
    assert_eq!(error.0, kind, "{error:?}");
    assert!(error.1.contains(message), "{error:?}");
}

#[test]
fn files_that_cannot_be_read() {
    let whole = page(b"BT /F 12 Tf 72 700 Td (text) Tj ET", HELVETICA, &[]);
    check_error(b"%PDF-1.7\n", ErrorKind::Broken, "`a.pdf` is broken");
    check_error(&whole[..60], ErrorKind::Broken, "is broken");
    check_error(
        b"%PDF-1.4\nrandom words and no object at all",
        ErrorKind::Broken,
        "is broken",
    );
    check_error(
        &page(b"0 0 100 100 re f", HELVETICA, &[]),
        ErrorKind::Empty,
        "no text layer",
    );
    // The cross-reference table is lost: repaired.
    assert_eq!(text_of(&whole[..whole.len() - 120]).unwrap(), "text");
}

#[test]
fn encrypted() {
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [] /Count 0 >>".to_vec(),
    ];
    let handler = |version: &str| {
        format!(
            "<< /Filter /Standard {version} /O <{0}> /U <{0}> /P -4 >>",
            "00".repeat(32)
        )
    };
    let trailer = "/Encrypt 3 0 R /ID [<00> <00>]";
    objects.push(handler("/V 1 /R 2").into_bytes());
    check_error(
        &file_with(&objects, trailer),
        ErrorKind::Encrypted,
        "encrypted with a password",
    );
    objects[2] = handler("/V 9 /R 9").into_bytes();
    check_error(
        &file_with(&objects, trailer),
        ErrorKind::Encrypted,
        "is encrypted in a way",
    );
}

#[test]
fn bombs_and_loops() {
    let bomb = page(&vec![b' '; 40 << 20], HELVETICA, &[]);
    assert!(bomb.len() < 100_000);
    check_error(&bomb, ErrorKind::TooLarge, "unpacks to more than");
    // Nine forms, each drawing the next one 40 times.
    let form = |at: usize| {
        let dict = format!(
            "/Subtype /Form /Resources << /XObject << /X {} 0 R >> >>",
            at + 1
        );
        stream(&dict, "/X Do ".repeat(40).as_bytes())
    };
    let forms: Vec<_> = (5..14).map(form).collect();
    check_error(
        &page(b"/X Do", "", &forms),
        ErrorKind::TooLarge,
        "the most accepted here",
    );
    let itself = page(b"/X Do BT /F 12 Tf (end) Tj ET", HELVETICA, &[form(4)]);
    assert_eq!(text_of(&itself).unwrap(), "end");
    let twice = stream("/Filter [/FlateDecode /FlateDecode]", b"x");
    check_error(&page(b"", "", &[twice]), ErrorKind::TooLarge, "unpacks to");
    // Pages that are their own children.
    let ring = file(&[
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>".to_vec(),
    ]);
    check_error(&ring, ErrorKind::Broken, "is broken");
}

/// Whatever byte is damaged, reading ends, with a text or an error.
#[test]
fn damage_never_panics() {
    let whole = page(
        b"BT /F 12 Tf 72 700 Td [(te) 20 (xt)] TJ ET",
        HELVETICA,
        &[],
    );
    for at in 0..whole.len() {
        for byte in [0u8, b'<', 0xff] {
            let mut damaged = whole.clone();
            damaged[at] = byte;
            let _ = text_of(&damaged);
        }
        let _ = text_of(&whole[..at]);
    }
}
