//! The zero-trust sandbox proxy: it calls an operation of a stored API description with a credential that the browser never sees.
