//! Annotations out of a file: checked as a whole, then written in small steps.

use super::{
    BATCH,
    change::{New, insert},
    check, csv,
    work::{self, Job, JobKind, JobStatus},
};
use crate::{Context, Error, Kind, Result, account::Identity, apps::App, id, keys, store};
use serde::{Deserialize, Serialize};

/// Longest file.
pub const MAX_BYTES: usize = 2 << 20;

/// Most rows of a file.
const MAX_ROWS: usize = 10_000;

/// Rows that an error names; the rest are counted.
const NAMED: usize = 20;

/// What waits in a blob until it is written.
#[derive(Serialize, Deserialize)]
struct Waiting {
    account_id: String,
    account_name: String,
    rows: Vec<(String, String)>,
}

/// Takes in a file of lines `question,answer`, with or without those words as its first line. A file with a broken
/// row is refused as a whole, with every such row named. Returns the job and the number of rows.
pub async fn import(
    ctx: &Context,
    app: &App,
    by: &Identity,
    content: &[u8],
) -> Result<(Job, usize)> {
    if content.len() > MAX_BYTES {
        let message = format!(
            "File size exceeded. The largest file accepted here has {} MB.",
            MAX_BYTES >> 20
        );
        return Err(Error::new(Kind::FileTooLarge, message));
    }
    let text = std::str::from_utf8(content)
        .map_err(|_| Error::invalid("file", "The file is not UTF-8."))?;
    let rows = rows(text)?;
    let count = rows.len();
    let waiting = Waiting {
        account_id: by.account_id.clone(),
        account_name: by.name.clone(),
        rows,
    };
    let job = Job::new(ctx, JobKind::Import);
    let scope = ctx.tenant(&app.tenant_id);
    let blob = blob(&app.id, &job.id);
    scope
        .put_blob(&blob, store::encode(&waiting)?.into())
        .await?;
    work::save(ctx, &app.tenant_id, &app.id, &job).await?;
    work::go_on(ctx, &app.tenant_id, &app.id, &job).await?;
    Ok((job, count))
}

/// Writes the next rows.
pub(super) async fn step(ctx: &Context, tenant_id: &str, app_id: &str, mut job: Job) -> Result<()> {
    let scope = ctx.tenant(tenant_id);
    let done: usize = job.done.parse().unwrap_or_default();
    let Some(content) = scope.get_blob(&blob(app_id, &job.id)).await? else {
        let reason = "The rows are gone.";
        (job.status, job.error) = (JobStatus::Error, reason.to_owned());
        return work::save(ctx, tenant_id, app_id, &job).await;
    };
    let waiting: Waiting = serde_json::from_slice(&content)
        .map_err(|error| Error::new(Kind::Internal, format!("rows cannot be read: {error}")))?;
    let rows = waiting.rows.into_iter().enumerate().skip(done).take(BATCH);
    let new: Vec<New> = rows
        .map(|(at, (question, answer))| New {
            // The same row gets the same id, however often this step is repeated.
            id: id::derived(&format!("annotation/{}/{at}", job.id)),
            question,
            answer,
        })
        .collect();
    if new.is_empty() {
        job.status = JobStatus::Completed;
        work::save(ctx, tenant_id, app_id, &job).await?;
        return Ok(scope.delete_blob(&blob(app_id, &job.id)).await?);
    }
    job.status = JobStatus::Processing;
    job.done = (done + new.len()).to_string();
    let author = Some((waiting.account_id, waiting.account_name));
    insert(ctx, tenant_id, app_id, author, new).await?;
    work::save(ctx, tenant_id, app_id, &job).await?;
    work::go_on(ctx, tenant_id, app_id, &job).await
}

fn blob(app_id: &str, job_id: &str) -> String {
    format!("{}/import/{job_id}", keys::annotation(app_id))
}

/// The rows of a file, all of them in order.
fn rows(text: &str) -> Result<Vec<(String, String)>> {
    let mut good = Vec::new();
    let mut broken = Vec::new();
    let read = csv::read(text);
    for (at, row) in read.rows.iter().enumerate() {
        let is_header = at == 0
            && matches!(row.cells.as_slice(), [question, answer, ..]
                if question.trim().eq_ignore_ascii_case("question") && answer.trim().eq_ignore_ascii_case("answer"));
        if is_header {
            continue;
        }
        let named = |reason: String| format!("row {} (line {}): {reason}", at + 1, row.line);
        match row.cells.as_slice() {
            [question, answer] => match check(question, answer) {
                Ok(row) => good.push(row),
                Err(error) => broken.push(named(error.message().to_owned())),
            },
            cells => broken.push(named(format!(
                "it has {} columns, and question and answer are expected",
                cells.len()
            ))),
        }
    }
    if let Some(line) = read.open_quote {
        broken.push(format!(
            "row {} (line {line}): its quote is never closed",
            read.rows.len() + 1
        ));
    }
    if !broken.is_empty() {
        let more = broken.len().saturating_sub(NAMED);
        let mut message = broken
            .into_iter()
            .take(NAMED)
            .collect::<Vec<_>>()
            .join("; ");
        if more > 0 {
            message.push_str(&format!("; and {more} more"));
        }
        let message = format!("The file has broken rows, and nothing was imported: {message}.");
        return Err(Error::invalid("file", message));
    }
    if good.is_empty() || good.len() > MAX_ROWS {
        let message = format!(
            "The file has {} rows, and 1 to {MAX_ROWS} are accepted.",
            good.len()
        );
        return Err(Error::invalid("file", message));
    }
    Ok(good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_broken_row_is_named() {
        let check = |text: &str, expect: Result<&[(&str, &str)], &str>| {
            let rows = rows(text).map_err(|error| error.message().to_owned());
            let expect = expect.map_err(str::to_owned).map(|rows| {
                let owned = rows.iter().map(|(q, a)| ((*q).to_owned(), (*a).to_owned()));
                owned.collect::<Vec<_>>()
            });
            assert_eq!(rows, expect, "{text:?}");
        };
        check("question,answer\nHi?,Hello.\n", Ok(&[("Hi?", "Hello.")]));
        check("Hi?,Hello.", Ok(&[("Hi?", "Hello.")]));
        check(
            "\u{feff}Question,Answer\r\n\"a\nb\",\"say \"\"x\"\"\"\r\n",
            Ok(&[("a\nb", "say \"x\"")]),
        );
        check(
            "question,answer\nHi?,Hello.\nalone\n,empty\n\"a\nb\",c\nx, \na,b,c\n",
            Err(
                "The file has broken rows, and nothing was imported: row 3 (line 3): it has 1 columns, and question \
                 and answer are expected; row 4 (line 4): question is required; row 6 (line 7): answer is required; \
                 row 7 (line 8): it has 3 columns, and question and answer are expected.",
            ),
        );
        check(
            "a,b\n\"c,d\n",
            Err(
                "The file has broken rows, and nothing was imported: row 2 (line 2): its quote is never closed.",
            ),
        );
        check(
            "question,answer\n",
            Err("The file has 0 rows, and 1 to 10000 are accepted."),
        );
        let many = "alone\n".repeat(25);
        let message = rows(&many).unwrap_err().message().to_owned();
        assert!(message.ends_with("; and 5 more."), "{message}");
        let many = "a,b\n".repeat(MAX_ROWS + 1);
        assert!(rows(&many).is_err());
    }
}
