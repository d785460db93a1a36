"""`python -m pixee_gateway`."""

from pixee_gateway.main import main

main()
