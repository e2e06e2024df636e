//! What `TaskSet` promises, one file a topic.

mod cooperation;
mod dropping;
mod failing;
mod joining;
mod wakers;
