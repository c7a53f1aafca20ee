//! Cases for the small ports: `Clock`, `Entropy`, `Spawn`, `Secrets`.

use std::{collections::BTreeSet, future::pending, time::Duration};

use ports::{Commit, ErrorKind};

use crate::{
    Case, Harness,
    check::{Checked, case, ensure, eventually, fails, fresh, same},
};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case!("clock/goes_forward", goes_forward),
        case!("clock/sleeps_long_enough", sleeps_long_enough),
        case!("clock/timeout", timeout),
        case!("entropy/differs", differs),
        case!("entropy/ids_and_tokens", ids_and_tokens),
        case!("spawn/goes_on", goes_on),
        case!("secrets/absent", absent),
    ]
}

async fn goes_forward(Harness { platform, .. }: Harness) -> Checked {
    let first = platform.clock.now();
    ensure!(
        first.as_secs() > 1_735_689_600,
        "{first:?} lies before 2025"
    );
    platform.clock.sleep(Duration::from_millis(20)).await;
    let second = platform.clock.now();
    ensure!(second >= first, "{second:?} after {first:?}");
    Ok(())
}

async fn sleeps_long_enough(Harness { platform, .. }: Harness) -> Checked {
    let start = platform.clock.now();
    platform.clock.sleep(Duration::from_millis(300)).await;
    let slept = platform.clock.now().since(start);
    // Timers and wall clocks are rounded to milliseconds apart from one another.
    ensure!(slept >= Duration::from_millis(298), "slept {slept:?}");
    ensure!(slept < Duration::from_secs(20), "slept {slept:?}");
    platform.clock.sleep(Duration::ZERO).await;
    Ok(())
}

async fn timeout(Harness { platform, .. }: Harness) -> Checked {
    let limit = Duration::from_millis(100);
    let never = ports::timeout(&*platform.clock, limit, pending::<()>()).await;
    fails("never", never, ErrorKind::Timeout)?;
    let value = ports::timeout(&*platform.clock, limit, async { 7 }).await?;
    same("at once", value, 7)
}

async fn differs(Harness { platform, .. }: Harness) -> Checked {
    let mut seen = BTreeSet::new();
    for length in [16, 16, 32, 1000, 70_000] {
        let mut buffer = vec![0; length];
        platform.entropy.fill(&mut buffer);
        let tail = buffer.split_off(length - 16);
        ensure!(seen.insert(tail), "the same 16 bytes twice");
    }
    Ok(())
}

async fn ids_and_tokens(Harness { platform, .. }: Harness) -> Checked {
    let id = ports::uuid(&*platform.entropy);
    let shape: String = id
        .chars()
        .map(|c| if c == '-' { '-' } else { 'x' })
        .collect();
    same(
        "shape",
        shape.as_str(),
        "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
    )?;
    same("version", id.chars().nth(14), Some('4'))?;
    let variant = id.chars().nth(19);
    ensure!(
        variant.is_some_and(|c| "89ab".contains(c)),
        "variant {variant:?}"
    );
    let token = ports::token(&*platform.entropy, 43);
    same("length", token.len(), 43)?;
    ensure!(
        token.chars().all(|c| c.is_ascii_alphanumeric()),
        "`{token}`"
    );
    Ok(())
}

async fn goes_on(Harness { platform, .. }: Harness) -> Checked {
    let partition = fresh(&platform, "spawn");
    let (kv, clock, to) = (
        platform.kv.clone(),
        platform.clock.clone(),
        partition.clone(),
    );
    platform.spawn.spawn(Box::pin(async move {
        clock.sleep(Duration::from_millis(100)).await;
        // Lost if it fails: the case then runs into its limit.
        let _: ports::Result<_> = kv.commit(&to, Commit::new().put("done", "yes")).await;
    }));
    let limit = Duration::from_secs(20);
    let record = eventually!(
        platform,
        "spawned",
        limit,
        platform.kv.get(&partition, "done").await?
    );
    same("value", record.value.as_ref(), b"yes".as_slice())
}

async fn absent(Harness { platform, .. }: Harness) -> Checked {
    let secret = platform.secrets.get("EDGEWISE_NO_SUCH_SECRET").await?;
    same("secret", secret, None)
}
