//! What keeps other people's web pages from using a browser to reach this server.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{app::App, error::ApiError};

/// The page shows what people typed elsewhere. It is escaped; should that ever fail, the browser still runs no
/// script but ours.
const POLICY: &str = "default-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Lets only requests through that mean this server, and tells browsers to be careful with its answers.
pub async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut response = match check(&app.hosts, &request) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    };
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    response
}

fn check(hosts: &[String], request: &Request) -> Result<(), ApiError> {
    let Some(host) = text(request.headers(), header::HOST) else {
        let message = "the request does not say which host it is for";
        return Err(ApiError::new(StatusCode::BAD_REQUEST, message));
    };
    if !is_ours(hosts, host) {
        return Err(ApiError::new(
            StatusCode::MISDIRECTED_REQUEST,
            format!("this server is not {host:?}; --host lets it have that name"),
        ));
    }
    // Browsers say which page sends a request that changes something.
    let is_foreign = text(request.headers(), header::ORIGIN)
        .is_some_and(|origin| origin.split_once("://").map(|(_, rest)| rest) != Some(host));
    match is_foreign && !request.method().is_safe() {
        true => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "another site's page may not do that",
        )),
        false => Ok(()),
    }
}

/// A page can make a browser ask for any name that its owner lets point to this machine (DNS rebinding), but not
/// for an address.
fn is_ours(hosts: &[String], host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    address.parse::<IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || hosts.iter().any(|host| name.eq_ignore_ascii_case(host))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
