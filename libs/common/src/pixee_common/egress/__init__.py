"""Requests leave only to where they may go.

Threat: merchants type shop URLs, and platforms hand out URLs (reports, redirects, next pages). Any of them may be hostile. It may
name our own network or a cloud metadata service, in an odd spelling or through a DNS name that changes its answer between check
and use; it may redirect there; it may answer with endless, slow, compressed or deeply nested data; it may try to make us send one
shop's credentials to another host. So every request of every adapter goes through `GuardedClient`, which

* checks the URL against the host rule of the platform's manifest (`check_url`, pure, also used when a connector is saved),
* resolves the name once, checks *every* answer and connects to those very addresses (`GuardedResolver`),
* follows no redirect, keeps no cookie, reads no proxy or netrc setting from the environment,
* caps time (one total deadline), decompressed size, header count and JSON depth,
* never repeats a request by itself, and says in the error's type what can have happened on the wire.
"""

from pixee_common.egress.addresses import refusal_of_address
from pixee_common.egress.answers import AnswerNotJson, HttpAnswer, same_site_redirect
from pixee_common.egress.client import Download, GuardedClient
from pixee_common.egress.deadline import Deadline
from pixee_common.egress.errors import (
    AnswerLost,
    AnswerTooLarge,
    AnswerTruncated,
    ConnectFailed,
    DeadlineExceeded,
    EgressRefused,
    WireError,
)
from pixee_common.egress.policy import EgressPolicy, EgressRoute, HostRule
from pixee_common.egress.resolver import GuardedResolver, Resolve, system_resolve
from pixee_common.egress.urls import check_url

__all__ = [
    "AnswerLost",
    "AnswerNotJson",
    "AnswerTooLarge",
    "AnswerTruncated",
    "ConnectFailed",
    "Deadline",
    "DeadlineExceeded",
    "Download",
    "EgressPolicy",
    "EgressRefused",
    "EgressRoute",
    "GuardedClient",
    "GuardedResolver",
    "HostRule",
    "HttpAnswer",
    "Resolve",
    "WireError",
    "check_url",
    "refusal_of_address",
    "same_site_redirect",
    "system_resolve",
]
