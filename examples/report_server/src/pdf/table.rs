//! The pages after the first: every order of the month, and the sum below.

use super::{
    Order, Subject,
    canvas::{
        ACCENT, Align, CONTENT_WIDTH, Canvas, FAINT, INK, MARGIN, MUTED, RIGHT, Style, TINT, WHITE,
    },
    money::euros,
};

const ROWS_PER_PAGE: usize = 30;
const ROW_HEIGHT: f32 = 21.0;
const TOP: f32 = 92.0;

const PRODUCT_LEFT: f32 = MARGIN + 92.0;
const QUANTITY_RIGHT: f32 = RIGHT - 190.0;
const PRICE_RIGHT: f32 = RIGHT - 98.0;
const PADDING: f32 = 8.0;

/// The orders of one page.
pub struct Rows<'a> {
    orders: &'a [Order],
    is_last: bool,
}

/// At least one page, which then says that there is nothing on it.
pub fn pages(orders: &[Order]) -> Vec<Rows<'_>> {
    let mut pages: Vec<_> = orders
        .chunks(ROWS_PER_PAGE)
        .map(|orders| Rows {
            orders,
            is_last: false,
        })
        .collect();
    if pages.is_empty() {
        pages.push(Rows {
            orders,
            is_last: false,
        });
    }
    if let Some(last) = pages.last_mut() {
        last.is_last = true;
    }
    pages
}

pub fn draw(canvas: &mut Canvas<'_>, subject: &Subject, rows: &Rows<'_>) {
    let heading = Style::new(13.0, INK).bold();
    canvas.text(MARGIN, 64.0, heading, "Orders");
    let customer = Style::new(10.0, MUTED).align(Align::Right);
    canvas.text(RIGHT, 64.0, customer, &subject.month.in_words());

    head(canvas);
    let mut top = TOP + ROW_HEIGHT;
    for (index, order) in rows.orders.iter().enumerate() {
        if index % 2 == 1 {
            canvas.rectangle(MARGIN, top, CONTENT_WIDTH, ROW_HEIGHT, TINT);
        }
        row(canvas, order, top);
        top += ROW_HEIGHT;
    }
    canvas.horizontal_line(MARGIN, top, CONTENT_WIDTH, FAINT);
    if subject.orders.is_empty() {
        let nothing = "There are no orders in this month.";
        canvas.text(
            MARGIN + PADDING,
            top + 20.0,
            Style::new(10.0, MUTED),
            nothing,
        );
    } else if rows.is_last {
        sum(canvas, subject, top);
    }
}

fn head(canvas: &mut Canvas<'_>) {
    canvas.rectangle(MARGIN, TOP, CONTENT_WIDTH, ROW_HEIGHT, ACCENT);
    let style = Style::new(9.5, WHITE).bold();
    let number = style.align(Align::Right);
    let y = TOP + 14.0;
    canvas.text(MARGIN + PADDING, y, style, "Date");
    canvas.text(PRODUCT_LEFT, y, style, "Product");
    canvas.text(QUANTITY_RIGHT, y, number, "Quantity");
    canvas.text(PRICE_RIGHT, y, number, "Unit price");
    canvas.text(RIGHT - PADDING, y, number, "Total");
}

fn row(canvas: &mut Canvas<'_>, order: &Order, top: f32) {
    let style = Style::new(10.0, INK);
    let number = style.align(Align::Right);
    let y = top + 14.0;
    // Panics on a quantity of 0, which no sound order has: this is how the example shows what a panic
    // in the background comes to.
    let unit_price = order.total_cents / order.quantity;
    let width = QUANTITY_RIGHT - 50.0 - PRODUCT_LEFT;
    canvas.text(MARGIN + PADDING, y, style, &order.ordered_on);
    canvas.text_within(PRODUCT_LEFT, y, width, style, &order.product);
    canvas.text(QUANTITY_RIGHT, y, number, &order.quantity.to_string());
    canvas.text(PRICE_RIGHT, y, number, &euros(unit_price));
    canvas.text(RIGHT - PADDING, y, number, &euros(order.total_cents));
}

fn sum(canvas: &mut Canvas<'_>, subject: &Subject, top: f32) {
    let style = Style::new(11.0, INK).bold();
    let y = top + 20.0;
    canvas.text(MARGIN + PADDING, y, style, "Total of the month");
    let total = euros(subject.total_cents());
    canvas.text(RIGHT - PADDING, y, style.align(Align::Right), &total);
}
