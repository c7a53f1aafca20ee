//! What the clients asked for, and what they were told about it. An entry is written before its request is sent, so that
//! whatever is found later was asked for by somebody.

use super::Report;

/// How much is known of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Sent, and interrupted: it may have been done or not.
    Sent,
    /// Confirmed.
    Done,
}

/// A question and its answer.
#[derive(Clone, Debug)]
pub struct Turn {
    pub user: String,
    pub query: String,
    pub known: Known,
    /// These three as they were answered; empty before.
    pub answer: String,
    pub message: String,
    pub conversation: String,
}

/// A document, and whether it was deleted.
#[derive(Clone, Debug)]
pub struct Document {
    pub name: String,
    pub text: String,
    pub created: Known,
    /// As it was answered; empty before.
    pub id: String,
    /// Whether its deletion was asked for.
    pub deleted: Option<Known>,
}

/// Everything that all clients know.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub turns: Vec<Turn>,
    pub documents: Vec<Document>,
}

impl Ledger {
    /// Notes a question that is about to be asked; answers its place.
    pub fn ask(&mut self, user: &str, query: &str) -> usize {
        self.turns.push(Turn {
            user: user.to_owned(),
            query: query.to_owned(),
            known: Known::Sent,
            answer: String::new(),
            message: String::new(),
            conversation: String::new(),
        });
        self.turns.len() - 1
    }

    /// Notes a document that is about to be uploaded; answers its place.
    pub fn upload(&mut self, name: &str, text: &str) -> usize {
        self.documents.push(Document {
            name: name.to_owned(),
            text: text.to_owned(),
            created: Known::Sent,
            id: String::new(),
            deleted: None,
        });
        self.documents.len() - 1
    }

    /// Counts.
    pub fn report(&self) -> Report {
        let turns = self.turns.iter().filter(|it| it.known == Known::Done);
        let uploads = self.documents.iter().map(|it| it.created);
        let deletions = self.documents.iter().filter_map(|it| it.deleted);
        let sent = |known: &Known| *known == Known::Sent;
        let turns_sent = self.turns.iter().map(|it| it.known).filter(sent);
        Report {
            turns: turns.count(),
            uploads: uploads.clone().filter(|it| *it == Known::Done).count(),
            deletions: deletions.clone().filter(|it| *it == Known::Done).count(),
            interrupted: turns_sent
                .chain(uploads.filter(sent))
                .chain(deletions.filter(sent))
                .count(),
        }
    }
}
