use std::marker::PhantomData;

/// Where a task's name comes from. In a task's future it takes no room unless it was made at run time.
pub trait Name: Copy + Send + Sync + 'static {
    fn name(self) -> TaskName;
}

/// The name as a handle keeps it: made only when it is asked for.
#[derive(Clone, Copy)]
pub enum TaskName {
    Given(&'static str),
    Made(fn() -> &'static str),
}

impl TaskName {
    pub(crate) fn get(self) -> &'static str {
        match self {
            TaskName::Given(name) => name,
            TaskName::Made(make) => make(),
        }
    }
}

/// The `fn` item that `#[background]` writes next to its call.
impl<F> Name for F
where
    F: Fn() -> &'static str + Copy + Send + Sync + 'static,
{
    fn name(self) -> TaskName {
        TaskName::Given(self())
    }
}

/// A name given at run time, by `spawn_named`.
#[derive(Clone, Copy)]
pub struct FixedName(pub(crate) &'static str);

impl Name for FixedName {
    fn name(self) -> TaskName {
        TaskName::Given(self.0)
    }
}

/// The short name of a future's or closure's type, for tasks that were given none.
pub struct NameOf<F>(PhantomData<fn() -> F>);

impl<F> NameOf<F> {
    pub(crate) const NEW: Self = NameOf(PhantomData);
}

impl<F> Clone for NameOf<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for NameOf<F> {}

impl<F: 'static> Name for NameOf<F> {
    fn name(self) -> TaskName {
        TaskName::Made(|| short_type_name(std::any::type_name::<F>()))
    }
}

// Input:  app::reports::generate<alloc::string::String>::{{closure}}::{{closure}}
// Output: generate
//
// Input:  core::pin::Pin<alloc::boxed::Box<dyn core::future::Future>>
// Output: Pin
fn short_type_name(full: &'static str) -> &'static str {
    let mut name = full;
    while let Some(outer) = name.strip_suffix("::{{closure}}") {
        name = outer;
    }
    let mut depth = 0_usize;
    let (mut start, mut end) = (0, name.len());
    for (index, byte) in name.bytes().enumerate() {
        match byte {
            b'<' => {
                if depth == 0 {
                    end = index;
                }
                depth += 1;
            }
            // `->` of a function type closes nothing.
            b'>' if index > 0 && name.as_bytes()[index - 1] != b'-' => {
                depth = depth.saturating_sub(1);
            }
            b':' if depth == 0 => {
                start = index + 1;
                end = name.len();
            }
            _ => {}
        }
    }
    match name.get(start..end) {
        Some(short) if !short.is_empty() => short,
        _ => full,
    }
}

#[cfg(test)]
mod tests {
    use super::short_type_name;

    #[test]
    fn a_type_name_is_shortened_to_its_last_segment() {
        for (full, short) in [
            ("app::main::{{closure}}", "main"),
            ("app::main::{{closure}}::{{closure}}", "main"),
            ("app::load<alloc::vec::Vec<u8>>::{{closure}}", "load"),
            ("tokio::time::sleep::Sleep", "Sleep"),
            (
                "core::pin::Pin<alloc::boxed::Box<dyn core::future::Future>>",
                "Pin",
            ),
            ("<app::Worker as app::Run>::run::{{closure}}", "run"),
            ("app::Map<fn(u8) -> u8>::go", "go"),
            ("app::load<fn(u8) -> app::Thing>::{{closure}}", "load"),
            ("<app::Worker as app::Run>", "<app::Worker as app::Run>"),
            ("u8", "u8"),
            ("", ""),
        ] {
            assert_eq!(short_type_name(full), short, "{full}");
        }
    }
}
