//! Sizes that are promised: a task is at most one word larger than the plain function's future.

use std::{
    mem::size_of_val,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use spawn_runtime::{Spawn, Task, TaskError, TaskHandle, background};
use tokio::task::JoinHandle;

const WORD: usize = size_of::<usize>();

/// Notes the size of what it is given to spawn.
#[derive(Clone, Default)]
struct Measuring(Arc<AtomicUsize>);

impl Spawn for Measuring {
    type Owned = Measuring;

    fn spawner(&self) -> Measuring {
        self.clone()
    }

    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        self.0.store(size_of_val(&task), SeqCst);
        tokio::spawn(task)
    }
}

static MEASURING: Mutex<Option<Measuring>> = Mutex::new(None);

fn measuring() -> Measuring {
    MEASURING.lock().unwrap().get_or_insert_default().clone()
}

/// For each shape the plain function, the same in the background, and how their sizes must compare.
macro_rules! shapes {
    ($($name:ident($($parameters:tt)*) ($($argument:expr),*) $body:block $comparison:ident;)*) => {
        mod plain {
            #[allow(unused_imports)]
            use super::*;
            $(#[allow(unused_variables, unused_mut)] pub async fn $name($($parameters)*) $body)*
        }
        mod started {
            #[allow(unused_imports)]
            use super::*;
            $(
                #[allow(unused_variables, unused_mut)]
                #[background(on = measuring())]
                pub async fn $name($($parameters)*) $body
            )*
        }

        #[tokio::test]
        async fn a_task_is_at_most_one_word_larger_than_the_plain_future() {
            $(
                let plain = size_of_val(&plain::$name($($argument),*));
                started::$name($($argument),*).await.unwrap();
                let started = measuring().0.load(SeqCst);
                println!("{:<28} plain {plain:>5}  task {started:>5}", stringify!($name));
                shapes!(@$comparison plain, started, $name);
            )*
        }
    };
    (@fits $plain:ident, $started:ident, $name:ident) => {
        // A word is aligned, so what is smaller than a multiple of it is rounded up first.
        let most = $plain.next_multiple_of(WORD) + WORD;
        assert!($started <= most, "{}: {} > {most}", stringify!($name), $started);
    };
}

async fn wait() {
    tokio::task::yield_now().await;
}

fn keep<T>(value: &T) {
    std::hint::black_box(value);
}

shapes! {
    nothing() () {} fits;
    only_waits() () { wait().await } fits;
    one_word(number: u64) (7) { wait().await; keep(&number) } fits;
    one_kib(bytes: [u8; 1024]) ([0; 1024]) { wait().await; keep(&bytes) } fits;
    four_kib(bytes: [u8; 4096]) ([0; 4096]) { wait().await; keep(&bytes) } fits;
    four_kib_not_held(bytes: [u8; 4096]) ([0; 4096]) { keep(&bytes); wait().await } fits;
    four_kib_last(id: u64, text: String, bytes: [u8; 4096]) (7, String::new(), [0; 4096]) { wait().await; drop((id, text, bytes)) } fits;
    four_kib_unused(bytes: [u8; 4096]) ([0; 4096]) { wait().await } fits;
    four_kib_guard(_bytes: [u8; 4096]) ([0; 4096]) { wait().await } fits;
    big_box(bytes: Box<[u8; 4096]>) (Box::new([0; 4096])) { wait().await; keep(&bytes) } fits;
    pattern((bytes, number): ([u8; 1024], u64)) (([0; 1024], 7)) { wait().await; keep(&(bytes, number)) } fits;
    strings(one: String, two: String) (String::new(), String::new()) { wait().await; drop((one, two)) } fits;
    shared(shared: Arc<[u8; 64]>, number: u32) (Arc::new([0; 64]), 7) { wait().await; drop((shared, number)) } fits;
}

#[test]
fn an_error_is_one_word_and_a_handle_seven_at_most() {
    assert_eq!(size_of::<TaskError>(), WORD);
    assert_eq!(size_of::<Result<(), TaskError>>(), WORD);
    assert!(size_of::<TaskHandle<[u8; 4096]>>() <= 7 * WORD);
}

struct Worker {
    id: u64,
}

impl Worker {
    async fn plain(self: Arc<Self>, bytes: [u8; 1024]) -> u64 {
        wait().await;
        keep(&bytes);
        self.id
    }

    #[background(on = measuring_a_method())]
    async fn started(self: Arc<Self>, bytes: [u8; 1024]) -> u64 {
        wait().await;
        keep(&bytes);
        self.id
    }
}

/// Not the one of the shapes, which another thread may be using.
fn measuring_a_method() -> Measuring {
    static MEASURING: LazyLock<Measuring> = LazyLock::new(Measuring::default);
    MEASURING.clone()
}

#[tokio::test]
async fn a_method_that_owns_its_receiver_is_no_larger_either() {
    let worker = Arc::new(Worker { id: 7 });
    let plain = size_of_val(&worker.clone().plain([0; 1024]));
    worker.started([0; 1024]).await.unwrap();
    let started = measuring_a_method().0.load(SeqCst);
    assert!(started <= plain + WORD, "{started} > {plain} + a word");
}

/// Refuses a task for which tokio would have to allocate more than its smallest 128 bytes.
struct SmallestCell;

impl Spawn for SmallestCell {
    type Owned = SmallestCell;

    fn spawner(&self) -> SmallestCell {
        SmallestCell
    }

    fn spawn<F: Task>(&self, task: F) -> JoinHandle<F::Output> {
        assert!(size_of::<F>() <= 3 * WORD, "{}", size_of::<F>());
        assert!(size_of::<F::Output>() <= 2 * WORD);
        tokio::spawn(task)
    }
}

#[background(on = SmallestCell)]
async fn tiny(number: u32) -> u32 {
    std::future::ready(()).await;
    number
}

#[background(on = SmallestCell)]
async fn tiny_result() -> Result<(), TaskError> {
    std::future::ready(()).await;
    Ok(())
}

#[tokio::test]
async fn a_tiny_task_fits_the_smallest_allocation_of_tokio() {
    assert_eq!(tiny(7).await.unwrap(), 7);
    tiny_result().flatten().await.unwrap();
}

/// What drops, at the size at which it was seen.
pub struct Droppable(#[allow(dead_code)] Box<[u8]>);

impl Droppable {
    fn new() -> Self {
        Droppable(Box::default())
    }
}

async fn step() -> Result<(), String> {
    wait().await;
    Ok(())
}

/// A `return` between the moves of the arguments and the body made rustc keep a drop flag for each.
#[tokio::test]
async fn many_arguments_that_drop_cost_no_flags() {
    type D = Droppable;
    #[allow(unused_variables, clippy::too_many_arguments)]
    async fn plain(a: D, b: D, c: D, d: D, e: D, f: D, g: D, h: D) -> Result<(), String> {
        step().await?;
        step().await
    }
    static SPAWNED: LazyLock<Measuring> = LazyLock::new(Measuring::default);
    #[allow(unused_variables, clippy::too_many_arguments)]
    #[background(on = &*SPAWNED)]
    async fn started(a: D, b: D, c: D, d: D, e: D, f: D, g: D, h: D) -> Result<(), String> {
        step().await?;
        step().await
    }
    let new = D::new;
    let plain = size_of_val(&plain(
        new(),
        new(),
        new(),
        new(),
        new(),
        new(),
        new(),
        new(),
    ));
    let handle = started(new(), new(), new(), new(), new(), new(), new(), new());
    handle.await.unwrap().unwrap();
    let started = SPAWNED.0.load(SeqCst);
    assert!(started <= plain + WORD, "{started} > {plain} + a word");
}
