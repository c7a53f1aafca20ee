//! Changes in a dataset's partition: read what is needed, change it, commit all of it or nothing, again if somebody
//! else was faster.

use std::collections::BTreeMap;

use ports::{Commit, ErrorKind, Query, Revision, Scope};
use rag::index::Manifest;

use super::Dataset;
use crate::{
    Error, Kind, Result,
    document::{self, Document},
    keys, store,
};

/// A dataset, some of its documents and its index, as they were read, to be changed.
pub(crate) struct Draft {
    pub(crate) dataset: Dataset,
    /// Those that were asked for and exist, by id.
    pub(crate) documents: BTreeMap<String, Document>,
    pub(crate) index: Manifest,
    /// What else is to be written.
    pub(crate) extra: Commit,
    before: Before,
}

struct Before {
    dataset: (Dataset, Revision),
    documents: BTreeMap<String, (Document, Revision)>,
    index: (Manifest, Option<Revision>),
}

impl Draft {
    pub(crate) async fn read(scope: &Scope, dataset: &str, ids: &[String]) -> Result<Self> {
        let mut queries = vec![
            Query::Get(Dataset::KEY.to_owned()),
            Query::Get(Manifest::KEY.to_owned()),
        ];
        queries.extend(ids.iter().map(|id| Query::Get(document::key(id))));
        let view = scope.read(&keys::dataset(dataset), queries).await?;
        let mut answers = view
            .answers
            .into_iter()
            .map(|records| records.into_iter().next());
        let missing = || Error::not_found(Dataset::MISSING);
        let record = answers.next().flatten().ok_or_else(missing)?;
        let dataset: Dataset = store::decode(&record)?;
        let manifest = answers.next().flatten();
        let index =
            Manifest::decode(manifest.as_ref().map(|record| &record.value[..])).map_err(broken)?;
        let mut documents = BTreeMap::new();
        for record in answers.flatten() {
            let document: Document = store::decode(&record)?;
            if ids.contains(&document.id) {
                documents.insert(document.id.clone(), (document, record.version));
            }
        }
        Ok(Self {
            dataset: dataset.clone(),
            documents: documents
                .iter()
                .map(|(id, (document, _))| (id.clone(), document.clone()))
                .collect(),
            index: index.clone(),
            extra: Commit::new(),
            before: Before {
                dataset: (dataset, record.version),
                documents,
                index: (index, manifest.map(|record| record.version)),
            },
        })
    }

    /// Brings the counters in step with the documents, and makes a commit of what is different.
    fn commit(mut self) -> Result<Commit> {
        let count = |documents: Vec<&Document>| {
            let (mut available, mut words) = (0, 0);
            for document in &documents {
                available += i64::from(document.is_available());
                words += i64::try_from(document.word_count).unwrap_or(0);
            }
            (documents.len() as i64, available, words)
        };
        let old = count(
            self.before
                .documents
                .values()
                .map(|(document, _)| document)
                .collect(),
        );
        let new = count(self.documents.values().collect());
        let moved = |count: u64, by: i64| count.saturating_add_signed(by);
        self.dataset.documents = moved(self.dataset.documents, new.0 - old.0);
        self.dataset.available = moved(self.dataset.available, new.1 - old.1);
        self.dataset.words = moved(self.dataset.words, new.2 - old.2);

        let mut commit = self.extra;
        let (dataset, version) = &self.before.dataset;
        if self.dataset == *dataset {
            // Not changed, but it must still be there.
            commit = commit.if_version(Dataset::KEY, *version);
        } else {
            commit = commit
                .put(Dataset::KEY, store::encode(&self.dataset)?)
                .if_version(Dataset::KEY, *version);
        }
        for (id, document) in &self.documents {
            let key = document::key(id);
            match self.before.documents.get(id) {
                Some((old, version)) if old == document => {
                    commit = commit.if_version(key, *version)
                }
                Some((_, version)) => {
                    commit = commit
                        .put(&key, store::encode(document)?)
                        .if_version(key, *version)
                }
                None => commit = commit.put(&key, store::encode(document)?).if_absent(key),
            }
        }
        for (id, (_, version)) in &self.before.documents {
            if !self.documents.contains_key(id) {
                let key = document::key(id);
                commit = commit.delete(&key).if_version(key, *version);
            }
        }
        let (index, version) = &self.before.index;
        if self.index != *index {
            commit = commit.put(Manifest::KEY, self.index.encode());
            commit = match version {
                Some(version) => commit.if_version(Manifest::KEY, *version),
                None => commit.if_absent(Manifest::KEY),
            };
        }
        Ok(commit)
    }
}

/// Reads a dataset and some documents, changes them, commits. `change` may run several times.
pub(crate) async fn transact<T>(
    scope: &Scope,
    dataset: &str,
    ids: &[String],
    mut change: impl FnMut(&mut Draft) -> Result<T>,
) -> Result<T> {
    for _ in 0..64 {
        let mut draft = Draft::read(scope, dataset, ids).await?;
        let outcome = change(&mut draft)?;
        let commit = draft.commit()?;
        if commit.writes.is_empty() {
            return Ok(outcome);
        }
        match scope.commit(&keys::dataset(dataset), commit).await {
            Ok(_) => return Ok(outcome),
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::new(
        Kind::Conflict,
        "too many changes of this dataset at once; try again",
    ))
}

fn broken(error: rag::Error) -> Error {
    error.into()
}
