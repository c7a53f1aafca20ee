//! Reading rows: newest first, page by page, and their sums.
//!
//! The partitions of a day are read side by side and merged by their keys, which are times; only as much of each is read as a
//! page needs.

use std::collections::{BTreeMap, VecDeque};

use futures::future::{try_join, try_join_all};
use ports::{Range, Scope, Timestamp};

use super::{
    Kind, Purpose, Row,
    write::{self, ROWS},
};
use crate::{
    Context, Error, Result,
    chat::Usage,
    log::{self, day::day},
    statistics::money,
    store,
};

/// Rows that are looked at for one page, one file or one sum.
pub const MAX_ROWS: usize = 20_000;

/// Rows of one read.
const BATCH: usize = 100;

/// Which rows. What is absent lets all pass.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Of this app.
    pub app_id: Option<String>,
    /// Of this provider.
    pub provider: Option<String>,
    /// Of this model.
    pub model: Option<String>,
    /// That ended so: `ok`, `stopped`, `error`.
    pub status: Option<String>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// For this purpose.
    pub purpose: Option<Purpose>,
    /// Begun at this moment or later.
    pub from: Option<Timestamp>,
    /// Begun at this moment or earlier.
    pub to: Option<Timestamp>,
}

impl Filter {
    fn fits(&self, row: &Row) -> bool {
        let same = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        let app = row.of.app_id.as_deref().unwrap_or_default();
        same(&self.app_id, app)
            && same(&self.provider, &row.provider)
            && same(&self.model, &row.model)
            && same(&self.status, row.outcome.word())
            && self.kind.is_none_or(|kind| kind == row.kind)
            && self.purpose.is_none_or(|purpose| purpose == row.purpose)
            && self.from.is_none_or(|from| row.at >= from)
            && self.to.is_none_or(|to| row.at <= to)
    }
}

/// A page.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Newest first.
    pub rows: Vec<Row>,
    /// Where the next page begins; `None` after the last one. A page may be short, or empty, and have a next one: so many
    /// rows had to be looked at.
    pub next: Option<String>,
}

/// The sum of a model's calls of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Total {
    /// Of the model.
    pub provider: String,
    /// As the provider names it.
    pub model: String,
    /// What it does.
    pub kind: Kind,
    /// Calls.
    pub requests: u64,
    /// Those that failed.
    pub errors: u64,
    /// Read.
    pub prompt_tokens: u64,
    /// Written.
    pub completion_tokens: u64,
    /// Calls whose tokens were counted here.
    pub estimated: u64,
    /// Money, with seven decimals.
    pub price: String,
    /// ISO 4217.
    pub currency: String,
    /// Mean seconds.
    pub latency: f64,
}

/// One page of a workspace's rows. `cursor`: what the page before said. `InvalidParam` for one that nobody gave out.
pub async fn list(
    ctx: &Context,
    tenant_id: &str,
    filter: &Filter,
    cursor: Option<&str>,
    limit: usize,
) -> Result<Page> {
    let mut walk = Walk::begin(ctx, tenant_id, filter, cursor).await?;
    let mut rows = Vec::new();
    while rows.len() < limit && walk.scanned < MAX_ROWS {
        match walk.next().await? {
            Some(row) if filter.fits(&row) => rows.push(row),
            Some(_) => {}
            None => return Ok(Page { rows, next: None }),
        }
    }
    let next = match walk.is_over().await? {
        true => None,
        false => walk.cursor(),
    };
    Ok(Page { rows, next })
}

/// The sums by model, the dearest first, and whether they are of all rows: those of [`MAX_ROWS`] are added up.
pub async fn totals(ctx: &Context, tenant_id: &str, filter: &Filter) -> Result<(Vec<Total>, bool)> {
    let page = list(ctx, tenant_id, filter, None, MAX_ROWS).await?;
    Ok((add(&page.rows), page.next.is_none()))
}

fn add(rows: &[Row]) -> Vec<Total> {
    let mut groups = BTreeMap::<_, Vec<(&Row, Usage)>>::new();
    for row in rows {
        let usage = row.usage();
        let currency = usage.currency.clone();
        let key = (&row.provider, &row.model, row.kind, currency);
        groups.entry(key).or_default().push((row, usage));
    }
    let mut totals = Vec::with_capacity(groups.len());
    for ((provider, model, kind, currency), rows) in groups {
        let count =
            |test: fn(&Row) -> bool| rows.iter().filter(|(row, _)| test(row)).count() as u64;
        let millis: u64 = rows.iter().map(|(row, _)| row.latency_ms).sum();
        totals.push(Total {
            provider: provider.clone(),
            model: model.clone(),
            kind,
            requests: rows.len() as u64,
            errors: count(|row| row.outcome.word() == "error"),
            prompt_tokens: rows.iter().map(|(row, _)| row.prompt_tokens).sum(),
            completion_tokens: rows.iter().map(|(row, _)| row.completion_tokens).sum(),
            estimated: count(|row| row.estimated),
            price: money(rows.iter().map(|(_, usage)| usage.total_price.as_str())),
            currency,
            latency: millis as f64 / 1_000.0 / rows.len().max(1) as f64,
        });
    }
    let cost = |total: &Total| total.price.parse::<f64>().unwrap_or(0.0);
    totals.sort_by(|a, b| {
        cost(b)
            .total_cmp(&cost(a))
            .then(b.requests.cmp(&a.requests))
    });
    totals
}

