//! Layouts of boxes in one tensor, with the places of their entries by loops.

/// One axis of a box: start, and step and count of each digit, largest step first.
#[derive(Clone, Debug)]
struct Line {
    start: i64,
    digits: Vec<(i64, i64)>,
    /// Whether the letter of the last digit runs backwards.
    falls: bool,
}

/// Boxes of rows, all with the same columns.
pub struct Layout {
    rows: Vec<Line>,
    size: i64,
    columns: i64,
    /// Columns first.
    turned: bool,
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

impl Layout {
    /// Boxes one after the other, some interleaved, some with gaps.
    pub fn random(seed: u64) -> Layout {
        let mut random = Random(seed ^ 0xABCD_EF12);
        (0..5).for_each(|_| {
            random.below(2);
        });
        let mut rows = Vec::new();
        let mut at = 0;
        for _ in 0..1 + random.below(3) {
            at += random.below(3) as i64;
            let (heads, width) = (2 + random.below(2) as i64, 2 + random.below(2) as i64);
            let falls = random.below(4) == 0;
            let line = |start: i64, digits: &[(i64, i64)]| Line {
                start,
                digits: digits.to_vec(),
                falls,
            };
            match random.below(5) {
                0 => {
                    rows.push(line(at, &[]));
                    at += 1;
                }
                1 => {
                    rows.push(line(at, &[(1, width)]));
                    at += width;
                }
                2 => {
                    rows.push(line(at, &[(width, heads), (1, width)]));
                    at += heads * width;
                }
                // Two boxes in turns, head by head.
                3 => {
                    let both = width + 2;
                    rows.push(line(at, &[(both, heads), (1, width)]));
                    rows.push(line(at + width, &[(both, heads), (1, 2)]));
                    at += heads * both;
                }
                // Entries in turns.
                _ => {
                    rows.push(line(at, &[(2, width)]));
                    rows.push(line(at + 1, &[(2, width)]));
                    at += 2 * width;
                }
            }
        }
        Layout {
            rows,
            size: at + random.below(2) as i64,
            columns: 2,
            turned: random.below(2) == 0,
        }
    }

    /// A model that reads every box once or twice.
    pub fn text(&self) -> String {
        let mut axes = format!("j = {}, c = {}", self.size, self.columns);
        let mut terms = Vec::new();
        for (i, line) in self.rows.iter().enumerate() {
            let mut index = line.start.to_string();
            let mut letters = Vec::new();
            for (k, (step, count)) in line.digits.iter().enumerate() {
                let letter = format!("l{i}{k}");
                axes.push_str(&format!(", {letter} = {count}"));
                if line.falls && k + 1 == line.digits.len() {
                    index.push_str(&format!("+{step}*({}-{letter})", count - 1));
                } else {
                    index.push_str(&format!("+{letter}*{step}"));
                }
                letters.push(letter);
            }
            let read = match self.turned {
                true => format!("W[c,{index}]"),
                false => format!("W[{index},c]"),
            };
            letters.push("c".into());
            let over = letters.join(",");
            terms.push(format!("sum[{over}](tanh({read}*x[c])*{})", i + 1));
            if i % 2 == 0 {
                terms.push(format!("sum[{over}]({read}^2*x[c])"));
            }
        }
        let order = match self.turned {
            true => "[\"c\",\"j\"]",
            false => "[\"j\",\"c\"]",
        };
        format!(
            "symbias = 1\noutputs = [\"y\"]\naxes = {{ {axes} }}\nprogram = '''\ny = {}\n'''\nparameters = {{ W = {order}, free = [\"c\"] }}\ninputs = {{ x = [\"c\"] }}\n",
            terms.join(" + ")
        )
    }

    /// Where the coordinates of the parts lie: boxes by their first row, then what is left.
    pub fn places(&self) -> Vec<usize> {
        let mut rows: Vec<&Line> = self.rows.iter().collect();
        rows.sort_by_key(|l| l.start);
        let mut places = Vec::new();
        let entry = |row: i64, column: i64| match self.turned {
            true => column * self.size + row,
            false => row * self.columns + column,
        };
        for line in rows {
            let mut at = vec![line.start];
            for (k, (step, count)) in line.digits.iter().enumerate() {
                let turn = line.falls && k + 1 == line.digits.len();
                let value = |x: i64| if turn { count - 1 - x } else { x };
                at = at
                    .iter()
                    .flat_map(|r| (0..*count).map(move |x| r + step * value(x)))
                    .collect();
            }
            let all: Vec<(i64, i64)> = match self.turned {
                true => (0..self.columns)
                    .flat_map(|c| at.iter().map(move |r| (*r, c)))
                    .collect(),
                false => at
                    .iter()
                    .flat_map(|r| (0..self.columns).map(move |c| (*r, c)))
                    .collect(),
            };
            places.extend(all.into_iter().map(|(r, c)| entry(r, c) as usize));
        }
        let whole = (self.size * self.columns) as usize;
        for place in 0..whole {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places.extend(whole..whole + self.columns as usize);
        places
    }
}
