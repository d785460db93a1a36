"""What each generated file is made from, one file an idea."""
