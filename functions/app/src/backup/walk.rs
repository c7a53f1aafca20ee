//! Where all records and blobs of a workspace are found, in an order that depends on nothing but them.

use bytes::Bytes;
use futures::{
    SinkExt, Stream, StreamExt,
    channel::mpsc::{Sender, channel},
    stream,
};
use ports::{Range, Record, Scope};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::line::{Content, FORMAT, Line, blob};
use crate::{
    Context, Error, Kind, Result,
    apps::{self, App},
    conversation::{self, Conversation},
    dataset::Dataset,
    end_user, keys, log, requests, store,
};

/// Keys of the partition `tenant` that stay behind: who is in the workspace, and a restore itself.
const LEFT_OUT: [&str; 4] = ["workspace", "member/", "invite/", "restore"];

/// Blobs that stay behind: bundles on their way in.
pub(super) const STAGED: &str = "restore/";

/// Records that hold something sealed, in `key`.
const SEALED: [&str; 4] = ["provider/", "extension/", "tool/", "mcp_tool/"];

/// Records or blobs read in one go.
const PAGE: usize = 128;

/// The bundle of a workspace, line by line. It ends without its last line when something cannot be read.
pub fn bundle(ctx: Context, tenant_id: String) -> impl Stream<Item = Result<Bytes>> + Send {
    let (lines, written) = channel(8);
    let work = async move {
        let walk = Walk {
            scope: ctx.tenant(&tenant_id),
            ctx,
            tenant_id,
            lines,
            digest: Sha256::new(),
            count: 0,
        };
        walk.run().await
    };
    let failed = stream::once(work).filter_map(async |outcome| outcome.err().map(Err));
    stream::select(written.map(Ok), failed)
}

struct Walk {
    ctx: Context,
    scope: Scope,
    tenant_id: String,
    lines: Sender<Bytes>,
    digest: Sha256,
    count: u64,
}

impl Walk {
    async fn run(mut self) -> Result<()> {
        let head = Line::Edgewise {
            format: FORMAT,
            tenant_id: self.tenant_id.clone(),
        };
        self.line(&head).await?;
        self.partition(keys::TENANT, |record| {
            !LEFT_OUT.iter().any(|left| record.key.starts_with(left))
        })
        .await?;
        self.api_keys().await?;
        for id in self.listed("app/").await? {
            self.app(&id).await?;
        }
        for partition in requests::partitions(&self.scope).await? {
            self.partition(&partition, |_| true).await?;
        }
        for id in self.listed("dataset/").await? {
            self.partition(&keys::dataset(&id), |_| true).await?;
            if store::load::<Dataset>(&self.scope, &keys::dataset(&id), Dataset::KEY)
                .await?
                .is_some()
            {
                self.line(&Line::Dataset { id }).await?;
            }
        }
        self.blobs().await?;
        let end = Line::End {
            lines: self.count,
            sha256: hex::encode(self.digest.clone().finalize()),
        };
        self.line(&end).await
    }

    async fn line(&mut self, line: &Line) -> Result<()> {
        let mut text = store::encode(line)?;
        text.push(b'\n');
        self.digest.update(&text);
        self.count += 1;
        let gone = |_| Error::new(Kind::Unavailable, "nobody reads the bundle any more");
        self.lines.send(text.into()).await.map_err(gone)
    }

