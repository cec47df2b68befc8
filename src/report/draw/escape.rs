//! Text that stands in SVG or HTML. Not here: what is drawn.

/// The text, with what such files give another meaning spelled out.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