/// A partition of a day, as far as it was read.
struct Source {
    partition: String,
    ready: VecDeque<(String, Row)>,
    after: Option<String>,
    is_over: bool,
}

/// All rows, the newest first.
struct Walk {
    scope: Scope,
    /// Days that were not begun, the newest last, and their partitions.
    days: Vec<(String, Vec<String>)>,
    day: String,
    sources: Vec<Source>,
    /// The last row that was given.
    last: Option<String>,
    scanned: usize,
}

impl Walk {
    async fn begin(
        ctx: &Context,
        tenant_id: &str,
        filter: &Filter,
        cursor: Option<&str>,
    ) -> Result<Self> {
        let wrong = || Error::invalid("cursor", "cursor must be one that a page before gave");
        let cursor = match cursor {
            None => None,
            Some(text) => {
                let (day, key) = text.split_once('~').ok_or_else(wrong)?;
                let key = format!("{ROWS}{}", key.replacen('.', "/", 1));
                crate::log::day::parse(day).ok_or_else(wrong)?;
                Some((day.to_owned(), key))
            }
        };
        let scope = ctx.tenant(tenant_id);
        let apps = match &filter.app_id {
            Some(id) => vec![id.clone()],
            None => {
                let names = crate::apps::names(&scope).await?;
                names.into_iter().map(|(id, _)| id).collect()
            }
        };
        let of_apps = apps.iter().map(async |id| {
            let days = log::days(&scope, id, None, None).await?;
            Ok::<_, Error>((id, days))
        });
        let (own, of_apps) = try_join(write::days(&scope), try_join_all(of_apps)).await?;
        let mut days: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for day in own {
            let shards = write::shards(&day).collect::<Vec<_>>();
            days.entry(day).or_default().extend(shards);
        }
        for (id, of_app) in of_apps {
            for day in of_app {
                let shards = log::shards(id, &day).collect::<Vec<_>>();
                days.entry(day).or_default().extend(shards);
            }
        }
        // A row of an answer lies on the day of its question, which may be the one before.
        let from = filter
            .from
            .map(|from| day(Timestamp(from.0.saturating_sub(DAY))));
        let to = filter.to.map(day);
        days.retain(|day, _| {
            from.as_ref().is_none_or(|from| day >= from)
                && to.as_ref().is_none_or(|to| day <= to)
                && cursor.as_ref().is_none_or(|(of, _)| day <= of)
        });
        let mut walk = Self {
            scope,
            days: days.into_iter().collect(),
            day: String::new(),
            sources: Vec::new(),
            last: None,
            scanned: 0,
        };
        if let Some((of, key)) = cursor
            && walk.days.last().is_some_and(|(day, _)| *day == of)
        {
            walk.open(Some(key));
        }
        Ok(walk)
    }

    /// Begins the next day; whether there was one.
    fn open(&mut self, after: Option<String>) -> bool {
        let Some((day, partitions)) = self.days.pop() else {
            return false;
        };
        let source = |partition| Source {
            partition,
            ready: VecDeque::new(),
            after: after.clone(),
            is_over: false,
        };
        self.sources = partitions.into_iter().map(source).collect();
        self.day = day;
        true
    }

    /// Reads on where nothing is ready; whether a row is.
    async fn fill(&mut self) -> Result<bool> {
        loop {
            let scope = &self.scope;
            let empty = self
                .sources
                .iter_mut()
                .filter(|source| source.ready.is_empty() && !source.is_over);
            try_join_all(empty.map(|source| source.read(scope))).await?;
            self.sources.retain(|source| !source.ready.is_empty());
            if !self.sources.is_empty() {
                return Ok(true);
            }
            if !self.open(None) {
                return Ok(false);
            }
        }
    }

    async fn next(&mut self) -> Result<Option<Row>> {
        if !self.fill().await? {
            return Ok(None);
        }
        let newest = |source: &&mut Source| source.ready.front().map(|(key, _)| key.clone());
        let source = self.sources.iter_mut().max_by_key(newest);
        let Some((key, row)) = source.and_then(|source| source.ready.pop_front()) else {
            return Ok(None);
        };
        self.last = Some(key);
        self.scanned += 1;
        Ok(Some(row))
    }

    async fn is_over(&mut self) -> Result<bool> {
        // The day of the last row is the one that the cursor names, unless the next row lies on another.
        let day = self.day.clone();
        let more = self.fill().await?;
        if more && self.day != day {
            // Everything of the next day comes after: no key is above this one.
            self.last = Some(format!("{ROWS}{LAST}"));
        }
        Ok(!more)
    }

    fn cursor(&self) -> Option<String> {
        let key = self.last.as_deref()?.strip_prefix(ROWS)?;
        Some(format!("{}~{}", self.day, key.replacen('/', ".", 1)))
    }
}

const DAY: u64 = 86_400_000;

/// Above every key of a row.
const LAST: &str = "9999999999999/z";

impl Source {
    async fn read(&mut self, scope: &Scope) -> Result<()> {
        let range = Range::prefix(ROWS, BATCH)
            .after(self.after.take())
            .reversed();
        let records = scope.list(&self.partition, range).await?;
        self.is_over = records.len() < BATCH;
        self.after = records.last().map(|record| record.key.clone());
        for record in &records {
            self.ready
                .push_back((record.key.clone(), store::decode(record)?));
        }
        Ok(())
    }
}
