//! Axes as they were when a model was fitted, for new data of the same model: levels keep their elements, and
//! new ones come after them. Not here: where they come from (`keep`).

/// Names of axes that are settled before the data are read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GivenAxes {
    /// By plate: its elements, where they have names.
    pub plates: Vec<Option<Vec<String>>>,
    /// By column: its levels, where they are an axis.
    pub columns: Vec<Option<Vec<String>>>,
    /// Columns whose levels matched elements by position: their levels.
    pub positions: Vec<(String, Vec<String>)>,
}

impl GivenAxes {
    /// The elements of a plate of groups: those there were, then those of `found` that are new.
    pub(super) fn extended(&self, plate: usize, found: Vec<String>) -> Vec<String> {
        let Some(Some(known)) = self.plates.get(plate) else { return found };
        let seen: std::collections::HashSet<&str> = known.iter().map(String::as_str).collect();
        let fresh: Vec<String> = found.into_iter().filter(|l| !seen.contains(l.as_str())).collect();
        known.iter().cloned().chain(fresh).collect()
    }

    /// The elements that levels of a column mean by the places they had; `None` where they have none.
    pub(super) fn position(&self, column: &str, levels: &[String]) -> Option<Vec<u32>> {
        let (_, known) = self.positions.iter().find(|(name, _)| name == column)?;
        let place = |level: &String| known.iter().position(|k| k == level).map(|i| i as u32);
        levels.iter().map(place).collect()
    }
}
