//! The weights folder as the console sees it: what is there, and downloads on threads of their own.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use api::shelf::{Download, Error, Local, Shelf, State};
use weights::{Progress, Store};

/// Over how long a speed is measured.
const WINDOW: Duration = Duration::from_secs(4);

/// How often it is noted how far a file is.
const APART: Duration = Duration::from_millis(100);

/// See the module.
pub struct Downloads {
    store: Store,
    /// Names of the models that were here when the process began: those that its table of models has.
    known: Vec<&'static str>,
    under_way: Shared,
}

type Shared = Arc<Mutex<BTreeMap<&'static str, Pull>>>;

#[derive(Default)]
struct Pull {
    shown: Download,
    running: bool,
    /// When so many bytes of the present file were here.
    marks: VecDeque<(Instant, u64)>,
}

impl Downloads {
    /// Over this folder, before anything is downloaded.
    pub fn new(store: Store) -> Self {
        let known = catalog::LOCAL.iter().filter(|model| store.has(model));
        Self {
            known: known.map(|model| model.name).chain(defaults()).collect(),
            store,
            under_way: Shared::default(),
        }
    }
}

/// They are used as soon as they are here.
fn defaults() -> [&'static str; 2] {
    [
        catalog::default_llm().name,
        catalog::default_embedder().name,
    ]
}

fn lock(shared: &Shared) -> MutexGuard<'_, BTreeMap<&'static str, Pull>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shelf for Downloads {
    fn rows(&self) -> Vec<Local> {
        let under_way = lock(&self.under_way);
        let mut rows: Vec<Local> = catalog::LOCAL
            .iter()
            .map(|model| {
                let pull = under_way.get(model.name);
                let state = match pull {
                    Some(pull) if pull.running => State::Downloading,
                    _ if self.store.has(model) => match self.known.contains(&model.name) {
                        true => State::Ready,
                        false => State::Restart,
                    },
                    Some(_) => State::Failed,
                    None => State::Absent,
                };
                Local {
                    model: model.name.to_owned(),
                    model_type: model.kind,
                    about: model.about.to_owned(),
                    licence: model.licence.to_owned(),
                    bytes: model.size(),
                    default: defaults().contains(&model.name),
                    state,
                    download: pull.map(|pull| pull.shown.clone()),
                }
            })
            .collect();
        rows.sort_by_key(|row| !row.default);
        rows
    }

    fn fetch(&self, model: &str) -> Result<(), Error> {
        let known = catalog::local(model);
        let model = known.ok_or_else(|| Error::not_found("There is no such local model."))?;
        if self.store.has(model) {
            return Ok(());
        }
        let mut under_way = lock(&self.under_way);
        let pull = under_way.entry(model.name).or_default();
        if pull.running {
            return Ok(());
        }
        *pull = Pull {
            running: true,
            ..Pull::default()
        };
        drop(under_way);
        let (store, mut told) = (self.store.clone(), Told(self.under_way.clone(), model.name));
        thread::spawn(move || {
            let outcome = weights::pull(&store, model.name, &mut told);
            told.change(|pull| {
                pull.running = false;
                pull.shown.bytes_per_second = 0;
                pull.shown.error = outcome.err().map(|error| error.to_string());
            });
        });
        Ok(())
    }
}

/// Writes down how far the download of one model is.
struct Told(Shared, &'static str);

impl Told {
    fn change(&self, change: impl FnOnce(&mut Pull)) {
        if let Some(pull) = lock(&self.0).get_mut(self.1) {
            change(pull);
        }
    }
}

impl Progress for Told {
    fn note(&mut self, line: &str) {
        tracing::info!(model = self.1, "{line}");
    }

    fn start(&mut self, file: &str, bytes: u64) {
        self.change(|pull| {
            pull.marks = VecDeque::from([(Instant::now(), 0)]);
            pull.shown = Download {
                file: file.to_owned(),
                total: bytes,
                ..Download::default()
            };
        });
    }

    fn at(&mut self, bytes: u64) {
        self.change(|pull| pull.mark(Instant::now(), bytes));
    }

    fn finish(&mut self) {
        self.change(|pull| pull.shown.bytes_per_second = 0);
    }
}

impl Pull {
    fn mark(&mut self, now: Instant, bytes: u64) {
        self.shown.bytes = bytes;
        let newest = self.marks.back();
        if newest.is_none_or(|(then, _)| now.duration_since(*then) >= APART) {
            self.marks.push_back((now, bytes));
        }
        while self.marks.len() > 2
            && self
                .marks
                .get(1)
                .is_some_and(|(then, _)| now.duration_since(*then) >= WINDOW)
        {
            self.marks.pop_front();
        }
        if let Some((then, before)) = self.marks.front() {
            let time = now.duration_since(*then).as_millis().max(1);
            let speed = u128::from(bytes.saturating_sub(*before)) * 1000 / time;
            self.shown.bytes_per_second = u64::try_from(speed).unwrap_or(u64::MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_speed_is_that_of_the_last_seconds() {
        let start = Instant::now();
        let mut pull = Pull::default();
        let mut check = |seconds: u64, bytes: u64, expect: u64| {
            pull.mark(start + Duration::from_secs(seconds), bytes);
            assert_eq!(pull.shown.bytes_per_second, expect, "after {seconds} s");
            assert_eq!(pull.shown.bytes, bytes);
        };
        check(0, 0, 0);
        check(2, 4_000, 2_000);
        check(4, 8_000, 2_000);
        check(6, 8_000, 1_000);
        check(8, 8_000, 0);
    }

    #[test]
    fn an_empty_folder_offers_the_defaults_first_and_refuses_unknown_names() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Downloads::new(Store::at(folder.path()));
        let rows = shelf.rows();
        assert_eq!(rows.len(), catalog::LOCAL.len());
        assert!(rows.iter().all(|row| row.state == State::Absent));
        let first: Vec<bool> = rows.iter().take(3).map(|row| row.default).collect();
        assert_eq!(first, [true, true, false]);
        assert!(shelf.fetch("nobody-knows-it").is_err());
        assert!(shelf.rows().iter().all(|row| row.download.is_none()));
    }
}
