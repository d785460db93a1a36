"""The commands of `pixee`, one file a noun: each says what it wants and leaves the work to the rooms beside it."""
