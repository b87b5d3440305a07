//! What the demo says of itself that it cannot do, and 10to8 facts 9: here it can.

mod answers;
mod conflicts;
mod connections;
mod deletions;
mod echo;
mod identity;
mod merges;
mod refusals;
mod runs;
mod typing;
