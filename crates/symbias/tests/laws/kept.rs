//! What a record keeps of a diffusion: the same on any number of threads, in shards, read back, drawn again.

use super::common::{ARMS, LAW, Trial, text};
use std::sync::atomic::Ordering;
use std::time::Duration;
use symbias::experiment::run::Board;
use symbias::experiment::{figures, join, perform, record};
use symbias_simulate::ensemble::Monitor;

/// Crossings, a law with an infinite support, a twin: everything that a record has to keep.
fn trial() -> Trial {
    let twins = "[laws.horizontal.twins]\nboth = { log_density = \"-2 * (x - 1)^2\", support = [-inf, inf] }\n";
    let changes = [
        (", slice = { held = { fixman = false } }", ""),
        ("u = 1 + 0", "u = 1.2 + 0"),
        ("step = 0.01", "step = 0.1"),
        ("step = 0.02", "step = 0.2"),
        ("steps = 600", "steps = 60"),
        ("steps = 300", "steps = 30"),
    ];
    Trial::new(&text(ARMS, &format!("{LAW}{twins}"), &changes))
}

const REPLICAS: u64 = 600;

#[test]
fn read_back_it_is_what_was_concluded() {
    let trial = trial();
    let concluded = trial.run("record", REPLICAS).unwrap();
    let crossed = &concluded.measured[1].samples.crossings;
    assert!(!crossed.is_empty());
    let (read, measured) = record::read(&trial.path("record")).unwrap();
    assert!(read == concluded.record);
    assert!(measured == concluded.measured);
    // The same request finds the finished record, and refuses another file.
    let mut again = trial.request("record", REPLICAS);
    again.resume = true;
    let resumed = trial.performed(&again).unwrap();
    assert!(resumed.record == concluded.record && resumed.measured == concluded.measured);
    let other = std::fs::read_to_string(trial.path("t.toml")).unwrap();
    let other = other.replace("horizontal = 0.25", "horizontal = 0.3");
    std::fs::write(trial.path("t.toml"), other).unwrap();
    assert!(trial.performed(&again).is_err());
}

#[test]
fn threads_change_nothing() {
    let trial = trial();
    let one = trial.run("one", REPLICAS).unwrap();
    let mut request = trial.request("two", REPLICAS);
    request.threads = Some(2);
    let two = trial.performed(&request).unwrap();
    assert!(one.measured == two.measured);
    assert!(one.record.verdicts == two.record.verdicts);
}

#[test]
fn shards_join_to_the_whole() {
    let trial = trial();
    let whole = trial.run("whole", REPLICAS).unwrap();
    let parts: Vec<_> = (0..3)
        .map(|i| {
            let mut request = trial.request(&format!("part{i}"), REPLICAS);
            request.shard = Some((i, 3));
            trial.performed(&request).unwrap();
            let part = format!("part{i}");
            let read = record::read(&trial.path(&part)).unwrap();
            (part, read)
        })
        .collect();
    let file = trial.file().unwrap();
    let joined = join(&file, parts.clone(), Some(&trial.path("joined"))).unwrap();
    // In memory it is the same.
    assert!(join(&file, parts, None).unwrap().measured == joined.measured);
    assert!(joined.measured == whole.measured);
    assert!(joined.record.verdicts == whole.record.verdicts);
    assert!(joined.record.arms == whole.record.arms);
}

#[test]
fn interrupted_and_resumed_it_is_the_same() {
    let changes = [
        (", slice = { held = { fixman = false } }", ""),
        ("u = 1 + 0", "u = 1.2 + 0"),
        ("steps = 600", "steps = 20000"),
        ("steps = 300", "steps = 10000"),
    ];
    let trial = Trial::new(&text(ARMS, LAW, &changes));
    let whole = trial.run("whole", 40).unwrap();
    let mut request = trial.request("resumed", 40);
    request.pause = Some(Duration::ZERO);
    let board = Board::default();
    let stopped = std::thread::scope(|scope| {
        scope.spawn(|| {
            let begun = |b: &Board| {
                let done = |m: &Monitor| m.done.load(Ordering::Relaxed) > 0;
                b.arms().iter().any(|a| done(&a.monitor))
            };
            while !begun(&board) {
                std::thread::sleep(Duration::from_millis(1));
            }
            board.stop();
        });
        perform(&trial.file().unwrap(), &request, &board).unwrap()
    });
    assert!(stopped.interrupted);
    request.resume = true;
    let resumed = trial.performed(&request).unwrap();
    assert!(!resumed.interrupted && resumed.measured == whole.measured);
    assert!(resumed.record.verdicts == whole.record.verdicts);
    assert!(
        whole
            .measured
            .iter()
            .any(|m| !m.samples.crossings.is_empty())
    );
}

/// Old records say nothing of crossings.
#[test]
fn a_record_without_crossings_is_read() {
    let trial = trial();
    trial.run("record", REPLICAS).unwrap();
    let path = trial.path("record").join(record::RECORD);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let arm = json["arms"]["fine"].as_object_mut().unwrap();
    assert!(arm.remove("crossings").is_some());
    std::fs::write(&path, json.to_string()).unwrap();
    let (_, measured) = record::read(&trial.path("record")).unwrap();
    let fine = measured.iter().find(|m| m.arm == "fine").unwrap();
    assert!(fine.samples.crossings.is_empty());
}

#[test]
fn figures_drawn_again_are_the_same() {
    let trial = trial();
    trial.run("record", REPLICAS).unwrap();
    let (read, measured) = record::read(&trial.path("record")).unwrap();
    let specs = figures::wanted(&read.experiment);
    let drawn = figures::draw(&specs, &read, &measured).unwrap();
    figures::write(&trial.path("again"), std::path::Path::new(""), &drawn).unwrap();
    let bytes = |folder: &str| std::fs::read(trial.path(folder).join("laws.svg")).unwrap();
    assert!(bytes("record/figures") == bytes("again"));
}
