//! The chart: revenue per day of the month, as bars over a grid.

use super::{
    Subject,
    canvas::{ACCENT, Align, Canvas, FAINT, INK, MARGIN, MUTED, RIGHT, Style},
    money::whole_euros,
};

pub fn draw(canvas: &mut Canvas<'_>, subject: &Subject, top: f32, height: f32) {
    const LEFT: f32 = MARGIN + 52.0;
    const LABEL: Style = Style::new(8.5, MUTED);

    let days = revenue_per_day(subject);
    let most = days.iter().copied().max().unwrap_or(0);
    let step = grid_step(most);
    let lines = (most + step - 1) / step;
    let ceiling = (lines.max(1) * step) as f32;
    let bottom = top + height;

    for line in 0..=lines.max(1) {
        let value = line * step;
        let y = bottom - height * (value as f32 / ceiling);
        let color = if line == 0 { INK } else { FAINT };
        canvas.horizontal_line(LEFT, y, RIGHT - LEFT, color);
        let label = whole_euros(value);
        canvas.text(LEFT - 8.0, y + 3.0, LABEL.align(Align::Right), &label);
    }

    let slot = (RIGHT - LEFT) / days.len() as f32;
    for (index, &cents) in days.iter().enumerate() {
        let x = LEFT + slot * index as f32;
        let bar = height * (cents as f32 / ceiling);
        canvas.rectangle(x + slot * 0.16, bottom - bar, slot * 0.68, bar, ACCENT);
        let day = index + 1;
        if day == 1 || day % 5 == 0 {
            let middle = x + slot / 2.0;
            let style = LABEL.align(Align::Center);
            canvas.text(middle, bottom + 14.0, style, &day.to_string());
        }
    }
}

fn revenue_per_day(subject: &Subject) -> Vec<i64> {
    let mut days = vec![0; subject.month.days() as usize];
    for order in &subject.orders {
        let day: Option<usize> = order.ordered_on.get(8..10).and_then(|day| day.parse().ok());
        if let Some(cents) = day.and_then(|day| days.get_mut(day.checked_sub(1)?)) {
            *cents += order.total_cents;
        }
    }
    days
}

/// The distance of grid lines, in cents: a round number that makes at most five of them.
fn grid_step(most: i64) -> i64 {
    let mut power = 100;
    loop {
        for factor in [1, 2, 5] {
            if most <= 5 * factor * power {
                return factor * power;
            }
        }
        power *= 10;
    }
}
