//! Whatever the text, the front end answers with a model or with an error.

use symbias_model::language::{Copies, SourceFile};
use symbias_numerics::random::Stream;

#[test]
fn mutated_files_are_models_or_errors() {
    let seeds = crate::mutate::seeds();
    let (mut models, total) = (0, 20_000);
    for number in 0..total {
        let text = crate::mutate::mutated(&seeds, &mut Stream::new(1, number, 0));
        models += u64::from(crate::mutate::try_text(&text));
    }
    // Mutation must leave some models whole and break some, or it tests nothing.
    assert!(
        models > total / 20 && models < total * 19 / 20,
        "{models} of {total}"
    );
}

#[test]
fn errors_point_into_the_text() {
    let seeds = crate::mutate::seeds();
    for number in 0..1000 {
        let text = crate::mutate::mutated(&seeds, &mut Stream::new(2, number, 0));
        let found = SourceFile::parse(&text, None).and_then(|s| s.check(Copies::AtMost(2)));
        if let Err(error) = found {
            let message = error.to_string();
            assert!(!message.trim().is_empty());
            assert!(
                message.len() < 20_000,
                "an error as long as the file: {} characters",
                message.len()
            );
        }
    }
}
