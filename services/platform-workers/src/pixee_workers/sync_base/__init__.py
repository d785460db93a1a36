"""The framework that every platform stands on: claims and lanes on one side, the adapter contract on the other."""
