//! PDF files, written here so that a test says what is in them.

/// A PDF of plain text lines in Helvetica, about fifty a page.
pub fn document(text: &str) -> Vec<u8> {
    let lines: Vec<&str> = text.lines().collect();
    let pages: Vec<String> = lines.chunks(50).map(page).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!(
            "<< /Type /Pages /Count {} /Kids [{}] >>",
            pages.len(),
            (0..pages.len())
                .map(|page| format!("{} 0 R", 4 + page * 2))
                .collect::<Vec<_>>()
                .join(" ")
        ),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_owned(),
    ];
    for (index, content) in pages.iter().enumerate() {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R \
             /Resources << /Font << /F1 3 0 R >> >> >>",
            5 + index * 2
        ));
        objects.push(format!(
            "<< /Length {} >>\nstream\n{content}\nendstream",
            content.len()
        ));
    }
    file(&objects, "")
}

/// A PDF that wants a password: its trailer names an encryption dictionary that no empty password opens.
pub fn encrypted() -> Vec<u8> {
    let key = "00".repeat(32);
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Count 0 /Kids [] >>".to_owned(),
        format!("<< /Filter /Standard /V 2 /R 3 /Length 128 /P -3904 /O <{key}> /U <{key}> >>"),
    ];
    let id = "00".repeat(16);
    file(&objects, &format!(" /Encrypt 3 0 R /ID [<{id}> <{id}>]"))
}

fn page(lines: &[&str]) -> String {
    let mut content = "BT /F1 11 Tf 14 TL 50 790 Td".to_owned();
    for line in lines {
        let escaped = line
            .replace('\\', "\\\\")
            .replace('(', "\\(")
            .replace(')', "\\)");
        content.push_str(&format!("\n({escaped}) Tj T*"));
    }
    content + "\nET"
}

fn file(objects: &[String], trailer: &str) -> Vec<u8> {
    let mut pdf = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(pdf.len());
        pdf.push_str(&format!("{} 0 obj\n{object}\nendobj\n", index + 1));
    }
    let table = pdf.len();
    pdf.push_str(&format!(
        "xref\n0 {}\n0000000000 65535 f \n",
        objects.len() + 1
    ));
    for offset in offsets {
        pdf.push_str(&format!("{offset:010} 00000 n \n"));
    }
    let size = objects.len() + 1;
    pdf.push_str(&format!(
        "trailer\n<< /Size {size} /Root 1 0 R{trailer} >>\nstartxref\n{table}\n%%EOF\n"
    ));
    pdf.into_bytes()
}
