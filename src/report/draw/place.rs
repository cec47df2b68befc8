//! Where a picture's parts stand on the page.
