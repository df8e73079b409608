//! Memory that the control half lends to the audio half.

use std::cell::Cell;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};

thread_local! {
    static ON_AUDIO: Cell<bool> = const { Cell::new(false) };
}

/// Loans that the audio half dropped instead of sending them home. Always 0: tests look.
static LOST: AtomicUsize = AtomicUsize::new(0);

/// Marks this thread as the audio thread while it lives.
pub(crate) struct OnAudio(bool);

impl OnAudio {
    pub fn new() -> Self {
        Self(ON_AUDIO.replace(true))
    }
}

impl Drop for OnAudio {
    fn drop(&mut self) {
        ON_AUDIO.set(self.0);
    }
}

/// A box that is made and freed on the control half. One that is dropped while the audio half computes is never freed,
/// so a mistake costs memory and not a click.
pub(crate) struct Loan<T>(Option<Box<T>>);

impl<T> Loan<T> {
    pub fn new(lent: T) -> Self {
        Self(Some(Box::new(lent)))
    }

    /// What was lent, once it is home.
    pub fn into_inner(mut self) -> T {
        *self.0.take().expect("a loan is empty only while it is dropped")
    }

    #[cfg(test)]
    pub fn lost() -> usize {
        LOST.load(Ordering::Relaxed)
    }
}

impl<T: fmt::Debug> fmt::Debug for Loan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> Deref for Loan<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("a loan is empty only while it is dropped")
    }
}

impl<T> DerefMut for Loan<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().expect("a loan is empty only while it is dropped")
    }
}

impl<T> Drop for Loan<T> {
    fn drop(&mut self) {
        if ON_AUDIO.get() {
            std::mem::forget(self.0.take());
            LOST.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn the_audio_half_frees_nothing() {
        let (lent, lost) = (Arc::new(()), Loan::<Arc<()>>::lost());
        drop(Loan::new(lent.clone()));
        assert_eq!(Arc::strong_count(&lent), 1);
        let on_audio = OnAudio::new();
        drop(Loan::new(lent.clone()));
        drop(on_audio);
        assert_eq!((Arc::strong_count(&lent), Loan::<Arc<()>>::lost()), (2, lost + 1));
    }
}