    /// What follows `prefix` in the keys of the workspace's own partition.
    async fn listed(&self, prefix: &str) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        let mut pages = Pages::new(&self.scope, keys::TENANT, prefix);
        while let Some(records) = pages.next().await? {
            ids.extend(
                records
                    .iter()
                    .filter_map(|record| Some(record.key.strip_prefix(prefix)?.to_owned())),
            );
        }
        Ok(ids)
    }

    /// The records of a partition that are `wanted`.
    async fn partition(&mut self, partition: &str, wanted: impl Fn(&Record) -> bool) -> Result<()> {
        let scope = self.scope.clone();
        let mut pages = Pages::new(&scope, partition, "");
        while let Some(records) = pages.next().await? {
            for record in records.iter().filter(|record| wanted(record)) {
                let line = Line::Record {
                    partition: partition.to_owned(),
                    key: record.key.clone(),
                    value: unsealed(partition, record),
                };
                self.line(&line).await?;
            }
        }
        Ok(())
    }

    async fn system(&mut self, partition: String) -> Result<()> {
        let system = self.ctx.system();
        let mut pages = Pages::new(&system, &partition, "");
        while let Some(records) = pages.next().await? {
            for record in records {
                let line = Line::System {
                    partition: partition.clone(),
                    value: Content::of(&record.value),
                    key: record.key,
                };
                self.line(&line).await?;
            }
        }
        Ok(())
    }

    async fn api_keys(&mut self) -> Result<()> {
        let scope = self.scope.clone();
        let mut pages = Pages::new(&scope, keys::TENANT, "key/");
        while let Some(records) = pages.next().await? {
            for record in &records {
                let key: crate::key::ApiKey = store::decode(record)?;
                self.system(keys::api_key(&key.hash)).await?;
            }
        }
        Ok(())
    }

    async fn app(&mut self, id: &str) -> Result<()> {
        for partition in [keys::app(id), keys::feedback(id), keys::annotation(id)] {
            self.partition(&partition, |_| true).await?;
        }
        let scope = self.scope.clone();
        self.partition(&keys::runs(id), |_| true).await?;
        let mut pages = Pages::new(&scope, &keys::runs(id), "");
        while let Some(runs) = pages.next().await? {
            for run in runs {
                let run = run.key.rsplit('/').next().unwrap_or_default();
                self.partition(&keys::run(run), |_| true).await?;
                self.forms(run).await?;
            }
        }
        for partition in log::partitions(&scope, id).await? {
            self.partition(&partition, |_| true).await?;
        }
        let app: Option<App> = apps::get(&self.scope, id).await?.map(|stored| stored.value);
        if let Some(code) = app.map(|app| app.site.code).filter(|code| !code.is_empty()) {
            self.system(keys::site(&code)).await?;
        }
        for shard in end_user::shards(id) {
            self.partition(&shard, |_| true).await?;
            let mut pages = Pages::new(&scope, &shard, end_user::LIST);
            while let Some(users) = pages.next().await? {
                for user in users {
                    let user = user.key.strip_prefix(end_user::LIST).unwrap_or_default();
                    self.end_user(&keys::end_user(id, user)).await?;
                }
            }
        }
        Ok(())
    }

    /// What a run asks people, and the addresses that they have.
    #[cfg(feature = "workflows")]
    async fn forms(&mut self, run: &str) -> Result<()> {
        let partition = keys::forms(run);
        self.partition(&partition, |_| true).await?;
        let scope = self.scope.clone();
        let mut pages = Pages::new(&scope, &partition, "");
        while let Some(forms) = pages.next().await? {
            for form in forms {
                let form: crate::workflow::Form = store::decode(&form)?;
                for token in form.tokens() {
                    self.system(keys::form(token)).await?;
                }
            }
        }
        Ok(())
    }

    #[cfg(not(feature = "workflows"))]
    async fn forms(&mut self, _: &str) -> Result<()> {
        Ok(())
    }

    /// An end user without the list of its conversations, which is made again, and the conversations.
    async fn end_user(&mut self, partition: &str) -> Result<()> {
        self.partition(partition, |record| !conversation::is_of_list(&record.key))
            .await?;
        let scope = self.scope.clone();
        let mut pages = Pages::new(&scope, partition, conversation::ENTRIES);
        while let Some(entries) = pages.next().await? {
            for entry in entries {
                let id = entry.key.strip_prefix(conversation::ENTRIES);
                let id = id.unwrap_or_default().to_owned();
                let partition = keys::conversation(&id);
                let stored =
                    store::load::<Conversation>(&scope, &partition, conversation::KEY).await?;
                let Some(stored) = stored else { continue };
                if stored.value.status == conversation::Status::Deleted {
                    continue;
                }
                self.partition(&partition, |_| true).await?;
                self.line(&Line::Conversation { id }).await?;
            }
        }
        Ok(())
    }

    /// All blobs, and the records of uploaded files, which are found by their content.
    async fn blobs(&mut self) -> Result<()> {
        let mut after: Option<String> = None;
        let mut file = String::new();
        loop {
            let page = self.scope.list_blobs("", after.as_deref(), PAGE).await?;
            for info in &page {
                if info.name.starts_with(STAGED) {
                    continue;
                }
                let id = info.name.strip_prefix("file/");
                if let Some(id) = id.and_then(|rest| rest.split('/').next())
                    && id != file
                {
                    id.clone_into(&mut file);
                    self.partition(&keys::file(id), |_| true).await?;
                }
                // One that was deleted meanwhile belongs to nothing any more.
                if let Some(content) = self.scope.get_blob(&info.name).await? {
                    self.line(&blob(info.name.clone(), &content)).await?;
                }
            }
            if page.len() < PAGE {
                return Ok(());
            }
            after = page.last().map(|info| info.name.clone());
        }
    }
}

/// Sealed keys could be opened nowhere else.
fn unsealed(partition: &str, record: &Record) -> Content {
    let mut content = Content::of(&record.value);
    let is_sealed =
        partition == keys::TENANT && SEALED.iter().any(|sealed| record.key.starts_with(sealed));
    if let (true, Content::Json(Value::Object(fields))) = (is_sealed, &mut content)
        && let Some(key) = fields.get_mut("key")
    {
        *key = Value::String(String::new());
    }
    content
}

/// A partition, a page at a time.
struct Pages<'a> {
    scope: &'a Scope,
    partition: String,
    prefix: String,
    after: Option<String>,
    ended: bool,
}

impl<'a> Pages<'a> {
    fn new(scope: &'a Scope, partition: &str, prefix: &str) -> Self {
        Self {
            scope,
            partition: partition.to_owned(),
            prefix: prefix.to_owned(),
            after: None,
            ended: false,
        }
    }

    async fn next(&mut self) -> Result<Option<Vec<Record>>> {
        if self.ended {
            return Ok(None);
        }
        let range = Range::prefix(self.prefix.clone(), PAGE).after(self.after.take());
        let records = self.scope.list(&self.partition, range).await?;
        self.ended = records.len() < PAGE;
        self.after = records.last().map(|record| record.key.clone());
        Ok(Some(records))
    }
}
