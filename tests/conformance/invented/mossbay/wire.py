"""How Mossbay is spoken to: requests with the key, and the fault that an answer stands for (sheet, sections 1 and 2)."""

from pixee_workers.sync_base.plain_json import asking, faults_of

fault_of = faults_of("Mossbay", refusals={404, 409, 422}, member="errors")

# Every write of Mossbay is absolute and by key, so all of them are safe to repeat.
ask = asking("v2", headers=lambda key: {"X-Mossbay-Key": key["api_key"]}, spend={"calls": 1})
