//! Amounts of money as text.

/// `€ 1,234.56`
pub fn euros(cents: i64) -> String {
    let sign = if cents < 0 { "−" } else { "" };
    let cents = cents.unsigned_abs();
    format!("€ {sign}{}.{:02}", grouped(cents / 100), cents % 100)
}

/// `€ 1,234`, for where cents would be noise.
pub fn whole_euros(cents: i64) -> String {
    format!("€ {}", grouped(cents.unsigned_abs() / 100))
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
