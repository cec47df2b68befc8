//! Numbers in formulas: ½ and not 0.5, −1 as a sign, multiples of ln 2π by name. Not here: numbers of a
//! report.

/// ln 2π.
const LN_2PI: f64 = 1.837_877_066_409_345_3;

/// A positive number as a factor in front of others: empty for 1.
pub fn front(n: f64) -> String {
    if n == 1.0 { String::new() } else { alone(n) }
}

/// A positive number by itself.
pub fn alone(n: f64) -> String {
    for (value, text) in [(0.5, "½"), (0.25, "¼"), (0.75, "¾"), (1.5, "3/2")] {
        if n == value {
            return text.into();
        }
    }
    let turns = n / LN_2PI;
    if n != 0.0 && (turns * 4.0).fract() == 0.0 {
        return join(&front(turns), "ln 2π");
    }
    format!("{n}")
}

/// A product of two texts: a dot where two numbers would run together.
pub fn join(a: &str, b: &str) -> String {
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || "½¼¾".contains(c));
    match (a.is_empty(), b.is_empty()) {
        (true, _) => b.into(),
        (_, true) => a.into(),
        _ if digit(a.chars().last()) && digit(b.chars().next()) => format!("{a}·{b}"),
        _ => format!("{a} {b}"),
    }
}

/// A coefficient of the event dimension as a number, a power of `d` in front of it; `None` where it is no
/// such thing.
pub fn of_dimension(coefficient: fn(usize) -> f64) -> Option<(f64, u32)> {
    let at: Vec<f64> = (1..=3).map(coefficient).collect();
    let power = |p: u32| {
        (1..=3).all(|d: usize| (at[d - 1] - at[0] * (d as f64).powi(p as i32)).abs() <= 1e-12 * at[0].abs())
    };
    (0..3).find(|&p| power(p)).map(|p| (at[0], p))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_on_paper() {
        assert_eq!(
            (front(1.0), alone(1.0), alone(0.5), alone(0.5 * LN_2PI)),
            (String::new(), "1".into(), "½".into(), "½ ln 2π".into())
        );
        assert_eq!(
            (alone(LN_2PI), alone(0.3), join("½", "0.1"), join("½", "ln x")),
            ("ln 2π".into(), "0.3".into(), "½·0.1".into(), "½ ln x".into())
        );
    }

    #[test]
    fn coefficients_of_the_dimension() {
        assert_eq!(of_dimension(|_| -0.5), Some((-0.5, 0)));
        assert_eq!(of_dimension(|d| -0.5 * d as f64), Some((-0.5, 1)));
        assert_eq!(of_dimension(|d| d as f64 + 1.0), None);
    }
}
