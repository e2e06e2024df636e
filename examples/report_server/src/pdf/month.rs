//! A month of a year, as a report is about it.

use std::{
    fmt::{self, Display},
    str::FromStr,
};

/// A month of a year, written `2025-03`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    pub year: u32,
    /// 1 to 12
    pub month: u32,
}

impl Month {
    pub fn days(self) -> u32 {
        match self.month {
            2 if self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    /// `March 2025`
    pub fn in_words(self) -> String {
        format!("{} {}", self.name(), self.year)
    }

    fn name(self) -> &'static str {
        const NAMES: [&str; 12] = [
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
        NAMES[self.month as usize - 1]
    }
}

impl Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("the month {text:?} is not of the form 2025-03");
        let (year, month) = text.split_once('-').ok_or_else(wrong)?;
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if year.len() != 4 || month.len() != 2 || !all_digits(year) || !all_digits(month) {
            return Err(wrong());
        }
        let year = year.parse().map_err(|_| wrong())?;
        let month = month.parse().map_err(|_| wrong())?;
        if !(1..=12).contains(&month) {
            return Err(format!(
                "there is no month {month}: months go from 01 to 12"
            ));
        }
        Ok(Month { year, month })
    }
}
