//! Randomness that a test can hold.

use rand::TryRng;

/// A source of unpredictable bytes, fit for keys.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with unpredictable bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's random source.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;
impl Entropy for OsEntropy {
    /// # Panics
    /// If the operating system has no random bytes to give. No safe key could be made then.
    fn fill(&self, bytes: &mut [u8]) {
        rand::rngs::SysRng
            .try_fill_bytes(bytes)
            .expect("the operating system's random source answers");
    }
}

/// `N` unpredictable bytes.
pub fn bytes<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut out = [0; N];
    entropy.fill(&mut out);
    out
}

/// A repeatable source for tests and simulations. Never use it for real keys.
#[derive(Debug)]
pub struct SeededEntropy(std::sync::Mutex<rand::rngs::StdRng>);
impl SeededEntropy {
    /// The source that this seed stands for.
    pub fn new(seed: u64) -> Self {
        use rand::SeedableRng;
        Self(std::sync::Mutex::new(rand::rngs::StdRng::seed_from_u64(seed)))
    }
}
impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        use rand::Rng;
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .fill_bytes(bytes);
    }
}
