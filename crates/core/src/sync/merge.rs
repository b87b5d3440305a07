//! Which record of the other side is the same thing as this one.
