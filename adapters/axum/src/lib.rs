//! Mounts Aforo Console into an axum application.
