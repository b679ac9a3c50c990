//! Values that must not be seen.

use zeroize::{Zeroize, Zeroizing};

/// A value that cannot be printed, cloned, compared or serialised, and is wiped when dropped.
///
/// ```compile_fail
/// let secret = aforo_core::Secret::new(String::from("s"));
/// println!("{secret:?}"); // no Debug
/// ```
/// ```compile_fail
/// let secret = aforo_core::Secret::new(String::from("s"));
/// println!("{secret}"); // no Display
/// ```
/// ```compile_fail
/// let secret = aforo_core::Secret::new(String::from("s"));
/// let copy = secret.clone();
/// ```
/// ```compile_fail
/// let secret = aforo_core::Secret::new(String::from("s"));
/// serde_json::to_string(&secret).unwrap();
/// ```
/// ```compile_fail
/// let secret = aforo_core::Secret::new(String::from("s"));
/// let same = secret == aforo_core::Secret::new(String::from("s"));
/// ```
pub struct Secret<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Secret<T> {
    /// Takes the value in.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }
    /// Lets the value be seen. Every call is a place to review.
    pub fn expose(&self) -> &T {
        &self.0
    }
}
impl<T: Zeroize> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}
