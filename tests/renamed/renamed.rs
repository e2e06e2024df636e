//! `crate = …`: the runtime renamed in Cargo.toml, re-exported by this crate and by another.

use rt::{CancellationToken, background};
use std::{sync::Arc, time::Duration};

mod own {
    pub use rt as spawn_runtime;
    pub mod deeper {
        pub use rt::*;
    }
}

#[background(crate = ::rt)]
async fn renamed(number: u32) -> Result<u32, String> {
    Ok(number)
}

#[background(crate = crate::own::spawn_runtime, name = "all", timeout = Duration::from_secs(3), limit = 2)]
async fn re_exported(#[cancel] token: CancellationToken, number: u32) -> u32 {
    number + u32::from(token.is_cancelled())
}

#[background(crate = self::own::deeper, blocking, direct = globbed_now, abort_on_drop)]
fn globbed(number: u32) -> u32 {
    number
}

#[background(crate = ::facade::runtime)]
#[tracing::instrument]
async fn of_another_crate(number: u32) -> impl Into<u32> {
    number
}

facade::job! {
    async fn by_macro(number: u32) -> u32 {
        number
    }
}

trait Worker {
    #[background(crate = ::rt)]
    async fn work(self: Arc<Self>) -> u32;
}

struct Three;

impl Worker for Three {
    #[background(crate = ::rt, on = tokio::runtime::Handle::current())]
    async fn work(self: Arc<Self>) -> u32 {
        3
    }
}

#[tokio::test]
async fn the_runtime_is_found_by_every_name() {
    assert_eq!(renamed(3).await.unwrap(), Ok(3));
    assert_eq!(re_exported(3).await.unwrap(), 3);
    assert_eq!(globbed(3).await.unwrap(), 3);
    assert_eq!(globbed_now(3), 3);
    assert_eq!(of_another_crate(3).await.unwrap().into(), 3);
    assert_eq!(by_macro(3).await.unwrap(), 3);
    assert_eq!(Arc::new(Three).work().await.unwrap(), 3);
}
