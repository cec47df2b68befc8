//! Flat tables of Parquet files: numbers, truth values and texts. Not nested columns, dates nor decimals.
//!
//! The file is read a column of a row group at a time, and only columns that are wanted. A null is missing;
//! so are the texts that are in every table (`NA`). Truth values are the levels `true` and `false`.

mod page_header;
mod pages;

use super::{
    Seekable, Table, TableFile, assembly::Assembly, errors, foreign::guarded, limits::MOST_COLUMNS,
    row_places::RowOrigin,
};
use crate::diag::Diagnostic;
use ::parquet::{
    basic::{Compression, ConvertedType, LogicalType, Type},
    column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader},
    data_type::DataType,
    errors::{ParquetError, Result as Parquet},
    file::reader::{ChunkReader, FileReader, Length, SerializedFileReader},
    schema::types::ColumnDescriptor,
};
use pages::CheckedPages;
use std::{
    io::{BufRead, BufReader, Read, Seek, SeekFrom},
    sync::{Arc, Mutex, PoisonError},
};

/// Rows of a column decoded at a time.
const BATCH: usize = 1 << 13;
/// Rows for each byte of a file, at most: a run of one value takes a few bytes a page.
const ROWS_AT_MOST: u64 = 1 << 14;
/// Up to here every integer is an f64.
const EXACT: u64 = 1 << 53;

/// One line for `list` and the book.
pub const ABOUT: &str = "a flat Parquet table of numbers, truth values and texts";

/// Reads the table.
///
/// # Errors
/// A file that is cut short or of another kind, and columns that are wanted and of no type above.
pub fn read(source: &TableFile<'_>) -> Result<Table, Diagnostic> {
    if !source.path.to_ascii_lowercase().ends_with(".parquet") {
        let d = Diagnostic::error(errors::FORMAT, format!("`{}` is compressed as a whole", source.path));
        return Err(d
            .note("a Parquet file is read here and there, and is compressed inside")
            .help("decompress it first"));
    }
    // The reader is another's, and panics on some damaged files.
    guarded(|| read_sound(source)).unwrap_or_else(|why| {
        Err(fault(source, format!("`{}` cannot be read as a Parquet file", source.path)).note(why))
    })
}

fn read_sound(source: &TableFile<'_>) -> Result<Table, Diagnostic> {
    let input = Chunks::open(source)?;
    let length = input.length;
    if input.length == 0 {
        return Err(errors::empty(source));
    }
    let broken =
        |e: ParquetError| fault(source, format!("`{}` cannot be read as a Parquet file: {e}", source.path));
    let file = SerializedFileReader::new(input).map_err(broken)?;
    let meta = file.metadata();
    let columns = meta.file_metadata().schema_descr().columns().to_vec();
    let names: Vec<String> = columns.iter().map(|c| c.path().string()).collect();
    for (i, name) in names.iter().enumerate() {
        if name.trim().is_empty() {
            return Err(Diagnostic::error(
                errors::UNNAMED_COLUMN,
                format!("column {} of `{}` has no name", i + 1, source.path),
            ));
        }
    }
    let rows = meta.row_groups().iter().map(|g| usize::try_from(g.num_rows()).unwrap_or(0));
    let rows = rows.fold(0, usize::saturating_add);
    if rows == 0 || names.is_empty() {
        return Err(Diagnostic::error(errors::NO_ROWS, format!("`{}` is a table without rows", source.path)));
    }
    if names.len() > MOST_COLUMNS {
        return Err(fault(source, format!("`{}` has more than {MOST_COLUMNS} columns", source.path)));
    }
    if rows as u64 / ROWS_AT_MOST > length {
        return Err(fault(source, format!("`{}` announces {rows} rows and has {length} bytes", source.path))
            .help("check that the file was written to its end"));
    }
    if rows >= u32::MAX as usize {
        return Err(Diagnostic::error(
            errors::UNREADABLE,
            format!("`{}` has {rows} rows, more than can be counted", source.path),
        ));
    }
    let texts: Vec<usize> = (0..columns.len())
        .filter(|&i| matches!(columns[i].physical_type(), Type::BYTE_ARRAY | Type::BOOLEAN))
        .collect();
    let mut assembly = Assembly::new(names, source.wanted, &texts);
    for &c in assembly.kept() {
        if let Some(what) = refused(&columns[c]) {
            return Err(fault(
                source,
                format!("column `{}` of `{}` holds {what}", columns[c].path().string(), source.path),
            )
            .note("columns of numbers, truth values and texts are read")
            .help("turn it into one of these, or leave it out"));
        }
    }
    let kept = assembly.kept().to_vec();
    let mut first: usize = 0;
    for g in 0..meta.num_row_groups() {
        let group = file.get_row_group(g).map_err(broken)?;
        let here = usize::try_from(meta.row_group(g).num_rows()).unwrap_or(0);
        for &c in &kept {
            let to =
                GroupColumn { source, assembly: &mut assembly, about: &columns[c], c, first, rows: here };
            let unsigned = unsigned(&columns[c]);
            if let Some(codec) = unpacked_elsewhere(meta.row_group(g).column(c).compression()) {
                return Err(compressed(source, &to.about.path().string(), codec));
            }
            let pages = CheckedPages {
                pages: group.get_column_page_reader(c).map_err(broken)?,
                nullable: columns[c].max_def_level() > 0,
                rows: here,
            };
            match get_column_reader(Arc::clone(&columns[c]), Box::new(pages)) {
                ColumnReader::DoubleColumnReader(r) => to.numbers(r, |x| Some(*x)),
                ColumnReader::FloatColumnReader(r) => to.numbers(r, |x| Some(f64::from(*x))),
                ColumnReader::Int32ColumnReader(r) => to.numbers(r, |x| {
                    Some(if unsigned { f64::from(x.cast_unsigned()) } else { f64::from(*x) })
                }),
                ColumnReader::Int64ColumnReader(r) => to.numbers(r, |x| {
                    let (size, value) = if unsigned {
                        (x.cast_unsigned(), x.cast_unsigned() as f64)
                    } else {
                        (x.unsigned_abs(), *x as f64)
                    };
                    (size <= EXACT).then_some(value)
                }),
                ColumnReader::BoolColumnReader(r) => to.texts(r, |x| Some(if *x { "true" } else { "false" })),
                ColumnReader::ByteArrayColumnReader(r) => to.texts(r, |x| std::str::from_utf8(x.data()).ok()),
                _ => Ok(()),
            }?;
        }
        first += here;
    }
    Ok(assembly.finish(source.name, source.path, rows, RowOrigin::Numbered))
}

