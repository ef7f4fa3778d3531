//! What the compiler says of a wrong handler.
