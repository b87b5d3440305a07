//! Connecting accounts, and keeping their credentials good. The rest of the hub gets tokens from [`access()`] and nowhere else.
//!
//! An account is connected by [`begin()`] and [`complete()`] (OAuth) or by [`connect_with_key`], both of which end in one transaction
//! (`keep.rs`). [`access()`] answers a token that may be used now and renews it first when its end is near; one process renews at a time,
//! by a lease in the connection's row, and a rotated token is stored before anybody uses it (`refresh.rs`). [`disconnect()`] ends it. Whoever calls the provider for a connection does
//! so over its [`Line`].
//!
//! **Invariant:** a token leaves this room only as [`Access::token`]; it is sealed wherever it is stored.
//! **Invariant:** no call to a provider inside a transaction; what must happen there because of a transaction is a job of it.

pub mod access;
pub mod after;
mod apps;
pub mod begin;
pub mod complete;
mod credentials;
pub mod disconnect;
pub mod jobs;
mod keep;
mod key;
pub mod line;
mod refresh;
mod scopes;
pub mod wire;

pub use access::{Access, Denied, access, refused};
pub use apps::{AppError, asked_scopes};
pub use begin::{Begin, BeginError, begin};
pub use complete::{Completed, Outcome, Return, complete};
pub use disconnect::{Data, DisconnectError, disconnect};
pub use keep::ConnectError;
pub use key::{KeyError, connect_with_key};
pub use line::{Line, Patience, Trouble};
