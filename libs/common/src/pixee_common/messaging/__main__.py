"""`python -m pixee_common.messaging provision`: makes the topics that are missing."""

import asyncio
import sys

from pixee_common.messaging.provisioning import provision
from pixee_common.messaging.settings import TopicSettings
from pixee_common.service.settings import KafkaSettings

if sys.argv[1:] != ["provision"]:
    raise SystemExit("Usage: python -m pixee_common.messaging provision")
made = asyncio.run(provision(KafkaSettings.load().bootstrap_servers, TopicSettings.load()))
print(f"{len(made)} topics made")
