//! The font: which glyph a character has, and how wide it is.

use std::sync::LazyLock;

use pdf_writer::Rect;
use ttf_parser::{Face, GlyphId};

/// Parsed once: it is the same for all reports.
pub static TYPEFACE: LazyLock<Typeface> = LazyLock::new(Typeface::load);

const DATA: &[u8] = epaint_default_fonts::UBUNTU_LIGHT;

pub struct Typeface {
    face: Face<'static>,
}

impl Typeface {
    fn load() -> Self {
        Typeface {
            face: Face::parse(DATA, 0).expect("the font is part of the program"),
        }
    }

    /// The file that the font is read from.
    pub fn data(&self) -> &'static [u8] {
        DATA
    }

    /// The glyph of a character, which is the font's empty box for one that it lacks.
    pub fn glyph(&self, character: char) -> u16 {
        self.face.glyph_index(character).unwrap_or_default().0
    }

    /// How wide a glyph is at font size 1.
    pub fn advance(&self, glyph: u16) -> f32 {
        let advance = self.face.glyph_hor_advance(GlyphId(glyph));
        self.em(advance.unwrap_or_default())
    }

    /// How wide a text is at font size 1.
    pub fn width(&self, text: &str) -> f32 {
        text.chars()
            .map(|character| self.advance(self.glyph(character)))
            .sum()
    }

    /// The box around all glyphs at font size 1.
    pub fn bounding_box(&self) -> Rect {
        let bounds = self.face.global_bounding_box();
        let [left, bottom, right, top] =
            [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|edge| self.em(edge));
        Rect::new(left, bottom, right, top)
    }

    pub fn ascent(&self) -> f32 {
        self.em(self.face.ascender())
    }

    pub fn descent(&self) -> f32 {
        self.em(self.face.descender())
    }

    fn em(&self, units: impl Into<f32>) -> f32 {
        units.into() / f32::from(self.face.units_per_em())
    }
}
