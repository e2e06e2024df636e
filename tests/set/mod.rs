//! What `TaskSet` promises, a file for each topic.

mod cooperation;
mod dropping;
mod failing;
mod joining;
mod wakers;
