//! The parameter space Θ = ℝᵈ: named tensors, one after the other, in one flat vector
//! (theory §1). A complex entry is two real coordinates, (re, im), innermost.

use crate::expression::Field;

/// One named tensor of a [`ParameterSpace`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The name in the model file (`W`, `layer.3.Wq`).
    pub name: String,
    /// Sizes of its axes in declared order, without the trailing (re, im) axis.
    pub shape: Vec<usize>,
    /// Real or complex entries.
    pub field: Field,
    /// Position of its first coordinate in θ.
    pub offset: usize,
}

impl Block {
    /// Number of entries (real or complex).
    #[must_use]
    pub fn entries(&self) -> usize {
        // Sizes that no memory holds are still compared.
        let sizes = self.shape.iter().copied();
        sizes.fold(1, usize::saturating_mul)
    }

    /// Number of real coordinates.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries().saturating_mul(self.field.width())
    }

    /// Whether it has no coordinates (never, for a checked model).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The coordinates of θ that it occupies.
    #[must_use]
    pub fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset.saturating_add(self.len())
    }
}

/// Named tensors over one flat vector θ ∈ ℝᵈ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParameterSpace {
    blocks: Vec<Block>,
}

impl ParameterSpace {
    /// Lays the tensors out in the order given.
    pub fn new(tensors: impl IntoIterator<Item = (String, Vec<usize>, Field)>) -> ParameterSpace {
        let mut offset = 0;
        let blocks = tensors
            .into_iter()
            .map(|(name, shape, field)| {
                let block = Block {
                    name,
                    shape,
                    field,
                    offset,
                };
                offset = offset.saturating_add(block.len());
                block
            })
            .collect();
        ParameterSpace { blocks }
    }

    /// The tensors in order.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The tensor of this name.
    #[must_use]
    pub fn block(&self, name: &str) -> Option<&Block> {
        self.blocks.iter().find(|block| block.name == name)
    }

    /// d, the number of real coordinates.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.blocks
            .last()
            .map_or(0, |block| block.offset.saturating_add(block.len()))
    }
}
