"""The Kubernetes files that depend on which platforms there are: one Deployment of workers a platform, so that a platform is
scaled, updated and broken on its own.
"""

from collections.abc import Callable
from typing import Any

import yaml

from tools.generated.catalogue import manifests

IMAGE = "pixee-connectors"
"""The name that overlays replace; see `images` in their kustomization.yaml."""

PORT = 8000
COMPONENT = "platform-workers"
GRACE_SECONDS = 60
"""Longer than a rebalance of Kafka (30 s) and than the worker's own time to stop."""

_LABEL = "app.kubernetes.io"


def workers_yaml() -> str:
    """deploy/k8s/base/workers.generated.yaml."""
    documents = [document for slug in _slugs() for document in (_deployment(slug), _disruption_budget(slug))]
    return (
        "# Made by `make generate` from the platforms' manifests. Change tools/generated/kubernetes.py instead.\n"
        + str(yaml.safe_dump_all(documents, sort_keys=False, width=120))
    )


FILES: dict[str, Callable[[], str]] = {"deploy/k8s/base/workers.generated.yaml": workers_yaml}
"""Path → its text, as tools/generate.py takes them."""


def _slugs() -> list[str]:
    return [str(manifest.slug) for manifest in manifests()]


def _name(slug: str) -> str:
    return f"worker-{slug.replace('_', '-')}"


def _labels(slug: str) -> dict[str, str]:
    return {f"{_LABEL}/name": _name(slug), f"{_LABEL}/component": COMPONENT, f"{_LABEL}/part-of": "pixee-connectors"}


def _selector(slug: str) -> dict[str, Any]:
    return {"matchLabels": {f"{_LABEL}/name": _name(slug)}}


def _deployment(slug: str) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": _name(slug), "labels": _labels(slug)},
        "spec": {
            "replicas": 2,
            "selector": _selector(slug),
            "template": {"metadata": {"labels": _labels(slug)}, "spec": _pod(slug)},
        },
    }


def _pod(slug: str) -> dict[str, Any]:
    return {
        "serviceAccountName": COMPONENT,
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": _selector(slug),
            }
        ],
        "containers": [_container(slug)],
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "256Mi"}}],
    }


def _container(slug: str) -> dict[str, Any]:
    return {
        "name": COMPONENT,
        "image": IMAGE,
        "command": ["python", "-m", "pixee_workers"],
        "envFrom": [{"configMapRef": {"name": "pixee-settings"}}],
        "env": [
            {"name": "PIXEE_WORKER_PLATFORMS", "value": slug},
            _secret("DATABASE_URL", "pixee-database-worker", "url"),
            _secret("PIXEE_FERNET_KEYS", "pixee-keys", "fernet-keys"),
        ],
        "ports": [{"name": "http", "containerPort": PORT}],
        "startupProbe": _probe("/health/live", periodSeconds=2, failureThreshold=30),
        "livenessProbe": _probe("/health/live", periodSeconds=10, timeoutSeconds=5, failureThreshold=6),
        "readinessProbe": _probe("/health/ready", periodSeconds=5, timeoutSeconds=5, failureThreshold=2),
        "resources": {"requests": {"cpu": "100m", "memory": "192Mi"}, "limits": {"memory": "512Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 a mount of the pod's own
    }


def _secret(variable: str, name: str, key: str) -> dict[str, Any]:
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}


def _probe(path: str, **timing: int) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": "http"}, **timing}


def _disruption_budget(slug: str) -> dict[str, Any]:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": _name(slug), "labels": _labels(slug)},
        "spec": {"maxUnavailable": 1, "selector": _selector(slug)},
    }
