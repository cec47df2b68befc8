//! RON text to a spanned tree. Holds no distribution's name.
