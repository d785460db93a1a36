"""The image's HEALTHCHECK: exits with 0 when the service in this container says that it is ready. Needs neither curl nor a shell."""

import http.client
import os
import sys


def ready(port: int) -> bool:
    """Whether `/health/ready` answers 200 within four seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if ready(int(os.environ.get("PIXEE_HTTP_PORT", "8000"))) else 1)
