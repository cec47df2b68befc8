//! Points and rectangles of the page, y downwards. Not here: what stands there.

/// A point on the page, y downwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Lower edge.
    pub bottom: f64,
}

impl Rect {
    /// Whether the point lies inside.
    pub fn holds(&self, p: Point) -> bool {
        self.left < p.x && p.x < self.right && self.top < p.y && p.y < self.bottom
    }
    /// Its four sides, as thin rectangles.
    pub fn borders(&self) -> [Rect; 4] {
        let Rect { left, top, right, bottom } = *self;
        let upright = |x: f64| Rect { left: x - 0.5, right: x + 0.5, top, bottom };
        let level = |y: f64| Rect { left, right, top: y - 0.5, bottom: y + 0.5 };
        [upright(left), upright(right), level(top), level(bottom)]
    }
    /// Whether the two share any area.
    pub fn meets(&self, other: &Rect) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}
