//! Endpoints and what is sent to them, as pages.

pub(in crate::portal::views) mod chart;
mod deliveries;
mod delivery;
mod endpoint;
mod form;
mod list;

pub use chart::{Bar, Chart};
pub use deliveries::DeliveriesPage;
pub use delivery::{AttemptView, DeliveryPage};
pub use endpoint::{DeliveryRow, EndpointPage, NewSecret, SecretRow};
pub use form::{EndpointForm, EndpointFormPage};
pub use list::{EndpointRow, EndpointsPage};

/// The class of a delivery's or an endpoint's state.
pub(super) fn class(state: &str) -> &'static str {
    match state {
        "delivered" | "enabled" => "k-create",
        "failed" => "k-delete",
        "disabled" | "failing" => "k-warn",
        "under way" => "k-message",
        _ => "",
    }
}
