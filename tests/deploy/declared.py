"""What the code declares and deployment files may rely on: variables, roles, modules."""

import importlib
import pkgutil
from pathlib import Path

import pixee_gateway
import pixee_orchestrator
import pixee_workers
from pixee_common.db.grants import ROLES
from pixee_common.messaging.settings import TopicSettings
from pixee_common.service.settings import COMMON_SETTINGS, Settings

ROOT = Path(__file__).parents[2]

ROLE_PASSWORDS = {f"PIXEE_ROLE_PASSWORD_{service.upper()}" for service in ROLES}
"""What `pixee_common.db migrate` reads beside DATABASE_URL."""


def variables() -> set[str]:
    """Every variable that a setting of any service declares, and the migration's."""
    groups: set[type[Settings]] = {*COMMON_SETTINGS, TopicSettings}
    for package in (pixee_gateway, pixee_orchestrator, pixee_workers):
        for entry in pkgutil.iter_modules(package.__path__):
            if entry.name == "settings":
                module = importlib.import_module(f"{package.__name__}.settings")
                groups |= {v for v in vars(module).values() if isinstance(v, type) and issubclass(v, Settings)}
    return {str(f.validation_alias) for g in groups for f in g.model_fields.values()} | ROLE_PASSWORDS
