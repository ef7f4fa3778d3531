//! Decompression, as the decoder knows it: not at all without the feature.

#[cfg(feature = "deflate")]
pub(crate) use crate::deflate::Inflate;
#[cfg(not(feature = "deflate"))]
pub(crate) use never::Inflate;

#[cfg(not(feature = "deflate"))]
mod never {
    use crate::error::Violation;

    /// A decompressor that nobody has: an option of it takes no memory.
    #[derive(Debug)]
    pub(crate) enum Inflate {}

    impl Inflate {
        pub(crate) fn inflate(
            &mut self,
            _: &[u8],
            _: &mut Vec<u8>,
            _: usize,
        ) -> Result<(), Violation> {
            match *self {}
        }

        pub(crate) fn finish(&mut self, _: &mut Vec<u8>, _: usize) -> Result<(), Violation> {
            match *self {}
        }
    }
}
