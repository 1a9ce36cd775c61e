//! Parts of the parameters that no output reads together.

use super::tape::{Instruction, ScalarProgram};

impl ScalarProgram {
    /// For each parameter the number of its part, d of them: parameters of different parts enter no common output, so that J is
    /// block diagonal. Parameters that no output needs are parts by themselves.
    #[must_use]
    pub fn separate(&self) -> Vec<usize> {
        let mut root: Vec<usize> = (0..self.instructions.len()).collect();
        // Constants and inputs, and what is made of them, join nothing.
        let mut moves = vec![false; self.instructions.len()];
        for (at, instruction) in self.instructions.iter().enumerate() {
            let mut join = |i: u32| {
                if moves[i as usize] {
                    let (a, b) = (find(&mut root, at), find(&mut root, i as usize));
                    root[a.max(b)] = a.min(b);
                    moves[at] = true;
                }
            };
            match *instruction {
                _ if !self.needed[at] => {}
                Instruction::Constant(_) | Instruction::Input(_) => {}
                Instruction::Parameter(_) => moves[at] = true,
                Instruction::Negative(a) | Instruction::Map(_, a) => join(a),
                Instruction::Product(a, b)
                | Instruction::Quotient(a, b)
                | Instruction::Power(a, b) => {
                    join(a);
                    join(b);
                }
                Instruction::Sum(from, to)
                | Instruction::Max(from, to)
                | Instruction::LogSumExp(from, to) => {
                    self.list(from, to).iter().for_each(|i| join(*i));
                }
            }
        }
        let mut part: Vec<usize> = (0..self.parameters)
            .map(|i| self.instructions.len() + i)
            .collect();
        for (at, instruction) in self.instructions.iter().enumerate() {
            if let Instruction::Parameter(i) = instruction {
                part[*i as usize] = find(&mut root, at);
            }
        }
        part
    }
}

fn find(root: &mut [usize], mut i: usize) -> usize {
    while root[i] != i {
        root[i] = root[root[i]];
        i = root[i];
    }
    i
}
