"""Reading lists: the filters that work, the ones that are ignored, order and pages (sheet, "Pull products")."""

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pixee_simulators.woocommerce import coercion
from pixee_simulators.woocommerce.store import Record, Store

Query = Mapping[str, str]
Test = Callable[[Record], bool]


def products(store: Store, query: Query) -> list[Record]:
    """Filtered and ordered. Variations appear only when asked by SKU or GTIN [live]; filters that are not known
    (`meta_key`…) are ignored and everything comes back [live].
    """
    by_code = bool(query.get("sku") or query.get("global_unique_id"))
    found = _candidates(store, query)
    tests = _tests(store, query)
    kept = [one for one in found if (by_code or not one["parent_id"]) and all(test(one) for test in tests)]
    return _ordered(kept, query)


def variations(store: Store, parent_id: int, query: Query) -> list[Record]:
    found: Iterable[Record] = store.children(parent_id)
    if query.get("sku"):
        wanted = {part.strip().lower() for part in query["sku"].split(",")}
        found = [one for one in found if one["sku"].lower() in wanted]
    if include := _ids(query.get("include")):
        found = [one for one in found if one["id"] in include]
    tests = _tests(store, query)
    return _ordered([one for one in found if all(test(one) for test in tests)], query)


def terms(found: Iterable[Record], query: Query) -> list[Record]:
    """By `search`, `slug`, `include`, `exclude`, `parent`; by name unless told otherwise."""
    kept = list(found)
    if search := query.get("search"):
        kept = [one for one in kept if coercion.term_name(search).lower() in one["name"].lower()]
    if slug := query.get("slug"):
        kept = [one for one in kept if one["slug"] in slug.split(",")]
    if include := _ids(query.get("include")):
        kept = [one for one in kept if one["id"] in include]
    if exclude := _ids(query.get("exclude")):
        kept = [one for one in kept if one["id"] not in exclude]
    if "parent" in query:
        kept = [one for one in kept if one["parent"] == coercion.integer(query["parent"])]
    key = query.get("orderby", "name")
    name = key if key in {"id", "name", "slug", "description"} else "name"
    kept.sort(key=lambda one: (one[name], one["id"]), reverse=query.get("order", "asc") == "desc")
    return kept


def page(records: list[Record], query: Query, url: str) -> tuple[list[Record], dict[str, str]]:
    """The asked page (empty beyond the end [live]) and `X-WP-Total`, `X-WP-TotalPages`, `Link`."""
    size, number = int(float(query.get("per_page", "10"))), int(float(query.get("page", "1")))
    start = int(float(query["offset"])) if query.get("offset") else (number - 1) * size
    pages = -(-len(records) // size)
    headers = {"X-WP-Total": str(len(records)), "X-WP-TotalPages": str(pages)}
    links = []
    if number > 1:
        links.append(f'<{_paged(url, query, min(number - 1, max(pages, 1)))}>; rel="prev"')
    if number < pages:
        links.append(f'<{_paged(url, query, number + 1)}>; rel="next"')
    if links:
        headers["Link"] = ", ".join(links)
    return records[start : start + size], headers


def _paged(url: str, query: Query, number: int) -> str:
    hidden = {"page", "consumer_key", "consumer_secret"}
    kept = [f"{name}={value}" for name, value in query.items() if name not in hidden]
    return f"{url}?{'&'.join([*kept, f'page={number}'])}"


def _candidates(store: Store, query: Query) -> Iterable[Record]:
    """Through an index where the query names codes or ids, else everything."""
    if sku := query.get("sku"):
        codes = dict.fromkeys(part.strip() for part in sku.split(","))
        return list({one["id"]: one for code in codes for one in store.with_sku(code)}.values())
    if gtin := query.get("global_unique_id"):
        codes = dict.fromkeys(part.strip() for part in gtin.split(","))
        return [one for code in codes for one in store.with_gtin(code)]
    if include := _ids(query.get("include")):
        return [store.products[one] for one in include if one in store.products]
    return store.products.values()


def _tests(store: Store, query: Query) -> list[Test]:
    """The filters that this query uses, made once: a shop may hold tens of thousands of products."""
    status = query.get("status", "any")
    tests: list[Test] = [_not_in_trash if status == "any" else _equals("status", status)]
    tests += [_equals(name, query[name]) for name in ("type", "stock_status", "slug") if query.get(name)]
    if include := frozenset(_ids(query.get("include"))):
        tests.append(lambda one: one["id"] in include)
    if exclude := frozenset(_ids(query.get("exclude"))):
        tests.append(lambda one: one["id"] not in exclude)
    if search := query.get("search", "").lower():
        tests.append(lambda one: search in f"{one['name']} {one['sku']}".lower())
    if part := query.get("search_sku", "").lower():
        tests.append(lambda one: part in one["sku"].lower())
    for name, field in (("category", "categories"), ("tag", "tags"), ("brand", "brands")):
        if wanted := frozenset(_ids(query.get(name))):
            tests.append(_shares(field, wanted))
    return tests + _time_tests(store, query)


def _not_in_trash(one: Record) -> bool:
    return one["status"] not in {"trash", "auto-draft"}


def _equals(field: str, value: str) -> Test:
    return lambda one: one[field] == value


def _shares(field: str, wanted: frozenset[int]) -> Test:
    return lambda one: not wanted.isdisjoint(one[field])


def _time_tests(store: Store, query: Query) -> list[Test]:
    """Both ends excluded; the site's time zone unless `dates_are_gmt`."""
    gmt = query.get("dates_are_gmt", "").lower() in {"true", "1"}
    tests: list[Test] = []
    for prefix, field in (("", "date_created_gmt"), ("modified_", "date_modified_gmt")):
        for end, compare in (("after", operator.gt), ("before", operator.lt)):
            if asked := query.get(prefix + end, "")[:19]:
                limit = asked if gmt else store.utc(asked)
                tests.append(_compares(field, compare, limit))
    return tests


def _compares(field: str, compare: Callable[[str, str], bool], limit: str) -> Test:
    return lambda one: compare(one[field], limit)


def _ordered(records: list[Record], query: Query) -> list[Record]:
    names = {
        "date": "date_created_gmt",
        "modified": "date_modified_gmt",
        "title": "name",
        "slug": "slug",
        "menu_order": "menu_order",
    }
    orderby = query.get("orderby", "date")
    if orderby in {"include", "post__in"} and (include := _ids(query.get("include"))):
        return sorted(records, key=lambda one: include.index(one["id"]))
    field = names.get(orderby)

    def key(one: Record) -> tuple[Any, int]:
        return (one.get(field, 0) if field else 0, one["id"])

    return sorted(records, key=key, reverse=query.get("order", "desc") == "desc")


def _ids(given: str | None) -> list[int]:
    return [int(part) for part in (given or "").split(",") if part.strip().isdigit()]
