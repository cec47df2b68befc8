//! How large the parts of a data file may be, so that no file asks for more memory than a sound one of its
//! size would. Not the limits of a model's text (`syntax`).

use std::io::{Error, ErrorKind, Read, Result};

/// Bytes of a line or of a record.
pub(super) const LONGEST_RECORD: usize = 1 << 28;

/// Columns of a table.
pub(super) const MOST_COLUMNS: usize = 1 << 22;

/// Bytes that any compressed file may unfold to.
const UNFOLDS_FREELY: u64 = 1 << 26;
/// Past that, bytes for each byte of the file. Tables of text are some 3 to 30 times smaller compressed;
/// deflate ends at 1032.
const UNFOLDS_AT_MOST: u64 = 200;

/// Counts what is read.
#[derive(Debug)]
struct Counted<R> {
    input: R,
    bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        let got = self.input.read(out)?;
        self.bytes += got as u64;
        Ok(got)
    }
}

/// A `.gz` decompressed, within what its length allows.
pub(super) struct Unfolded {
    input: flate2::read::MultiGzDecoder<Counted<Box<dyn Read>>>,
    bytes: u64,
}

impl Unfolded {
    pub(super) fn new(raw: Box<dyn Read>) -> Self {
        let input = Counted { input: raw, bytes: 0 };
        Self { input: flate2::read::MultiGzDecoder::new(input), bytes: 0 }
    }
}

impl Read for Unfolded {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        let got = self.input.read(out)?;
        self.bytes += got as u64;
        let read = self.input.get_ref().bytes;
        if self.bytes > UNFOLDS_FREELY && self.bytes / UNFOLDS_AT_MOST > read {
            let why = format!(
                "{read} bytes unfold to more than {UNFOLDS_AT_MOST} times as many; decompress the file first if it is sound"
            );
            return Err(Error::new(ErrorKind::InvalidData, why));
        }
        Ok(got)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write, copy, sink};

    fn unfold(bytes: &[u8]) -> Result<u64> {
        copy(&mut Unfolded::new(Box::new(Cursor::new(bytes.to_vec()))), &mut sink())
    }

    fn gzip(text: &[u8], times: usize) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
        (0..times).for_each(|_| out.write_all(text).unwrap());
        out.finish().unwrap()
    }

    #[test]
    fn a_file_of_nothing_but_zeros_ends_where_its_length_says() {
        let block = vec![b'0'; 1 << 20];
        assert_eq!(unfold(&gzip(&block, 60)).unwrap(), 60 << 20, "small files may be as they like");
        let e = unfold(&gzip(&block, 70)).unwrap_err().to_string();
        assert!(e.contains("200 times"), "{e}");
        // Several members, one after the other, are one file.
        let members = gzip(&block, 30).repeat(3);
        assert!(unfold(&members).is_err());
    }
}
