//! Waiting for a commit.

use std::time::Duration;

use futures::future::{join, join_all};
use ports::Commit;

use crate::{
    Harness,
    check::{Checked, ensure, fresh, same},
};

const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(200);

pub(super) async fn returns_at_once(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    let start = platform.clock.now();
    kv.commit(&partition, Commit::new().put("a", "1")).await?;
    kv.commit(&partition, Commit::new().put("a", "2")).await?;
    same("from 0", kv.watch(&partition, 0, LONG).await?, 2)?;
    same("from 1", kv.watch(&partition, 1, LONG).await?, 2)?;
    let waited = platform.clock.now().since(start);
    ensure!(waited < LONG, "waited {waited:?}");
    Ok(())
}

pub(super) async fn wakes_on_commit(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    let start = platform.clock.now();
    for after in 0..2 {
        let later = async {
            platform.clock.sleep(SHORT).await;
            kv.commit(&partition, Commit::new().put("a", "1")).await
        };
        let (seen, committed) = join(kv.watch(&partition, after, LONG), later).await;
        same("revision", (seen?, committed?), (after + 1, after + 1))?;
    }
    let waited = platform.clock.now().since(start);
    ensure!(waited < LONG, "waited {waited:?}");
    Ok(())
}

pub(super) async fn wakes_on_clear(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    kv.commit(&partition, Commit::new().put("a", "1")).await?;
    let later = async {
        platform.clock.sleep(SHORT).await;
        kv.clear(&partition).await
    };
    let (seen, cleared) = join(kv.watch(&partition, 1, LONG), later).await;
    cleared?;
    same("revision", seen?, 2)
}

pub(super) async fn times_out(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    let start = platform.clock.now();
    same("empty", kv.watch(&partition, 0, SHORT).await?, 0)?;
    kv.commit(&partition, Commit::new().put("a", "1")).await?;
    same("nothing new", kv.watch(&partition, 1, SHORT).await?, 1)?;
    same("from the future", kv.watch(&partition, 9, SHORT).await?, 1)?;
    same("no wait", kv.watch(&partition, 1, Duration::ZERO).await?, 1)?;
    let waited = platform.clock.now().since(start);
    ensure!(
        waited >= 3 * SHORT - Duration::from_millis(10),
        "waited {waited:?}"
    );
    ensure!(waited < LONG, "waited {waited:?}");
    Ok(())
}

pub(super) async fn is_of_its_partition(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    let other = format!("{partition}/other");
    let later = async {
        platform.clock.sleep(Duration::from_millis(50)).await;
        kv.commit(&other, Commit::new().put("a", "1")).await
    };
    let (seen, committed) = join(kv.watch(&partition, 0, SHORT * 2), later).await;
    committed?;
    same("revision", seen?, 0)
}

pub(super) async fn by_many(Harness { platform, .. }: Harness) -> Checked {
    let (kv, partition) = (&platform.kv, fresh(&platform, "kv"));
    let start = platform.clock.now();
    let watchers = join_all((0..5).map(|_| kv.watch(&partition, 0, LONG)));
    let later = async {
        platform.clock.sleep(SHORT).await;
        kv.commit(&partition, Commit::new().put("a", "1")).await
    };
    let (seen, committed) = join(watchers, later).await;
    committed?;
    for revision in seen {
        same("revision", revision?, 1)?;
    }
    let waited = platform.clock.now().since(start);
    ensure!(waited < LONG, "waited {waited:?}");
    Ok(())
}
