//! The report as a PDF: an overview with figures and a chart, then all orders as a table.
//!
//! It knows nothing of the server. Another program makes the same report with this folder alone, by
//! `#[path = "…/pdf/mod.rs"] mod pdf;`, and the crates epaint_default_fonts, pdf-writer, subsetter and ttf-parser.

mod canvas;
mod chart;
mod document;
mod money;
mod month;
mod overview;
mod table;
mod typeface;

use std::{
    fmt::{self, Display},
    ops::ControlFlow,
};

pub use self::month::Month;
use self::{canvas::Canvas, document::Document};

/// What a report is about.
pub struct Subject {
    pub customer: String,
    pub month: Month,
    pub orders: Vec<Order>,
}

pub struct Order {
    /// `2025-03-14`
    pub ordered_on: String,
    pub product: String,
    pub quantity: i64,
    pub total_cents: i64,
}

impl Subject {
    fn total_cents(&self) -> i64 {
        self.orders.iter().map(|order| order.total_cents).sum()
    }
}

pub struct Pdf {
    pub bytes: Vec<u8>,
    pub pages: u32,
}

/// The font could not be embedded.
#[derive(Debug)]
pub struct PdfError(String);

impl Display for PdfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the PDF could not be written: {}", self.0)
    }
}

impl std::error::Error for PdfError {}

/// Draws the report. Calls `before_page` with the number of pages drawn and their number in all, which
/// may end the work: then there is no PDF.
pub fn render(
    subject: &Subject,
    mut before_page: impl FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Option<Pdf>, PdfError> {
    let title = format!("{}, {}", subject.customer, subject.month.in_words());
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
