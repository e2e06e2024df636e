//! The report as a PDF: an overview with figures and a chart, then all orders as a table.

mod canvas;
mod chart;
mod document;
mod money;
mod overview;
mod table;
mod typeface;

use std::ops::ControlFlow;

use self::{canvas::Canvas, document::Document};
use crate::{
    error::ReportError,
    report::{Customer, Month},
    store::Order,
};

/// What a report is about.
pub struct Subject {
    pub customer: Customer,
    pub month: Month,
    pub orders: Vec<Order>,
}

impl Subject {
    fn month_in_words(&self) -> String {
        format!("{} {}", self.month.name(), self.month.year)
    }

    fn total_cents(&self) -> i64 {
        self.orders.iter().map(|order| order.total_cents).sum()
    }
}

pub struct Pdf {
    pub bytes: Vec<u8>,
    pub pages: u32,
}

/// Draws the report. Calls `before_page` with the number of pages drawn and their number in all, which
/// may end the work: then there is no PDF.
pub fn render(
    subject: &Subject,
    mut before_page: impl FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Option<Pdf>, ReportError> {
    let title = format!("{}, {}", subject.customer.name, subject.month_in_words());
    let tables = table::pages(&subject.orders);
    let pages = 1 + tables.len();

    let mut document = Document::default();
    for number in 1..=pages {
        if before_page(number - 1, pages).is_break() {
            return Ok(None);
        }
        let mut canvas = Canvas::new(&mut document.glyphs);
        match number {
            1 => overview::draw(&mut canvas, subject),
            _ => table::draw(&mut canvas, subject, &tables[number - 2]),
        }
        canvas.footer(&title, number, pages);
        let page = canvas.finish();
        document.add_page(page);
    }
    Ok(Some(Pdf {
        bytes: document.finish(&format!("Order report: {title}"))?,
        pages: u32::try_from(pages).unwrap_or(u32::MAX),
    }))
}
