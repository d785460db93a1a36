"""Routes, one file a noun: translate HTTP into a use case and back, nothing more."""
