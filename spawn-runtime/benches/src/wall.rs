//! Wall time, in relation to raw tokio in the same moment: on a shared machine nothing else holds.

use std::time::Instant;

use crate::{
    load::{Load, Runtime},
    ways::Way,
};

const REPEATS: usize = 31;
const TASKS_PER_REPEAT: usize = 20_000;

/// The median of each way's time in relation to that of the first.
pub fn ratios(ways: &[&Way], batch: usize, runtime: Runtime, starters: usize) -> Vec<f64> {
    let load = Load {
        batch,
        rounds: (TASKS_PER_REPEAT / batch / starters).max(1),
    };
    let place = runtime.build();
    let mut ratios = vec![Vec::new(); ways.len()];
    // The first repeat warms up.
    for repeat in 0..=REPEATS {
        let mut times = vec![0.0; ways.len()];
        // Each way follows another one each time.
        for offset in 0..ways.len() {
            let index = (offset * (repeat % 2 * 2 + 1) + repeat) % ways.len();
            times[index] = time(&place, ways[index], load, starters);
        }
        if repeat > 0 {
            for (ratios, time) in ratios.iter_mut().zip(&times) {
                ratios.push(time / times[0]);
            }
        }
    }
    ratios.into_iter().map(median).collect()
}

fn time(place: &tokio::runtime::Runtime, way: &Way, load: Load, starters: usize) -> f64 {
    let start = Instant::now();
    Runtime::drive(place, way, load, starters);
    start.elapsed().as_secs_f64()
}

pub fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
