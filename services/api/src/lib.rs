//! The HTTP interface: records in, figures out, and every failure as a problem that says what
//! mends it. No rules, no storage, no clock: those are the ledger's.

mod body;
mod encoding;
mod error;
mod figures;
mod hosts;
mod kept;
mod layers;
mod metrics;
mod openapi;
mod page;
mod problem;
mod query;
pub mod records;
mod routes;
mod server;
mod state;
mod tail;
mod unread;

use axum::Router;
use axum::http::{Method, Uri};
use axum::middleware::from_fn_with_state;
use tower_http::catch_panic::CatchPanicLayer;

pub use error::ApiError;
pub use hosts::{Host, HostError, Hosts};
pub use metrics::Metrics;
pub use server::{Limits, serve};
pub use state::AppState;

/// Every route over `state`, with what belongs to each answer: what answers questions in process.
pub fn router(state: AppState) -> Router {
    observed(answering(&state), state)
}

/// The same for who comes over a network, and has to ask for one of `hosts`: what the server serves.
pub fn served(state: AppState, hosts: Hosts) -> Router {
    let answering = answering(&state).layer(from_fn_with_state(hosts, hosts::answer));
    observed(answering, state)
}

fn answering(state: &AppState) -> Router<AppState> {
    let (routes, _) = routes::all().split();
    routes
        .fallback(unknown_path)
        .method_not_allowed_fallback(unknown_method)
        .layer(encoding::compressing())
        .layer(axum::middleware::map_response(encoding::weaken_tag))
        // Kept as it is sent: what is compressed once is given again so.
        .layer(from_fn_with_state(state.clone(), kept::answer))
        .layer(axum::middleware::from_fn(encoding::settle))
        .layer(CatchPanicLayer::custom(layers::panicked))
}

fn observed(router: Router<AppState>, state: AppState) -> Router {
    let observe = from_fn_with_state(state.clone(), layers::observe);
    router.layer(observe).with_state(state)
}

/// The OpenAPI document of every route, as text.
pub fn openapi() -> &'static str {
    routes::docs::openapi()
}

async fn unknown_path(uri: Uri) -> ApiError {
    ApiError::NotFound(format!("there is nothing at {}: see /docs", uri.path()))
}

async fn unknown_method(method: Method) -> ApiError {
    let method = method.to_string();
    ApiError::Method { method }
}