fn fault(source: &TableFile<'_>, title: String) -> Diagnostic {
    debug_assert!(!source.path.is_empty());
    Diagnostic::error(errors::BAD_FILE, title)
}

/// The compression of a column that this build does not undo.
fn unpacked_elsewhere(c: Compression) -> Option<&'static str> {
    match c {
        Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::GZIP(_) => None,
        Compression::ZSTD(_) if cfg!(feature = "zstd") => None,
        Compression::ZSTD(_) => Some("zstd"),
        Compression::BROTLI(_) => Some("Brotli"),
        Compression::LZ4 | Compression::LZ4_RAW => Some("LZ4"),
        Compression::LZO => Some("LZO"),
    }
}

fn compressed(source: &TableFile<'_>, column: &str, codec: &str) -> Diagnostic {
    let title = format!("column `{column}` of `{}` is compressed with {codec}", source.path);
    let d = fault(source, title);
    if codec == "zstd" {
        d.note("this elbow was built without zstd, which takes a C library")
            .help("build it with `--features zstd`, or write the file with snappy, gzip or no compression")
    } else {
        d.note("files compressed with snappy, gzip, zstd or not at all are read")
            .help("write the file with one of these")
    }
}

/// What a column holds that a table can't.
fn refused(c: &ColumnDescriptor) -> Option<&'static str> {
    if c.max_rep_level() > 0 {
        return Some("lists");
    }
    if c.path().parts().len() > 1 {
        return Some("records");
    }
    match c.logical_type_ref() {
        None
        | Some(
            LogicalType::String
            | LogicalType::Enum
            | LogicalType::Json
            | LogicalType::Integer(_)
            | LogicalType::Unknown,
        ) => {}
        Some(LogicalType::Decimal(_)) => return Some("decimals"),
        Some(LogicalType::Date | LogicalType::Time(_) | LogicalType::Timestamp(_)) => {
            return Some("dates or times");
        }
        Some(_) => return Some("values of a type of its own"),
    }
    match c.converted_type() {
        ConvertedType::DECIMAL => Some("decimals"),
        ConvertedType::DATE
        | ConvertedType::TIME_MILLIS
        | ConvertedType::TIME_MICROS
        | ConvertedType::TIMESTAMP_MILLIS
        | ConvertedType::TIMESTAMP_MICROS
        | ConvertedType::INTERVAL => Some("dates or times"),
        _ => match c.physical_type() {
            Type::INT96 => Some("dates or times"),
            Type::FIXED_LEN_BYTE_ARRAY => Some("bytes"),
            _ => None,
        },
    }
}

fn unsigned(c: &ColumnDescriptor) -> bool {
    use ConvertedType::{UINT_8, UINT_16, UINT_32, UINT_64};
    matches!(c.logical_type_ref(), Some(LogicalType::Integer(i)) if !i.is_signed)
        || matches!(c.converted_type(), UINT_8 | UINT_16 | UINT_32 | UINT_64)
}

