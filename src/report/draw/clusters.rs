//! Plates as a tree of boxes, for languages whose boxes cannot overlap. A plate that crosses another is drawn
//! in parts, each with the plate's label.

use super::picture::Picture;

/// A box, or the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cluster {
    /// The plate; `None` for the page.
    pub plate: Option<usize>,
    /// Vertices that stand in this box and in none inside it.
    pub vertices: Vec<usize>,
    /// The boxes inside.
    pub inner: Vec<Cluster>,
}

/// The page with all boxes. Plates with more vertices stand outside.
pub fn clusters(picture: &Picture) -> Cluster {
    let members = |p: usize| picture.vertices.iter().filter(|v| v.plates.contains(&p)).count();
    let mut page = Cluster::default();
    for (i, vertex) in picture.vertices.iter().enumerate() {
        let mut path = vertex.plates.clone();
        path.sort_by_key(|&p| (std::cmp::Reverse(members(p)), p));
        let mut place = &mut page;
        for p in path {
            let at = place.inner.iter().position(|c| c.plate == Some(p)).unwrap_or_else(|| {
                place.inner.push(Cluster { plate: Some(p), ..Cluster::default() });
                place.inner.len() - 1
            });
            place = &mut place.inner[at];
        }
        place.vertices.push(i);
    }
    page
}
