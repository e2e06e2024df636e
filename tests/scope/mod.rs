//! What `TaskScope` promises, a file for each topic.

mod admission;
mod children;
mod closures;
mod dropping;
mod ending;
mod fail_fast;
mod limit;
mod listing;
mod nesting;
mod observer;
mod report;
mod run;
mod shutdown;
mod wait;
