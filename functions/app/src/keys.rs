//! Where every record lives: partitions, and keys in them.
//!
//! | partition | holds |
//! | --- | --- |
//! | system: `install` | whether an owner exists; the first tenant |
//! | system: `account/{email}` | the account and its password's hash |
//! | system: `key/{hash}` | which tenant and app an API key belongs to |
//! | system: `site/{code}` | which app a web page belongs to, and the key of its visitors' passports |
//! | system: `webhook/{token}` | which trigger of which app an address belongs to, for good or while somebody listens |
//! | system: `form/{token}` | which form of which run an address belongs to |
//! | tenant: `tenant` | the workspace; indexes of apps, datasets, API keys; model providers, API extensions, tools |
//! | tenant: `app/{id}` | the app and its configuration |
//! | tenant: `end_user/{app}/{id}` | an end user and the list of its conversations |
//! | tenant: `end_users/{app}/{digit}` | which end users an app has, by the first digit of their ids |
//! | tenant: `conversation/{id}` | the conversation and its messages |
//! | tenant: `dataset/{id}` | the dataset, its documents, the manifest of its index |
//! | tenant: `file/{id}` | an uploaded file; its content is the blob `file/{id}` |
//! | tenant: `task/{id}` | who wants a generation stopped, or reads it again |
//! | tenant: `feedback/{app}` | what end users said of an app's answers, in the order of time |
//! | tenant: `logs/{app}` | the days of an app's log |
//! | tenant: `log/{app}/{day}/{shard}` | the conversations and the figures of a day |
//! | tenant: `requests` | the days on which models were asked something beside answers |
//! | tenant: `requests/{day}/{shard}` | what they were asked on a day |
//! | tenant: `annotation/{app}` | an app's prepared answers, their history and the index of their questions |
//! | tenant: `run/{id}` | a run of a workflow: its record, journal and events |
//! | tenant: `forms/{run}` | what a run asks people |
//! | tenant: `runs/{app}` | the runs of an app, in the order of time |
//! | tenant: `drafts/{app}` | what its editors try out: their runs in the order of time, the last values of each node, and who listens for a call |
//! | tenant: `active/{app}` | the generations of an app that has a ceiling |
//!
//! Keys that are listed in the order of time start with [`time_key`].

use ports::Timestamp;
use sha2::{Digest, Sha256};

/// System: whether an owner exists.
pub const INSTALL: &str = "install";
/// Tenant: the workspace and its indexes.
pub const TENANT: &str = "tenant";

/// Tenant: the days on which models were asked something beside answers.
pub const REQUESTS: &str = "requests";

/// System: one account.
pub fn account(email: &str) -> String {
    format!("account/{}", email.trim().to_lowercase())
}

/// System: what an API key opens.
pub fn api_key(hash: &str) -> String {
    format!("key/{hash}")
}

/// System: which app a page's code belongs to.
pub fn site(code: &str) -> String {
    format!("site/{code}")
}

/// System: which trigger a webhook's address belongs to.
pub fn webhook(token: &str) -> String {
    format!("webhook/{token}")
}

/// System: which form an address belongs to.
pub fn form(token: &str) -> String {
    format!("form/{token}")
}

/// Tenant: one app.
pub fn app(id: &str) -> String {
    format!("app/{id}")
}

/// Tenant: one end user of an app, by its id.
pub fn end_user(app: &str, id: &str) -> String {
    format!("end_user/{app}/{id}")
}

/// Tenant: the end users of an app whose ids begin with this digit.
pub fn end_users(app: &str, digit: char) -> String {
    format!("end_users/{app}/{digit}")
}

/// Tenant: one conversation.
pub fn conversation(id: &str) -> String {
    format!("conversation/{id}")
}

/// Tenant: one dataset.
pub fn dataset(id: &str) -> String {
    format!("dataset/{id}")
}

/// Tenant: one uploaded file (partition of its record, and name of its blob).
pub fn file(id: &str) -> String {
    format!("file/{id}")
}

/// Tenant: one generation in progress.
pub fn task(id: &str) -> String {
    format!("task/{id}")
}

/// Tenant: what end users said of an app's answers.
pub fn feedback(app: &str) -> String {
    format!("feedback/{app}")
}

/// Tenant: the days on which an app was asked something.
pub fn logs(app: &str) -> String {
    format!("logs/{app}")
}

/// Tenant: what an app was asked on a day, in one of several parts.
pub fn log(app: &str, day: &str, shard: u8) -> String {
    format!("log/{app}/{day}/{shard}")
}

/// Tenant: what models were asked on a day beside answers, in one of several parts.
pub fn requests(day: &str, shard: u8) -> String {
    format!("{REQUESTS}/{day}/{shard}")
}

/// Tenant: an app's prepared answers (partition of their records, and prefix of the blobs of their index).
pub fn annotation(app: &str) -> String {
    format!("annotation/{app}")
}

/// Tenant: one run of a workflow (partition of its records, and prefix of its blobs).
pub fn run(id: &str) -> String {
    format!("run/{id}")
}

/// Tenant: what a run asks people.
pub fn forms(run: &str) -> String {
    format!("forms/{run}")
}

/// Tenant: the runs of an app.
pub fn runs(app: &str) -> String {
    format!("runs/{app}")
}

/// Tenant: what the editors of an app try out (and prefix of its blobs).
pub fn drafts(app: &str) -> String {
    format!("drafts/{app}")
}

/// Tenant: the generations of an app that has a ceiling.
pub fn active(app: &str) -> String {
    format!("active/{app}")
}

/// A key that sorts by time, then by id.
pub fn time_key(prefix: &str, at: Timestamp, id: &str) -> String {
    format!("{prefix}/{:013}/{id}", at.0)
}

/// SHA-256 in hex.
pub fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_keys_sort_by_time() {
        assert!(time_key("m", Timestamp(999), "b") < time_key("m", Timestamp(1_000), "a"));
    }
}
