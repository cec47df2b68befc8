//! The pages of a column, each looked at before it is decoded: counts that its bytes cannot hold. Not the
//! pages' headers (`page_header`).

use ::parquet::{
    basic::Encoding,
    column::page::{Page, PageMetadata, PageReader},
    errors::{ParquetError, Result as Parquet},
};

/// Pages whose counts fit their bytes.
pub(super) struct CheckedPages {
    pub pages: Box<dyn PageReader>,
    /// Do rows carry a level that says whether the value is there?
    pub nullable: bool,
    /// Rows of the row group.
    pub rows: usize,
}

impl CheckedPages {
    fn check(&self, page: &Page) -> Parquet<()> {
        let bad =
            |what: &str| Err(ParquetError::General(format!("a page announces more {what} than it holds")));
        match page {
            // No value of a dictionary takes less than a byte.
            Page::DictionaryPage { buf, num_values, .. } if *num_values as usize > buf.len() => {
                return bad("values");
            }
            Page::DictionaryPage { .. } => {}
            Page::DataPage { buf, num_values, encoding, .. } => {
                let levels = if self.nullable {
                    let length = buf.get(..4).and_then(|b| Some(u32::from_le_bytes(b.try_into().ok()?)));
                    length.map_or(usize::MAX, |l| (l as usize).saturating_add(4))
                } else {
                    0
                };
                return self.values(buf, levels, *num_values as usize, *encoding);
            }
            Page::DataPageV2 {
                buf, num_values, encoding, def_levels_byte_len, rep_levels_byte_len, ..
            } => {
                let levels = (*def_levels_byte_len as usize).saturating_add(*rep_levels_byte_len as usize);
                return self.values(buf, levels, *num_values as usize, *encoding);
            }
        }
        Ok(())
    }

    fn values(&self, buf: &[u8], levels: usize, count: usize, encoding: Encoding) -> Parquet<()> {
        let bad =
            |what: &str| Err(ParquetError::General(format!("a page announces more {what} than it holds")));
        if count > self.rows {
            return bad("rows");
        }
        let values = buf.get(levels..).unwrap_or_default();
        let lists = match encoding {
            Encoding::DELTA_LENGTH_BYTE_ARRAY => 1,
            Encoding::DELTA_BYTE_ARRAY => 2,
            _ => 0,
        };
        let mut at = 0;
        for _ in 0..lists {
            // What is not a list of lengths is left to the reader, which takes no memory for it.
            let Some((announced, length)) = lengths(&values[at..]) else { return Ok(()) };
            if announced > count as u64 {
                return bad("lengths");
            }
            at += length;
        }
        Ok(())
    }
}

/// How many numbers a list of packed differences announces, and its length in bytes where all of it is there:
/// blocks of a least difference, a width for each piece, and the pieces.
fn lengths(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut at = 0;
    let (block, pieces, count) = (whole(bytes, &mut at)?, whole(bytes, &mut at)?, whole(bytes, &mut at)?);
    whole(bytes, &mut at)?;
    let each = block.checked_div(pieces).filter(|each| *each > 0)?;
    let mut left = count.saturating_sub(1);
    while left > 0 {
        // Of a list that ends too early only the count matters.
        let ended = Some((count, bytes.len()));
        if whole(bytes, &mut at).is_none() {
            return ended;
        }
        let Some(widths) = usize::try_from(pieces).ok().and_then(|p| bytes.get(at..at.checked_add(p)?))
        else {
            return ended;
        };
        at += widths.len();
        for &width in widths {
            if left > 0 {
                let length = usize::try_from(each.saturating_mul(u64::from(width)) / 8).unwrap_or(usize::MAX);
                at = at.saturating_add(length);
                left = left.saturating_sub(each);
            }
        }
        if at > bytes.len() {
            return ended;
        }
    }
    Some((count, at))
}

/// A whole number in bytes of seven bits each.
fn whole(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let b = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(b & 0x7f) << shift;
        if b < 0x80 {
            return Some(value);
        }
    }
    None
}

impl Iterator for CheckedPages {
    type Item = Parquet<Page>;
    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for CheckedPages {
    fn get_next_page(&mut self) -> Parquet<Option<Page>> {
        let page = self.pages.get_next_page()?;
        page.as_ref().map_or(Ok(()), |p| self.check(p))?;
        Ok(page)
    }
    fn peek_next_page(&mut self) -> Parquet<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }
    fn skip_next_page(&mut self) -> Parquet<()> {
        self.pages.skip_next_page()
    }
    fn at_record_boundary(&mut self) -> Parquet<bool> {
        self.pages.at_record_boundary()
    }
}
