//! The JSON API under `/api/v1`: one file a resource. Errors are problem+json.

mod account;
mod agents;
mod audit;
mod docs;
mod keys;
mod meta;
mod playground;
mod products;
mod publishing;
mod search;
mod specs;
mod subscriptions;
mod verify;

use crate::route::RoutesBuilder;

pub(crate) use account::{begin_sign_in, begin_sign_up};
pub(crate) use agents::AgentInput;
pub(crate) use docs::feedback_turn;
pub(crate) use keys::{Moment, NewKeyInput, create_key};
pub(crate) use playground::{
    BodyAlternative, BodyField, FILE_FIELD, LIVE_COOKIE, Parameters, SampleLine, TRY_LIMIT, TryInput,
    body_text, is_multipart, live_cookie, live_mark, parts, samples_of, send, warnings,
};
pub(crate) use products::{NewProductInput, approve_upstream, create_product};
pub(crate) use publishing::watch;
pub(crate) use search::{SearchQuery, answer};
pub(crate) use specs::{fetch, import_version};
pub(crate) use subscriptions::{Wanted, subscribe};

pub(crate) fn routes(routes: &mut RoutesBuilder) {
    account::routes(routes);
    agents::routes(routes);
    products::routes(routes);
    search::routes(routes);
    specs::routes(routes);
    publishing::routes(routes);
    subscriptions::routes(routes);
    keys::routes(routes);
    verify::routes(routes);
    playground::routes(routes);
    docs::routes(routes);
    audit::routes(routes);
    meta::routes(routes);
}
