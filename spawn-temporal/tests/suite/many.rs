//! Many jobs, with a worker that is killed among them.

use std::collections::{BTreeMap, BTreeSet};

use spawn_runtime::TaskSet;

use crate::{
    functions::mark,
    support::{Engine, Process, eventually, on_both_engines},
};

const JOBS: u32 = 500;

/// The ids under which each number was done.
fn done(folder: &str) -> BTreeMap<u32, BTreeSet<String>> {
    let mut done: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let (number, id) = name.split_once('.').unwrap();
        done.entry(number.parse().unwrap())
            .or_default()
            .insert(id.to_owned());
    }
    done
}

fn folder() -> String {
    let folder = std::env::temp_dir().join(format!("spawn-temporal-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&folder).unwrap();
    folder.into_os_string().into_string().unwrap()
}

async fn run(engine: &Engine, folder: &str) {
    let mut handles = Vec::new();
    for number in 0..JOBS {
        let job = mark(&engine.temporal, folder.to_owned(), number);
        handles.push(spawn_runtime::spawn(async move {
            (number, job.id().await.unwrap(), job.await.unwrap())
        }));
    }
    let ended = handles.into_iter().collect::<TaskSet<_>>().join_all().await;
    let mut ids = BTreeSet::new();
    for (number, ended) in (0..JOBS).zip(ended) {
        let (its_number, id, value) = ended.unwrap();
        assert_eq!((its_number, value), (number, number * 2));
        ids.insert(id.to_string().replace('/', "_"));
    }
    assert_eq!(ids.len(), JOBS as usize);
    let done = done(folder);
    assert_eq!(done.len(), JOBS as usize);
    for (number, under) in &done {
        assert_eq!(under.len(), 1, "{number} was done under {under:?}");
        assert!(under.is_subset(&ids));
    }
    std::fs::remove_dir_all(folder).unwrap();
}

on_both_engines! {
    async fn nothing_is_lost_or_done_under_two_ids(engine: &Engine) {
        run(engine, &folder()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Temporal server: ci/temporal.sh starts one and runs this"]
async fn nothing_is_lost_with_a_worker_that_is_killed() {
    let engine = Engine::without_worker().await;
    let folder = folder();
    let (first, _second) = (
        Process::start("worker", &engine.queue(), ""),
        Process::start("worker", &engine.queue(), ""),
    );
    let kill = async {
        eventually("a tenth of the jobs", async || {
            done(&folder).len() >= JOBS as usize / 10
        })
        .await;
        first.kill();
    };
    tokio::join!(run(&engine, &folder), kill);
}
