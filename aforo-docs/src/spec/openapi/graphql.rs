//! GraphQL schemas, indexed as the document that they are turned into.

use std::sync::Arc;

use super::{ApiDescription, Index, Inner, Limits, Parsed, SourceFormat};
use crate::spec::{
    diagnostic::{Findings, ImportError},
    graphql::{self, GraphqlFormat},
};

/// The schema in `bytes`; `None` if they hold something else, which the reader of OpenAPI judges.
pub(super) fn parse(bytes: &[u8], limits: &Limits) -> Option<Result<Parsed, ImportError>> {
    if bytes.len() > limits.max_bytes || bytes.contains(&0) {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let format = graphql::detect(text)?;
    Some(read(text, format, limits))
}

fn read(text: &str, format: GraphqlFormat, limits: &Limits) -> Result<Parsed, ImportError> {
    let mut findings = Findings::default();
    let converted = match graphql::convert(text, format, &mut findings) {
        Ok(converted) => converted,
        Err(fatal) => {
            let (mut first, total) = findings.first();
            first.insert(0, fatal);
            return Err(ImportError::new(first, total + 1));
        }
    };
    // What the index has to say is about our own document, which nobody wrote.
    let mut unseen = Findings::default();
    let mut index = Index::build(&converted.document, limits, &mut unseen)?;
    for operation in &mut index.operations {
        // Operations share one path; what follows `#` only told them apart.
        if let Some(end) = operation.path.find('#') {
            operation.path.truncate(end);
        }
    }
    let (warnings, total) = findings.first();
    Ok(Parsed {
        warnings_left_out: total - warnings.len(),
        warnings,
        description: ApiDescription {
            inner: Arc::new(Inner {
                root: converted.document,
                format: match format {
                    GraphqlFormat::Sdl => SourceFormat::Yaml,
                    GraphqlFormat::Introspection => SourceFormat::Json,
                },
                swagger: None,
                graphql: Some((converted.format, converted.schema)),
                index,
            }),
        },
    })
}
