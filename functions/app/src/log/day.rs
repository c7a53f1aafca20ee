//! Days in UTC, as text and back.

use ports::Timestamp;

const DAY: u64 = 86_400;

/// The day of a moment, as `2026-07-22`.
pub fn day(at: Timestamp) -> String {
    let (year, month, day) = civil(at.as_secs() / DAY);
    format!("{year:04}-{month:02}-{day:02}")
}

/// A moment given as `2026-07-22`, `2026-07-22 06:00` or `2026-07-22 06:00:30`; a `T` may stand in the middle.
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim().trim_end_matches('Z');
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00"));
    let numbers = |text: &str, separator: char| -> Option<Vec<u64>> {
        text.split(separator)
            .map(|part| part.parse().ok())
            .collect()
    };
    let [year, month, day] = numbers(date, '-')?.try_into().ok()?;
    let mut time = numbers(time, ':')?.into_iter();
    let (hour, minute) = (time.next()?, time.next()?);
    let second = time.next().unwrap_or(0);
    let whole = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60
        && time.next().is_none();
    let days = days_of(year, month, day);
    // 31 February is no day: it comes back as another one.
    (whole && civil(days) == (year, month, day))
        .then(|| Timestamp((days * DAY + hour * 3_600 + minute * 60 + second) * 1_000))
}

/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", for days since 1970-01-01.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// The way back, of the same source.
fn days_of(year: u64, month: u64, day: u64) -> u64 {
    let year = year - u64::from(month <= 2);
    let (era, year_of_era) = (year / 400, year % 400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * shifted + 2) / 5 + day.max(1) - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    (era * 146_097 + of_era).saturating_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_days() {
        let check = |text: &str, expect: Option<(u64, &str)>| {
            let at = parse(text);
            let got = at.map(|at| (at.as_secs(), day(at)));
            assert_eq!(got, expect.map(|(at, day)| (at, day.to_owned())), "{text}");
        };
        check("1970-01-01", Some((0, "1970-01-01")));
        check("2000-02-29 00:00", Some((951_782_400, "2000-02-29")));
        check("2026-07-22 06:00", Some((1_784_700_000, "2026-07-22")));
        check("2025-12-31T23:59:59Z", Some((1_767_225_599, "2025-12-31")));
        for wrong in [
            "",
            "x",
            "2026-02-31",
            "2026-13-01",
            "2026-01-01 24:00",
            "2026-01-01 00:00:00:00",
            "26-1",
        ] {
            check(wrong, None);
        }
    }
}
