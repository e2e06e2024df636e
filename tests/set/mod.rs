//! What `TaskSet` and `TaskMap` promise, a file for each topic.

mod cooperation;
mod dropping;
mod failing;
mod joining;
mod map;
mod wakers;
