//! The JSON API under `/api/v1`: one file a resource. Errors are problem+json.

mod account;
mod audit;
mod keys;
mod meta;
mod playground;
mod products;
mod specs;
mod subscriptions;
mod verify;

use crate::route::RoutesBuilder;

pub(crate) use account::{begin_sign_in, begin_sign_up};
pub(crate) use keys::{Moment, NewKeyInput, create_key};
pub(crate) use playground::{Parameters, SampleLine, TryInput, samples_of, send};
pub(crate) use products::approve_upstream;
pub(crate) use subscriptions::{Wanted, subscribe};

pub(crate) fn routes(routes: &mut RoutesBuilder) {
    account::routes(routes);
    products::routes(routes);
    specs::routes(routes);
    subscriptions::routes(routes);
    keys::routes(routes);
    verify::routes(routes);
    playground::routes(routes);
    audit::routes(routes);
    meta::routes(routes);
}
