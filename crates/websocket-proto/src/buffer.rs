//! A buffer that grows with what arrives.

/// Makes room for `additional` bytes, and for as many as there are already, up to `max` in all.
///
/// So the buffer grows with what arrives and not with what is announced, and never above the limit.
/// O(1) for each byte, over all calls.
pub(crate) fn grow(bytes: &mut Vec<u8>, additional: usize, max: usize) {
    let needed = bytes.len().saturating_add(additional);
    if needed > bytes.capacity() {
        let capacity = bytes.capacity().saturating_mul(2).max(needed).min(max);
        bytes.reserve_exact(capacity.saturating_sub(bytes.len()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_grows_with_what_arrives_up_to_the_limit() {
        let (mut bytes, mut capacities) = (vec![], vec![]);
        for _ in 0..700 {
            grow(&mut bytes, 1, 700);
            bytes.push(0);
            capacities.push(bytes.capacity());
        }
        capacities.dedup();
        assert_eq!(capacities, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 700]);
    }

    #[test]
    fn room_for_more_than_the_limit_is_room_up_to_the_limit() {
        let mut bytes = vec![0; 10];
        grow(&mut bytes, usize::MAX, 100);
        assert_eq!(bytes.capacity(), 100);
    }
}
