//! Days and times as a spreadsheet counts them.

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
/// The last day that is shown as one: 31 December 9999.
const LAST: f64 = 2_958_466.0;

/// A piece of a date's format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Year(usize),
    Month(usize),
    Day(usize),
    /// In halves of a day if the format says AM or PM somewhere.
    Hour(usize),
    Minute(usize),
    Second(usize),
    /// Digits of a second's fraction, with the point before them.
    Fraction(usize),
    /// `AM` or `PM`.
    Half,
    /// Hours, minutes or seconds in all: `[h]`.
    Elapsed(char, usize),
    Text(String),
}

/// Shows a number of days by a format; `None` if it is none that a spreadsheet shows.
pub(super) fn show(fields: &[Field], days: f64, from_1904: bool) -> Option<String> {
    if !(0.0..LAST).contains(&days) {
        return None;
    }
    let digits = fields.iter().map(|field| match field {
        Field::Fraction(digits) => *digits,
        _ => 0,
    });
    // Rounded to the last digit that is shown, so that 59.9999 seconds are a minute.
    let parts = 10u64.pow(digits.max().unwrap_or(0).min(3) as u32);
    let total = (days * 86_400.0 * parts as f64).round() as u64;
    let (fraction, seconds) = (total % parts, total / parts);
    let (day, second) = ((seconds / 86_400) as i64, seconds % 86_400);
    let day = match (from_1904, day) {
        (true, day) => day + 1462,
        // The 29 February 1900, which never was, is day 60.
        (false, day) if day < 60 => day + 1,
        (false, day) => day,
    };
    let (year, month, date) = civil(day - 25_569);
    let halves = fields.contains(&Field::Half);
    let mut out = String::new();
    for field in fields {
        let text = match field {
            Field::Year(width) if *width <= 2 => format!("{:02}", year % 100),
            Field::Year(_) => format!("{year:04}"),
            Field::Month(width) => named(*width, month, MONTHS.get(month as usize - 1).copied()),
            Field::Day(width) => {
                let weekday = DAYS.get((day - 1).rem_euclid(7) as usize).copied();
                named(*width, date, weekday)
            }
            Field::Hour(width) => {
                let hour = second / 3600;
                let hour = if halves { (hour + 11) % 12 + 1 } else { hour };
                format!("{hour:0width$}")
            }
            Field::Minute(width) => format!("{:0width$}", second / 60 % 60),
            Field::Second(width) => format!("{:0width$}", second % 60),
            Field::Fraction(width) => format!(".{fraction:0width$}"),
            Field::Half => if second < 43_200 { "AM" } else { "PM" }.to_owned(),
            Field::Elapsed(unit, width) => {
                let count = match unit {
                    'h' => seconds / 3600,
                    'm' => seconds / 60,
                    _ => seconds,
                };
                format!("{count:0width$}")
            }
            Field::Text(text) => text.clone(),
        };
        out.push_str(&text);
    }
    Some(out)
}

/// A number of one or two digits, or a name in short or whole.
fn named(width: usize, number: i64, name: Option<&str>) -> String {
    let name = name.unwrap_or_default();
    match width {
        0 | 1 => number.to_string(),
        2 => format!("{number:02}"),
        3 => name.get(..3).unwrap_or(name).to_owned(),
        5 => name.get(..1).unwrap_or(name).to_owned(),
        _ => name.to_owned(),
    }
}

/// Year, month and day of a day counted from 1970, in the Gregorian calendar: in eras of 400 years that begin in March
/// (Howard Hinnant, chrono-compatible low-level date algorithms).
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day = days.rem_euclid(146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, date)
}
