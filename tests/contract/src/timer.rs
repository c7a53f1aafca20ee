//! Cases for `Timer`, seen through the [`Recorder`](crate::Recorder).

use std::time::Duration;

use ports::{Alarm, Job, Platform};

use crate::{
    Case, Harness, Needs,
    check::{Checked, Failure, case, ensure, eventually, fresh, same},
    recorder::{Delivery, deliveries},
};

const LIMIT: Duration = Duration::from_secs(60);

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case!(
            "timer/fires_and_not_early",
            fires_and_not_early,
            Needs::CONSUMER
        ),
        case!(
            "timer/past_fires_at_once",
            past_fires_at_once,
            Needs::CONSUMER
        ),
        case!("timer/set_replaces", set_replaces, Needs::CONSUMER),
        case!("timer/cancel", cancel, Needs::CONSUMER),
        case!("timer/many", many, Needs::CONSUMER),
    ]
}

fn alarm(platform: &Platform, name: &str, seconds: u64) -> Alarm {
    Alarm {
        name: name.to_owned(),
        at: platform.clock.now() + Duration::from_secs(seconds),
        job: Job::new(fresh(platform, "alarm"), "contract/ok", "ring"),
    }
}

async fn fired(platform: &Platform, alarm: &Alarm) -> Result<Delivery, Failure> {
    let id = &alarm.job.id;
    let first = eventually!(
        platform,
        &alarm.name,
        LIMIT,
        deliveries(platform, id).await?.into_iter().next()
    );
    Ok(first)
}

async fn fires_and_not_early(Harness { platform, .. }: Harness) -> Checked {
    let alarm = alarm(&platform, &fresh(&platform, "timer"), 2);
    platform.timer.set(alarm.clone()).await?;
    let got = fired(&platform, &alarm).await?;
    ensure!(got.at >= alarm.at, "{:?} early", alarm.at.since(got.at));
    same("body", got.body, b"ring".to_vec())
}

async fn past_fires_at_once(Harness { platform, .. }: Harness) -> Checked {
    let mut alarm = alarm(&platform, &fresh(&platform, "timer"), 0);
    alarm.at.0 -= 5000;
    platform.timer.set(alarm.clone()).await?;
    fired(&platform, &alarm).await?;
    Ok(())
}

async fn set_replaces(Harness { platform, .. }: Harness) -> Checked {
    let name = fresh(&platform, "timer");
    let (first, second) = (alarm(&platform, &name, 2), alarm(&platform, &name, 1));
    platform.timer.set(first.clone()).await?;
    platform.timer.set(second.clone()).await?;
    fired(&platform, &second).await?;
    platform.clock.sleep(Duration::from_secs(3)).await;
    let replaced = deliveries(&platform, &first.job.id).await?;
    same("the replaced alarm", replaced, Vec::new())
}

async fn cancel(Harness { platform, .. }: Harness) -> Checked {
    let name = fresh(&platform, "timer");
    platform.timer.cancel(&name).await?;
    let alarm = alarm(&platform, &name, 1);
    platform.timer.set(alarm.clone()).await?;
    platform.timer.cancel(&name).await?;
    platform.clock.sleep(Duration::from_secs(3)).await;
    same(
        "fired",
        deliveries(&platform, &alarm.job.id).await?,
        Vec::new(),
    )
}

async fn many(Harness { platform, .. }: Harness) -> Checked {
    let base = fresh(&platform, "timer");
    let alarms: Vec<_> = (0..12)
        .map(|i| alarm(&platform, &format!("{base}/{i}"), i % 3))
        .collect();
    for alarm in &alarms {
        platform.timer.set(alarm.clone()).await?;
    }
    for alarm in &alarms {
        let got = fired(&platform, alarm).await?;
        ensure!(got.at >= alarm.at, "{:?} early", alarm.at.since(got.at));
    }
    Ok(())
}
