//! Long work says what it is at, and stops when it is asked to.

use std::sync::{Arc, Mutex};
use symbias::analyze::Options;
use symbias::{ErrorKind, SourceFile, Watch, analyze};

const MODEL: &str = "symbias = 1\noutputs = [\"y\"]\naxes = { h = 4, d = 3 }\n\
    program = \"y = v[h] * relu(W[h,d] * x[d])\"\n\
    parameters = { v = [\"h\"], W = [\"h\",\"d\"] }\ninputs = { x = [\"d\"] }\n";

fn source() -> SourceFile {
    SourceFile::parse(MODEL, None).expect("a model")
}

#[test]
fn stages_are_heard_in_their_order() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let own = heard.clone();
    let watch = Watch::heard(move |stage| own.lock().unwrap().push(stage.to_owned()));
    analyze(&source(), &Options::default(), &watch).expect("an answer");
    let heard = heard.lock().unwrap();
    let at = |name: &str| heard.iter().position(|s| s.starts_with(name));
    let order = [
        at("rules"),
        at("rank of J"),
        at("null space"),
        at("charges"),
    ];
    assert!(
        order.iter().all(Option::is_some) && order.is_sorted(),
        "{heard:?}"
    );
    assert_eq!(watch.now().0, *heard.last().unwrap());
}

/// Stopped at any stage there is no answer; not stopped there is one.
#[test]
fn what_is_stopped_has_no_answer() {
    for stop_at in ["rules", "rank of J", "null space", "what each driver"] {
        let cell: Arc<Mutex<Option<Watch>>> = Arc::default();
        let own = cell.clone();
        let watch = Watch::heard(move |stage| {
            if stage.starts_with(stop_at) {
                own.lock().unwrap().as_ref().unwrap().stop();
            }
        });
        *cell.lock().unwrap() = Some(watch.clone());
        let error = analyze(&source(), &Options::default(), &watch).expect_err(stop_at);
        assert_eq!(error.kind(), ErrorKind::Interrupted);
        assert_eq!(error.kind().code(), "interrupted");
    }
    assert!(analyze(&source(), &Options::default(), &Watch::default()).is_ok());
}

/// A watch is over the work of its thread alone, and no longer than that lasts.
#[test]
fn a_stopped_watch_stops_nothing_else() {
    let watch = Watch::default();
    watch.stop();
    assert!(analyze(&source(), &Options::default(), &watch).is_err());
    assert!(analyze(&source(), &Options::default(), &Watch::default()).is_ok());
}
