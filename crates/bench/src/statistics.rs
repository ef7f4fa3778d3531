//! What several rounds say together.

/// The best, the middle and the spread of some numbers of which less is better.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Summary {
    pub(crate) best: f64,
    pub(crate) median: f64,
    pub(crate) worst: f64,
}

impl Summary {
    /// Of no numbers there is none.
    pub(crate) fn of(numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut numbers: Vec<f64> = numbers.into_iter().collect();
        numbers.sort_by(f64::total_cmp);
        let (best, worst) = (*numbers.first()?, *numbers.last()?);
        let middle = numbers.len() / 2;
        let median = if numbers.len() % 2 == 1 {
            numbers[middle]
        } else {
            f64::midpoint(numbers[middle - 1], numbers[middle])
        };
        Some(Self { best, median, worst })
    }

    /// How far the worst is from the best, in parts of the median.
    pub(crate) fn spread(&self) -> f64 {
        (self.worst - self.best) / self.median
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one_or_between_the_middle_two() {
        assert_eq!(
            Summary::of([3.0, 1.0, 2.0]),
            Some(Summary { best: 1.0, median: 2.0, worst: 3.0 })
        );
        assert_eq!(
            Summary::of([4.0, 1.0, 2.0, 3.0]),
            Some(Summary { best: 1.0, median: 2.5, worst: 4.0 })
        );
        assert_eq!(Summary::of([]), None);
    }

    #[test]
    fn the_spread_is_relative_and_zero_for_one_number() {
        assert_eq!(Summary::of([8.0, 10.0, 13.0]).unwrap().spread(), 0.5);
        assert_eq!(Summary::of([7.0]).unwrap().spread(), 0.0);
    }
}
