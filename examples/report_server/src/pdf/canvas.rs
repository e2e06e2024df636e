//! A page to draw on: text, boxes and lines in the report's colours.

use krilla::{
    color::rgb,
    geom::{PathBuilder, Point, Rect},
    paint::{Fill, Stroke},
    surface::Surface,
};

use super::typeface::TYPEFACE;

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

pub struct Canvas<'a> {
    surface: Surface<'a>,
}

impl<'a> Canvas<'a> {
    pub fn new(surface: Surface<'a>) -> Self {
        Canvas { surface }
    }

    pub fn finish(self) {
        self.surface.finish();
    }

    /// Writes a text whose baseline starts, has its middle, or ends at the point.
    pub fn text(&mut self, x: f32, y: f32, style: Style, text: &str) {
        let (glyphs, width) = TYPEFACE.lay_out(text);
        let x = match style.align {
            Align::Left => x,
            Align::Center => x - width * style.size / 2.0,
            Align::Right => x - width * style.size,
        };
        self.fill_with(style.color);
        // The font has one weight; a thin line around the letters makes the other one.
        self.surface.set_stroke(style.bold.then(|| Stroke {
            paint: color(style.color).into(),
            width: style.size * 0.03,
            ..Stroke::default()
        }));
        let font = TYPEFACE.font.clone();
        self.surface
            .draw_glyphs(Point::from_xy(x, y), &glyphs, font, text, style.size, false);
    }

    /// [`text`](Self::text) that ends in "…" where it would be wider than `width`.
    pub fn text_within(&mut self, x: f32, y: f32, width: f32, style: Style, text: &str) {
        let fits = |text: &str| TYPEFACE.lay_out(text).1 * style.size <= width;
        if fits(text) {
            return self.text(x, y, style, text);
        }
        let mut shortened = text.to_owned();
        while shortened.pop().is_some() && !fits(&format!("{shortened}…")) {}
        self.text(x, y, style, &format!("{}…", shortened.trim_end()));
    }

    pub fn rectangle(&mut self, x: f32, y: f32, width: f32, height: f32, color: Color) {
        // An empty one is no rectangle to the library, and nothing to be seen.
        let Some(rectangle) = Rect::from_xywh(x, y, width, height) else {
            return;
        };
        let mut path = PathBuilder::new();
        path.push_rect(rectangle);
        if let Some(path) = path.finish() {
            self.fill_with(color);
            self.surface.set_stroke(None);
            self.surface.draw_path(&path);
        }
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

    fn fill_with(&mut self, fill: Color) {
        self.surface.set_fill(Some(Fill {
            paint: color(fill).into(),
            ..Fill::default()
        }));
    }
}

fn color([red, green, blue]: Color) -> rgb::Color {
    rgb::Color::new(red, green, blue)
}
