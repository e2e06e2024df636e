//! A page to draw on: text, boxes and lines in the report's colours.

use pdf_writer::{Content, Str, types::TextRenderingMode};

use super::{
    document::{FONT, Glyphs},
    typeface::TYPEFACE,
};

/// A4, in points.
pub const PAGE_WIDTH: f32 = 595.28;
pub const PAGE_HEIGHT: f32 = 841.89;
pub const MARGIN: f32 = 48.0;
pub const RIGHT: f32 = PAGE_WIDTH - MARGIN;
pub const CONTENT_WIDTH: f32 = PAGE_WIDTH - 2.0 * MARGIN;

pub type Color = [u8; 3];

pub const INK: Color = [0x1b, 0x26, 0x32];
pub const MUTED: Color = [0x5d, 0x6b, 0x7a];
pub const FAINT: Color = [0xdd, 0xe4, 0xe8];
pub const TINT: Color = [0xf1, 0xf6, 0xf6];
pub const ACCENT: Color = [0x0f, 0x6b, 0x6b];
pub const ACCENT_LIGHT: Color = [0xb9, 0xdc, 0xd8];
pub const WHITE: Color = [0xff, 0xff, 0xff];

#[derive(Clone, Copy)]
pub enum Align {
    Left,
    Center,
    Right,
}

/// How a text looks.
#[derive(Clone, Copy)]
pub struct Style {
    pub size: f32,
    pub color: Color,
    pub bold: bool,
    pub align: Align,
}

impl Style {
    pub const fn new(size: f32, color: Color) -> Self {
        Style {
            size,
            color,
            bold: false,
            align: Align::Left,
        }
    }

    pub const fn bold(mut self) -> Self {
        self.bold = true;
        self
    }

    pub const fn align(mut self, align: Align) -> Self {
        self.align = align;
        self
    }
}

/// Distances are from the page's left edge to the right, and from its top edge down.
pub struct Canvas<'a> {
    content: Content,
    glyphs: &'a mut Glyphs,
}

impl<'a> Canvas<'a> {
    pub fn new(glyphs: &'a mut Glyphs) -> Self {
        let content = Content::new();
        Canvas { content, glyphs }
    }

    pub fn finish(self) -> Content {
        self.content
    }

    /// Writes a text whose baseline starts, has its middle, or ends at the point.
    pub fn text(&mut self, x: f32, y: f32, style: Style, text: &str) {
        let width = TYPEFACE.width(text) * style.size;
        let x = match style.align {
            Align::Left => x,
            Align::Center => x - width / 2.0,
            Align::Right => x - width,
        };
        self.fill_with(style.color);
        self.content.begin_text().set_font(FONT, style.size);
        if style.bold {
            // The font has one weight; a thin line around the letters makes the other one.
            let [red, green, blue] = components(style.color);
            self.content
                .set_text_rendering_mode(TextRenderingMode::FillStroke)
                .set_stroke_rgb(red, green, blue)
                .set_line_width(style.size * 0.03);
        } else {
            self.content
                .set_text_rendering_mode(TextRenderingMode::Fill);
        }
        self.content
            .next_line(x, PAGE_HEIGHT - y)
            .show(Str(&self.glyphs.encode(text)))
            .end_text();
    }

    /// [`text`](Self::text) that ends in "…" where it would be wider than `width`.
    pub fn text_within(&mut self, x: f32, y: f32, width: f32, style: Style, text: &str) {
        let fits = |text: &str| TYPEFACE.width(text) * style.size <= width;
        if fits(text) {
            return self.text(x, y, style, text);
        }
        let mut shortened = text.to_owned();
        while shortened.pop().is_some() && !fits(&format!("{shortened}…")) {}
        self.text(x, y, style, &format!("{}…", shortened.trim_end()));
    }

    pub fn rectangle(&mut self, x: f32, y: f32, width: f32, height: f32, color: Color) {
        self.fill_with(color);
        self.content
            .rect(x, PAGE_HEIGHT - y - height, width, height)
            .fill_nonzero();
    }

    pub fn horizontal_line(&mut self, x: f32, y: f32, width: f32, color: Color) {
        self.rectangle(x, y - 0.25, width, 0.5, color);
    }

    pub fn footer(&mut self, title: &str, page: usize, pages: usize) {
        const BASELINE: f32 = PAGE_HEIGHT - 32.0;
        let style = Style::new(8.5, MUTED);
        self.horizontal_line(MARGIN, BASELINE - 14.0, CONTENT_WIDTH, FAINT);
        self.text_within(MARGIN, BASELINE, CONTENT_WIDTH - 80.0, style, title);
        let number = format!("Page {page} of {pages}");
        self.text(RIGHT, BASELINE, style.align(Align::Right), &number);
    }

    fn fill_with(&mut self, color: Color) {
        let [red, green, blue] = components(color);
        self.content.set_fill_rgb(red, green, blue);
    }
}

fn components(color: Color) -> [f32; 3] {
    color.map(|component| f32::from(component) / 255.0)
}
