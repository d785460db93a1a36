"""What callers can do, one verb a file. No HTTP here."""
