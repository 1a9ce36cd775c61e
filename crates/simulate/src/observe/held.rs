//! Data that an observable makes once for each replica.

/// The inputs of the replica that was looked at last.
#[derive(Debug, Default)]
pub(super) struct Held(Option<(u64, Vec<f64>)>);

impl Held {
    /// Those of a replica, made if it is another than before.
    pub fn of(&mut self, replica: u64, make: impl FnOnce() -> Vec<f64>) -> &[f64] {
        if self.0.as_ref().is_none_or(|held| held.0 != replica) {
            self.0 = Some((replica, make()));
        }
        self.0.as_ref().map_or(&[], |held| &held.1)
    }
}
