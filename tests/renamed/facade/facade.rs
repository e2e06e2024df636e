//! A framework that its users depend on instead of `spawn-runtime`.

/// `spawn-runtime`, under another name.
pub use spawn_runtime as runtime;

/// Makes a background function of an `async fn`, wherever it is called.
#[macro_export]
macro_rules! job {
    ($item:item) => {
        #[$crate::runtime::background(crate = $crate::runtime)]
        $item
    };
}
