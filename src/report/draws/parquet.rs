//! Draws as a long table in Parquet: `node`, `index`, `draw`, `value`. Not here: other formats, nor reading such files
//! (`data::parquet`).

use super::drawn::Draws;
use crate::report::axes::labels_at;
use parquet::{
    basic::{Compression, LogicalType, Repetition, Type as Physical},
    data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type},
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::types::Type,
};
use std::{io, sync::Arc};

/// Rows of one group.
const ROWS: usize = 1 << 20;

/// Writes one row for each number of each draw.
pub(super) fn write(draws: &Draws, out: &mut dyn io::Write) -> io::Result<()> {
    let mut bytes = vec![];
    to_bytes(draws, &mut bytes).map_err(io::Error::other)?;
    out.write_all(&bytes)
}

fn to_bytes(draws: &Draws, bytes: &mut Vec<u8>) -> parquet::errors::Result<()> {
    let column = |name: &str, physical: Physical, text: bool| {
        let logical = text.then_some(LogicalType::String);
        let made = Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(logical)
            .build()?;
        Ok::<_, parquet::errors::ParquetError>(Arc::new(made))
    };
    let fields = vec![
        column("node", Physical::BYTE_ARRAY, true)?,
        column("index", Physical::BYTE_ARRAY, true)?,
        column("draw", Physical::INT64, false)?,
        column("value", Physical::DOUBLE, false)?,
    ];
    let schema = Arc::new(Type::group_type_builder("draws").with_fields(fields).build()?);
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by("elbow".into())
        .build();
    let mut writer = SerializedFileWriter::new(bytes, schema, Arc::new(properties))?;
    for (node, values) in &draws.nodes {
        let each = (values.len() / draws.count.max(1)).max(1);
        let names: Vec<ByteArray> = (0..each)
            .map(|i| labels_at(node.plates.iter().chain(&node.event), i).join(",").into_bytes().into())
            .collect();
        let name: ByteArray = node.name.as_bytes().to_vec().into();
        for (part, values) in values.chunks(ROWS).enumerate() {
            let at = |i: usize| part * ROWS + i;
            let mut group = writer.next_row_group()?;
            let mut column = 0;
            while let Some(mut to) = group.next_column()? {
                match column {
                    0 => to.typed::<ByteArrayType>().write_batch(
                        &vec![name.clone(); values.len()],
                        None,
                        None,
                    )?,
                    1 => {
                        let names: Vec<ByteArray> =
                            (0..values.len()).map(|i| names[at(i) % each].clone()).collect();
                        to.typed::<ByteArrayType>().write_batch(&names, None, None)?
                    }
                    2 => {
                        let draws: Vec<i64> = (0..values.len()).map(|i| (at(i) / each + 1) as i64).collect();
                        to.typed::<Int64Type>().write_batch(&draws, None, None)?
                    }
                    _ => to.typed::<DoubleType>().write_batch(values, None, None)?,
                };
                to.close()?;
                column += 1;
            }
            group.close()?;
        }
    }
    writer.close().map(|_| ())
}
