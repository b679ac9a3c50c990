//! Our model beside the `openapiv3` crate, on OpenAPI 3.0 documents that both can read.
#![allow(clippy::unwrap_used)] // helpers of tests fail as tests do

use std::collections::BTreeSet;

use aforo_docs::spec::{model::ParameterPlace, openapi::ApiDescription};
use openapiv3::{OpenAPI, Parameter, ReferenceOr};

const BOOKSHOP: &str = include_str!("fixtures/bookshop.yaml");

/// As JSON text, because `openapiv3` reads status codes from texts.
fn document() -> (ApiDescription, OpenAPI) {
    let api = ApiDescription::parse(BOOKSHOP.as_bytes()).unwrap().description;
    let theirs = serde_json::from_value(api.document().clone()).unwrap();
    (api, theirs)
}

#[test]
fn both_see_the_same_operations() {
    let (api, theirs) = document();
    let ours: BTreeSet<(String, String)> = api
        .operations()
        .iter()
        .map(|o| (o.path.clone(), o.method.as_str().to_lowercase()))
        .collect();
    let theirs: BTreeSet<(String, String)> = theirs
        .operations()
        .map(|(path, method, _)| (path.to_owned(), method.to_owned()))
        .collect();
    assert_eq!(ours, theirs);
    assert!(ours.len() >= 6);
}

#[test]
fn both_see_the_same_parameters_statuses_and_media_types() {
    let (api, theirs) = document();
    for (path, method, operation) in theirs.operations() {
        let summary = api
            .operations()
            .iter()
            .find(|o| o.path == path && o.method.as_str().eq_ignore_ascii_case(method))
            .unwrap();
        let ours = api.operation(&summary.id).unwrap();

        let item = theirs.paths.paths[path].as_item().unwrap();
        let of_parameter = |p: &ReferenceOr<Parameter>| {
            let p = match p {
                ReferenceOr::Item(p) => p.clone(),
                ReferenceOr::Reference { reference } => {
                    let name = reference.rsplit('/').next().unwrap();
                    theirs.components.as_ref().unwrap().parameters[name]
                        .as_item()
                        .unwrap()
                        .clone()
                }
            };
            let place = match &p {
                Parameter::Path { .. } => ParameterPlace::Path,
                Parameter::Query { .. } => ParameterPlace::Query,
                Parameter::Header { .. } => ParameterPlace::Header,
                Parameter::Cookie { .. } => ParameterPlace::Cookie,
            };
            let data = p.parameter_data_ref();
            (place, data.name.clone(), data.required)
        };
        let theirs_parameters: BTreeSet<_> = item
            .parameters
            .iter()
            .chain(&operation.parameters)
            .map(of_parameter)
            .filter(|(_, name, _)| name != "Authorization") // a credential is no form field here
            .collect();
        let ours_parameters: BTreeSet<_> = ours
            .parameters
            .iter()
            .map(|p| (p.place, p.name.clone(), p.required))
            .collect();
        assert_eq!(ours_parameters, theirs_parameters, "{method} {path}");

        let mut theirs_statuses: BTreeSet<String> = operation
            .responses
            .responses
            .keys()
            .map(ToString::to_string)
            .collect();
        theirs_statuses.extend(operation.responses.default.as_ref().map(|_| "default".to_owned()));
        let ours_statuses: BTreeSet<String> = ours.responses.iter().map(|r| r.status.clone()).collect();
        assert_eq!(ours_statuses, theirs_statuses, "{method} {path}");

        let theirs_media: Vec<String> = match &operation.request_body {
            Some(ReferenceOr::Item(body)) => body.content.keys().cloned().collect(),
            _ => Vec::new(),
        };
        let ours_media: Vec<String> = ours
            .body
            .iter()
            .flat_map(|b| b.contents.iter().map(|c| c.media_type.clone()))
            .collect();
        assert_eq!(ours_media, theirs_media, "{method} {path}");
    }
}

#[test]
fn one_odd_spot_makes_the_strict_crate_refuse_all_and_not_us() {
    let odd = r#"{"openapi": "3.0.0", "info": {"title": "T", "version": "1"}, "paths": {"/a": {"get": {
        "parameters": [{"name": "p", "in": "query", "schema": true}], "responses": {}}}}}"#;
    assert!(serde_json::from_str::<OpenAPI>(odd).is_err());
    let api = ApiDescription::parse(odd.as_bytes()).unwrap().description;
    assert_eq!(api.operation("get-a").unwrap().parameters[0].name, "p");
}
