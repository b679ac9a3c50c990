//! The behaviour suite that every storage implementation must pass.
