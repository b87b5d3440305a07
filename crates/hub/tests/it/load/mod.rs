//! Loading: records of simulated providers into the mirror, over the wire, through everything that can go wrong on the way.

mod faults;
mod killed;
mod life;
mod limits;
mod runs;
