"""What the system costs, always as a ratio against a baseline of the same run: these machines are noisy, ratios are not."""
