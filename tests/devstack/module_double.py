"""Stands in for every module that a stack runs: jobs end at once, services answer health and tell their environment.

Run as `python module_double.py <module> <argument>…`; PIXEE_TEST_FAIL names a module that fails.
"""

import http.server
import json
import os
import sys

TOLD = ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "PIXEE_EGRESS_ROUTES", "PIXEE_TEST_EXTRA")


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        told = {name: os.environ.get(name) for name in TOLD}
        self.wfile.write(json.dumps({"module": module, "arguments": arguments, **told}).encode())

    def log_message(self, *_arguments: object) -> None:
        """Nothing to log."""


module, *arguments = sys.argv[1:]
print(f"{module} {' '.join(arguments)}", flush=True)
if os.environ.get("PIXEE_TEST_FAIL") == module:
    raise SystemExit("deliberately broken")
if module not in {"pixee_common.db", "pixee_common.messaging"}:
    port = arguments[arguments.index("--port") + 1] if "--port" in arguments else os.environ["PIXEE_HTTP_PORT"]
    http.server.HTTPServer(("127.0.0.1", int(port)), Answers).serve_forever()
