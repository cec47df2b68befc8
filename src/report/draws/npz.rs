//! Draws as a NumPy archive: an array for each node, draws first, and one for each parameter of its q, named
//! after both. Not here: reading such files (`data::npy`).
//!
//! A `.npz` file is a ZIP archive of `.npy` files; they are stored as they are. Sources: NumPy's
//! `lib.format`, version 1.0; PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.4. Every date is the first that the
//! format knows, so that the same draws have the same bytes.

use super::drawn::Draws;
use std::io;

/// 1 January 1980.
const DATE: u16 = 0x21;

/// Writes all arrays.
pub(super) fn write(draws: &Draws, out: &mut dyn io::Write) -> io::Result<()> {
    let mut files: Vec<(String, Vec<u8>)> = vec![];
    for (node, values) in &draws.nodes {
        let own: Vec<usize> = node.plates.iter().chain(&node.event).map(|a| a.size).collect();
        files.push((node.name.clone(), npy(&[&[draws.count], own.as_slice()].concat(), values)));
        for p in &node.parameters {
            let plates: Vec<usize> = node.plates.iter().map(|a| a.size).collect();
            files.push((
                format!("{}.{}", node.name, p.name),
                npy(&[plates, p.dims.clone()].concat(), &p.values),
            ));
        }
    }
    let too_large =
        || io::Error::new(io::ErrorKind::InvalidInput, "more than 4 GiB: ask for fewer nodes or draws");
    let (mut directory, mut offset) = (vec![], 0u32);
    for (name, bytes) in &files {
        let name = format!("{name}.npy");
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        let length = u32::try_from(bytes.len()).map_err(|_| too_large())?;
        // Version needed, flags (names are UTF-8), method, time, date, checksum, both sizes, lengths of name
        // and extra.
        let mut header = vec![];
        [20u16, 0x800, 0, 0, DATE].iter().for_each(|x| header.extend(x.to_le_bytes()));
        [crc.sum(), length, length].iter().for_each(|x| header.extend(x.to_le_bytes()));
        [name.len() as u16, 0].iter().for_each(|x| header.extend(x.to_le_bytes()));
        out.write_all(b"PK\x03\x04")?;
        out.write_all(&header)?;
        out.write_all(name.as_bytes())?;
        out.write_all(bytes)?;
        directory.extend(b"PK\x01\x02");
        directory.extend(20u16.to_le_bytes());
        directory.extend(&header);
        // Comment, disk, attributes.
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
        let all = 4 + header.len() + name.len() + bytes.len();
        offset = u32::try_from(all).ok().and_then(|n| offset.checked_add(n)).ok_or_else(too_large)?;
    }
    out.write_all(&directory)?;
    out.write_all(b"PK\x05\x06")?;
    let count = files.len() as u16;
    [0, 0, count, count].iter().try_for_each(|x: &u16| out.write_all(&x.to_le_bytes()))?;
    [directory.len() as u32, offset].iter().try_for_each(|x| out.write_all(&x.to_le_bytes()))?;
    out.write_all(&0u16.to_le_bytes())
}

/// An array as a `.npy` file, row-major.
fn npy(shape: &[usize], values: &[f64]) -> Vec<u8> {
    let sizes: Vec<String> = shape.iter().map(|n| format!("{n},")).collect();
    let text = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}), }}", sizes.join(" "));
    // The header ends in a line end at a multiple of 64 bytes.
    let length = (10 + text.len() + 1).next_multiple_of(64) - 10;
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend((length as u16).to_le_bytes());
    out.extend(format!("{text:<width$}\n", width = length - 1).bytes());
    out.extend(values.iter().flat_map(|x| x.to_le_bytes()));
    out
}