/// A column of a row group on its way into the table.
struct GroupColumn<'a, 's> {
    source: &'s TableFile<'s>,
    assembly: &'a mut Assembly,
    about: &'a ColumnDescriptor,
    c: usize,
    first: usize,
    rows: usize,
}

impl GroupColumn<'_, '_> {
    fn numbers<T: DataType>(
        self,
        reader: ColumnReaderImpl<T>,
        of: impl Fn(&T::T) -> Option<f64>,
    ) -> Result<(), Diagnostic> {
        let (source, name, c) = (self.source, self.about.path().string(), self.c);
        self.each(reader, |assembly, row, x| {
            let x = x.map_or(Some(f64::NAN), &of).ok_or_else(|| {
                let title = format!(
                    "row {} of column `{name}` of `{}` is an integer that a number of 64 bits does not hold exactly",
                    row + 1,
                    source.path
                );
                fault(source, title).note("whole numbers are held exactly up to 2⁵³").help("number the values anew, or make them texts")
            })?;
            assembly.number_at(c, row, x);
            Ok(())
        })
    }

    fn texts<T: DataType>(
        self,
        reader: ColumnReaderImpl<T>,
        of: impl Fn(&T::T) -> Option<&str>,
    ) -> Result<(), Diagnostic> {
        let (source, name, c) = (self.source, self.about.path().string(), self.c);
        self.each(reader, |assembly, row, x| {
            let text = match x {
                None => "",
                Some(x) => of(x).ok_or_else(|| {
                    let title =
                        format!("row {} of column `{name}` of `{}` is not UTF-8 text", row + 1, source.path);
                    Diagnostic::error(errors::NOT_UTF8, title)
                })?,
            };
            assembly.word_at(c, row, text);
            Ok(())
        })
    }

    /// Every row of the column, nulls as `None`.
    fn each<T: DataType>(
        self,
        mut reader: ColumnReaderImpl<T>,
        mut take: impl FnMut(&mut Assembly, usize, Option<&T::T>) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        let nullable = self.about.max_def_level() > 0;
        let (mut levels, mut values) = (vec![], vec![]);
        let mut done = 0;
        let short = |done: usize| {
            let name = self.about.path().string();
            fault(
                self.source,
                format!("column `{name}` of `{}` ends after {} rows", self.source.path, self.first + done),
            )
        };
        while done < self.rows {
            levels.clear();
            values.clear();
            let batch = BATCH.min(self.rows - done);
            let read = reader.read_records(batch, nullable.then_some(&mut levels), None, &mut values);
            let (records, found, _) = read.map_err(|e| short(done).note(e.to_string()))?;
            let there = |l: &i16| *l == self.about.max_def_level();
            if records == 0
                || (nullable
                    && (levels.len() != records || levels.iter().filter(|l| there(l)).count() != found))
            {
                return Err(short(done));
            }
            let mut next = values.iter();
            for i in 0..records {
                let null = nullable && levels.get(i).is_some_and(|l| !there(l));
                let value = if null { None } else { next.next() };
                self.assembly.begin(self.first + done + i);
                take(self.assembly, self.first + done + i, value)?;
            }
            done += records;
        }
        Ok(())
    }
}

/// The file, read at any place.
struct Chunks {
    file: Arc<Mutex<Box<dyn Seekable>>>,
    length: u64,
}

impl Chunks {
    fn open(source: &TableFile<'_>) -> Result<Self, Diagnostic> {
        let mut file = (source.seek)().map_err(|e| errors::unopened(source, &e))?;
        let length = file.seek(SeekFrom::End(0)).map_err(|e| errors::unread(source.path, &e))?;
        Ok(Self { file: Arc::new(Mutex::new(file)), length })
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Chunks {
    type T = BufReader<ReadAt>;

    fn get_read(&self, start: u64) -> Parquet<BufReader<ReadAt>> {
        let mut input = BufReader::new(ReadAt { file: Arc::clone(&self.file), at: start });
        // Everything that is read in this way begins with the header of a page.
        let left = self.length.saturating_sub(start);
        if !page_header::plausible(input.fill_buf()?, left) {
            return Err(ParquetError::General(format!("the page at byte {start} is larger than the file")));
        }
        Ok(input)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Parquet<bytes::Bytes> {
        // A file that is cut short may ask for any length.
        if start.saturating_add(length as u64) > self.length {
            return Err(ParquetError::EOF(format!(
                "bytes {start} to {} are beyond its end",
                start.saturating_add(length as u64)
            )));
        }
        let mut out = vec![0; length];
        ReadAt { file: Arc::clone(&self.file), at: start }.read_exact(&mut out)?;
        Ok(out.into())
    }
}

/// A file read from a place on, whoever else reads it.
struct ReadAt {
    file: Arc<Mutex<Box<dyn Seekable>>>,
    at: u64,
}

impl Read for ReadAt {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.at))?;
        let got = file.read(out)?;
        self.at += got as u64;
        Ok(got)
    }
}
