"""`python -m pixee_workers`."""

from pixee_workers.main import main

main()
