//! Many pieces of work at once, at most so many at a time, and all their results.
//!
//! Run it with `cargo run --example fan_out`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use spawn_runtime::{TaskSet, background};

/// Counts the lines of one file, with at most four files open at a time.
#[background(blocking, limit = 4)]
fn count_lines(path: PathBuf) -> io::Result<usize> {
    Ok(fs::read_to_string(path)?.lines().count())
}

/// This program's neighbours.
fn sources() -> io::Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut sources = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(path);
        }
    }
    sources.sort();
    Ok(sources)
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let sources = sources()?;

    // All results, in the order of the paths, or the first error, which ends the rest.
    let counting: TaskSet<_> = sources.iter().cloned().map(count_lines).collect();
    let counts = counting.try_flatten_all().await?;
    assert_eq!(counts.len(), sources.len());
    for (path, lines) in sources.iter().zip(&counts) {
        println!("{lines:>5} {}", path.display());
        assert!(*lines > 10);
    }

    // As they come, whatever becomes of some.
    let mut counting: TaskSet<_> = sources.iter().cloned().map(count_lines).collect();
    counting.push(count_lines(PathBuf::from("no such file")));
    let (mut lines, mut failures) = (0, 0);
    while let Some(counted) = counting.join_next().await {
        match counted? {
            Ok(count) => lines += count,
            Err(error) => {
                println!("one failed: {error}");
                failures += 1;
            }
        }
    }
    assert_eq!(lines, counts.iter().sum::<usize>());
    assert_eq!(failures, 1);

    // The first failure is the result, and nothing runs on.
    let counting = TaskSet::from_iter([
        count_lines(PathBuf::from("no such file")),
        count_lines(sources[0].clone()),
    ]);
    let error = counting.try_flatten_all().await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    Ok(())
}
