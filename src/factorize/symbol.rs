//! A part's symbol with names written in: `xxᵀ` of `m[k]` is `m[k] m[k]ᵀ`. Not here: which names.

use crate::expfam::{joint::JointSpec, stat::PartRole};

/// `symbol` with each letter replaced by its text. Texts that stand side by side are set apart.
pub fn named(symbol: &str, letters: &[(char, String)]) -> String {
    if symbol == "x" {
        return letters.iter().find(|l| l.0 == 'x').map_or(symbol.into(), |l| l.1.clone());
    }
    let mut out = String::new();
    let mut follows = false;
    for c in symbol.chars() {
        match letters.iter().find(|l| l.0 == c) {
            Some((_, text)) => {
                if follows {
                    out.push(' ');
                }
                if text.starts_with('−') || text.contains(' ') && !text.starts_with('[') {
                    out += &format!("({text})")
                } else {
                    out += text
                }
                follows = true;
            }
            None => {
                out.push(c);
                follows = follows && "ᵀ²⁻¹".contains(c);
            }
        }
    }
    out
}

/// A product of two entries as text.
pub fn both(x: &str, y: &str, vectors: bool) -> String {
    match (x == y, vectors) {
        (_, true) => format!("{x} {y}ᵀ"),
        (true, _) => format!("{x}²"),
        _ => format!("{x}·{y}"),
    }
}

/// `name[a,b]`, or the name alone.
pub fn bracket(name: &str, at: &[String]) -> String {
    if at.is_empty() { name.into() } else { format!("{name}[{}]", at.join(",")) }
}

/// Does a symbol need brackets as a factor of a product: a sum outside of brackets?
pub fn is_sum(text: &str) -> bool {
    let mut depth = 0i32;
    text.chars().enumerate().any(|(i, c)| {
        match c {
            '(' | '[' | '⟨' => depth += 1,
            ')' | ']' | '⟩' => depth -= 1,
            _ => {}
        }
        depth == 0 && i > 0 && (c == '−' && !text.starts_with('−') || c == '+')
    }) || text.starts_with('−')
}

/// The letter that stands for each member in a joint statistic's symbols: where the joint statistic has a
/// member's own value as a part, that part's symbol; `x` for the other.
pub fn member_letters(spec: &JointSpec) -> Vec<char> {
    let own = |m: usize| {
        let rule = spec.rewrites.iter().find(
            |r| matches!(r.from, [(member, p, _)] if *member == m && spec.members[m].parts[*p].role == PartRole::Value),
        )?;
        spec.stat.parts[rule.part].symbol.chars().next()
    };
    (0..spec.members.len()).map(|m| own(m).unwrap_or('x')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_apart() {
        let l = [('x', "m[k]".to_string()), ('Λ', "s[k]".to_string())];
        assert_eq!(named("xᵀΛx", &l), "m[k]ᵀ s[k] m[k]");
        assert_eq!(named("Λx", &l), "s[k] m[k]");
        assert_eq!(named("ln|Λ|", &l), "ln|s[k]|");
        assert_eq!(named("ln(1−x)", &l), "ln(1−m[k])");
        assert_eq!(named("x²", &[('x', "−3".into())]), "(−3)²");
        assert_eq!(named("x − 1", &[('x', "0.1".into())]), "0.1 − 1");
        assert!(is_sum("1−x[n]") && !is_sum("ln(1−x[n])") && !is_sum("½(2 − d − 1)") && is_sum("−3"));
    }

    #[test]
    fn letters_of_the_registered_blocks() {
        let all: Vec<_> = crate::block::JOINTS.iter().map(|j| (j.name, member_letters(j))).collect();
        assert!(
            all.contains(&("Normal–Gamma", vec!['x', 'τ']))
                && all.contains(&("Normal–Wishart", vec!['x', 'Λ'])),
            "{all:?}"
        );
    }
}
