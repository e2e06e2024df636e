//! The programs in which the advice of each error has been followed: they compile, and run.

include!(concat!(env!("OUT_DIR"), "/fixed.rs"));

#[test]
fn every_mended_program_runs() {
    for (name, run) in TWINS {
        println!("{name}");
        run();
    }
}
