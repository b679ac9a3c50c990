//! Mounts Aforo Console into an actix-web application.
