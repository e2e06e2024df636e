//! What `TaskScope` promises, one file a topic.

mod admission;
mod children;
mod dropping;
mod listing;
mod report;
mod shutdown;
mod wait;
