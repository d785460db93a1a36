"""`pixee catalog import`: a file becomes products of the catalog, with a report in which every row is accounted for."""

from pathlib import Path
from typing import Annotated

import typer

from pixee_cli import output
from pixee_cli.account_store import find_account
from pixee_cli.exits import Exit
from pixee_cli.importing.fields import parse_map
from pixee_cli.importing.options import ImportOptions
from pixee_cli.importing.problems import MEANING, Warned
from pixee_cli.importing.report import Report
from pixee_cli.importing.road import Progress, check, import_file
from pixee_cli.place import Place
from pixee_cli.running import DATA, AsJson, Data, run
from pixee_common.domain.measures import WeightUnit
from pixee_common.domain.product import UNDETERMINED_LOCALE

app = typer.Typer(help="The catalog.", no_args_is_help=True)

SHOWN = 20


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV (, ; tab) or JSON Lines.")],
    wanted: Annotated[
        list[str] | None, typer.Option("--map", help="field=column, repeatable; an empty column takes the field out.")
    ] = None,
    group: Annotated[str | None, typer.Option(help="Column that holds the variants of one product together.")] = None,
    locale: Annotated[str, typer.Option(help="Language of the texts (BCP 47).")] = UNDETERMINED_LOCALE,
    currency: Annotated[
        str | None, typer.Option(help="Of the prices (default EUR); rows in another one are then refused.")
    ] = None,
    derive: Annotated[
        bool, typer.Option("--derive-price-stock", help="Price and stock from the SKU where the file has none.")
    ] = False,
    weight_unit: Annotated[WeightUnit, typer.Option(help="Of the column weight.")] = WeightUnit.KILOGRAM,
    delimiter: Annotated[str | None, typer.Option(help="Default: found from the header.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Default: UTF-8, else Windows-1252.")] = None,
    account: Annotated[str | None, typer.Option(help="Name or id; needless where there is only one.")] = None,
    report_file: Annotated[Path | None, typer.Option("--report", help="The whole report as JSON.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only read and report; needs no stack.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Send it even if this very file was imported before, over later changes.")
    ] = False,
    data: Data = DATA,
    as_json: AsJson = False,
) -> None:
    """Import products. Exit code 5 when a row was refused, 2 when the file as a whole cannot be read."""

    async def work() -> Exit:
        options = ImportOptions(
            wanted=parse_map(wanted or ()),
            group=group,
            locale=locale,
            currency=currency or "EUR",
            currency_given=currency is not None,
            derive_price_stock=derive,
            weight_unit=weight_unit,
            delimiter="\t" if delimiter in {"\\t", "tab"} else delimiter,
            encoding=encoding,
        )
        with Progress(silent=as_json) as progress:
            if dry_run:
                report = check(file, options, progress, report_file)
            else:
                async with Place(data).database() as database:
                    owner = await find_account(database, account)
                    report = await import_file(
                        database, owner.id, file, options, progress=progress, report_file=report_file, again=again
                    )
        if as_json:
            output.say_json(report.model_dump(mode="json"))
        else:
            say_report(report, report_file)
        lost = report.refused or (report.catalog is not None and report.catalog.refused)
        return Exit.WITH_ERRORS if lost else Exit.OK

    run(work(), as_json=as_json)


def say_report(report: Report, report_file: Path | None) -> None:
    """The report for people."""
    output.say(
        f"{report.rows:,} rows: {report.accepted:,} accepted ({report.products:,} products, {report.variants:,} variants), "
        f"{report.refused:,} refused; {report.warned:,} of the accepted with a warning."
    )
    for code, count in report.refusals.items():
        output.say(f"  refused  {count:>6,}  {code}")
    for code, count in report.warnings.items():
        groups = f" ({report.shared_ean_groups} EANs)" if code == Warned.EAN_SHARED else ""
        output.say(f"  warning  {count:>6,}  {code}{groups}: {MEANING[Warned(code)]}")
    for note in report.first_notes:
        output.say(f"  line {note.line}{f' ({note.sku})' if note.sku else ''}: {note.message}")
    if report.unused_columns:
        output.say(f"  not used: {', '.join(report.unused_columns)}")
    if report.catalog is not None:
        told = {name: count for name, count in report.catalog.model_dump().items() if count}
        output.say(
            "Catalog: " + (", ".join(f"{count:,} {name}" for name, count in told.items()) or "nothing to do") + "."
        )
    if report.refusals and report_file is None:
        output.say("Every refused row with its reason: repeat with --report <file>.")
