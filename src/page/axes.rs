//! The plane in which rows of several columns are seen: the columns themselves where there are two, else the
//! two principal axes of the standardised columns. Not here: what is drawn there (`chart::plane`).

use super::{chart::blob::Blob, chart::topic_map::largest, observed::Observed};

/// A plane.
#[derive(Clone, Debug)]
pub struct Plane {
    /// What its axes are called.
    pub names: [String; 2],
    /// The part of the variance that it keeps; nothing where it is the columns themselves.
    pub kept: Option<f64>,
    centre: Vec<f64>,
    /// 2 × d.
    axes: Vec<f64>,
}

/// The plane of these rows; `blobs` only say how many columns there are.
pub fn plane(seen: &Observed, blobs: &[Blob]) -> Option<Plane> {
    let d = seen.width;
    if blobs.iter().any(|b| b.centre.len() != d) {
        return None;
    }
    if d == 2 {
        let names = [seen.names[0].clone(), seen.names[1].clone()];
        return Some(Plane { names, kept: None, centre: vec![0.0; 2], axes: vec![1.0, 0.0, 0.0, 1.0] });
    }
    let rows: Vec<&[f64]> = seen.values.chunks_exact(d).filter(|r| r.iter().all(|x| x.is_finite())).collect();
    let count = rows.len() as f64;
    if rows.len() < 3 {
        return None;
    }
    let centre: Vec<f64> = (0..d).map(|j| rows.iter().map(|r| r[j]).sum::<f64>() / count).collect();
    let sd: Vec<f64> = (0..d)
        .map(|j| (rows.iter().map(|r| (r[j] - centre[j]).powi(2)).sum::<f64>() / count).sqrt().max(1e-300))
        .collect();
    let mut c = vec![0.0; d * d];
    for r in &rows {
        let z: Vec<f64> = (0..d).map(|j| (r[j] - centre[j]) / sd[j]).collect();
        for i in 0..d {
            for j in 0..d {
                c[i * d + j] += z[i] * z[j] / count;
            }
        }
    }
    let (first, a) = largest(&c, d);
    for i in 0..d {
        for j in 0..d {
            c[i * d + j] -= first * a[i] * a[j];
        }
    }
    let (second, b) = largest(&c, d);
    let axes = a.iter().zip(&sd).map(|(x, s)| x / s).chain(b.iter().zip(&sd).map(|(x, s)| x / s)).collect();
    let names = ["first principal axis".into(), "second principal axis".into()];
    Some(Plane { names, kept: Some((first + second) / d as f64), centre, axes })
}

impl Plane {
    /// A row's place.
    pub fn place(&self, row: &[f64]) -> (f64, f64) {
        let d = self.centre.len();
        let along =
            |axis: usize| (0..d).map(|j| self.axes[axis * d + j] * (row[j] - self.centre[j])).sum::<f64>();
        (along(0), along(1))
    }

    /// A component as it is seen there.
    pub fn blob(&self, b: &Blob) -> Blob {
        let d = self.centre.len();
        let (x, y) = self.place(&b.centre);
        let mut scale = vec![0.0; 4];
        for (p, out) in scale.iter_mut().enumerate() {
            let (r, s) = (p / 2, p % 2);
            for i in 0..d {
                for j in 0..d {
                    *out += self.axes[r * d + i] * b.scale[i * d + j] * self.axes[s * d + j];
                }
            }
        }
        Blob { centre: vec![x, y], scale, ..b.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::PlateId;

    #[test]
    fn the_longest_direction_comes_first() {
        let rows: Vec<f64> = (0..40)
            .flat_map(|i| {
                let t = f64::from(i);
                [t, 2.0 * t + (t * 1.7).sin(), (t * 0.9).cos()]
            })
            .collect();
        let names = ["a", "b", "c"].map(String::from).to_vec();
        let seen = Observed { width: 3, values: rows, names, rows: PlateId(0) };
        let p = plane(&seen, &[]).expect("a plane");
        let kept = p.kept.expect("a share");
        assert!(kept > 0.98 && kept <= 1.0 + 1e-9, "{kept}");
        let (a, b) = (p.place(&[0.0, 0.0, 0.0]), p.place(&[39.0, 78.0, 0.0]));
        assert!((b.0 - a.0).abs() > 5.0 * (b.1 - a.1).abs(), "{a:?} {b:?}");
    }
}
