//! Matrices of transition probabilities.
//!
//! In: rows that sum to 1, or are missing where nobody tells them. Out: [`Matrix`], its powers. Must not know: how rows were
//! estimated.

/// A square matrix of probabilities, row after row. A row is missing where nothing is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    rows: Vec<Option<Vec<f64>>>,
}

impl Matrix {
    /// The matrix of these rows; none if one has not as many entries as there are rows.
    pub fn new(rows: Vec<Option<Vec<f64>>>) -> Option<Matrix> {
        let size = rows.len();
        rows.iter().flatten().all(|row| row.len() == size).then_some(Matrix { rows })
    }

    /// The matrix of rows that are known to be as long as there are rows.
    pub(super) fn square(rows: Vec<Option<Vec<f64>>>) -> Matrix {
        debug_assert!(rows.iter().flatten().all(|row| row.len() == rows.len()));
        Matrix { rows }
    }

    /// Rows and columns.
    pub fn size(&self) -> usize {
        self.rows.len()
    }

    /// A row; none where it is missing.
    pub fn row(&self, from: usize) -> Option<&[f64]> {
        self.rows.get(from)?.as_deref()
    }

    /// All rows; none if one is missing.
    pub fn whole(&self) -> Option<Vec<&[f64]>> {
        self.rows.iter().map(Option::as_deref).collect()
    }

    /// The probabilities after `years` steps of a Markov chain that has these after one: the matrix to that power, the
    /// identity for 0. A row is missing where its own is, and where a missing one can be reached.
    ///
    /// ```
    /// use tierwright::migrate::Matrix;
    /// let one = Matrix::new(vec![Some(vec![0.5, 0.5]), Some(vec![0.0, 1.0])]).unwrap();
    /// assert_eq!(one.power(2).row(0), Some(&[0.25, 0.75][..]));
    /// ```
    #[must_use]
    pub fn power(&self, years: u32) -> Matrix {
        let unit = |at: usize| Some((0..self.size()).map(|to| f64::from(u8::from(to == at))).collect());
        let mut power = Matrix { rows: (0..self.size()).map(unit).collect() };
        // Few steps, and step after step the rows that depend on a missing one are seen.
        for _ in 0..years {
            power.rows = power.rows.iter().map(|row| self.step(row.as_deref()?)).collect();
        }
        power
    }

    /// Where customers are a year later who are distributed like this now; none where a row is missing that some need.
    fn step(&self, now: &[f64]) -> Option<Vec<f64>> {
        let mut next = vec![0.0; self.size()];
        for (share, row) in now.iter().zip(&self.rows).filter(|(share, _)| **share != 0.0) {
            for (sum, probability) in next.iter_mut().zip(row.as_deref()?) {
                *sum += share * probability;
            }
        }
        Some(next)
    }
}
