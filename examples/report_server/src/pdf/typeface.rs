//! The font: where each glyph is, and how wide.

use std::sync::LazyLock;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use ttf_parser::Face;

/// Parsed once: it is the same for all reports.
pub static TYPEFACE: LazyLock<Typeface> = LazyLock::new(Typeface::load);

pub struct Typeface {
    pub font: Font,
    face: Face<'static>,
}

impl Typeface {
    fn load() -> Self {
        const DATA: &[u8] = epaint_default_fonts::UBUNTU_LIGHT;
        Typeface {
            font: Font::new(DATA.to_vec().into(), 0).expect("the font is part of the program"),
            face: Face::parse(DATA, 0).expect("the font is part of the program"),
        }
    }

    /// The glyphs of a text, and its width at font size 1. A character that the font lacks is drawn
    /// as the font's empty box.
    pub fn lay_out(&self, text: &str) -> (Vec<KrillaGlyph>, f32) {
        let per_em = f32::from(self.face.units_per_em());
        let mut width = 0.0;
        let glyphs = text
            .char_indices()
            .map(|(start, character)| {
                let glyph = self.face.glyph_index(character).unwrap_or_default();
                let advance =
                    f32::from(self.face.glyph_hor_advance(glyph).unwrap_or_default()) / per_em;
                width += advance;
                let range = start..start + character.len_utf8();
                let id = GlyphId::new(u32::from(glyph.0));
                KrillaGlyph::new(id, advance, 0.0, 0.0, 0.0, range, None)
            })
            .collect();
        (glyphs, width)
    }
}
