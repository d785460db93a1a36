"""`python -m pixee_orchestrator`."""

import sys

from pixee_orchestrator.main import main

sys.exit(main())
