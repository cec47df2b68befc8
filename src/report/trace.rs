//! The bound after each iteration, as CSV: `iteration,elbo`.

use std::io::{self, Write};

/// Writes the trace with every digit.
///
/// # Errors
/// Those of `out`.
pub fn write(trace: &[f64], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "iteration,elbo")?;
    for (i, elbo) in trace.iter().enumerate() {
        writeln!(out, "{},{elbo:?}", i + 1)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_line_for_each_iteration() {
        let mut out = vec![];
        super::write(&[-3.25, -0.1 - 0.2], &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "iteration,elbo\n1,-3.25\n2,-0.30000000000000004\n");
    }
}
