//! The model hub, through `hf-hub`: resumes, honours `HF_ENDPOINT`, proxies and the user's token.

use std::{
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::Duration,
};

use catalog::{File, LocalModel};
use hf_hub::{
    Repo, RepoType,
    api::sync::{Api, ApiBuilder, ApiRepo},
};

use crate::{Error, Progress, Result};

/// Longest wait for the hub's first answer, after which the other source is tried. A download may take any time.
const PATIENCE: Duration = Duration::from_secs(8);

/// A repository that has answered.
pub(crate) struct Hub {
    api: Api,
    repo: ApiRepo,
    origin: String,
}

impl Hub {
    /// Asks for one file's metadata, and fails soon where the hub cannot be reached. Parts of files are kept under
    /// `partial`.
    pub(crate) fn reach(model: &LocalModel, partial: &Path) -> Result<Self> {
        let origin = format!("hub repository {}", model.hub.repo);
        let failed = {
            let origin = origin.clone();
            move |why: String| Error::Source(format!("{origin}: {why}"))
        };
        let api = ApiBuilder::from_env()
            .with_cache_dir(partial.join("hub"))
            .with_progress(false)
            .with_retries(3)
            .with_user_agent("edgewise", env!("CARGO_PKG_VERSION"))
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let repo = api.repo(Repo::with_revision(
            model.hub.repo.to_owned(),
            RepoType::Model,
            model.hub.revision.to_owned(),
        ));
        let first = model.files.first().map_or("", |file| file.hub_path);
        let url = repo.url(first);
        // hf-hub sets no connect timeout: where packets are dropped, only another thread can give up.
        let (tell, told) = mpsc::channel();
        let asker = api.clone();
        thread::spawn(move || {
            let answer = asker.metadata(&url).map(|_| ());
            let _ = tell.send(answer.map_err(|error| error.to_string()));
        });
        match told.recv_timeout(PATIENCE) {
            Ok(Ok(())) => Ok(Self { api, repo, origin }),
            Ok(Err(why)) => Err(failed(why)),
            Err(_) => Err(failed(format!("no answer in {} s", PATIENCE.as_secs()))),
        }
    }

    /// For messages.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// The hash that the hub states for a file; small files have none.
    pub(crate) fn sha256(&self, file: &File) -> Option<String> {
        let metadata = self.api.metadata(&self.repo.url(file.hub_path)).ok()?;
        let etag = metadata.etag().to_ascii_lowercase();
        (etag.len() == 64 && etag.bytes().all(|b| b.is_ascii_hexdigit())).then_some(etag)
    }

    /// Downloads to `partial` and says where it lies there.
    pub(crate) fn download(&self, file: &File, progress: &mut dyn Progress) -> Result<PathBuf> {
        self.repo
            .download_with_progress(file.hub_path, Adapter { progress, at: 0 })
            .map_err(|error| Error::Source(format!("{}: {error}", self.origin)))
    }
}

struct Adapter<'a> {
    progress: &'a mut dyn Progress,
    at: u64,
}

impl hf_hub::api::Progress for Adapter<'_> {
    fn init(&mut self, size: usize, file: &str) {
        self.at = 0;
        self.progress.start(file, size as u64);
    }

    fn update(&mut self, bytes: usize) {
        self.at += bytes as u64;
        self.progress.at(self.at);
    }

    fn finish(&mut self) {
        self.progress.finish();
    }
}
