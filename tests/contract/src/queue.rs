//! Cases for `Queue`, seen through the [`Recorder`](crate::Recorder).

use std::time::Duration;

use bytes::Bytes;
use ports::{ErrorKind, Job};

use crate::{
    Case, Harness, Needs,
    check::{Checked, case, ensure, eventually, fails, fresh, same},
    recorder::deliveries,
};

const LIMIT: Duration = Duration::from_secs(60);

pub(crate) fn cases() -> Vec<Case> {
    let slow = Needs {
        consumer: true,
        virtual_time: true,
        ..Needs::NOTHING
    };
    vec![
        case!(
            "queue/delivers_every_job",
            delivers_every_job,
            Needs::CONSUMER
        ),
        case!("queue/delay", delay, Needs::CONSUMER),
        case!(
            "queue/retries_with_a_pause",
            retries_with_a_pause,
            Needs::CONSUMER
        ),
        case!(
            "queue/gives_up_what_cannot_work",
            gives_up_what_cannot_work,
            Needs::CONSUMER
        ),
        case!(
            "queue/gives_up_after_the_last_attempt",
            gives_up_after_the_last_attempt,
            slow
        ),
        case!("queue/same_id_twice", same_id_twice, Needs::CONSUMER),
        case!(
            "queue/an_id_can_come_back",
            an_id_can_come_back,
            Needs::CONSUMER
        ),
        case!(
            "queue/body_of_any_bytes",
            body_of_any_bytes,
            Needs::CONSUMER
        ),
        case!("queue/body_too_large", body_too_large),
    ]
}

async fn delivers_every_job(Harness { platform, .. }: Harness) -> Checked {
    let base = fresh(&platform, "job");
    let jobs: Vec<_> = (0..30)
        .map(|i| Job::new(format!("{base}-{i}"), "contract/ok", format!("body {i}")))
        .collect();
    platform.queue.send(jobs.clone()).await?;
    for job in jobs {
        let got = eventually!(
            platform,
            &job.id,
            LIMIT,
            deliveries(&platform, &job.id).await?.into_iter().next()
        );
        same("body", Bytes::from(got.body), job.body)?;
        same("attempt", got.attempt, 0)?;
    }
    platform.queue.send(Vec::new()).await?;
    Ok(())
}

async fn delay(Harness { platform, .. }: Harness) -> Checked {
    let job = Job::new(fresh(&platform, "job"), "contract/ok", "");
    let start = platform.clock.now();
    let job = job.delayed(Duration::from_secs(2));
    platform.queue.send(vec![job.clone()]).await?;
    let got = eventually!(
        platform,
        "delayed",
        LIMIT,
        deliveries(&platform, &job.id).await?.into_iter().next()
    );
    let waited = got.at.since(start);
    ensure!(
        waited >= Duration::from_secs(2),
        "delivered after {waited:?}"
    );
    Ok(())
}

async fn retries_with_a_pause(Harness { platform, .. }: Harness) -> Checked {
    let job = Job::new(fresh(&platform, "job"), "contract/twice", "x");
    platform.queue.send(vec![job.clone()]).await?;
    let all = eventually!(platform, "third attempt", LIMIT, {
        let all = deliveries(&platform, &job.id).await?;
        (all.iter().any(|delivery| delivery.attempt == 2)).then_some(all)
    });
    let first = |attempt| all.iter().find(|delivery| delivery.attempt == attempt);
    let times: Vec<_> = (0..3)
        .filter_map(first)
        .map(|delivery| delivery.at)
        .collect();
    same("attempts", times.len(), 3)?;
    for pause in times.windows(2) {
        let pause = pause[1].since(pause[0]);
        ensure!(pause >= Duration::from_secs(1), "came back after {pause:?}");
    }
    Ok(())
}

async fn gives_up_what_cannot_work(Harness { platform, .. }: Harness) -> Checked {
    let job = Job::new(fresh(&platform, "job"), "contract/refuse", "x");
    platform.queue.send(vec![job.clone()]).await?;
    let reason = eventually!(platform, "given up", LIMIT, {
        let all = deliveries(&platform, &job.id).await?;
        all.into_iter().find_map(|delivery| delivery.reason)
    });
    ensure!(
        reason.contains("as the topic says"),
        "the reason is `{reason}`"
    );
    platform.clock.sleep(Duration::from_millis(1500)).await;
    let all = deliveries(&platform, &job.id).await?;
    let retried = all.iter().any(|delivery| delivery.attempt > 0);
    same("retried", retried, false)
}

async fn gives_up_after_the_last_attempt(Harness { platform, .. }: Harness) -> Checked {
    let job = Job::new(fresh(&platform, "job"), "contract/never", "x");
    platform.queue.send(vec![job.clone()]).await?;
    let all = eventually!(platform, "given up", 2 * LIMIT, {
        let all = deliveries(&platform, &job.id).await?;
        (all.iter().any(|delivery| delivery.reason.is_some())).then_some(all)
    });
    let attempts: Vec<_> = all
        .iter()
        .filter(|it| it.reason.is_none())
        .map(|it| it.attempt)
        .collect();
    same("attempts", attempts, (0..Job::MAX_ATTEMPTS).collect())
}

async fn same_id_twice(Harness { platform, .. }: Harness) -> Checked {
    let job = Job::new(fresh(&platform, "job"), "contract/ok", "x").delayed(Duration::from_secs(1));
    platform.queue.send(vec![job.clone(), job.clone()]).await?;
    platform.queue.send(vec![job.clone()]).await?;
    eventually!(
        platform,
        "delivered",
        LIMIT,
        deliveries(&platform, &job.id).await?.into_iter().next()
    );
    platform.clock.sleep(Duration::from_secs(1)).await;
    let count = deliveries(&platform, &job.id).await?.len();
    ensure!(count <= 3, "three sends became {count} deliveries");
    Ok(())
}

async fn an_id_can_come_back(Harness { platform, .. }: Harness) -> Checked {
    let job = Job::new(fresh(&platform, "job"), "contract/ok", "x");
    for round in 1..=2 {
        platform.queue.send(vec![job.clone()]).await?;
        eventually!(platform, "delivered again", LIMIT, {
            let count = deliveries(&platform, &job.id).await?.len();
            (count >= round).then_some(())
        });
        // The note is written inside the delivery: let that end before the id is used again.
        platform.clock.sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}

async fn body_of_any_bytes(Harness { platform, .. }: Harness) -> Checked {
    let body: Bytes = (0..Job::MAX_BODY).map(|i| (i % 256) as u8).collect();
    let job = Job::new(fresh(&platform, "job"), "contract/ok", body.clone());
    platform.queue.send(vec![job.clone()]).await?;
    let got = eventually!(
        platform,
        "delivered",
        LIMIT,
        deliveries(&platform, &job.id).await?.into_iter().next()
    );
    same("body", body == got.body, true)
}

async fn body_too_large(Harness { platform, .. }: Harness) -> Checked {
    let body = vec![0; Job::MAX_BODY + 1];
    let job = Job::new(fresh(&platform, "job"), "contract/ok", body);
    fails(
        "send",
        platform.queue.send(vec![job]).await,
        ErrorKind::TooLarge,
    )
}
