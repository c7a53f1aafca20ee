//! Kinds of files, by their names.

/// The kinds that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Plain text in any common encoding.
    Text,
    /// Markdown; its text is kept as it is.
    Markdown,
    /// A web page.
    Html,
    /// PDF with a text layer.
    Pdf,
    /// A Word document.
    Docx,
    /// An Excel workbook.
    Xlsx,
    /// A PowerPoint presentation.
    Pptx,
    /// A book.
    Epub,
    /// Values separated by commas, semicolons, tabs or bars.
    Csv,
    /// One JSON value.
    Json,
    /// A JSON value in each line.
    JsonLines,
    /// Source code and configuration; its text is kept as it is.
    Code,
}

impl Kind {
    /// Every file extension of documents that is read, in lower case.
    pub const EXTENSIONS: &'static [&'static str] = &[
        "txt",
        "md",
        "markdown",
        "mdx",
        "pdf",
        "html",
        "htm",
        "docx",
        "xlsx",
        "pptx",
        "epub",
        "csv",
        "tsv",
        "json",
        "jsonl",
        "vtt",
        "properties",
    ];

    /// The same of source code.
    pub const CODE: &'static [&'static str] = &[
        "astro",
        "bash",
        "bat",
        "c",
        "cc",
        "cfg",
        "clj",
        "cljs",
        "cmake",
        "conf",
        "cpp",
        "cs",
        "css",
        "cu",
        "cxx",
        "dart",
        "diff",
        "dockerfile",
        "ejs",
        "elm",
        "env",
        "erl",
        "ex",
        "exs",
        "f90",
        "fs",
        "go",
        "gradle",
        "graphql",
        "groovy",
        "h",
        "hpp",
        "hs",
        "ini",
        "java",
        "jl",
        "js",
        "jsx",
        "kt",
        "kts",
        "less",
        "lisp",
        "log",
        "lua",
        "m",
        "makefile",
        "ml",
        "mm",
        "nim",
        "nix",
        "patch",
        "php",
        "pl",
        "pm",
        "proto",
        "ps1",
        "py",
        "r",
        "rb",
        "rs",
        "rst",
        "sass",
        "scala",
        "scm",
        "scss",
        "sh",
        "sol",
        "sql",
        "svelte",
        "swift",
        "tex",
        "tf",
        "thrift",
        "toml",
        "ts",
        "tsx",
        "v",
        "vb",
        "vhd",
        "vue",
        "wat",
        "xml",
        "yaml",
        "yml",
        "zig",
        "zsh",
    ];

    /// What a file's name promises; `None` for a kind that is not read.
    pub fn of_name(name: &str) -> Option<Self> {
        // `Dockerfile` and `Makefile` are extensions of nothing.
        let extension = name.rsplit(['.', '/']).next().unwrap_or(name);
        let extension = extension.to_ascii_lowercase();
        if extension.len() == name.len() && !matches!(&*extension, "dockerfile" | "makefile") {
            return None;
        }
        match extension.as_str() {
            "txt" | "vtt" | "properties" => Some(Self::Text),
            "md" | "markdown" | "mdx" => Some(Self::Markdown),
            "html" | "htm" => Some(Self::Html),
            "pdf" => Some(Self::Pdf),
            "docx" => Some(Self::Docx),
            "xlsx" => Some(Self::Xlsx),
            "pptx" => Some(Self::Pptx),
            "epub" => Some(Self::Epub),
            "csv" | "tsv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            "jsonl" => Some(Self::JsonLines),
            code => Self::CODE.contains(&code).then_some(Self::Code),
        }
    }

    /// Everything that is read, for people.
    pub fn known() -> String {
        format!("{}, and source code", Self::EXTENSIONS.join(", "))
    }

    /// The media type of files of this name.
    pub fn media_type(name: &str) -> &'static str {
        let is = |extension: &str| name.to_ascii_lowercase().ends_with(extension);
        match Self::of_name(name) {
            Some(Self::Markdown) => "text/markdown",
            Some(Self::Html) => "text/html",
            Some(Self::Pdf) => "application/pdf",
            Some(Self::Docx) => {
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
            }
            Some(Self::Xlsx) => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Some(Self::Pptx) => {
                "application/vnd.openxmlformats-officedocument.presentationml.presentation"
            }
            Some(Self::Epub) => "application/epub+zip",
            Some(Self::Csv) if is(".tsv") => "text/tab-separated-values",
            Some(Self::Csv) => "text/csv",
            Some(Self::Json) => "application/json",
            Some(Self::JsonLines) => "application/jsonl",
            Some(Self::Text) if is(".vtt") => "text/vtt",
            _ => "text/plain",
        }
    }

    /// What it is, in words.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Text => "a text file",
            Self::Markdown => "a Markdown file",
            Self::Html => "an HTML page",
            Self::Pdf => "a PDF document",
            Self::Docx => "a Word document",
            Self::Xlsx => "an Excel workbook",
            Self::Pptx => "a PowerPoint presentation",
            Self::Epub => "an EPUB book",
            Self::Csv => "a table of values",
            Self::Json | Self::JsonLines => "a JSON file",
            Self::Code => "source code",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let check = |name, expect| assert_eq!(Kind::of_name(name), expect, "{name}");
        check("a.TXT", Some(Kind::Text));
        check("a.b.docx", Some(Kind::Docx));
        check("src/main.rs", Some(Kind::Code));
        check("Makefile", Some(Kind::Code));
        check("docker/Dockerfile", Some(Kind::Code));
        check("rs", None);
        check("a.exe", None);
        check("a.", None);
        for extension in Kind::EXTENSIONS.iter().chain(Kind::CODE) {
            assert!(
                Kind::of_name(&format!("a.{extension}")).is_some(),
                "{extension}"
            );
        }
    }
}
