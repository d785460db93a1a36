"""How Larkshop is spoken to: requests with the key, and the fault that an answer stands for (sheet, sections 1 and 2)."""

from pixee_workers.sync_base.plain_json import asking, faults_of

fault_of = faults_of("Larkshop", refusals={404, 409, 422}, member="code")

# Every write of Larkshop is absolute and by key, so all of them are safe to repeat.
ask = asking("v1", headers=lambda key: {"Authorization": f"Bearer {key['api_key']}"}, spend={"calls": 1})
