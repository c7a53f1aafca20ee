//! What Word and Excel files have in common: parts in an archive, and relations between them.

use super::{Limits, archive::Archive, sniff, xml};
use crate::{Error, ErrorKind, Result};
use xml::{Event, Reader};

/// An Office file.
pub(super) struct Package<'a>(Archive<'a>);

/// A part that another one names.
pub(super) struct Relation {
    /// How the other part calls it.
    pub(super) id: String,
    /// The last word of its type, such as `footnotes`.
    pub(super) kind: String,
    /// A path in the archive, or an address outside.
    pub(super) target: String,
    /// Whether it is an address outside.
    pub(super) external: bool,
}

impl<'a> Package<'a> {
    /// Opens a file by its content.
    pub(super) fn open(file: &'a str, content: &'a [u8], limits: &'a Limits) -> Result<Self> {
        Archive::open(file, content, limits).map(Self)
    }

    /// What it holds, in words.
    pub(super) fn describe(&self) -> &'static str {
        // EPUB and OpenDocument say it in a member of its own.
        let mimetype = match self.0.has("mimetype") {
            true => self.0.read("mimetype").ok().flatten().unwrap_or_default(),
            false => Vec::new(),
        };
        let by_path = || self.0.paths().find_map(|path| sniff::of_member(path));
        sniff::zipped(&mimetype)
            .or_else(by_path)
            .unwrap_or(sniff::ZIP)
    }

    /// The archive.
    pub(super) fn archive(&self) -> &Archive<'a> {
        &self.0
    }

    /// A part as text; `None` if there is none of this path.
    pub(super) fn part(&self, path: &str) -> Result<Option<String>> {
        let Some(bytes) = self.0.read(path)? else {
            return Ok(None);
        };
        Ok(Some(match encoding_rs::Encoding::for_bom(&bytes) {
            Some((encoding, _)) => encoding.decode(&bytes).0.into_owned(),
            None => String::from_utf8(bytes)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        }))
    }

    /// The same of a part that must be there.
    pub(super) fn needed(&self, path: &str) -> Result<String> {
        self.part(path)?
            .ok_or_else(|| self.0.broken(path, "is missing"))
    }

    /// A reader of a part's text.
    pub(super) fn reader<'t>(&self, path: &'t str, text: &'t str) -> Reader<'t>
    where
        'a: 't,
    {
        Reader::new(self.0.file(), path, text)
    }

    /// What a part names; none if it names nothing. The empty path stands for the file itself.
    pub(super) fn relations(&self, of: &str) -> Result<Vec<Relation>> {
        let (folder, name) = of.rsplit_once('/').unwrap_or(("", of));
        let path = match folder {
            "" => format!("_rels/{name}.rels"),
            _ => format!("{folder}/_rels/{name}.rels"),
        };
        let Some(text) = self.part(&path)? else {
            return Ok(Vec::new());
        };
        let mut reader = self.reader(&path, &text);
        let mut relations = Vec::new();
        while let Some(event) = reader.next()? {
            let Event::Open(tag) = event else { continue };
            let (Some(id), Some(kind), Some(target)) =
                (tag.get("Id"), tag.get("Type"), tag.get("Target"))
            else {
                continue;
            };
            let external = tag.get("TargetMode").as_deref() == Some("External");
            relations.push(Relation {
                id: id.into_owned(),
                kind: kind.rsplit('/').next().unwrap_or_default().to_owned(),
                target: match external {
                    true => target.into_owned(),
                    false => resolve(folder, &target),
                },
                external,
            });
        }
        Ok(relations)
    }

    /// The path of the main part.
    pub(super) fn main(&self, usual: &str) -> Result<String> {
        let relations = self.relations("")?;
        let main = relations
            .into_iter()
            .find(|relation| relation.kind == "officeDocument");
        Ok(main.map_or_else(|| usual.to_owned(), |main| main.target))
    }

    /// The title that the file gives itself.
    pub(super) fn title(&self) -> Result<Option<String>> {
        let path = "docProps/core.xml";
        let Some(text) = self.part(path)? else {
            return Ok(None);
        };
        let mut reader = self.reader(path, &text);
        while let Some(event) = reader.next()? {
            if matches!(event, Event::Open(tag) if tag.name == "title") {
                let title = reader.text()?.trim().to_owned();
                return Ok((!title.is_empty()).then_some(title));
            }
        }
        Ok(None)
    }
}

/// A path seen from a folder.
pub(super) fn resolve(folder: &str, target: &str) -> String {
    let mut path: Vec<&str> = match target.starts_with('/') {
        true => Vec::new(),
        false => folder.split('/').collect(),
    };
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                path.pop();
            }
            _ => path.push(step),
        }
    }
    path.retain(|step| !step.is_empty());
    path.join("/")
}

/// The error of an Office file that is locked with a password: it is no archive then, but a compound file around one.
pub(super) fn locked(file: &str, content: &[u8]) -> Option<Error> {
    let name: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    sniff::find(content, &name).map(|_| {
        let message = format!(
            "`{file}` is encrypted with a password; remove the password and upload it again"
        );
        Error::new(ErrorKind::Encrypted, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let check = |folder, target, expect: &str| assert_eq!(resolve(folder, target), expect);
        check("word", "styles.xml", "word/styles.xml");
        check("word", "/word/styles.xml", "word/styles.xml");
        check("xl/worksheets", "../drawings/a.xml", "xl/drawings/a.xml");
        check("", "word/document.xml", "word/document.xml");
        check("", "../../a", "a");
    }
}
