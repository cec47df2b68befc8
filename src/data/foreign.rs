//! The door to readers that are not ours: what panics behind it comes out as an error. Not for our own
//! code, whose panics are mistakes to be seen.

use std::{
    any::Any,
    cell::Cell,
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

thread_local! {
    /// Is this thread behind the door?
    static BEHIND: Cell<bool> = const { Cell::new(false) };
}

/// Calls a foreign reader. Its panic prints nothing.
///
/// # Errors
/// What the panic says.
pub(super) fn guarded<T>(read: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    // A hook is the process's, so it is set once, and leaves every other thread's panics as they were.
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !BEHIND.get() {
                before(info);
            }
        }));
    });
    let outer = BEHIND.replace(true);
    let result = panic::catch_unwind(AssertUnwindSafe(read));
    BEHIND.set(outer);
    result.map_err(|what| said(&*what))
}

fn said(what: &(dyn Any + Send)) -> String {
    let text =
        what.downcast_ref::<&str>().copied().or_else(|| what.downcast_ref::<String>().map(|s| s.as_str()));
    text.unwrap_or("no reason given").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_come_out_as_words() {
        assert_eq!(guarded(|| 7), Ok(7));
        assert_eq!(guarded(|| -> u8 { panic!("plain") }), Err("plain".into()));
        let n = 3;
        assert_eq!(guarded(|| -> u8 { panic!("{n} left") }), Err("3 left".into()));
        assert_eq!(guarded(|| guarded(|| -> u8 { panic!("inner") })), Ok(Err("inner".into())));
        assert!(!BEHIND.get());
    }
}
