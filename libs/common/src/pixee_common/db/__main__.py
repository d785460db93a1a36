"""`python -m pixee_common.db migrate`: the migration job of every deployment."""

import sys

from pixee_common.db.migrate import main

if sys.argv[1:] != ["migrate"]:
    raise SystemExit("Usage: python -m pixee_common.db migrate")
main()
