//! JavaScript's `Date.prototype.toJSON`.

/// Milliseconds that a `Date` may be away from 1970: a hundred million days.
const MAX: i64 = 8_640_000_000_000_000;
/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// Writes milliseconds since 1970 as `2020-01-01T00:00:00.000Z`. `None` for what is an invalid `Date`.
pub(super) fn to_json(milliseconds: i64) -> Option<String> {
    if !(-MAX..=MAX).contains(&milliseconds) {
        return None;
    }
    let (year, month, day) = civil(milliseconds.div_euclid(DAY));
    let time = milliseconds.rem_euclid(DAY);
    let (hour, minute, second) = (time / 3_600_000, time / 60_000 % 60, time / 1_000 % 60);
    let year = match year {
        0..=9_999 => format!("{year:04}"),
        _ => format!("{year:+07}"),
    };
    Some(format!(
        "{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z",
        time % 1_000
    ))
}

/// Returns year, month and day of the day that is so many days from 1970-01-01.
///
/// In eras of 400 years that begin in March, so that the leap day is the last of a year:
/// <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>.
const fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468; // since 0000-03-01
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153; // 0 is March
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, years) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + years, month, day)
}
