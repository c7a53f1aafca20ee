//! End users: whoever an app's caller says it speaks for.

use ports::{Commit, ErrorKind, Scope, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Result, id, keys, store};

/// The session of callers that name no user where they need not.
pub const ANONYMOUS: &str = "DEFAULT-USER";

/// Where an end user comes from. Users of two places are two, even if they are called the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// Named by a caller of the Service API.
    ServiceApi,
    /// A visitor of the app's page.
    Browser,
    /// An account that tries the app out in the console. What it does is neither logged nor counted.
    Console,
}

/// What stands before the names of those who do not come by the Service API, whose callers cannot send it: see
/// [`plain`].
const MARK: char = '\u{1}';

impl Source {
    /// As the public API names the type of an end user.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ServiceApi => "service-api",
            Self::Browser => "browser",
            Self::Console => "console",
        }
    }

    /// A session of this source, as it is kept.
    pub fn session(self, name: &str) -> String {
        match self {
            Self::ServiceApi => plain(name).to_owned(),
            Self::Browser => format!("{MARK}b{name}"),
            Self::Console => format!("{MARK}c{name}"),
        }
    }

    /// The source of a session, and its name.
    pub fn of(session: &str) -> (Self, &str) {
        let marked = |mark: &str| session.strip_prefix(MARK)?.strip_prefix(mark);
        if let Some(name) = marked("b") {
            return (Self::Browser, name);
        }
        match marked("c") {
            Some(name) => (Self::Console, name),
            None => (Self::ServiceApi, session),
        }
    }
}

/// A name as callers may send it: none of theirs begins with the mark of another source.
pub fn plain(name: &str) -> &str {
    name.trim_start_matches(MARK)
}

/// A user of one app, made on first use. Kept in `end_user/{app}/{id}` under `end_user`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndUser {
    /// UUID; follows from the app and the session.
    pub id: String,
    /// The app.
    pub app_id: String,
    /// The free text that the caller sends as `user`; of other sources see [`Source::session`].
    pub session_id: String,
    /// When it was first seen.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl EndUser {
    /// The user that a caller of this app names. Nothing is read or written: see [`ensure`].
    pub fn new(app_id: &str, session_id: &str, now: Timestamp) -> Self {
        let id = id::derived(&format!("end_user/{app_id}/{session_id}"));
        let (app_id, session_id) = (app_id.to_owned(), session_id.to_owned());
        Self {
            id,
            app_id,
            session_id,
            created_at: now,
            updated_at: now,
        }
    }

    /// Whether it is the one that stands for nobody in particular.
    pub fn is_anonymous(&self) -> bool {
        self.session_id == ANONYMOUS
    }

    /// Where it comes from.
    pub fn source(&self) -> Source {
        Source::of(&self.session_id).0
    }

    /// What it is called there.
    pub fn session(&self) -> &str {
        Source::of(&self.session_id).1
    }

    /// Where it and the list of its conversations live.
    pub fn partition(&self) -> String {
        keys::end_user(&self.app_id, &self.id)
    }
}

/// Remembers a user, if it is new, and that its app has it.
pub async fn ensure(scope: &Scope, user: &EndUser) -> Result<()> {
    if scope.get(&user.partition(), KEY).await?.is_some() {
        return Ok(());
    }
    // The list first: what an app's removal does not find would stay for ever.
    let listed = format!("{LIST}{}", user.id);
    store::save(scope, &shard(user), &listed, user).await?;
    let commit = Commit::new().put(KEY, store::encode(user)?).if_absent(KEY);
    match scope.commit(&user.partition(), commit).await {
        Err(error) if error.kind() != ErrorKind::Conflict => Err(error.into()),
        _ => Ok(()),
    }
}

/// The user of this app with this id.
pub async fn get(scope: &Scope, app_id: &str, id: &str) -> Result<Option<EndUser>> {
    Ok(store::load(scope, &keys::end_user(app_id, id), KEY)
        .await?
        .map(|stored| stored.value))
}

/// Where the users of an app are listed: in sixteen partitions, so that none gets hot.
pub(crate) fn shards(app_id: &str) -> impl Iterator<Item = String> {
    let app_id = app_id.to_owned();
    "0123456789abcdef"
        .chars()
        .map(move |digit| keys::end_users(&app_id, digit))
}

fn shard(user: &EndUser) -> String {
    keys::end_users(&user.app_id, user.id.chars().next().unwrap_or('0'))
}

/// Users in such a partition.
pub(crate) const LIST: &str = "u/";

/// The user's own record, in its partition.
pub(crate) const KEY: &str = "end_user";

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::Context;

    #[test]
    fn nobody_can_pretend_to_come_from_elsewhere() {
        for source in [Source::ServiceApi, Source::Browser, Source::Console] {
            let session = source.session("ada");
            assert_eq!(Source::of(&session), (source, "ada"));
            let forged = plain(&session);
            assert_eq!(Source::of(forged).0, Source::ServiceApi);
            let id = |session: &str| EndUser::new("app", session, Timestamp(1)).id;
            assert_eq!(id(forged) == id(&session), source == Source::ServiceApi);
        }
    }

    #[test]
    fn the_first_use_is_remembered() {
        let (platform, _) = ports::fake::platform();
        let scope = Context::new(platform, model::Models::default()).tenant("t");
        let first = EndUser::new("app", "ada", Timestamp(1));
        let again = EndUser::new("app", "ada", Timestamp(2));
        assert_eq!(first.id, again.id);
        assert_ne!(first.id, EndUser::new("other", "ada", Timestamp(1)).id);
        block_on(async {
            assert_eq!(get(&scope, "app", &first.id).await.unwrap(), None);
            ensure(&scope, &first).await.unwrap();
            ensure(&scope, &again).await.unwrap();
            assert_eq!(get(&scope, "app", &first.id).await.unwrap(), Some(first));
        });
    }
}
