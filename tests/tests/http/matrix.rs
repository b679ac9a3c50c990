//! Generated from the API description.
