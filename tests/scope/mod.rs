//! What `TaskScope` promises, a file for each topic.

mod admission;
mod children;
mod dropping;
mod listing;
mod report;
mod shutdown;
mod wait;
