//! The mask that hides a client's bytes from proxies.

/// The mask of the bytes that come next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mask(u32);

impl Mask {
    /// Takes the mask of a frame, whose payload begins with the next byte.
    pub(crate) const fn new(mask: u32) -> Self {
        Self(mask)
    }

    /// Unmasks the next bytes in place, eight at once. O(n).
    ///
    /// <https://www.rfc-editor.org/rfc/rfc6455#section-5.3>
    pub(crate) fn unmask(&mut self, bytes: &mut [u8]) {
        let mask = u64::from(self.0) << 32 | u64::from(self.0);
        let mut blocks = bytes.chunks_exact_mut(8);
        for block in &mut blocks {
            let block: &mut [u8; 8] = block.try_into().expect("a block has 8 bytes");
            *block = (u64::from_be_bytes(*block) ^ mask).to_be_bytes();
        }
        for byte in blocks.into_remainder() {
            self.0 = self.0.rotate_left(8);
            *byte ^= self.0 as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_meets_its_byte_of_the_mask() {
        for len in 0..70 {
            let masked: Vec<u8> = (0..len).collect();
            let mut bytes = masked.clone();
            Mask::new(0x01_20_77_ff).unmask(&mut bytes);
            let expected = masked.iter().zip([0x01, 0x20, 0x77, 0xff].iter().cycle());
            assert!(bytes.iter().copied().eq(expected.map(|(byte, mask)| byte ^ mask)), "{len}");
        }
    }

    #[test]
    fn a_mask_goes_on_where_it_stopped() {
        let masked: Vec<u8> = (0..100).collect();
        let mut expected = masked.clone();
        Mask::new(0x09_08_07_06).unmask(&mut expected);
        for first in 0..20 {
            for second in 0..20 {
                let (mut bytes, mut mask) = (masked.clone(), Mask::new(0x09_08_07_06));
                let (start, rest) = bytes.split_at_mut(first);
                let (middle, end) = rest.split_at_mut(second);
                for part in [start, middle, end] {
                    mask.unmask(part);
                }
                assert_eq!(bytes, expected, "{first}, {second}");
            }
        }
    }
}
