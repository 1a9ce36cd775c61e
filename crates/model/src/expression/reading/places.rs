//! Which lines the tensors of blocks have: the statements of one copy stand for all, and a call shows its argument.

use super::super::{BlockCall, Model, Repetition, TensorId};
use std::collections::HashMap;

/// What a defined tensor is among the lines.
pub(super) enum Role<'m> {
    Statement,
    /// The result of a call of a block.
    Call(&'m Repetition, &'m BlockCall),
    /// A statement of the copy that stands for all, with its name in the block.
    Inside(&'m Repetition, String),
    /// Another copy, or an argument that its call shows.
    Shown,
}

/// Which tensors belong to blocks.
pub(super) struct Places {
    /// Of the tensors of copies: repetition, call, copy and local name.
    inside: HashMap<TensorId, (usize, usize, u64, String)>,
    names: HashMap<String, TensorId>,
}

impl Places {
    pub fn of(model: &Model) -> Places {
        let names: HashMap<String, TensorId> = model
            .tensors
            .iter()
            .enumerate()
            .map(|(i, t)| (t.name.clone(), TensorId(i as u32)))
            .collect();
        let mut prefixes: HashMap<&str, (usize, usize)> = HashMap::new();
        for (r, repetition) in model.repetitions.iter().enumerate() {
            for (c, call) in repetition.calls.iter().enumerate() {
                prefixes.insert(&call.prefix, (r, c));
            }
        }
        let mut inside = HashMap::new();
        for (name, id) in &names {
            let mut parts = name.rsplitn(3, '.');
            let (local, copy, prefix) = (parts.next(), parts.next(), parts.next());
            if let (Some(local), Some(Ok(copy)), Some(prefix)) =
                (local, copy.map(str::parse::<u64>), prefix)
                && let Some((r, c)) = prefixes.get(prefix)
            {
                inside.insert(*id, (*r, *c, copy, local.to_owned()));
            }
        }
        Places { inside, names }
    }

    /// The copy that stands for all: the second, where the carry has a name of the block's own.
    fn copy(repetition: &Repetition) -> u64 {
        u64::from(repetition.copies > 1)
    }

    pub fn role<'m>(&self, model: &'m Model, id: TensorId) -> Role<'m> {
        let name = &model.tensor(id).name;
        if let Some((r, call, copy, local)) = self.inside.get(&id) {
            let repetition = &model.repetitions[*r];
            return match *call == 0 && *copy == Places::copy(repetition) {
                true => Role::Inside(repetition, local.clone()),
                false => Role::Shown,
            };
        }
        for repetition in &model.repetitions {
            for call in &repetition.calls {
                if call.result == *name {
                    return Role::Call(repetition, call);
                }
                if call.first == *name && name.contains('.') {
                    return Role::Shown;
                }
            }
        }
        Role::Statement
    }

    /// Names inside the copy that stands for all.
    pub fn local(&self, model: &Model, repetition: &Repetition) -> HashMap<TensorId, String> {
        let copy = Places::copy(repetition);
        let Some(call) = repetition.calls.first() else {
            return HashMap::new();
        };
        let mut local = HashMap::new();
        let before = match copy.checked_sub(1) {
            None => call.first.clone(),
            Some(before) => format!("{}.{before}.{}'", call.prefix, repetition.carry),
        };
        let mut put = |full: &str, own: &str| {
            if let Some(id) = self.names.get(full) {
                local.insert(*id, own.to_owned());
            }
        };
        put(&before, &repetition.carry);
        for name in &repetition.tied {
            put(&format!("{}.{name}", repetition.block), name);
        }
        for name in &repetition.parameters {
            put(&format!("{}.{copy}.{name}", repetition.block), name);
        }
        for (id, (r, c, k, own)) in &self.inside {
            if *c == 0 && *k == copy && model.repetitions[*r].block == repetition.block {
                local.insert(*id, own.clone());
            }
        }
        local
    }
}
