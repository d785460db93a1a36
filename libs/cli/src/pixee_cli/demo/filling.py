"""Step: the catalog, from the sample beside the project or from our own."""

from importlib import resources
from pathlib import Path

from pixee_cli.commands.catalog import say_report
from pixee_cli.demo.context import Demo, DemoFailed
from pixee_cli.importing.options import ImportOptions
from pixee_cli.importing.road import Progress, import_file

SAMPLE = Path("..") / "shared" / "data" / "openfoodfacts_sample.csv"


def demo_file() -> Path:
    """The sample where it is there, else the invented catalog of this package."""
    return SAMPLE if SAMPLE.is_file() else own_catalog()


def own_catalog() -> Path:
    """Sixty invented products with variants, options, categories, attributes and pictures; JSON Lines."""
    return Path(str(resources.files("pixee_cli.demo_catalog").joinpath("products.jsonl")))


async def fill_catalog(demo: Demo) -> None:
    """Imports the file and waits until the catalog holds it; repeated, it changes nothing."""
    options = ImportOptions(derive_price_stock=True)
    with Progress() as progress:
        report = await import_file(demo.database, demo.account_id, demo.file, options, progress=progress)
    demo.report = report
    say_report(report, None)
    if report.catalog is not None and report.catalog.refused:
        raise DemoFailed(f"the catalog refused {report.catalog.refused} products")
