//! The one place where a database's error becomes a [`StoreError`].

use aforo_core::{StoreError, StoreErrorKind as Kind};

/// `timed_out` is what it means on this database to wait for a connection in vain.
pub(crate) fn store_error(error: sqlx::Error, timed_out: Kind) -> StoreError {
    let kind = match &error {
        sqlx::Error::Database(db) if db.is_unique_violation() || db.is_foreign_key_violation() => {
            Kind::Conflict
        }
        sqlx::Error::Database(db) => db.code().map_or(Kind::Other, |code| kind_of(&code)),
        sqlx::Error::PoolTimedOut => timed_out,
        sqlx::Error::Io(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Kind::Unavailable,
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Kind::Corrupt,
        _ => Kind::Other,
    };
    StoreError::new(kind, error)
}

/// What is stored does not have the form that it should have.
pub(crate) fn corrupt(column: &'static str, what: impl std::fmt::Display) -> StoreError {
    StoreError::new(Kind::Corrupt, format!("column {column}: {what}"))
}

/// The row to write refers to what the scope does not cover.
pub(crate) fn outside(what: &'static str) -> StoreError {
    StoreError::new(Kind::Conflict, what)
}

/// PostgreSQL's codes have five characters, SQLite's are numbers whose low byte is the primary code.
fn kind_of(code: &str) -> Kind {
    if code.len() == 5 {
        return match code {
            // serialization_failure, deadlock_detected, lock_not_available, query_canceled (statement timeout)
            "40001" | "40P01" | "55P03" | "57014" => Kind::Busy,
            // admin_shutdown, crash_shutdown, cannot_connect_now, idle_session_timeout,
            // idle_in_transaction_session_timeout, read_only_sql_transaction (a demoted primary)
            "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25006" => Kind::Unavailable,
            // data_corrupted, index_corrupted
            "XX001" | "XX002" => Kind::Corrupt,
            // connection exceptions; insufficient resources: disk full, out of memory, too many connections
            _ if code.starts_with("08") || code.starts_with("53") => Kind::Unavailable,
            // system errors: input and output
            _ if code.starts_with("58") => Kind::Unavailable,
            _ => Kind::Other,
        };
    }
    match code.parse::<u32>().map(|code| code & 0xff) {
        Ok(5 | 6) => Kind::Busy,                   // BUSY, LOCKED
        Ok(8 | 10 | 13 | 14) => Kind::Unavailable, // READONLY, IOERR, FULL, CANTOPEN
        Ok(11 | 26) => Kind::Corrupt,              // CORRUPT, NOTADB
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_databases() {
        for (code, kind) in [
            ("40001", Kind::Busy),
            ("57P01", Kind::Unavailable),
            ("53100", Kind::Unavailable),
            ("53300", Kind::Unavailable),
            ("08006", Kind::Unavailable),
            ("XX001", Kind::Corrupt),
            ("22P02", Kind::Other),
            ("5", Kind::Busy),
            ("517", Kind::Busy),
            ("13", Kind::Unavailable),
            ("778", Kind::Unavailable),
            ("267", Kind::Corrupt),
            ("1", Kind::Other),
        ] {
            assert_eq!(kind_of(code), kind, "{code}");
        }
    }
}
