"""Options of a product and the values by which its variants are told apart."""

from typing import Any

from pixee_simulators.shopify.context import Context
from pixee_simulators.shopify.gids import number_of
from pixee_simulators.shopify.records import Option, OptionValue, Product, UserError

Given = dict[str, Any]
OPTIONS_MAX = 3
VALUES_MAX = 2048


def default_option(context: Context) -> Option:
    """The one option of a product without options."""
    store = context.store
    return Option(store.new_id(), "Title", [OptionValue(store.new_id(), "Default Title")])


def planned(context: Context, product: Product | None, given: list[Given]) -> tuple[list[Option], list[UserError]]:
    """The options this input asks for; known ones keep their ids. Nothing is changed yet."""
    path = ["input", "productOptions"]
    if len(given) > OPTIONS_MAX:
        return [], [UserError("OPTIONS_OVER_LIMIT", path, f"Can only specify a maximum of {OPTIONS_MAX} options")]
    options, errors = [], []
    order = sorted(range(len(given)), key=lambda index: (given[index].get("position") or index + 1, index))
    for index in order:
        option, wrong = _option(context, product, given[index], [*path, str(index)])
        errors += wrong
        options.append(option)
    names = [option.name for option in options]
    errors += [
        UserError("DUPLICATED_OPTION_NAME", [*path, str(order[at]), "name"], f"Option name '{name}' is used twice")
        for at, name in enumerate(names)
        if name in names[:at]
    ]
    return options, errors


def _option(context: Context, product: Product | None, given: Given, path: list[str]) -> tuple[Option, list[UserError]]:
    known = _known(product, given)
    name = given.get("name") or (known.name if known is not None else "")
    option = Option(known.id if known is not None else context.store.new_id(), name, [])
    if given.get("id") is not None and known is None:
        return option, [UserError("OPTION_DOES_NOT_EXIST", [*path, "id"], "Option does not exist")]
    if not name:
        return option, [UserError("INVALID_INPUT", [*path, "name"], "Option name can't be blank")]
    values = given.get("values") or []
    if not values:
        return option, [UserError("OPTION_VALUES_MISSING", [*path, "values"], f"Option '{name}' needs a value")]
    if len(values) > VALUES_MAX:
        return option, [UserError("OPTION_VALUES_OVER_LIMIT", [*path, "values"], "Option values over limit")]
    return option, _fill(context, option, known, values, [*path, "values"])


def _fill(
    context: Context, option: Option, known: Option | None, values: list[Given], path: list[str]
) -> list[UserError]:
    errors = []
    by_name = {value.name: value for value in known.values} if known is not None else {}
    by_id = {value.id: value for value in by_name.values()}
    seen: set[str] = set()
    for index, given in enumerate(values):
        there = by_id.get(number_of(given["id"], "ProductOptionValue") or 0) if given.get("id") else None
        if given.get("id") and there is None:
            errors.append(UserError("OPTION_VALUE_DOES_NOT_EXIST", [*path, str(index), "id"], "No such option value"))
            continue
        name = given.get("name") or (there.name if there is not None else "")
        there = there or by_name.get(name)
        if not name:
            errors.append(UserError("INVALID_INPUT", [*path, str(index), "name"], "Option value can't be blank"))
        elif name in seen:
            errors.append(UserError("DUPLICATED_OPTION_VALUE", [*path, str(index)], f"Value '{name}' is used twice"))
        else:
            option.values.append(OptionValue(there.id if there is not None else context.store.new_id(), name))
        seen.add(name)
    return errors


def _known(product: Product | None, given: Given) -> Option | None:
    if product is None:
        return None
    number = number_of(given["id"], "ProductOption") if given.get("id") else None
    if given.get("id"):
        return next((option for option in product.options if option.id == number), None)
    return next((option for option in product.options if option.name == given.get("name")), None)


def chosen(options: list[Option], given: list[Given], path: list[str]) -> tuple[list[int], UserError | None]:
    """Value ids in the options' order for a variant's `optionValues`."""
    picked: dict[int, int] = {}
    for index, one in enumerate(given):
        option = _meant(options, one)
        at = [*path, str(index)]
        if option is None:
            return [], UserError("OPTION_DOES_NOT_EXIST", at, "Option does not exist")
        number = number_of(one["id"], "ProductOptionValue") if one.get("id") else None
        value = next(
            (
                value
                for value in option.values
                if value.id == number or (number is None and value.name == one.get("name"))
            ),
            None,
        )
        if value is None:
            return [], UserError("OPTION_VALUE_DOES_NOT_EXIST", at, "Option value does not exist")
        picked[option.id] = value.id
    if missing := [option.name for option in options if option.id not in picked]:
        message = f"You need to add option values for {', '.join(missing)}"
        return [], UserError("INVALID_VARIANT", path, message)
    return [picked[option.id] for option in options], None


def _meant(options: list[Option], given: Given) -> Option | None:
    if given.get("optionId"):
        number = number_of(given["optionId"], "ProductOption")
        return next((option for option in options if option.id == number), None)
    return next((option for option in options if option.name == given.get("optionName")), None)
