//! The file: pages, and those glyphs of the font that they show.

use std::collections::BTreeMap;

use pdf_writer::{
    Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr,
    types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap},
};
use subsetter::{GlyphRemapper, subset};

use super::{
    PdfError,
    canvas::{PAGE_HEIGHT, PAGE_WIDTH},
    typeface::TYPEFACE,
};

/// What the pages call the font.
pub const FONT: Name<'static> = Name(b"F");

/// The font's name in the file. Six letters say that it is a part of the font.
const FONT_NAME: Name<'static> = Name(b"REPORT+Ubuntu-Light");

/// A font's own measures are in thousandths of its size.
const FONT_UNIT: f32 = 1000.0;

const IDENTITY: SystemInfo<'static> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};

#[derive(Default)]
pub struct Document {
    pages: Vec<Content>,
    pub glyphs: Glyphs,
}

/// The glyphs that the pages show. The file numbers them anew.
#[derive(Default)]
pub struct Glyphs {
    numbers: GlyphRemapper,
    characters: BTreeMap<u16, char>,
}

impl Glyphs {
    /// How the pages write a text: the numbers of its glyphs, two bytes each.
    pub fn encode(&mut self, text: &str) -> Vec<u8> {
        text.chars()
            .flat_map(|character| {
                let number = self.numbers.remap(TYPEFACE.glyph(character));
                self.characters.entry(number).or_insert(character);
                number.to_be_bytes()
            })
            .collect()
    }
}

impl Document {
    pub fn add_page(&mut self, content: Content) {
        self.pages.push(content);
    }

    pub fn finish(self, title: &str) -> Result<Vec<u8>, PdfError> {
        let mut next = Ref::new(1);
        let (catalog, page_tree, font, info) = (next.bump(), next.bump(), next.bump(), next.bump());
        let mut file = Pdf::new();
        file.catalog(catalog).pages(page_tree).lang(TextStr("en"));
        file.document_info(info)
            .title(TextStr(title))
            .creator(TextStr("report_server"));

        let mut pages = Vec::new();
        for content in self.pages {
            let (page, stream) = (next.bump(), next.bump());
            file.page(page)
                .parent(page_tree)
                .media_box(Rect::new(0.0, 0.0, PAGE_WIDTH, PAGE_HEIGHT))
                .contents(stream)
                .resources()
                .fonts()
                .pair(FONT, font);
            file.stream(stream, &content.finish());
            pages.push(page);
        }
        let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
        file.pages(page_tree).kids(pages).count(count);
        embed(&self.glyphs, &mut file, font, next)?;
        Ok(file.finish())
    }
}

/// Writes the font under `font`, and its parts from `next` on.
fn embed(glyphs: &Glyphs, file: &mut Pdf, font: Ref, mut next: Ref) -> Result<(), PdfError> {
    let (cid_font, descriptor, data, characters) =
        (next.bump(), next.bump(), next.bump(), next.bump());
    file.type0_font(font)
        .base_font(FONT_NAME)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(cid_font)
        .to_unicode(characters);

    let widths = glyphs.numbers.remapped_gids();
    let widths = widths.map(|glyph| TYPEFACE.advance(glyph) * FONT_UNIT);
    let mut written = file.cid_font(cid_font);
    written
        .subtype(CidFontType::Type2)
        .base_font(FONT_NAME)
        .system_info(IDENTITY)
        .font_descriptor(descriptor)
        .cid_to_gid_map_predefined(Name(b"Identity"));
    written.widths().consecutive(0, widths);
    written.finish();

    let bounds = TYPEFACE.bounding_box();
    let bounds = [bounds.x1, bounds.y1, bounds.x2, bounds.y2].map(|edge| edge * FONT_UNIT);
    let [left, bottom, right, top] = bounds;
    file.font_descriptor(descriptor)
        .name(FONT_NAME)
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(left, bottom, right, top))
        .italic_angle(0.0)
        .ascent(TYPEFACE.ascent() * FONT_UNIT)
        .descent(TYPEFACE.descent() * FONT_UNIT)
        .cap_height(TYPEFACE.ascent() * FONT_UNIT)
        .stem_v(80.0)
        .font_file2(data);

    let part =
        subset(TYPEFACE.data(), 0, &glyphs.numbers).map_err(|error| PdfError(error.to_string()))?;
    file.stream(data, &part);

    // With it a reader can search and copy the text.
    let mut map = UnicodeCmap::new(Name(b"Characters"), IDENTITY);
    for (number, character) in &glyphs.characters {
        map.pair(*number, *character);
    }
    file.cmap(characters, &map.finish());
    Ok(())
}
