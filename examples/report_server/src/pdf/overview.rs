//! The first page: title, the month in four figures, a chart of its days, what sold best.

use std::collections::BTreeMap;

use super::{
    Subject,
    canvas::{
        ACCENT, ACCENT_LIGHT, Align, CONTENT_WIDTH, Canvas, INK, MARGIN, MUTED, PAGE_WIDTH, RIGHT,
        Style, TINT, WHITE,
    },
    chart,
    money::euros,
};

const BAND_HEIGHT: f32 = 168.0;
const HEADING: Style = Style::new(13.0, INK).bold();

pub fn draw(canvas: &mut Canvas<'_>, subject: &Subject) {
    title(canvas, subject);
    figures(canvas, subject, BAND_HEIGHT + 28.0);
    canvas.text(MARGIN, 308.0, HEADING, "Revenue per day");
    chart::draw(canvas, subject, 326.0, 190.0);
    canvas.text(MARGIN, 570.0, HEADING, "Best sellers");
    best_sellers(canvas, subject, 584.0);
}

fn title(canvas: &mut Canvas<'_>, subject: &Subject) {
    canvas.rectangle(0.0, 0.0, PAGE_WIDTH, BAND_HEIGHT, ACCENT);
    canvas.rectangle(0.0, BAND_HEIGHT, PAGE_WIDTH, 4.0, ACCENT_LIGHT);
    canvas.text(
        MARGIN,
        62.0,
        Style::new(11.0, ACCENT_LIGHT),
        "MONTHLY ORDER REPORT",
    );
    let name = Style::new(30.0, WHITE).bold();
    canvas.text_within(MARGIN, 102.0, CONTENT_WIDTH, name, &subject.customer);
    let month = Style::new(17.0, WHITE);
    canvas.text(MARGIN, 132.0, month, &subject.month.in_words());
}

fn figures(canvas: &mut Canvas<'_>, subject: &Subject, top: f32) {
    const GAP: f32 = 12.0;
    const WIDTH: f32 = (CONTENT_WIDTH - 3.0 * GAP) / 4.0;

    let orders = subject.orders.len();
    let total = subject.total_cents();
    let average = i64::try_from(orders)
        .ok()
        .and_then(|orders| total.checked_div(orders))
        .map_or_else(|| "–".to_owned(), euros);
    let items: i64 = subject.orders.iter().map(|order| order.quantity).sum();

    let figures = [
        ("Orders", orders.to_string()),
        ("Items sold", items.to_string()),
        ("Revenue", euros(total)),
        ("Average order", average),
    ];
    for (position, (label, figure)) in (0_u8..).zip(&figures) {
        let x = MARGIN + f32::from(position) * (WIDTH + GAP);
        canvas.rectangle(x, top, WIDTH, 64.0, TINT);
        canvas.rectangle(x, top, 3.0, 64.0, ACCENT);
        canvas.text(x + 14.0, top + 24.0, Style::new(9.5, MUTED), label);
        let style = Style::new(16.0, INK).bold();
        canvas.text_within(x + 14.0, top + 48.0, WIDTH - 20.0, style, figure);
    }
}

/// The products with the most revenue, as bars that compare them.
fn best_sellers(canvas: &mut Canvas<'_>, subject: &Subject, top: f32) {
    const ROW: f32 = 26.0;
    const BAR_LEFT: f32 = MARGIN + 180.0;
    const BAR_WIDTH: f32 = RIGHT - 80.0 - BAR_LEFT;

    let mut revenue: BTreeMap<&str, i64> = BTreeMap::new();
    for order in &subject.orders {
        *revenue.entry(&order.product).or_default() += order.total_cents;
    }
    let mut products: Vec<_> = revenue.into_iter().collect();
    products.sort_by_key(|&(_, cents)| std::cmp::Reverse(cents));

    let Some(&(_, most)) = products.first() else {
        let nothing = "Nothing was sold in this month.";
        return canvas.text(MARGIN, top + 18.0, Style::new(10.5, MUTED), nothing);
    };
    for (row, (product, cents)) in (0_u8..7).zip(products) {
        let y = top + f32::from(row) * ROW;
        let text = Style::new(10.5, INK);
        canvas.text_within(MARGIN, y + 16.0, BAR_LEFT - MARGIN - 10.0, text, product);
        let width = BAR_WIDTH * (cents as f32 / most as f32);
        canvas.rectangle(BAR_LEFT, y + 7.0, BAR_WIDTH, 12.0, TINT);
        canvas.rectangle(BAR_LEFT, y + 7.0, width, 12.0, ACCENT);
        canvas.text(RIGHT, y + 16.0, text.align(Align::Right), &euros(cents));
    }
}
