//! Data that an observable makes once for each replica.

/// Parts of a tile whose data are held: as many as lost replicas may leave of it.
const PARTS: usize = 16;

/// The inputs of the replicas that were looked at last, by the first of those that are looked at together and their number.
#[derive(Debug, Default)]
pub(super) struct Held(Vec<((u64, usize), Vec<f64>)>);

impl Held {
    /// Those of replicas, made if they are others than before.
    pub fn of(&mut self, which: (u64, usize), make: impl FnOnce() -> Vec<f64>) -> &[f64] {
        let at = self.0.iter().position(|held| held.0 == which);
        let at = at.unwrap_or_else(|| {
            if self.0.len() == PARTS {
                self.0.remove(0);
            }
            self.0.push((which, make()));
            self.0.len() - 1
        });
        &self.0[at].1
    }
}
