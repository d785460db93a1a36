"""The pure core: what products, money, jobs and outcomes are. No I/O, no clock, no framework beyond pydantic."""
