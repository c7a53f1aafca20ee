//! Cases for `Kv`.

mod commit;
mod expiry;
mod limits;
mod list;
mod race;
mod watch;

use bytes::Bytes;
use ports::{Commit, Kv, Record};

use crate::{Case, check::case};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case!("kv/empty_partition", commit::empty_partition),
        case!(
            "kv/revision_counts_commits",
            commit::revision_counts_commits
        ),
        case!("kv/commit_is_atomic", commit::commit_is_atomic),
        case!("kv/compare_and_set", commit::compare_and_set),
        case!(
            "kv/condition_on_another_key",
            commit::condition_on_another_key
        ),
        case!("kv/commit_without_writes", commit::commit_without_writes),
        case!("kv/writes_apply_in_order", commit::writes_apply_in_order),
        case!("kv/delete", commit::delete),
        case!("kv/any_bytes", commit::any_bytes),
        case!("kv/partitions_are_apart", commit::partitions_are_apart),
        case!(
            "kv/clear_never_reuses_versions",
            commit::clear_never_reuses_versions
        ),
        case!("kv/one_read_many_queries", commit::one_read_many_queries),
        case!("kv/list_forward", list::forward),
        case!("kv/list_reverse", list::reverse),
        case!(
            "kv/list_after_outside_the_prefix",
            list::after_outside_the_prefix
        ),
        case!("kv/list_prefix_edges", list::prefix_edges),
        case!("kv/list_in_byte_order", list::in_byte_order),
        case!("kv/list_keys_with_wildcards", list::keys_with_wildcards),
        case!("kv/list_many", list::many),
        case!("kv/expired_is_absent", expiry::expired_is_absent),
        case!("kv/expires_later", expiry::expires_later),
        case!(
            "kv/expired_does_not_fill_a_page",
            expiry::expired_does_not_fill_a_page
        ),
        case!("kv/put_takes_expiry_away", expiry::put_takes_expiry_away),
        case!("kv/limits_are_kept", limits::limits_are_kept),
        case!("kv/over_the_limits", limits::over_the_limits),
        case!("kv/read_is_a_snapshot", race::read_is_a_snapshot),
        case!("kv/increments_lose_nothing", race::increments_lose_nothing),
        case!("kv/one_of_many_creates", race::one_of_many_creates),
        case!("kv/partitions_in_parallel", race::partitions_in_parallel),
        case!("kv/watch_returns_at_once", watch::returns_at_once),
        case!("kv/watch_wakes_on_commit", watch::wakes_on_commit),
        case!("kv/watch_wakes_on_clear", watch::wakes_on_clear),
        case!("kv/watch_times_out", watch::times_out),
        case!("kv/watch_is_of_its_partition", watch::is_of_its_partition),
        case!("kv/watch_by_many", watch::by_many),
    ]
}

/// Puts keys, each with itself as its value, in commits of a size that every adapter takes.
async fn fill(kv: &dyn Kv, partition: &str, keys: &[&str]) -> ports::Result<()> {
    for chunk in keys.chunks(50) {
        let commit = chunk.iter().fold(Commit::new(), |commit, key| {
            commit.put(*key, Bytes::copy_from_slice(key.as_bytes()))
        });
        kv.commit(partition, commit).await?;
    }
    Ok(())
}

fn keys(records: &[Record]) -> Vec<&str> {
    records.iter().map(|record| record.key.as_str()).collect()
}
